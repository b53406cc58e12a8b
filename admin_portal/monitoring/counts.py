"""Reads how many are invited and have answered, live for the officer, at the last quarter hour for all others."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor, Permission
from admin_portal.access.scope import sees_all_units, units_within
from admin_portal.monitoring.rates import GENERAL_TARGET, Asked, Place, Rate, Total
from admin_portal.monitoring.small import hidden_among, shows_sum
from admin_portal.monitoring.snapshots import DELAY, WITHOUT_GROUPS, newest_visible
from admin_portal.questionnaires import questionnaire_names
from shared.model.codes import Code
from shared.model.cycles import CollectionWindow, Cycle, FrameGroup, Questionnaire, SealGroup
from shared.model.monitoring import ResponseCount
from shared.model.organisation import District, Unit, UnitGroup
from shared.model.policy import PUBLIC, rules_for
from shared.model.urn import Ballot
from shared.presentation.words import respondents

_At = tuple[int, int]
"""Questionnaire and unit."""
_STARTED = ("open", "closed", "counted")


@dataclass(frozen=True, slots=True)
class Reach:
    """What the reader may see: units that ``where`` holds for, live or late, at ``now``."""

    where: ColumnElement[bool]
    live: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class GroupCount:
    """A class or group; ``answered`` is None where the number is hidden."""

    name: str
    invited: int
    answered: int | None


def reach_of(actor: Actor, now: datetime) -> Reach:
    """Return what ``actor`` may see: an officer every unit and each answer at once, others their units and late."""
    everywhere = sees_all_units(actor, Permission.SEE_RATES)
    return Reach(units_within(actor, Permission.SEE_RATES), everywhere, now)


def asked_in(session: Session, cycle: Cycle, reach: Reach) -> list[Asked]:
    """Return the questionnaires of ``cycle`` whose windows have opened and that the reader's units get, in order."""
    rows = session.execute(
        select(Questionnaire, CollectionWindow)
        .join(CollectionWindow, CollectionWindow.id == Questionnaire.window_id)
        .where(Questionnaire.cycle_id == cycle.id, CollectionWindow.state.in_(_STARTED))
        .order_by(Questionnaire.id)
    ).all()
    alike = Counter(questionnaire.respondent for questionnaire, _window in rows)
    names = questionnaire_names(session, cycle)
    return [
        _asked(
            session,
            cycle,
            reach,
            pair=(questionnaire, window),
            label=respondents(questionnaire.respondent)
            if alike[questionnaire.respondent] == 1
            else names.get(questionnaire.key, questionnaire.key),
        )
        for questionnaire, window in rows
    ]


def _asked(
    session: Session, cycle: Cycle, reach: Reach, *, pair: tuple[Questionnaire, CollectionWindow], label: str
) -> Asked:
    questionnaire, window = pair
    asked = Asked(
        id=questionnaire.id,
        key=questionnaire.key,
        label=label,
        respondent=questionnaire.respondent,
        code_model=questionnaire.code_model,
        window=window.key,
        state=window.state,
        opened_at=window.opened_at or window.opens_at,
        closes_at=window.closes_at,
        target=rules_for(cycle.policy, PUBLIC, questionnaire.respondent).min_response_rate or GENERAL_TARGET,
    )
    if reach.live or not _may_still_move(window, reach.now):
        return asked
    as_at = newest_visible(session, questionnaire.id, reach.now)
    return replace(asked, as_at=as_at, counted_yet=as_at is not None)


def _may_still_move(window: CollectionWindow, now: datetime) -> bool:
    """Whether the final count is still too young for those who see it late."""
    return window.closed_at is None or now < window.closed_at + DELAY


