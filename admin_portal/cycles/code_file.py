"""Writes the codes that may still answer as a CSV file for whoever hands them out: owner-only, whole or not at all."""

from __future__ import annotations

import csv
import io
import secrets
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_portal.files import check_writable, read_bytes, write_atomically
from shared.clock import Clock
from shared.database.dispatch import dispatch_public_key
from shared.database.engine import Database
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.audit import record
from shared.model.codes import Code, code_context
from shared.model.cycles import CollectionWindow, Questionnaire, find_cycle
from shared.model.organisation import Unit, UnitGroup
from shared.sealing.boxes import CannotOpen, open_from
from shared.sealing.codes import display
from shared.sealing.keystore import KeyStore

CODE_COLUMNS = ("cycle", "questionnaire", "unit_code", "group_code", "person_ref", "code", "url")


@dataclass(frozen=True, slots=True)
class WrittenCodes:
    """What a file of codes holds, and how many codes were left out because they can no longer answer."""

    path: Path
    written: int
    answered: int
    void: int
    replaced: bool


def write_codes(
    database: Database, clock: Clock, keys: KeyStore, *, cycle_key: str, survey_url: str, path: Path, actor: str
) -> WrittenCodes:
    """Write the codes of a cycle that may still answer, in random order inside each group.

    Needs the dispatch key that they were sealed to (``KeyMissing`` names its place). An earlier file of codes at
    ``path`` is replaced, any other file is left alone with ``Refused``. The audit log says who made it.
    """
    private_key = keys.dispatch_key(dispatch_public_key(database))
    check_place(path)
    with database.read() as session:
        rows = _rows(session, cycle_key, survey_url, private_key)
        answered, void = (_number(session, cycle_key, state) for state in ("answered", "void"))
    if not rows:
        text = _("Cycle %(cycle)s has no code that can still answer. Issue codes first, or see: sikte cycle status")
        raise Refused("no_codes", text % {"cycle": cycle_key})
    with database.begin() as session:
        # The entry comes first: a file of codes that nobody answers for must not exist.
        record(session, at=clock.now(), actor=actor, action="codes.exported", subject=cycle_key, codes=len(rows))
    replaced = write_atomically(path, _as_csv(rows), owner_only=True)
    return WrittenCodes(path, len(rows), answered, void, replaced)


def check_place(path: Path) -> None:
    """Raise ``Refused`` when codes cannot be written to ``path``, or another file stands there."""
    check_writable(path)
    if path.exists() and read_bytes(path).splitlines()[:1] != [",".join(CODE_COLUMNS).encode()]:
        text = _("%(path)s exists and is no file of codes. Choose another name.")
        raise Refused("file_exists", text % {"path": path})


def _rows(session: Session, cycle_key: str, survey_url: str, private_key: bytes) -> list[tuple[str, ...]]:
    cycle = find_cycle(session, cycle_key)
    found = session.execute(
        select(Code.id, Code.sealed, Questionnaire.key, Unit.code, UnitGroup.code, Code.person_ref)
        .join(Questionnaire, Questionnaire.id == Code.questionnaire_id)
        .join(CollectionWindow, CollectionWindow.id == Code.window_id)
        .join(Unit, Unit.id == Code.unit_id)
        .outerjoin(UnitGroup, UnitGroup.id == Code.group_id)
        .where(
            Questionnaire.cycle_id == cycle.id,
            Code.state == "issued",
            Code.sealed.is_not(None),
            CollectionWindow.state.in_(("planned", "opening", "open")),
        )
    ).all()
    ordered = sorted(found, key=lambda row: (row[2], row[3], row[4] or "", secrets.randbits(64)))
    rows: list[tuple[str, ...]] = []
    for code_id, sealed, questionnaire, unit, group, person in ordered:
        # Grouped by dashes, so that no spreadsheet takes a code of digits for a number.
        code = display(_opened(private_key, sealed, code_id))
        rows.append((cycle.key, questionnaire, unit, group or "", person or "", code, f"{survey_url}/s/{code}"))
    return rows


def _opened(private_key: bytes, sealed: bytes | None, code_id: UUID) -> str:
    try:
        return open_from(private_key, sealed or b"", code_context(code_id)).decode()
    except CannotOpen:
        # Not chained: what could not be opened is a code.
        text = _("A code in the database is damaged and cannot be written out. Restore the database from its backup.")
        raise Refused("damaged_code", text) from None


def _number(session: Session, cycle_key: str, state: str) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(Code)
            .join(CollectionWindow, CollectionWindow.id == Code.window_id)
            .where(
                CollectionWindow.cycle_id == find_cycle(session, cycle_key).id,
                Code.state == state,
                Code.kind != "form",
            )
        )
        or 0
    )


def _as_csv(rows: list[tuple[str, ...]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CODE_COLUMNS)
    writer.writerows(rows)
    return text.getvalue()
