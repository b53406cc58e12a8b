"""The library of batteries: checked, imported as numbered versions, exported and listed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_portal.files import Faults, decode, read_bytes, write_atomically
from shared.clock import Clock
from shared.database.engine import Database
from shared.errors import NotFound, Refused
from shared.i18n import active_language
from shared.i18n import gettext as _
from shared.model.audit import record
from shared.model.batteries import BatteryVersion, latest_version
from shared.questionnaire.battery_file import fingerprint, from_document, parse_battery, to_document, to_yaml
from shared.questionnaire.definition import Battery, in_language

_YAML = (".yaml", ".yml")
_FOREIGN = {".xlsx": "XLSForm", ".xls": "XLSForm", ".lss": "LimeSurvey", ".lsq": "LimeSurvey"}


@dataclass(frozen=True, slots=True)
class ImportedBattery:
    """What became of a battery file; ``new`` is False when its newest version says the same already."""

    key: str
    version: int
    new: bool
    items: int


def check_battery(path: Path) -> Battery:
    """Return the battery of a file; raises ``FileFaults`` with every fault and ``Refused`` for another kind of file."""
    _refuse_foreign(path.name)
    return parse_battery(read_text(path), path.name)


def _refuse_foreign(name: str) -> None:
    suffix = PurePath(name).suffix.casefold()
    if suffix in _FOREIGN:
        text = _("%(file)s is a %(format)s file. A later version imports these; write the battery as Sikte YAML.")
        raise Refused("format_not_yet", text % {"file": name, "format": _FOREIGN[suffix]}, status=422)
    if suffix not in _YAML:
        text = _("%(file)s is no battery file. Give Sikte YAML, with a name that ends in .yaml.")
        raise Refused("unknown_format", text % {"file": name}, status=422)


def read_text(path: Path) -> str:
    """Return the text of a YAML file; raises ``FileFaults`` when it is not UTF-8."""
    return decode_text(read_bytes(path), path.name)


def decode_text(content: bytes, name: str) -> str:
    """Return the text of a file's content; raises ``FileFaults`` when it is not UTF-8."""
    faults = Faults()
    text = decode(content, name, faults, remedy=_("Save it as UTF-8 text."))
    faults.raise_if_any()
    return text or ""


def read_battery(content: bytes, name: str) -> Battery:
    """Return the battery of an uploaded file; raises as ``check_battery`` does."""
    _refuse_foreign(name)
    return parse_battery(decode_text(content, name), name)


def import_battery(
    database: Database, clock: Clock, path: Path, *, actor: str, dry_run: bool = False
) -> ImportedBattery:
    """Import a battery as the next version of its key, unless respondents and scoring would see no difference."""
    battery = check_battery(path)
    if dry_run:
        with database.read() as session:
            return outcome_of(session, battery)
    with database.begin() as session:
        return add_version(session, clock, battery, actor=actor)


def add_version(session: Session, clock: Clock, battery: Battery, *, actor: str) -> ImportedBattery:
    """Keep ``battery`` as the next version of its key in the caller's transaction, unless nothing differs."""
    outcome = outcome_of(session, battery)
    if outcome.new:
        now = clock.now()
        session.add(
            BatteryVersion(
                key=outcome.key,
                version=outcome.version,
                fingerprint=fingerprint(battery),
                document=to_document(battery),
                imported_at=now,
            )
        )
        subject = f"{outcome.key} {outcome.version}"
        record(session, at=now, actor=actor, action="battery.imported", subject=subject)
    return outcome


def outcome_of(session: Session, battery: Battery) -> ImportedBattery:
    """Return what importing ``battery`` would make of it."""
    latest = latest_version(session, battery.key)
    same = latest is not None and latest.fingerprint == fingerprint(battery)
    version = (latest.version if latest else 0) + (0 if same else 1)
    return ImportedBattery(battery.key, version, not same, len(battery.items))


def export_battery(database: Database, *, key: str, path: Path) -> tuple[int, bool]:
    """Write the newest version of a battery as YAML; returns its number and whether a file was replaced."""
    with database.read() as session:
        version = latest_version(session, key)
        if version is None:
            raise unknown_battery(session, key)
        text = to_yaml(from_document(version.document))
        return version.version, write_atomically(path, text)


def unknown_battery(session: Session, key: str) -> NotFound:
    """Return the error of a battery that is not in the library, naming those that are."""
    known = ", ".join(session.scalars(select(BatteryVersion.key).distinct().order_by(BatteryVersion.key)))
    text = _("There is no battery %(key)s. Batteries: %(known)s.")
    return NotFound(text % {"key": key, "known": known or _("none yet")})


def list_batteries(session: Session) -> list[dict[str, object]]:
    """Return the newest version of each battery, by key."""
    newest = select(BatteryVersion.key, func.max(BatteryVersion.version)).group_by(BatteryVersion.key).subquery()
    versions = session.scalars(
        select(BatteryVersion)
        .join(newest, (BatteryVersion.key == newest.c[0]) & (BatteryVersion.version == newest.c[1]))
        .order_by(BatteryVersion.key)
    )
    return [_row(version) for version in versions]


def _row(version: BatteryVersion) -> dict[str, object]:
    battery = from_document(version.document)
    return {
        "key": version.key,
        "version": version.version,
        "title": in_language(battery.title, active_language()),
        "respondent": battery.respondent,
        "items": len(battery.items),
        "areas": len(battery.areas),
        "fingerprint": version.fingerprint[:12],
    }
