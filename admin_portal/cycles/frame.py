"""Which groups get which questionnaire: the frozen frame once a window has opened, the roster before that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from shared.model.cycles import CollectionWindow, Cycle, FrameGroup, Questionnaire
from shared.model.organisation import Unit, UnitGroup
from shared.questionnaire.definition import context_of


@dataclass(frozen=True, slots=True)
class Invited:
    """A group that gets a questionnaire, with the headcount that counts; ``seal_group_id`` is None before opening."""

    group_id: int
    unit_id: int
    unit_code: str
    unit_type: str
    group_code: str
    year: str
    headcount: int
    seal_group_id: int | None

    @property
    def context(self) -> dict[str, str]:
        """What ``show_if`` may ask about the group's unit and year."""
        return context_of(self.unit_type, self.year)


@dataclass(frozen=True, slots=True)
class Section:
    """A questionnaire with its window and the groups that get it, by unit and group code."""

    questionnaire: Questionnaire
    window: CollectionWindow
    groups: tuple[Invited, ...]

    @property
    def headcount(self) -> int:
        """How many are invited."""
        return sum(group.headcount for group in self.groups)

    def units(self) -> dict[int, str]:
        """Return the units with anyone to ask, id to code."""
        return {group.unit_id: group.unit_code for group in self.groups if group.headcount}


def sections(session: Session, cycle: Cycle) -> list[Section]:
    """Return the questionnaires of a cycle in their order, each with its groups."""
    rows = session.execute(
        select(Questionnaire, CollectionWindow)
        .join(CollectionWindow, CollectionWindow.id == Questionnaire.window_id)
        .where(Questionnaire.cycle_id == cycle.id)
        .order_by(Questionnaire.id)
    ).all()
    roster: Sequence[tuple[Unit, UnitGroup]] | None = None
    found: list[Section] = []
    for questionnaire, window in rows:
        if window.state in {"planned", "opening"}:
            roster = roster_groups(session) if roster is None else roster
            groups = _from_roster(questionnaire, roster)
        else:
            groups = _from_frame(session, questionnaire)
        found.append(Section(questionnaire, window, groups))
    return found


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a questionnaire reaches: by id of the unit its code and how many are invited there."""

    questionnaire: Questionnaire
    window: CollectionWindow
    units: Mapping[int, tuple[str, int]]

    @property
    def headcount(self) -> int:
        """How many are invited."""
        return sum(number for _code, number in self.units.values())


def reaches(session: Session, cycle: Cycle) -> list[Reach]:
    """Return whom each questionnaire of a cycle reaches, as ``sections`` has them, added up by the database."""
    rows = session.execute(
        select(Questionnaire, CollectionWindow)
        .join(CollectionWindow, CollectionWindow.id == Questionnaire.window_id)
        .where(Questionnaire.cycle_id == cycle.id)
        .order_by(Questionnaire.id)
    ).all()
    return [Reach(questionnaire, window, _invited(session, questionnaire, window)) for questionnaire, window in rows]


def _invited(session: Session, questionnaire: Questionnaire, window: CollectionWindow) -> dict[int, tuple[str, int]]:
    if window.state in {"planned", "opening"}:
        people = select(Unit.id, Unit.code, func.sum(UnitGroup.headcount)).join(UnitGroup, UnitGroup.unit_id == Unit.id)
        people = people.where(covered(questionnaire), UnitGroup.headcount > 0)
    else:
        people = select(Unit.id, Unit.code, func.sum(FrameGroup.headcount)).join(
            FrameGroup, FrameGroup.unit_id == Unit.id
        )
        people = people.where(FrameGroup.questionnaire_id == questionnaire.id, FrameGroup.headcount > 0)
    rows = session.execute(people.group_by(Unit.id, Unit.code).order_by(Unit.code))
    return {unit_id: (code, int(number)) for unit_id, code, number in rows}


def covered(questionnaire: Questionnaire) -> ColumnElement[bool]:
    """Return ``questionnaire.covers`` as a condition on units and groups, of those in use."""
    conditions = [Unit.active, UnitGroup.active, UnitGroup.respondent == questionnaire.respondent]
    if questionnaire.unit_types is not None:
        conditions.append(Unit.unit_type.in_(questionnaire.unit_types))
    if questionnaire.years is not None:
        conditions.append(UnitGroup.year.in_(questionnaire.years))
    return and_(*conditions)


def roster_groups(session: Session) -> list[tuple[Unit, UnitGroup]]:
    """Return the groups in use with their units, as the roster has them today, by unit and group code."""
    pairs = session.execute(
        select(Unit, UnitGroup)
        .join(UnitGroup, UnitGroup.unit_id == Unit.id)
        .where(Unit.active, UnitGroup.active)
        .order_by(Unit.code, UnitGroup.code)
    )
    return list(pairs)


def _from_roster(questionnaire: Questionnaire, roster: Sequence[tuple[Unit, UnitGroup]]) -> tuple[Invited, ...]:
    return tuple(
        Invited(
            group_id=group.id,
            unit_id=unit.id,
            unit_code=unit.code,
            unit_type=unit.unit_type,
            group_code=group.code,
            year=group.year,
            headcount=group.headcount,
            seal_group_id=None,
        )
        for unit, group in roster
        if questionnaire.covers(unit, group)
    )


def _from_frame(session: Session, questionnaire: Questionnaire) -> tuple[Invited, ...]:
    rows = session.execute(
        select(FrameGroup, Unit.code, Unit.unit_type, UnitGroup.code)
        .join(Unit, Unit.id == FrameGroup.unit_id)
        .join(UnitGroup, UnitGroup.id == FrameGroup.group_id)
        .where(FrameGroup.questionnaire_id == questionnaire.id)
        .order_by(Unit.code, UnitGroup.code)
    )
    return tuple(
        Invited(
            group_id=frame.group_id,
            unit_id=frame.unit_id,
            unit_code=unit_code,
            unit_type=unit_type,
            group_code=group_code,
            year=frame.year,
            headcount=frame.headcount,
            seal_group_id=frame.seal_group_id,
        )
        for frame, unit_code, unit_type, group_code in rows
    )