@dataclass(frozen=True, slots=True)
class Counts:
    """Invited and answered by questionnaire and unit, with the pairs whose numbers are hidden."""

    asked: Mapping[int, Asked]
    invited: Mapping[_At, int]
    answered: Mapping[_At, int]
    hidden: frozenset[_At]

    def rates(self, places: Iterable[Place]) -> list[Rate]:
        """Return a rate for each of ``places`` and each questionnaire that has anybody to ask there, in that order."""
        found: list[Rate] = []
        for place in places:
            for asked in self.asked.values():
                at = asked.id, place.id
                if at in self.invited:
                    hidden = at in self.hidden
                    answered = self.answered.get(at, 0) if asked.counted_yet and not hidden else None
                    found.append(Rate(asked, place, self.invited[at], answered, hidden))
        return found

    def totals(self) -> list[Total]:
        """Return the sums over all units in reach; the sum of fewer than ten people is hidden too."""
        invited: defaultdict[int, list[int]] = defaultdict(list)
        answered: Counter[int] = Counter()
        for (key, _unit), number in self.invited.items():
            invited[key].append(number)
        for (key, _unit), number in self.answered.items():
            answered[key] += number
        return [self._total(asked, invited[asked.id], answered[asked.id]) for asked in self.asked.values()]

    def _total(self, asked: Asked, numbers: Sequence[int], answered: int) -> Total:
        shown = asked.counted_yet and shows_sum(numbers)
        return Total(asked, len(numbers), sum(numbers), answered if shown else None)


def read_counts(session: Session, asked: Iterable[Asked], reach: Reach, *, unit_id: int | None = None) -> Counts:
    """Return the counts of the units in reach; with ``unit_id`` the answers of that one only.

    What is hidden is decided over all units in reach either way, so that no page shows what another one hides.
    """
    known = {one.id: one for one in asked}
    invited, final = _invited(session, known, reach)
    done = {one.id for one in known.values() if not one.open and one.as_at is None}
    answered = {at: number for at, number in final.items() if at[0] in done}
    answered |= _live(session, known, unit_id)
    answered |= _late(session, known, reach, unit_id)
    return Counts(known, invited, answered, _hidden(invited))


def places_in(session: Session, reach: Reach, *, code: str | None = None) -> list[Place]:
    """Return the units in reach, or the one with ``code``."""
    wanted = select(
        Unit.id,
        Unit.code,
        Unit.name,
        Unit.unit_type,
        Unit.regi,
        func.coalesce(District.name, ""),
        Unit.principal_name,
        Unit.principal_email,
    ).outerjoin(District, District.id == Unit.district_id)
    if code is not None:
        wanted = wanted.where(Unit.code == code)
    return [Place(*row) for row in session.execute(wanted.where(reach.where).order_by(Unit.name, Unit.code))]


def groups_of(session: Session, asked: Asked, unit_id: int) -> list[GroupCount]:
    """Return the classes or groups of a unit, by name, while their codes can still be told apart; else none."""
    if asked.code_model in WITHOUT_GROUPS or asked.state == "counted" or not asked.counted_yet:
        return []
    rows = session.execute(
        select(FrameGroup.group_id, UnitGroup.name, FrameGroup.headcount)
        .join(UnitGroup, UnitGroup.id == FrameGroup.group_id)
        .where(FrameGroup.questionnaire_id == asked.id, FrameGroup.unit_id == unit_id, FrameGroup.headcount > 0)
        .order_by(UnitGroup.name, FrameGroup.group_id)
    ).all()
    answered = _answered_by_group(session, asked, unit_id)
    hidden = hidden_among([headcount for _key, _name, headcount in rows])
    return [
        GroupCount(name, headcount, None if place in hidden else answered.get(key, 0))
        for place, (key, name, headcount) in enumerate(rows)
    ]


def history_of(
    session: Session, asked: Asked, reach: Reach, *, unit_id: int | None = None
) -> list[tuple[datetime, int]]:
    """Return the kept counts of a unit, or of all units in reach together, that may be seen now, oldest first."""
    upto = reach.now if asked.as_at is None else asked.as_at
    wanted = (
        select(ResponseCount.taken_at, func.sum(ResponseCount.answered))
        .where(
            ResponseCount.questionnaire_id == asked.id,
            ResponseCount.group_id.is_(None),
            ResponseCount.taken_at <= upto,
        )
        .group_by(ResponseCount.taken_at)
        .order_by(ResponseCount.taken_at)
    )
    if unit_id is not None:
        wanted = wanted.where(ResponseCount.unit_id == unit_id)
    elif not reach.live:
        wanted = wanted.join(Unit, Unit.id == ResponseCount.unit_id).where(reach.where)
    return [(moment, int(answered)) for moment, answered in session.execute(wanted)]


