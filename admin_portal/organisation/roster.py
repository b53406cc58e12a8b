"""Imports the roster as a difference to what is there: shown first if wished, then applied whole or not at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqlalchemy.orm import Session

from admin_portal.archive import read_contents
from admin_portal.files import Faults
from admin_portal.organisation.agreement_rows import AgreementRow
from admin_portal.organisation.agreements import add_agreements, new_agreements
from admin_portal.organisation.comparison import Current, compare, current
from admin_portal.organisation.difference import GONE, Change, Difference
from admin_portal.organisation.roster_file import GROUPS, ROSTER_FILES, UNITS, Roster, read_roster
from admin_portal.organisation.roster_rules import check_roster
from admin_portal.organisation.writing import write_groups, write_persons, write_units
from shared.clock import Clock
from shared.database.engine import Database
from shared.database.locks import take_roster
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.audit import record
from shared.model.events import ROSTER_IMPORTED, publish

_SS12000_FILES = ("organisations.json", "persons.json", "groups.json", "placements.json", "duties.json")


def import_roster(
    database: Database, clock: Clock, path: Path, *, actor: str, dry_run: bool = False, allow_removal: bool = False
) -> Difference:
    """Import a folder, a zip or one file of the roster and return what differs.

    With ``dry_run`` nothing is changed. Units and groups that left their file are kept but no longer in use; windows
    already open keep their frozen headcounts. Persons who left the file are removed, for nothing needs them. Raises
    ``FileFaults`` with every fault, or ``Refused`` when the files cannot be opened, or (``too_much_gone``, unless
    ``allow_removal``) when more than half of the units or groups would go out of use.
    """
    contents = _contents(path)
    faults = Faults()
    roster = read_roster(contents, faults, no_persons=allow_removal)
    if dry_run:
        with database.read() as session:
            difference, _fresh, state = _difference(session, roster, faults)
            refusal = None if allow_removal else _too_much_gone(difference, state)
            return replace(difference, warnings=(*difference.warnings, refusal)) if refusal else difference
    with database.begin() as session:
        # One import at a time: what the difference was made from must still be so when it is applied.
        take_roster(session.connection())
        difference, fresh, state = _difference(session, roster, faults)
        refusal = None if allow_removal else _too_much_gone(difference, state)
        if refusal:
            raise Refused("too_much_gone", refusal)
        if not difference.empty:
            _apply(session, roster, state)
            add_agreements(session, fresh)
            counts = difference.counts()
            now = clock.now()
            record(session, at=now, actor=actor, action="roster.imported", subject=path.name[:200], **counts)
            publish(session, ROSTER_IMPORTED, at=now, changes=len(difference.changes))
    return Difference(difference.changes, difference.warnings, applied=True)


def _contents(path: Path) -> dict[str, bytes]:
    single_file = path.is_file() and path.suffix.casefold() != ".zip"
    if single_file and path.suffix.casefold() == ".json":
        raise _not_yet()
    contents = read_contents(path, (*ROSTER_FILES, *_SS12000_FILES))
    if not any(name in ROSTER_FILES for name in contents):
        if any(name in _SS12000_FILES for name in contents):
            raise _not_yet()
        text = _("%(path)s holds none of the roster's files. Name them %(names)s.")
        raise Refused("no_roster", text % {"path": path.name, "names": ", ".join(ROSTER_FILES)}, status=422)
    missing = [name for name in (UNITS, GROUPS) if name not in contents]
    if not single_file and missing:
        text = _("%(path)s holds no %(missing)s. A folder or zip needs both units.csv and groups.csv.")
        raise Refused("no_roster", text % {"path": path.name, "missing": ", ".join(missing)}, status=422)
    return {name: content for name, content in contents.items() if name in ROSTER_FILES}


def _not_yet() -> Refused:
    text = _(
        "SS 12000 files (JSON) cannot be imported yet; a later version will. "
        "Export units.csv, groups.csv and persons.csv instead."
    )
    return Refused("ss12000_not_yet", text, status=422)


def _difference(session: Session, roster: Roster, faults: Faults) -> tuple[Difference, list[AgreementRow], Current]:
    state = current(session)
    check_roster(roster, state.known(), faults)
    faults.raise_if_any()
    fresh = new_agreements(session, roster.agreements or ())
    agreements = tuple(Change("agreement", "added", row.provider_code) for row in fresh)
    return Difference((*compare(roster, state), *agreements), roster.warnings), fresh, state


def _too_much_gone(difference: Difference, state: Current) -> str | None:
    """Return why the import is refused: most of the register would go out of use, as by another municipality's file."""
    units = sum(unit.active for unit, _fields in state.units.values())
    groups = sum(group.active for group, _fields in state.groups.values())
    units_gone, groups_gone = difference.count("unit", GONE), difference.count("group", GONE)
    if 2 * units_gone <= units and 2 * groups_gone <= groups:
        return None
    text = _(
        "%(units_gone)d of %(units)d units and %(groups_gone)d of %(groups)d groups are not in the files and would go "
        "out of use. Is it the right roster? If they are to go, say --allow-removal."
    )
    return text % {"units_gone": units_gone, "units": units, "groups_gone": groups_gone, "groups": groups}


def _apply(session: Session, roster: Roster, state: Current) -> None:
    if roster.units is not None:
        write_units(session, roster.units, state)
    if roster.groups is not None:
        write_groups(session, roster.groups, state)
    if roster.persons is not None:
        write_persons(session, roster.persons, state)
