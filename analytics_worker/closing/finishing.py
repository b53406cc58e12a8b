"""Finishes a counted window: the control, the end of its private key, the purge of what could tie answer to person."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, Null, ScalarSelect, delete, exists, func, null, select, update

from analytics_worker.closing.counting import recount_damaged
from shared.database.locks import take_window
from shared.errors import NotFound, SikteError
from shared.events.claims import Claim, finish
from shared.i18n import gettext as _
from shared.model.audit import AuditEntry, record
from shared.model.codes import Code
from shared.model.counting import CountSlice
from shared.model.cycles import CollectionWindow, Cycle, SealGroup
from shared.model.events import WINDOW_COUNTED, publish
from shared.model.urn import Ballot, BoxKey, Draft

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.engine.interfaces import DBAPICursor
    from sqlalchemy.orm import Session

    from shared.clock import Clock
    from shared.database.engine import Database
    from shared.sealing.keystore import KeyStore

_CHECKPOINT_SECONDS = 10.0
_CHECKPOINT_PAUSE = 0.1


def finish_window(claim: Claim, *, database: Database, clock: Clock, keys: KeyStore) -> None:
    """Handle ``questionnaire.counted``: with the window's last one, make the count final.

    Raises ``SikteError``, and changes nothing, unless counted + unreadable equals the control total of every seal
    group, and while ballots are unreadable whose loss nobody has accepted; those are tried once more first. Each step
    may be repeated: the key is destroyed once the tallies are committed, the purge is one transaction, and whichever
    delivery purged empties SQLite's log before its end.
    """
    window_id = int(claim.payload["window_id"])
    recount_damaged(window_id, database=database, clock=clock, keys=keys)
    with database.read() as session:
        ready = _is_counted(session, window_id)
    if ready:
        keys.destroy_window_key(window_id)
        with database.begin() as session:
            _purge(session, claim, clock)
        if _is_purger(database, claim):
            _empty_log(database)
    with database.begin() as session:
        finish(session, claim)


def _is_counted(session: Session, window_id: int) -> bool:
    """Return whether nothing of the window is left to count; raises when the count is not right."""
    if session.scalar(select(exists().where(CountSlice.window_id == window_id, CountSlice.done.is_(False)))):
        return False
    window = _window(session, window_id)
    if window.state != "closed":
        # Counted already: what may be left of an interrupted run is only the log.
        return window.state == "counted"
    _check_control_totals(session, window)
    return True


def _window(session: Session, window_id: int) -> CollectionWindow:
    window = session.get(CollectionWindow, window_id, populate_existing=True)
    if window is None:
        raise NotFound(_("There is no such window."))
    return window


def _check_control_totals(session: Session, window: CollectionWindow) -> None:
    counted = func.coalesce(SealGroup.counted, 0)
    unreadable = func.coalesce(SealGroup.unreadable, 0)
    control_total = func.coalesce(SealGroup.control_total, 0)
    wrong, lost = session.execute(
        select(
            func.count().filter(counted + unreadable != control_total),
            func.coalesce(func.sum(unreadable), 0),
        ).where(SealGroup.window_id == window.id)
    ).one()
    names = {"cycle": session.get_one(Cycle, window.cycle_id).key, "window": window.key, "wrong": wrong, "lost": lost}
    if wrong:
        raise SikteError(
            _(
                "In %(wrong)d seal groups of window %(window)s the counted and unreadable ballots are not the control "
                "total. Nothing was thrown away; find out what changed the urn after the window closed."
            )
            % names
        )
    if lost and not window.loss_accepted:
        raise SikteError(
            _(
                "%(lost)d ballots of window %(window)s cannot be read. The key is kept. If they cannot be saved, "
                "accept the loss: sikte cycle accept-loss %(cycle)s --window %(window)s --reason TEXT"
            )
            % names
        )


def _purge(session: Session, claim: Claim, clock: Clock) -> None:
    """Leave of the urn nothing and of each code only hash and window; then the window is counted."""
    window_id = int(claim.payload["window_id"])
    take_window(session.connection(), window_id)
    window = _window(session, window_id)
    if window.state != "closed":
        return
    _purge_urn(session.connection(), window_id)
    _strip_codes(session.connection(), window_id)
    now = clock.now()
    cycle = session.get_one(Cycle, window.cycle_id, with_for_update=True)
    window.state, window.counted_at = "counted", now
    session.flush()
    if cycle.state == "collecting" and not session.scalar(select(exists().where(_uncounted(cycle)))):
        cycle.state = "ready"
    details = {**_totals(session, window_id), "delivery": claim.delivery_id}
    subject = f"{cycle.key}/{window.key}"
    record(session, at=now, actor="worker", action="window.counted", subject=subject, **details)
    record(session, at=now, actor="worker", action="window.key_destroyed", subject=subject)
    publish(session, WINDOW_COUNTED, at=now, window_id=window_id)


def _is_purger(database: Database, claim: Claim) -> bool:
    """Whether this delivery purged its window, now or before an interruption; a window has one such delivery."""
    with database.read() as session:
        entries = session.scalars(select(AuditEntry.details).where(AuditEntry.action == "window.counted"))
        return any(details.get("delivery") == claim.delivery_id for details in entries)


def _uncounted(cycle: Cycle) -> ColumnElement[bool]:
    return (CollectionWindow.cycle_id == cycle.id) & (CollectionWindow.state != "counted")


def _totals(session: Session, window_id: int) -> dict[str, int]:
    columns = {"counted": SealGroup.counted, "unreadable": SealGroup.unreadable}
    sums = [func.coalesce(func.sum(column), 0) for column in columns.values()]
    row = session.execute(select(*sums).where(SealGroup.window_id == window_id)).one()
    return dict(zip(columns, (int(value) for value in row), strict=True))


def _codes_of(window_id: int) -> ScalarSelect[UUID]:
    return select(Code.id).where(Code.window_id == window_id).scalar_subquery()


def _purge_urn(connection: Connection, window_id: int) -> None:
    groups = select(SealGroup.id).where(SealGroup.window_id == window_id).scalar_subquery()
    connection.execute(delete(Ballot).where(Ballot.seal_group_id.in_(groups)))
    connection.execute(delete(BoxKey).where(BoxKey.window_id == window_id))
    connection.execute(delete(Draft).where(Draft.code_id.in_(_codes_of(window_id))))


def _strip_codes(connection: Connection, window_id: int) -> None:
    """Make all codes alike: a file of codes and the pepper must not tell for ever who has answered or was withdrawn."""
    nothing: Null = null()
    connection.execute(delete(Code).where(Code.window_id == window_id, Code.kind == "form"))
    connection.execute(
        update(Code)
        .where(Code.window_id == window_id)
        .values(
            state="closed",
            questionnaire_id=nothing,
            unit_id=nothing,
            group_id=nothing,
            person_ref=nothing,
            segments=nothing,
            sealed=nothing,
        )
    )


def _empty_log(database: Database) -> None:
    """Write SQLite's file anew and empty its write-ahead log, which still holds the pages as they were.

    ``secure_delete`` alone does not do it: rows that were moved within a page when it was divided leave copies behind,
    now and then a person with a code's hash. Raises ``SikteError`` while another reader holds the log back.

    On PostgreSQL what is deleted waits for vacuum and the log for recycling; it is dead weight, since its key is gone
    (``docs/operations.md``).
    """
    if database.is_postgresql:
        return
    raw = database.engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("VACUUM")
        deadline = time.monotonic() + _CHECKPOINT_SECONDS
        while not (emptied := _checkpoint(cursor)) and time.monotonic() < deadline:
            # While another connection runs a checkpoint SQLite answers busy at once, whatever the busy time-out is.
            time.sleep(_CHECKPOINT_PAUSE)
        cursor.close()
    finally:
        raw.close()
    if not emptied:
        raise SikteError(_("The database's log could not be emptied: something still reads it. It is tried again."))


def _checkpoint(cursor: DBAPICursor) -> bool:
    """Empty the log if nobody reads it; return whether that was so."""
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    outcome = cursor.fetchone()
    return outcome is not None and not outcome[0]
