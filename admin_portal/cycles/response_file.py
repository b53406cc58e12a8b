"""Reads a responses file against the questionnaires and frozen groups of a cycle, noting every fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from admin_portal.cycles.frame import Invited, Section
from admin_portal.files import Faults, Row, Table
from shared.database.questionnaires import Loaded
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.questionnaire.definition import Answer, Answers, Item
from shared.questionnaire.validation import check_answers, read_cell

IDENTITY_COLUMNS = ("unit_code", "group_code", "questionnaire")
_ANSWER_TYPES = frozenset({"choice", "multiple", "number", "text"})
_TOO_LONG_TO_REMEMBER = 64


@dataclass(frozen=True, slots=True)
class Response:
    """One checked row: where it is counted, what was answered, and how many answers were left out as routed past."""

    loaded: Loaded
    group: Invited
    answers: Answers
    segments: dict[str, str]
    routed_past: int


@dataclass(slots=True)
class Target:
    """A questionnaire that takes answers from a file: its groups by unit and group code, and its columns."""

    section: Section
    loaded: Loaded
    groups: Mapping[tuple[str, str], Invited]
    items: Mapping[str, Item]
    segments: Sequence[str]
    """The breakdowns that are columns of their own: those that no item of the questionnaire answers."""
    known_cells: dict[tuple[str, str], Answer | None] = field(default_factory=dict)

    @classmethod
    def of(cls, section: Section, loaded: Loaded) -> Target:
        """Return the target of a section whose window is open."""
        items = {item.key: item for item in loaded.definition.items if item.type in _ANSWER_TYPES}
        return cls(
            section=section,
            loaded=loaded,
            groups={(group.unit_code, group.group_code): group for group in section.groups},
            items=items,
            segments=[name for name in loaded.breakdowns or {} if name not in items],
        )


@dataclass(slots=True)
class Reading:
    """What a file held: its responses, and how many answers were left out because their items were routed past."""

    responses: list[Response] = field(default_factory=list)
    routed_past: int = 0


def read_responses(table: Table, targets: Mapping[str, Target], faults: Faults) -> Reading:
    """Return the responses of a table by row; a fault never repeats what a cell of an item holds."""
    reading = Reading()
    named = {row["questionnaire"] for row in table.rows}
    used = [target for key, target in targets.items() if key in named]
    _check_columns(table, used, faults)
    foreign = _foreign_columns(table, used)
    numbers: Counter[tuple[int, int]] = Counter()
    for row in table.rows:
        place = _place(table.file, row, targets, faults)
        if place is None:
            continue
        target, group = place
        _check_foreign(table.file, row, foreign[target.loaded.key], faults)
        response = _response(table.file, row, target, group, faults)
        if response is not None:
            reading.routed_past += response.routed_past
            reading.responses.append(response)
        numbers[target.loaded.id, group.group_id] += 1
        if numbers[target.loaded.id, group.group_id] > group.headcount:
            problem = _("The group has more rows than its headcount, which is %(headcount)d.")
            remedy = _("Remove rows; the headcount was frozen when the window opened.")
            faults.add(table.file, row.number, "group_code", problem % {"headcount": group.headcount}, remedy)
    return reading


def unused_columns(table: Table, targets: Iterable[Target]) -> list[str]:
    """Return the columns that no questionnaire of the file reads."""
    known = set(IDENTITY_COLUMNS).union(*({*target.items, *target.segments} for target in targets))
    return [column for column in table.columns if column not in known]


def missing_segments(table: Table, targets: Iterable[Target]) -> list[str]:
    """Return the segments, the year apart, that have no column: their values stay unknown."""
    wanted = dict.fromkeys(name for target in targets for name in target.segments if name != "year")
    return [name for name in wanted if name not in table.columns]


def _check_columns(table: Table, used: Iterable[Target], faults: Faults) -> None:
    for target in used:
        for key in target.items:
            if key not in table.columns:
                problem = _("The column of an item of questionnaire %(key)s is missing.") % {"key": target.loaded.key}
                remedy = _("Add it to the header; leave its cells empty where nothing was answered.")
                faults.add(table.file, 1, key, problem, remedy)


def _foreign_columns(table: Table, used: Sequence[Target]) -> dict[str, list[str]]:
    """Return by questionnaire the columns that belong to another one: their cells must be empty."""
    every = {key for target in used for key in (*target.items, *target.segments)}
    return {
        target.loaded.key: [
            column for column in table.columns if column in every - {*target.items, *target.segments, "year"}
        ]
        for target in used
    }


def _check_foreign(file: str, row: Row, columns: Iterable[str], faults: Faults) -> None:
    for column in columns:
        if row[column]:
            problem = _("The row's questionnaire has no such item.")
            faults.add(file, row.number, column, problem, _("Empty the cell, or correct the questionnaire."))


def _place(file: str, row: Row, targets: Mapping[str, Target], faults: Faults) -> tuple[Target, Invited] | None:
    target = targets.get(row["questionnaire"])
    if target is None:
        problem = _("%(key)s takes no answers from a file.") % {"key": row["questionnaire"][:50] or "–"}
        remedy = _("Questionnaires that do (codes: import, window open): %(known)s.")
        faults.add(file, row.number, "questionnaire", problem, remedy % {"known": ", ".join(targets)})
        return None
    group = target.groups.get((row["unit_code"], row["group_code"]))
    if group is not None:
        return target, group
    if not any(unit == row["unit_code"] for unit, _group in target.groups):
        problem = _("Unit %(unit)s does not get this questionnaire, or is not known.")
        remedy = _("Correct the code; units are those that were in the roster when the window opened.")
        faults.add(file, row.number, "unit_code", problem % {"unit": row["unit_code"][:50] or "–"}, remedy)
        return None
    problem = _("Group %(group)s of the unit does not get this questionnaire, or is not known.")
    remedy = _("Correct the code; groups are those that were in the roster when the window opened.")
    faults.add(file, row.number, "group_code", problem % {"group": row["group_code"][:50] or "–"}, remedy)
    return None


def _response(file: str, row: Row, target: Target, group: Invited, faults: Faults) -> Response | None:
    answers: Answers = {}
    sound = True
    for key, item in target.items.items():
        cell = row[key]
        if not cell:
            continue
        try:
            answer = _read(target, item, cell)
        except ValueError as error:
            faults.add(file, row.number, key, _("The cell is no answer to this item."), str(error))
            sound = False
        else:
            if answer is not None:
                answers[key] = answer
    segments = _segments(file, row, target, group, faults)
    if not sound or segments is None:
        return None
    try:
        checked = check_answers(target.loaded.definition, answers, group.context)
    except Refused as refusal:
        faults.add(file, row.number, "", str(refusal), _("Correct the row."))
        return None
    return Response(target.loaded, group, checked, segments, len(answers) - len(checked))


def _read(target: Target, item: Item, cell: str) -> Answer | None:
    """Read a cell; most of a file's cells are the same few option codes, which are looked up."""
    if item.type == "text" or len(cell) > _TOO_LONG_TO_REMEMBER:
        return read_cell(item, cell)
    known = target.known_cells
    if (item.key, cell) not in known:
        known[item.key, cell] = read_cell(item, cell)
    return known[item.key, cell]


def _segments(file: str, row: Row, target: Target, group: Invited, faults: Faults) -> dict[str, str] | None:
    """Return the values of the segment columns; the year is the group's, and a file may only repeat it."""
    segments = {"year": group.year}
    sound = True
    for name in target.segments:
        value = row[name]
        allowed = [group.year] if name == "year" else list((target.loaded.breakdowns or {})[name])
        if value and value not in allowed:
            remedy = _("Use one of: %(allowed)s, or leave it empty.")
            parts = {"allowed": ", ".join(entry for entry in allowed if entry) or "–"}
            faults.add(file, row.number, name, _("This value is not known in the segment."), remedy % parts)
            sound = False
        elif value:
            segments[name] = value
    return segments if sound else None
