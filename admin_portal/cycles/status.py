"""How a collection goes: how many are invited and have answered, by questionnaire or unit; never what they said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_portal.cycles.frame import Reach, reaches
from shared.clock import local
from shared.i18n import active_language
from shared.model.codes import Code
from shared.model.cycles import CollectionWindow, Cycle, Questionnaire, SealGroup, find_cycle
from shared.model.urn import Ballot
from shared.questionnaire.definition import in_language

STATUS_COLUMNS = (
    "cycle",
    "window",
    "state",
    "opens",
    "closes",
    "questionnaire",
    "respondent",
    "codes",
    "invited",
    "issued",
    "answered",
    "response_rate",
)
UNIT_COLUMNS = (
    "cycle",
    "window",
    "state",
    "questionnaire",
    "unit_code",
    "invited",
    "issued",
    "answered",
    "response_rate",
)
LIST_COLUMNS = ("cycle", "title", "state", "windows", "questionnaires")

_Where = tuple[int, int]
"""Questionnaire and unit: the smallest thing counted here, since a class may be three pupils."""


@dataclass(slots=True)
class _Numbers:
    """Codes issued and answers given, by questionnaire and unit."""

    issued: Counter[_Where] = field(default_factory=Counter)
    answered: Counter[_Where] = field(default_factory=Counter)


def list_cycles(session: Session) -> list[dict[str, object]]:
    """Return the cycles, newest last, with their windows and what state each is in."""
    rows: list[dict[str, object]] = []
    for cycle in session.scalars(select(Cycle).order_by(Cycle.id)):
        windows = session.scalars(
            select(CollectionWindow).where(CollectionWindow.cycle_id == cycle.id).order_by(CollectionWindow.id)
        )
        number = select(func.count()).select_from(Questionnaire).where(Questionnaire.cycle_id == cycle.id)
        rows.append(
            {
                "cycle": cycle.key,
                "title": in_language(cycle.title, active_language()),
                "state": cycle.state,
                "windows": ", ".join(f"{window.key}: {window.state}" for window in windows),
                "questionnaires": session.scalar(number),
            }
        )
    return rows


def cycle_status(session: Session, cycle_key: str) -> list[dict[str, object]]:
    """Return a row per window and questionnaire in the columns of ``STATUS_COLUMNS``."""
    cycle = find_cycle(session, cycle_key)
    numbers = _numbers(session, cycle)
    rows = (
        _facts(cycle, reach) | _figures(reach, numbers, reach.units, reach.headcount)
        for reach in reaches(session, cycle)
    )
    return [{name: row[name] for name in STATUS_COLUMNS} for row in rows]


def unit_status(session: Session, cycle_key: str) -> list[dict[str, object]]:
    """Return a row per questionnaire and unit in the columns of ``UNIT_COLUMNS``; nothing is told below the unit."""
    cycle = find_cycle(session, cycle_key)
    numbers = _numbers(session, cycle)
    return [row for reach in reaches(session, cycle) for row in _unit_rows(cycle, reach, numbers)]


def unit_rates(session: Session, cycle: Cycle) -> Iterator[tuple[str, str, str, float]]:
    """Yield window, questionnaire, unit code and response rate of each unit that has anyone to ask."""
    numbers = _numbers(session, cycle)
    for reach in reaches(session, cycle):
        window, asked = reach.window.key, reach.questionnaire
        for unit_id, (code, invited) in reach.units.items():
            yield window, asked.key, code, round(numbers.answered[asked.id, unit_id] / invited, 3)


def _unit_rows(cycle: Cycle, reach: Reach, numbers: _Numbers) -> Iterator[dict[str, object]]:
    facts = _facts(cycle, reach)
    for unit_id, (code, invited) in reach.units.items():
        row = facts | {"unit_code": code} | _figures(reach, numbers, (unit_id,), invited)
        yield {name: row[name] for name in UNIT_COLUMNS}


def _facts(cycle: Cycle, reach: Reach) -> dict[str, object]:
    window, questionnaire = reach.window, reach.questionnaire
    return {
        "cycle": cycle.key,
        "window": window.key,
        "state": window.state,
        "opens": _local(window.opens_at),
        "closes": _local(window.closes_at),
        "questionnaire": questionnaire.key,
        "respondent": questionnaire.respondent,
        "codes": questionnaire.code_model,
    }


def _local(instant: datetime) -> str:
    return local(instant).strftime("%Y-%m-%d %H:%M")


def _figures(reach: Reach, numbers: _Numbers, units: Collection[int], invited: int) -> dict[str, object]:
    key = reach.questionnaire.id
    issued = sum(numbers.issued[key, unit] for unit in units)
    answered = sum(numbers.answered[key, unit] for unit in units)
    # Of a counted window only hashes of codes are left, so how many there were is no longer known.
    known = reach.window.state != "counted" and reach.questionnaire.code_model != "import"
    return {
        "invited": invited,
        "issued": issued if known else None,
        "answered": answered,
        "response_rate": round(answered / invited, 3) if invited else None,
    }


def _numbers(session: Session, cycle: Cycle) -> _Numbers:
    """Count codes while they are there, ballots for answers from files, and control totals once a window has closed."""
    numbers = _Numbers()
    found = session.execute(
        select(Questionnaire.id, Questionnaire.code_model, CollectionWindow.state)
        .join(CollectionWindow, CollectionWindow.id == Questionnaire.window_id)
        .where(Questionnaire.cycle_id == cycle.id)
    )
    kinds: Mapping[int, tuple[str, str]] = {key: (model, state) for key, model, state in found}
    ended = [key for key, (_model, state) in kinds.items() if state in {"closed", "counted"}]
    imported = [key for key, (model, _state) in kinds.items() if model == "import" and key not in ended]
    _count_codes(session, numbers, list(kinds), answers_of=[key for key in kinds if key not in {*ended, *imported}])
    _count_groups(session, numbers, ended)
    _count_ballots(session, numbers, imported)
    return numbers


def _count_codes(session: Session, numbers: _Numbers, questionnaires: list[int], *, answers_of: list[int]) -> None:
    rows = session.execute(
        select(Code.questionnaire_id, Code.unit_id, Code.kind, Code.state, func.count())
        .where(Code.questionnaire_id.in_(questionnaires), Code.state != "void")
        .group_by(Code.questionnaire_id, Code.unit_id, Code.kind, Code.state)
    )
    for questionnaire_id, unit_id, kind, state, number in rows:
        if questionnaire_id is None or unit_id is None:
            continue
        if kind != "form":
            numbers.issued[questionnaire_id, unit_id] += number
        if state == "answered" and questionnaire_id in answers_of:
            numbers.answered[questionnaire_id, unit_id] += number


def _count_groups(session: Session, numbers: _Numbers, questionnaires: list[int]) -> None:
    rows = session.execute(
        select(SealGroup.questionnaire_id, SealGroup.unit_id, func.sum(SealGroup.control_total))
        .where(SealGroup.questionnaire_id.in_(questionnaires))
        .group_by(SealGroup.questionnaire_id, SealGroup.unit_id)
    )
    for questionnaire_id, unit_id, total in rows:
        numbers.answered[questionnaire_id, unit_id] += int(total or 0)


def _count_ballots(session: Session, numbers: _Numbers, questionnaires: list[int]) -> None:
    rows = session.execute(
        select(SealGroup.questionnaire_id, SealGroup.unit_id, func.count())
        .join(Ballot, Ballot.seal_group_id == SealGroup.id)
        .where(SealGroup.questionnaire_id.in_(questionnaires))
        .group_by(SealGroup.questionnaire_id, SealGroup.unit_id)
    )
    for questionnaire_id, unit_id, number in rows:
        numbers.answered[questionnaire_id, unit_id] += number
