"""The life of a collection window: planned, opening, open, closed. Clock, command line and portal all come here."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import exists, func, select, update

from shared.database.locks import take_window
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.audit import record
from shared.model.codes import Code
from shared.model.counting import CountSlice
from shared.model.cycles import CollectionWindow, Cycle, Questionnaire, SealGroup
from shared.model.events import WINDOW_CLOSED, WINDOW_OPENING, publish
from shared.model.urn import Ballot, Draft

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, SQLColumnExpression
    from sqlalchemy.orm import Session

SLICE_BALLOTS = 20_000
"""How many ballots a slice of a count holds at most, unless one unit × questionnaire alone has more."""


class Closed(NamedTuple):
    """What a closed window held: ballots in its urn, and unfinished forms, which can no longer be sent."""

    ballots: int
    unfinished: int


def request_opening(session: Session, window: CollectionWindow, *, now: datetime, actor: str) -> None:
    """Start to open a planned window: a worker makes its keys and freezes the headcounts. ``actor`` is audited.

    Raises ``Refused`` (``window_state``) for a window that is not planned, and for one whose end has passed, unless its
    answers come from files only.
    """
    _lock_row(session, window)
    if window.state != "planned":
        text = _("Window %(window)s cannot be opened: it is %(state)s.")
        raise Refused("window_state", text % {"window": window.key, "state": window.state})
    if window.closes_at <= now and not is_import_only(session, window):
        text = _("Window %(window)s cannot be opened: its end has passed. Create the cycle with later times.")
        raise Refused("window_state", text % {"window": window.key})
    window.state = "opening"
    session.execute(
        update(Cycle)
        .where(Cycle.id == window.cycle_id, Cycle.state.in_(("draft", "scheduled", "ready")))
        .values(state="collecting")
    )
    subject = _subject(session, window)
    record(session, at=now, actor=actor, action="window.opening_requested", subject=subject)
    publish(session, WINDOW_OPENING, at=now, window_id=window.id)


def close_window(
    session: Session, window: CollectionWindow, *, now: datetime, actor: str, slice_ballots: int = SLICE_BALLOTS
) -> Closed:
    """Close an open window under its lock: note the control totals, cut the count into slices, tell the workers.

    ``actor`` is audited. Raises ``Refused`` (``window_state``) for a window that is not open. When this returns no
    caster holds the lock, and none that comes later finds the window open.
    """
    take_window(session.connection(), window.id)
    _lock_row(session, window)
    if window.state != "open":
        text = _("Window %(window)s cannot be closed: it is %(state)s.")
        raise Refused("window_state", text % {"window": window.key, "state": window.state})
    _note_control_totals(session, window)
    slices = _cut_slices(session, window, slice_ballots)
    window.state = "closed"
    window.closed_at = now
    closed = Closed(sum(part.control_total for part in slices), unfinished_forms(session, window))
    subject = _subject(session, window)
    record(session, at=now, actor=actor, action="window.closed", subject=subject, unfinished=closed.unfinished)
    publish(session, WINDOW_CLOSED, at=now, parts=[part.number for part in slices], window_id=window.id)
    return closed


def hold(session: Session, windows: Iterable[CollectionWindow]) -> None:
    """Lock several windows before changing any: the audit log's lock must not be held while waiting for another's."""
    for window in sorted(windows, key=lambda one: one.id):
        take_window(session.connection(), window.id)
        _lock_row(session, window)


def is_import_only(session: Session, window: CollectionWindow) -> bool:
    """Whether all the window's answers come from files: such a window is opened and closed by command alone."""
    return not session.scalar(select(exists().where(_collects_itself(window.id))))


def windows_to_open(session: Session, now: datetime) -> list[CollectionWindow]:
    """Return the planned windows whose time has come."""
    due = select(CollectionWindow).where(
        CollectionWindow.state == "planned",
        CollectionWindow.opens_at <= now,
        CollectionWindow.closes_at > now,
        exists().where(_collects_itself(CollectionWindow.id)),
    )
    return list(session.scalars(due.order_by(CollectionWindow.id)))


