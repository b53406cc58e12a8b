"""The import of the register as pages: the faults of its files, or what they would change, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from admin_portal.organisation.difference import ACTIVE, ADDED, CHANGED, GONE, UNSHOWN_FIELDS, Change
from admin_portal.organisation.roster import Found
from shared.errors import Fault
from shared.i18n import gettext as _
from shared.presentation import words

_MOST_LINES = 300
_MOST_FAULTS = 200


@dataclass(frozen=True, slots=True)
class FaultLine:
    """A fault of a file: where it is, what is wrong and how to mend it."""

    file: str
    row: str
    column: str
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class UploadPage:
    """The page where files are chosen, with what was wrong with those given before."""

    faults: tuple[FaultLine, ...] = ()
    more: int = 0
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change in words; ``kind`` is the badge's look."""

    kind: str
    action: str
    code: str
    name: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangeTable:
    """The changes to one kind of thing; ``more`` are those beyond what anybody reads."""

    title: str
    summary: str
    lines: tuple[ChangeLine, ...]
    more: int


@dataclass(frozen=True, slots=True)
class DifferencePage:
    """What an upload would change. ``shown`` is the fingerprint that an approval names."""

    token: str
    name: str
    shown: str
    empty: bool
    tables: tuple[ChangeTable, ...]
    persons: str
    warnings: tuple[str, ...]
    removal: str
    fault: str = ""


def upload_page(faults: Sequence[Fault] = (), refusal: str = "") -> UploadPage:
    """Return the page of the upload form."""
    return UploadPage(tuple(fault_lines(faults)), max(0, len(faults) - _MOST_FAULTS), refusal)


def fault_lines(faults: Sequence[Fault]) -> Iterator[FaultLine]:
    """Yield the first of the faults."""
    for fault in faults[:_MOST_FAULTS]:
        row = "" if fault.row is None else str(fault.row)
        yield FaultLine(fault.file, row, fault.column, fault.problem, fault.remedy)


def difference_page(found: Found, *, token: str, name: str, fault: str = "") -> DifferencePage:
    """Return the page of a difference; of persons only numbers are told."""
    changes = found.difference.changes
    names = _names(found)
    kinds = (("unit", _("Units")), ("group", _("Groups")), ("agreement", _("Agreements on publication")))
    tables = (_table(title, [one for one in changes if one.kind == kind], names) for kind, title in kinds)
    return DifferencePage(
        token=token,
        name=name,
        shown=found.fingerprint(),
        empty=found.difference.empty,
        tables=tuple(table for table in tables if table.lines),
        persons=_summary([change for change in changes if change.kind == "person"]),
        warnings=found.difference.warnings,
        removal=_removal(found),
        fault=fault,
    )


def _removal(found: Found) -> str:
    if found.removal is None:
        return ""
    if 2 * found.removal.units_gone <= found.removal.units and 2 * found.removal.groups_gone <= found.removal.groups:
        return _("persons.csv names nobody: all persons would be removed.")
    text = _(
        "%(units_gone)d of %(units)d units and %(groups_gone)d of %(groups)d groups are not in the files and would go "
        "out of use. Is it the right register?"
    )
    removal = found.removal
    return text % {
        "units_gone": removal.units_gone,
        "units": removal.units,
        "groups_gone": removal.groups_gone,
        "groups": removal.groups,
    }


def _names(found: Found) -> Mapping[tuple[str, str], str]:
    """Return what units and groups are called, by kind and the key that a change gives; the files' word goes before."""
    names = {("unit", code): fields["name"] for code, (_unit, fields) in found.state.units.items()}
    names |= {("group", " ".join(key)): fields["name"] for key, (_group, fields) in found.state.groups.items()}
    names |= {("unit", row.unit_code): row.name for row in found.roster.units or ()}
    return names | {("group", " ".join(row.key)): row.name for row in found.roster.groups or ()}


def _table(title: str, changes: Sequence[Change], names: Mapping[tuple[str, str], str]) -> ChangeTable:
    lines = tuple(_line(change, names) for change in changes[:_MOST_LINES])
    return ChangeTable(title, _summary(changes), lines, max(0, len(changes) - _MOST_LINES))


def _line(change: Change, names: Mapping[tuple[str, str], str]) -> ChangeLine:
    kind, action = {
        ADDED: ("good", _("New")),
        CHANGED: ("calm", _("Changed")),
        GONE: ("late", _("Out of use")),
    }[change.action]
    code = change.key
    if change.kind == "group":
        # The respondent's code word, which ends a group's key, as people say it.
        code, _space, respondent = change.key.rpartition(" ")
        code = f"{code} · {words.respondents(respondent)}"
    return ChangeLine(kind, action, code, names.get((change.kind, change.key), ""), tuple(_details(change.fields)))


def _details(fields: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    labels = _labels()
    for name, old, new in fields:
        label = labels.get(name, name)
        if name == ACTIVE:
            yield _("in use again")
        elif name in UNSHOWN_FIELDS:
            yield _("%(what)s: other than before") % {"what": label}
        else:
            parts = {"what": label, "old": _word(name, old), "new": _word(name, new)}
            yield _("%(what)s: %(old)s → %(new)s") % parts


def _word(name: str, value: str) -> str:
    named = {"unit_type": words.unit_type, "regi": words.regi}
    return named[name](value) if name in named and value else value or "–"


def _labels() -> Mapping[str, str]:
    return {
        "municipality_code": _("Municipality code"),
        "municipality_name": _("Municipality"),
        "name": _("Name"),
        "unit_type": _("Kind"),
        "regi": _("Run as"),
        "provider_code": _("Code of the provider"),
        "provider_name": _("Run by"),
        "district": _("District"),
        "school_unit_code": _("School unit code"),
        "principal_name": _("Principal"),
        "principal_email": _("The principal's e-mail address"),
        "year": _("Year"),
        "headcount": _("Number of people"),
    }


def _summary(changes: Sequence[Change]) -> str:
    if not changes:
        return ""
    numbers = {action: sum(change.action == action for change in changes) for action in (ADDED, CHANGED, GONE)}
    return _("%(added)d new, %(changed)d changed, %(gone)d gone") % numbers
