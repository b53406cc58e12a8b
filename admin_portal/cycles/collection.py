"""Opens and closes collection windows by the officer's word, and accepts the loss of ballots that cannot be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload

from shared.clock import Clock
from shared.database.engine import Database
from shared.database.lifecycle import close_window, hold, is_import_only, request_opening
from shared.errors import Refused
from shared.events.quarantine import retry
from shared.i18n import gettext as _
from shared.model.audit import record
from shared.model.counting import CountSlice
from shared.model.cycles import CollectionWindow, SealGroup, find_cycle, find_windows
from shared.model.events import COUNT_BALLOTS, FINISH_WINDOW, QUESTIONNAIRE_COUNTED, Delivery, publish
from shared.sealing.keystore import KeyStore

MAX_REASON = 500


@dataclass(frozen=True, slots=True)
class Opening:
    """The windows that are being opened; workers make their keys."""

    cycle: str
    windows: tuple[str, ...]
    window_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Closing:
    """The windows that were closed, the ballots in their urns, and the unfinished forms that this ended."""

    cycle: str
    windows: tuple[str, ...]
    window_ids: tuple[int, ...]
    ballots: int
    drafts: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the workers are: whether all is done, and what is stuck, as ``(delivery id, consumer, error)``."""

    done: bool
    stuck: tuple[tuple[int, str, str], ...]


def open_windows(database: Database, clock: Clock, *, cycle_key: str, window_key: str | None, actor: str) -> Opening:
    """Open the planned windows of a cycle, or the one named, now; raises ``Refused`` with the states."""
    with database.begin() as session:
        cycle = find_cycle(session, cycle_key)
        windows = find_windows(session, cycle, window_key)
        chosen = windows if window_key else _those(windows, "planned")
        if not window_key:
            # All that can: a window whose end has passed does not keep the others shut, unless it is the only one.
            now = clock.now()
            chosen = [one for one in chosen if one.closes_at > now or is_import_only(session, one)] or chosen
        hold(session, chosen)
        for window in chosen:
            request_opening(session, window, now=clock.now(), actor=actor)
        return Opening(cycle.key, tuple(one.key for one in chosen), tuple(one.id for one in chosen))


def close_windows(database: Database, clock: Clock, *, cycle_key: str, window_key: str | None, actor: str) -> Closing:
    """Close the open windows of a cycle, or the one named, now and without grace; else ``Refused`` with the states."""
    with database.begin() as session:
        cycle = find_cycle(session, cycle_key)
        windows = find_windows(session, cycle, window_key)
        chosen = windows if window_key else _those(windows, "open")
        hold(session, chosen)
        closed = [close_window(session, window, now=clock.now(), actor=actor) for window in chosen]
        keys, ids = tuple(one.key for one in chosen), tuple(one.id for one in chosen)
        ballots, drafts = sum(one.ballots for one in closed), sum(one.unfinished for one in closed)
        return Closing(cycle.key, keys, ids, ballots, drafts)


def _those(windows: Sequence[CollectionWindow], state: str) -> list[CollectionWindow]:
    """Return the windows in ``state``; raises ``Refused`` with the states of all when there is none."""
    chosen = [window for window in windows if window.state == state]
    if not chosen:
        states = ", ".join(f"{window.key}: {window.state}" for window in windows)
        text = _("No window is %(state)s (%(states)s).")
        raise Refused("window_state", text % {"state": state, "states": states})
    return chosen