def windows_to_close(session: Session, now: datetime) -> list[CollectionWindow]:
    """Return the open windows whose end and grace have passed."""
    due = select(CollectionWindow).where(
        CollectionWindow.state == "open",
        CollectionWindow.closes_at <= now,
        exists().where(_collects_itself(CollectionWindow.id)),
    )
    return [window for window in session.scalars(due.order_by(CollectionWindow.id)) if window.last_moment <= now]


def _collects_itself(window_id: int | SQLColumnExpression[int]) -> ColumnElement[bool]:
    return (Questionnaire.window_id == window_id) & (Questionnaire.code_model != "import")


def _lock_row(session: Session, window: CollectionWindow) -> None:
    """Read the window anew, locked against another opener or closer (SQLite's writer is alone anyway)."""
    session.refresh(window, with_for_update=True)


def _subject(session: Session, window: CollectionWindow) -> str:
    return f"{session.get_one(Cycle, window.cycle_id).key}/{window.key}"


def unfinished_forms(session: Session, window: CollectionWindow) -> int:
    """Return how many forms of the window were begun and not sent."""
    begun = select(func.count()).select_from(Draft).join(Code, Code.id == Draft.code_id)
    return session.scalar(begun.where(Code.window_id == window.id)) or 0


def _note_control_totals(session: Session, window: CollectionWindow) -> None:
    cast_ballots = (
        select(func.count()).select_from(Ballot).where(Ballot.seal_group_id == SealGroup.id).scalar_subquery()
    )
    session.execute(
        update(SealGroup)
        .where(SealGroup.window_id == window.id)
        .values(control_total=cast_ballots)
        .execution_options(synchronize_session=False)
    )


def _cut_slices(session: Session, window: CollectionWindow, slice_ballots: int) -> list[CountSlice]:
    """Cut the count into slices of whole unit × questionnaire pairs, at least one per questionnaire.

    Never a part of a seal group: which box lies in which slice is known to an operator, and random slices of a group
    would undo the shuffle.
    """
    slices: list[CountSlice] = []
    for questionnaire_id in session.scalars(
        select(Questionnaire.id).where(Questionnaire.window_id == window.id).order_by(Questionnaire.id)
    ):
        for units, total in _packed(_totals_per_unit(session, questionnaire_id), slice_ballots):
            part = CountSlice(
                window_id=window.id, number=len(slices), questionnaire_id=questionnaire_id, control_total=total
            )
            session.add(part)
            slices.append(part)
            _assign(session, questionnaire_id, units, part.number)
    session.flush()
    return slices


def _totals_per_unit(session: Session, questionnaire_id: int) -> list[tuple[int, int]]:
    rows = session.execute(
        select(SealGroup.unit_id, SealGroup.control_total)
        .where(SealGroup.questionnaire_id == questionnaire_id)
        .order_by(SealGroup.unit_id)
    )
    return [(unit, sum(total or 0 for _unit, total in group)) for unit, group in groupby(rows, key=lambda row: row[0])]


def _packed(totals: Sequence[tuple[int, int]], limit: int) -> list[tuple[list[int], int]]:
    packed: list[tuple[list[int], int]] = [([], 0)]
    for unit_id, total in totals:
        units, so_far = packed[-1]
        if units and so_far + total > limit:
            packed.append(([unit_id], total))
        else:
            packed[-1] = ([*units, unit_id], so_far + total)
    return packed


def _assign(session: Session, questionnaire_id: int, units: list[int], number: int) -> None:
    session.execute(
        update(SealGroup)
        .where(SealGroup.questionnaire_id == questionnaire_id, SealGroup.unit_id.in_(units))
        .values(slice_number=number)
        .execution_options(synchronize_session=False)
    )
