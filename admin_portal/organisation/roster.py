"""Imports the roster as a difference to what is there: shown first if wished, then applied whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from sqlalchemy.orm import Session

from admin_portal.archive import read_contents
from admin_portal.files import Faults
from admin_portal.organisation.agreement_rows import AgreementRow
from admin_portal.organisation.agreements import add_agreements, new_agreements
from admin_portal.organisation.comparison import Current, compare, current
from admin_portal.organisation.difference import ACTIVE, GONE, Change, Difference
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
READ_NAMES = (*ROSTER_FILES, *_SS12000_FILES)
"""What is taken out of an archive: the roster's files, and those that are refused with a better reason."""


def import_roster(
    database: Database, clock: Clock, path: Path, *, actor: str, dry_run: bool = False, allow_removal: bool = False
) -> Difference:
    """Import a folder, a zip or one file of the roster and return what differs.

    With ``dry_run`` nothing is changed. Units and groups that left their file are kept but no longer in use; windows
    already open keep their frozen headcounts. Persons who left the file are removed, for nothing needs them. Raises
    ``FileFaults`` with every fault, or ``Refused`` when the files cannot be opened, or (``too_much_gone``, unless
    ``allow_removal``) when more than half of the units or groups would go out of use.
    """
    faults = Faults()
    roster = read_roster(_contents(path), faults, no_persons=allow_removal)
    if dry_run:
        with database.read() as session:
            found = _find(session, roster, faults)
            difference = found.difference
            if allow_removal or found.removal is None:
                return difference
            return replace(difference, warnings=(*difference.warnings, _removal_text(found.removal)))
    with database.begin() as session:
        found = _take(session, roster, faults)
        if found.removal is not None and not allow_removal:
            raise Refused("too_much_gone", _removal_text(found.removal))
        _apply(session, found, clock, actor=actor, name=path.name)
    return replace(found.difference, applied=True)