def accept_loss(
    database: Database, clock: Clock, keys: KeyStore | None, *, cycle_key: str, window_key: str, reason: str, actor: str
) -> int:
    """Let the count of a window go on without its unreadable ballots; returns how many are given up.

    Where the window's private key is lost, those are all its uncounted ballots; a process that has no ``keys`` cannot
    tell, and gives up only ballots that the workers found unreadable. Raises ``Refused`` when the window is
    not closed, or nothing of it is unreadable or stuck for want of its key, or the reason is missing.
    """
    reason = " ".join(reason.split())
    if not 0 < len(reason) <= MAX_REASON:
        text = _("Give a reason of at most %(limit)d characters: it stays with the figures.")
        raise Refused("no_reason", text % {"limit": MAX_REASON}, status=422)
    with database.begin() as session:
        cycle = find_cycle(session, cycle_key)
        (window,) = find_windows(session, cycle, window_key)
        hold(session, [window])
        if window.state == "closed" and _key_is_lost(session, window, keys):
            _give_up_uncounted(session, window, clock, actor)
        unreadable = func.coalesce(func.sum(SealGroup.unreadable), 0)
        lost = int(session.scalar(select(unreadable).where(SealGroup.window_id == window.id)) or 0)
        if window.state != "closed" or lost == 0:
            text = _("Window %(window)s has no loss to accept: it is %(state)s and %(lost)d ballots are unreadable.")
            parts = {"window": window.key, "state": window.state, "lost": lost}
            raise Refused("no_loss", text % parts)
        window.loss_accepted = reason
        now = clock.now()
        subject = f"{cycle.key}/{window.key}"
        record(session, at=now, actor=actor, action="window.loss_accepted", subject=subject, reason=reason, lost=lost)
        _finish_again(session, window, clock, actor)
    return lost


def _key_is_lost(session: Session, window: CollectionWindow, keys: KeyStore | None) -> bool:
    """Whether the window's key is gone: the workers gave the count up, and here, where the keys lie, it is not either.

    Both are asked, since a process that does not mount the keys must not give up ballots that another can open.
    """
    if keys is None:
        return False
    counting = [one for one in _unfinished(session, [window.id]) if one.consumer == COUNT_BALLOTS]
    stuck = bool(counting) and all(one.quarantined_at is not None for one in counting)
    return stuck and (keys.folder / "windows").is_dir() and not keys.has_window_key(window.id)


def _give_up_uncounted(session: Session, window: CollectionWindow, clock: Clock, actor: str) -> None:
    """Note every ballot of the slices that nobody can count as unreadable: the control totals hold as they are."""
    uncounted = select(CountSlice.number).where(CountSlice.window_id == window.id, CountSlice.done.is_(False))
    numbers = session.scalars(uncounted.with_for_update()).all()
    groups = update(SealGroup).where(SealGroup.window_id == window.id, SealGroup.slice_number.in_(numbers))
    session.execute(groups.values(counted=0, unreadable=func.coalesce(SealGroup.control_total, 0)))
    slices = update(CountSlice).where(CountSlice.window_id == window.id, CountSlice.number.in_(numbers))
    session.execute(slices.values(done=True))
    for delivery in _unfinished(session, [window.id]):
        if delivery.consumer == COUNT_BALLOTS:
            # It finds its slice done, and is done itself.
            retry(session, delivery.id, actor=actor, at=clock.now())


def _finish_again(session: Session, window: CollectionWindow, clock: Clock, actor: str) -> None:
    """Let the stuck finish of the window be tried at once; with none waiting, ask for it anew."""
    waiting = [one for one in _unfinished(session, [window.id]) if one.consumer == FINISH_WINDOW]
    for delivery in waiting:
        if delivery.quarantined_at is not None:
            retry(session, delivery.id, actor=actor, at=clock.now())
        else:
            delivery.next_send_at = 0.0
    if not waiting:
        publish(session, QUESTIONNAIRE_COUNTED, at=clock.now(), window_id=window.id)


def progress(session: Session, *, window_ids: Iterable[int], until: str) -> Progress:
    """Return how far the windows are on their way to ``until`` (``open``, or ``counted`` with its results).

    ``done`` when every window has got there and no delivery about them is unfinished.
    """
    ids = list(window_ids)
    states = list(session.scalars(select(CollectionWindow.state).where(CollectionWindow.id.in_(ids))))
    there = {"open", "closed", "counted"} if until == "open" else {until}
    unfinished = _unfinished(session, ids)
    stuck = tuple((one.id, one.consumer, one.error) for one in unfinished if one.quarantined_at is not None)
    return Progress(done=all(state in there for state in states) and not unfinished, stuck=stuck)


def _unfinished(session: Session, window_ids: Sequence[int]) -> list[Delivery]:
    """Return the deliveries about these windows that are not done, quarantined ones included."""
    pending = select(Delivery).where(Delivery.done_at.is_(None)).options(joinedload(Delivery.event))
    found = session.scalars(pending.order_by(Delivery.id))
    return [delivery for delivery in found if delivery.event.payload.get("window_id") in window_ids]