def _invited(session: Session, known: Collection[int], reach: Reach) -> tuple[dict[_At, int], dict[_At, int]]:
    """Return, by questionnaire and unit, who is invited (those with anybody), and the control totals once noted."""
    rows = session.execute(
        select(
            SealGroup.questionnaire_id,
            SealGroup.unit_id,
            func.sum(SealGroup.invited),
            func.coalesce(func.sum(SealGroup.control_total), 0),
        )
        .join(Unit, Unit.id == SealGroup.unit_id)
        .where(SealGroup.questionnaire_id.in_(known), reach.where)
        .group_by(SealGroup.questionnaire_id, SealGroup.unit_id)
        .order_by(SealGroup.questionnaire_id, SealGroup.unit_id)
    )
    invited, final = {}, {}
    for questionnaire_id, unit_id, number, total in rows:
        if number:
            invited[questionnaire_id, unit_id] = int(number)
            final[questionnaire_id, unit_id] = int(total or 0)
    return invited, final


def _live(session: Session, known: Mapping[int, Asked], unit_id: int | None) -> dict[_At, int]:
    """Return the ballots in the urns, which only those see who see every unit."""
    open_ones = [one.id for one in known.values() if one.open and one.as_at is None and one.counted_yet]
    if not open_ones:
        return {}
    boxes = select(Ballot.seal_group_id, func.count().label("number")).group_by(Ballot.seal_group_id)
    wanted: list[ColumnElement[bool]] = [SealGroup.questionnaire_id.in_(open_ones)]
    if unit_id is not None:
        wanted = [*wanted, SealGroup.unit_id == unit_id]
        boxes = boxes.where(Ballot.seal_group_id.in_(select(SealGroup.id).where(*wanted)))
    counted = boxes.subquery()
    rows = session.execute(
        select(SealGroup.questionnaire_id, SealGroup.unit_id, func.sum(counted.c.number))
        .join(counted, counted.c.seal_group_id == SealGroup.id)
        .where(*wanted)
        .group_by(SealGroup.questionnaire_id, SealGroup.unit_id)
    )
    return {(questionnaire_id, unit): int(number) for questionnaire_id, unit, number in rows}


def _late(session: Session, known: Mapping[int, Asked], reach: Reach, unit_id: int | None) -> dict[_At, int]:
    found: dict[_At, int] = {}
    for asked in known.values():
        if asked.as_at is None:
            continue
        wanted = (
            select(ResponseCount.unit_id, ResponseCount.answered)
            .join(Unit, Unit.id == ResponseCount.unit_id)
            .where(
                ResponseCount.questionnaire_id == asked.id,
                ResponseCount.taken_at == asked.as_at,
                ResponseCount.group_id.is_(None),
                reach.where,
            )
        )
        if unit_id is not None:
            wanted = wanted.where(ResponseCount.unit_id == unit_id)
        found |= {(asked.id, unit): answered for unit, answered in session.execute(wanted)}
    return found


def _answered_by_group(session: Session, asked: Asked, unit_id: int) -> dict[int, int]:
    if asked.as_at is not None:
        late = select(ResponseCount.group_id, ResponseCount.answered).where(
            ResponseCount.questionnaire_id == asked.id,
            ResponseCount.unit_id == unit_id,
            ResponseCount.taken_at == asked.as_at,
            ResponseCount.group_id.is_not(None),
        )
        return {key: number for key, number in session.execute(late) if key is not None}
    groups = select(FrameGroup.group_id).where(FrameGroup.questionnaire_id == asked.id, FrameGroup.unit_id == unit_id)
    live = (
        select(Code.group_id, func.count())
        .where(Code.questionnaire_id == asked.id, Code.group_id.in_(groups), Code.state == "answered")
        .group_by(Code.group_id)
    )
    return {key: number for key, number in session.execute(live) if key is not None}


def _hidden(invited: Mapping[_At, int]) -> frozenset[_At]:
    """Return the pairs whose numbers the sum of their questionnaire would give away, and the small ones themselves."""
    by_questionnaire: dict[int, list[_At]] = {}
    for at in invited:
        by_questionnaire.setdefault(at[0], []).append(at)
    return frozenset(
        pairs[place] for pairs in by_questionnaire.values() for place in hidden_among([invited[at] for at in pairs])
    )
