"""Which groups get which questionnaire: the frozen frame once a window has opened, the roster before that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
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
            roster = _roster(session) if roster is None else roster
            groups = _from_roster(questionnaire, roster)
        else:
            groups = _from_frame(session, questionnaire)
        found.append(Section(questionnaire, window, groups))
    return found


def _roster(session: Session) -> list[tuple[Unit, UnitGroup]]:
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