@dataclass(frozen=True, slots=True)
class Removal:
    """How much would go out of use, when it is more than half: as by another municipality's file."""

    units_gone: int
    units: int
    groups_gone: int
    groups: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a roster makes of the register as it stands; ``removal`` when it would put most of it out of use."""

    roster: Roster = field(repr=False)
    difference: Difference
    removal: Removal | None
    fresh: tuple[AgreementRow, ...] = field(repr=False)
    state: Current = field(repr=False)

    def fingerprint(self) -> str:
        """Return SHA-256 (hex) over the changes: two equal ones change the register alike, in any language."""
        told = [
            [change.kind, change.action, change.key, change.place, [one for one in change.fields if one[0] != ACTIVE]]
            for change in self.difference.changes
        ]
        agreements = [str(row) for row in self.fresh]
        return hashlib.sha256(json.dumps([told, agreements], ensure_ascii=False).encode()).hexdigest()


def preview_roster(session: Session, contents: Mapping[str, bytes]) -> Found:
    """Return what the files would change, and change nothing; raises ``FileFaults`` with every fault."""
    faults = Faults()
    return _find(session, read_roster(contents, faults, no_persons=True), faults)


def apply_roster(
    session: Session,
    clock: Clock,
    contents: Mapping[str, bytes],
    *,
    shown: str,
    allow_removal: bool,
    actor: str,
    name: str,
) -> Difference:
    """Make, in the caller's transaction, the changes that somebody was shown under the fingerprint ``shown``.

    Raises ``Refused``: ``stale_difference`` when the register has changed since so that the files now change something
    else, ``too_much_gone`` as ``import_roster`` does.
    """
    faults = Faults()
    found = _take(session, read_roster(contents, faults, no_persons=True), faults)
    if found.fingerprint() != shown:
        text = _("The register has changed since this was shown. Nothing was imported. Look at the changes again.")
        raise Refused("stale_difference", text)
    if found.removal is not None and not allow_removal:
        text = _("Most of the register would go out of use. Tick that this is meant, or cancel.")
        raise Refused("too_much_gone", text, status=422)
    _apply(session, found, clock, actor=actor, name=name)
    return replace(found.difference, applied=True)


def _take(session: Session, roster: Roster, faults: Faults) -> Found:
    # One import at a time: what the difference was made from must still be so when it is applied.
    take_roster(session.connection())
    return _find(session, roster, faults)


def _contents(path: Path) -> dict[str, bytes]:
    single_file = path.is_file() and path.suffix.casefold() != ".zip"
    if single_file and path.suffix.casefold() == ".json":
        raise _not_yet()
    return only_roster(read_contents(path, READ_NAMES), path.name, partly=single_file)


def only_roster(contents: Mapping[str, bytes], name: str, *, partly: bool) -> dict[str, bytes]:
    """Return those of ``contents`` that are a roster's; ``partly``: units.csv and groups.csv need not both be there.

    Raises ``Refused`` where there is nothing, or not enough, to import.
    """
    if not any(known in ROSTER_FILES for known in contents):
        if any(known.endswith(".json") for known in contents):
            raise _not_yet()
        text = _("%(path)s holds none of the roster's files. Name them %(names)s.")
        raise Refused("no_roster", text % {"path": name, "names": ", ".join(ROSTER_FILES)}, status=422)
    missing = [known for known in (UNITS, GROUPS) if known not in contents]
    if not partly and missing:
        text = _("%(path)s holds no %(missing)s. A folder or zip needs both units.csv and groups.csv.")
        raise Refused("no_roster", text % {"path": name, "missing": ", ".join(missing)}, status=422)
    return {known: content for known, content in contents.items() if known in ROSTER_FILES}


def _not_yet() -> Refused:
    text = _(
        "SS 12000 files (JSON) cannot be imported yet; a later version will. "
        "Export units.csv, groups.csv and persons.csv instead."
    )
    return Refused("ss12000_not_yet", text, status=422)


def _find(session: Session, roster: Roster, faults: Faults) -> Found:
    state = current(session)
    check_roster(roster, state.known(), faults)
    faults.raise_if_any()
    fresh = new_agreements(session, roster.agreements or ())
    agreements = tuple(Change("agreement", "added", row.provider_code) for row in fresh)
    difference = Difference((*compare(roster, state), *agreements), roster.warnings)
    return Found(roster, difference, _removal(difference, roster, state), tuple(fresh), state)


def _removal(difference: Difference, roster: Roster, state: Current) -> Removal | None:
    """Return how much goes when it is most of the register, or all persons by a file that names none."""
    units = sum(unit.active for unit, _fields in state.units.values())
    groups = sum(group.active for group, _fields in state.groups.values())
    units_gone, groups_gone = difference.count("unit", GONE), difference.count("group", GONE)
    nobody_left = roster.persons == () and bool(state.persons)
    if 2 * units_gone <= units and 2 * groups_gone <= groups and not nobody_left:
        return None
    return Removal(units_gone, units, groups_gone, groups)


def _removal_text(removal: Removal) -> str:
    text = _(
        "%(units_gone)d of %(units)d units and %(groups_gone)d of %(groups)d groups are not in the files and would go "
        "out of use. Is it the right roster? If they are to go, say --allow-removal."
    )
    return text % asdict(removal)


def _apply(session: Session, found: Found, clock: Clock, *, actor: str, name: str) -> None:
    difference, roster, state = found.difference, found.roster, found.state
    if difference.empty:
        return
    if roster.units is not None:
        write_units(session, roster.units, state)
    if roster.groups is not None:
        write_groups(session, roster.groups, state)
    if roster.persons is not None:
        write_persons(session, roster.persons, state)
    add_agreements(session, found.fresh)
    now = clock.now()
    record(session, at=now, actor=actor, action="roster.imported", subject=name[:200], **difference.counts())
    publish(session, ROSTER_IMPORTED, at=now, changes=len(difference.changes))
