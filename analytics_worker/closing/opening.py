"""Opening a window: freeze the frame, make the window's key pair, let ballots in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select

from shared.database.questionnaires import definition_of
from shared.errors import NotFound
from shared.events.claims import Claim, finish
from shared.i18n import gettext as _
from shared.model.audit import record
from shared.model.cycles import CollectionWindow, Cycle, FrameGroup, Questionnaire, SealGroup
from shared.model.events import WINDOW_OPENED, publish
from shared.model.organisation import SEXES, Person, Unit, UnitGroup
from shared.sealing.boxes import new_key_pair, public_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from shared.clock import Clock
    from shared.database.engine import Database
    from shared.sealing.keystore import KeyStore

SMALLEST_SEAL_GROUP = 10
"""A group is sealed by itself only if every group of its unit × questionnaire has this many invited."""


@dataclass(slots=True)
class _Frame:
    """The groups of one unit that get one questionnaire."""

    unit: Unit
    groups: list[UnitGroup] = field(default_factory=list)


def make_window_key(claim: Claim, *, database: Database, clock: Clock, keys: KeyStore) -> None:
    """Handle ``window.opening``: afterwards the window is open, its headcounts frozen, its private key on disk.

    The private key is on disk before the public one is committed, so that no ballot can be sealed to a key that is
    lost. A second run finds the key of the first and goes on with it.
    """
    window_id = int(claim.payload["window_id"])
    public_key = _key_on_disk(keys, window_id)
    with database.begin() as session:
        window = session.get(CollectionWindow, window_id, with_for_update=True)
        if window is None:
            raise NotFound(_("There is no such window."))
        if window.state == "opening":
            _open(session, window, public_key, clock)
        finish(session, claim)


def _key_on_disk(keys: KeyStore, window_id: int) -> bytes:
    if keys.has_window_key(window_id):
        return public_of(keys.window_key(window_id))
    pair = new_key_pair()
    keys.write_window_key(window_id, pair.private)
    return pair.public


def _open(session: Session, window: CollectionWindow, public_key: bytes, clock: Clock) -> None:
    for questionnaire in session.scalars(select(Questionnaire).where(Questionnaire.window_id == window.id)):
        frames = _frames(session, questionnaire)
        for frame in frames:
            _freeze(session, questionnaire, frame)
        questionnaire.breakdowns = _breakdowns(session, questionnaire, frames)
    now = clock.now()
    window.public_key = public_key
    window.state = "open"
    window.opened_at = now
    cycle = session.get_one(Cycle, window.cycle_id)
    record(session, at=now, actor="worker", action="window.opened", subject=f"{cycle.key}/{window.key}")
    publish(session, WINDOW_OPENED, at=now, window_id=window.id)


def _frames(session: Session, questionnaire: Questionnaire) -> list[_Frame]:
    """Return the units, with their groups, that get ``questionnaire``, by unit and group."""
    frames: dict[int, _Frame] = {}
    pairs = session.execute(
        select(Unit, UnitGroup)
        .join(UnitGroup, UnitGroup.unit_id == Unit.id)
        .where(Unit.active, UnitGroup.active)
        .order_by(Unit.id, UnitGroup.id)
    )
    for unit, group in pairs:
        if questionnaire.covers(unit, group):
            frames.setdefault(unit.id, _Frame(unit)).groups.append(group)
    return list(frames.values())


def _freeze(session: Session, questionnaire: Questionnaire, frame: _Frame) -> None:
    """Write the frozen headcounts, and the seal groups within which ballots will be hidden among one another."""
    by_group = questionnaire.code_model != "per_unit" and all(
        group.headcount >= SMALLEST_SEAL_GROUP for group in frame.groups
    )
    whole = None if by_group else _seal_group(session, questionnaire, frame.unit, frame.groups)
    for group in frame.groups:
        seal_group = whole or _seal_group(session, questionnaire, frame.unit, [group])
        session.add(
            FrameGroup(
                questionnaire_id=questionnaire.id,
                group_id=group.id,
                unit_id=frame.unit.id,
                year=group.year,
                headcount=group.headcount,
                seal_group_id=seal_group.id,
            )
        )


def _seal_group(session: Session, questionnaire: Questionnaire, unit: Unit, groups: Iterable[UnitGroup]) -> SealGroup:
    seal_group = SealGroup(
        window_id=questionnaire.window_id,
        questionnaire_id=questionnaire.id,
        unit_id=unit.id,
        invited=sum(group.headcount for group in groups),
    )
    session.add(seal_group)
    session.flush()
    return seal_group


def _breakdowns(session: Session, questionnaire: Questionnaire, frames: list[_Frame]) -> dict[str, list[str]]:
    """Return the values each segment may take: ``year`` always, since overall figures are weighted by unit and year."""
    cycle = session.get_one(Cycle, questionnaire.cycle_id)
    groups = [group for frame in frames for group in frame.groups]
    breakdowns = {"year": sorted({group.year for group in groups if group.year})}
    items = {item.key: item for item in definition_of(session, questionnaire).items}
    for name in cycle.segments:
        item = items.get(name)
        if item is not None and item.scale is not None:
            breakdowns[name] = [option.code for option in item.scale.options]
        elif name == "sex":
            breakdowns[name] = _sexes(session, questionnaire, groups)
    return breakdowns


def _sexes(session: Session, questionnaire: Questionnaire, groups: list[UnitGroup]) -> list[str]:
    """Return the roster's own words; answers from a file have no persons, so they may use the standard ones."""
    ids = [group.id for group in groups]
    words = set(session.scalars(select(Person.sex).where(Person.group_id.in_(ids), Person.sex != "").distinct()))
    return sorted(words | (set(SEXES) if questionnaire.code_model == "import" else set()))
