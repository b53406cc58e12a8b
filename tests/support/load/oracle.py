"""The oracle: what the urn holds is what was acknowledged, once each and unchanged."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from shared.model.codes import Code
from shared.model.urn import Ballot, BoxKey, Draft, ballot_context, box_key_context
from shared.sealing import boxes
from tests.support.load.world import World, answers_of, serial_of


@dataclass(frozen=True, slots=True)
class Finding:
    """What was compared: numbers for the report and everything that does not agree."""

    acknowledged: int
    answered: int
    ballots: int
    opened: int
    faults: tuple[str, ...]

    def __str__(self) -> str:
        said = "; ".join(self.faults) or "all agree"
        return (
            f"oracle: {self.acknowledged} acknowledged, {self.answered} codes answered, {self.ballots} ballots in the "
            f"urn, {self.opened} opened and compared: {said}"
        )


def examine(world: World, acknowledged: Collection[int], *, sample: int | None = 1_000) -> Finding:
    """Compare the urn with the serials acknowledged; ``sample`` random ballots (None: all) are opened."""
    answered = _answered(world)
    ballots, drafts, opened = _urn(world, sample)
    serials = Counter(serial for serial, _agrees in opened)
    faults = {
        "acknowledged more than once": len(acknowledged) - len(set(acknowledged)),
        "acknowledged, code not answered": len(set(acknowledged) - answered),
        "code answered, not acknowledged": len(answered - set(acknowledged)),
        "ballots more or fewer than acknowledged": abs(ballots - len(acknowledged)),
        "drafts left of answered codes": drafts,
        "opened ballots unlike what was sent": sum(not agrees for _serial, agrees in opened),
        "ballots twice in the urn": sum(serials.values()) - len(serials),
        "ballots of codes that were not acknowledged": len(set(serials) - set(acknowledged)),
    }
    told = tuple(f"{what}: {count}" for what, count in faults.items() if count)
    return Finding(len(acknowledged), len(answered), ballots, len(opened), told)


def _answered(world: World) -> set[int]:
    serial_of_code = {code_id: serial for serial, code_id in enumerate(world.code_ids)}
    with world.database.read() as session:
        return {serial_of_code[code_id] for code_id in session.scalars(select(Code.id).where(Code.state == "answered"))}


def _urn(world: World, sample: int | None) -> tuple[int, int, list[tuple[int, bool]]]:
    """Return the number of ballots, of drafts of answered codes, and serial and agreement of each opened ballot."""
    with world.database.read() as session:
        ids = list(session.scalars(select(Ballot.id)))
        left = select(func.count()).select_from(Draft).join(Code, Code.id == Draft.code_id)
        drafts = session.scalar(left.where(Code.state == "answered")) or 0
        keys = {row.id: _box_key(world, row) for row in session.scalars(select(BoxKey))}
        chosen = ids if sample is None or sample >= len(ids) else random.sample(ids, sample)
        rows = (
            row
            for start in range(0, len(chosen), 500)
            for row in session.scalars(select(Ballot).where(Ballot.id.in_(chosen[start : start + 500])))
        )
        return len(ids), drafts, [_compare(world, keys, row) for row in rows]


def _box_key(world: World, row: BoxKey) -> boxes.BoxKey:
    return boxes.BoxKey(boxes.open_from(world.key_pair.private, row.sealed, box_key_context(world.window_id)))


def _compare(world: World, keys: dict[UUID, boxes.BoxKey], row: Ballot) -> tuple[int, bool]:
    plain = keys[row.box_key_id].open(row.box, ballot_context(row.seal_group_id))
    decoded = world.layout.decode(plain)
    serial = serial_of(decoded.answers)
    in_place = row.seal_group_id == world.class_of(serial)[2]
    return serial, in_place and decoded.answers == answers_of(serial)
