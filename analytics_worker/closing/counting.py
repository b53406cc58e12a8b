"""Counts one slice of a closed window: unseal, validate, shuffle, add up; blocks and tallies in one transaction."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
from sqlalchemy import Connection, bindparam, delete, exists, func, insert, select, update

from analytics_worker.closing.columns import Bytes, Counter, Rows, Tallies
from analytics_worker.closing.urn import box_keys, open_ballots, sealed_chunks
from shared.database.locks import take_window
from shared.database.questionnaires import Loaded, load
from shared.errors import SikteError
from shared.events.claims import Claim, finish
from shared.i18n import gettext as _
from shared.model.audit import record
from shared.model.counting import Block, CountSlice, FreeText, Tally
from shared.model.cycles import CollectionWindow, Cycle, SealGroup
from shared.model.events import QUESTIONNAIRE_COUNTED, publish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from shared.clock import Clock
    from shared.database.engine import Database
    from shared.sealing.keystore import KeyStore

_ROWS_PER_INSERT = 1_000


@dataclass(frozen=True, slots=True)
class _Slice:
    """What a slice covers: one questionnaire, and the unit of each of its seal groups."""

    window_id: int
    number: int
    loaded: Loaded
    unit_of: dict[int, int]


@dataclass(frozen=True, slots=True)
class _Counted:
    """A counted slice in memory: rows are shuffled within their unit, texts across all units."""

    fixed: Bytes
    unit: Rows
    readable: dict[int, int]
    sealed: dict[int, int]
    texts: list[dict[str, Any]]


def count_ballots(claim: Claim, *, database: Database, clock: Clock, keys: KeyStore) -> None:
    """Handle a part of ``window.closed``: afterwards the slice is counted, and its ballots still lie in the urn.

    A rerun changes nothing. A ballot that cannot be opened or is malformed is counted as unreadable. Publishes
    ``questionnaire.counted`` with the last slice of a questionnaire. Raises ``KeyMissing`` where the window's private
    key is not mounted, or another key lies in its place.
    """
    window_id = int(claim.payload["window_id"])
    with database.read() as session:
        part = _unfinished(session, window_id, claim.part)
        counted = None if part is None else _count(session, part, keys)
    with database.begin() as session:
        # Locked: of two workers that counted the same slice, the later one finds it done.
        if part is not None and counted is not None and _unfinished(session, window_id, claim.part, lock=True):
            _write(session, part, counted)
            _announce(session, part, clock)
        finish(session, claim)


def recount_damaged(window_id: int, *, database: Database, clock: Clock, keys: KeyStore) -> None:
    """Count anew the slices of a closed window in which ballots are unreadable: they may have been had back meanwhile.

    A slice is written anew, with an audit entry, only where fewer ballots are lost than before; a window that is no
    longer closed, or whose loss was accepted, is left alone. Raises ``KeyMissing`` like ``count_ballots``.
    """
    with database.read() as session:
        numbers = _damaged(session, window_id)
    for number in numbers:
        with database.read() as session:
            part = _slice(session, window_id, number)
            counted = _count(session, part, keys)
        with database.begin() as session:
            take_window(session.connection(), window_id)
            before = _damaged(session, window_id).get(number, 0)
            saved = before - sum(_lost(counted, group) for group in part.unit_of)
            if saved > 0:
                _write(session, part, counted)
                _audit_recount(session, part, saved, clock)


def _damaged(session: Session, window_id: int) -> dict[int, int]:
    """Return how many ballots are unreadable in each slice of a closed window whose loss nobody has accepted."""
    rows = session.execute(
        select(SealGroup.slice_number, func.sum(SealGroup.unreadable))
        .join(CollectionWindow, CollectionWindow.id == SealGroup.window_id)
        .where(SealGroup.window_id == window_id, SealGroup.unreadable > 0)
        .where(CollectionWindow.state == "closed", func.coalesce(CollectionWindow.loss_accepted, "") == "")
        .group_by(SealGroup.slice_number)
        .order_by(SealGroup.slice_number)
    )
    return {number: int(lost or 0) for number, lost in rows if number is not None}


def _audit_recount(session: Session, part: _Slice, saved: int, clock: Clock) -> None:
    window = session.get_one(CollectionWindow, part.window_id)
    subject = f"{session.get_one(Cycle, window.cycle_id).key}/{window.key}"
    details = {"slice": part.number, "ballots_had_back": saved}
    record(session, at=clock.now(), actor="worker", action="window.recounted", subject=subject, **details)


def _unfinished(session: Session, window_id: int, number: int, *, lock: bool = False) -> _Slice | None:
    """Return the slice, or None when it was counted before."""
    wanted = select(CountSlice.done).where(CountSlice.window_id == window_id, CountSlice.number == number)
    row = session.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    if row is None:
        raise SikteError(_("Window %(window)d has no slice %(number)d.") % {"window": window_id, "number": number})
    return None if row.done else _slice(session, window_id, number)


def _slice(session: Session, window_id: int, number: int) -> _Slice:
    questionnaire_id = session.scalars(
        select(CountSlice.questionnaire_id).where(CountSlice.window_id == window_id, CountSlice.number == number)
    ).one()
    groups = session.execute(
        select(SealGroup.id, SealGroup.unit_id)
        .where(SealGroup.window_id == window_id, SealGroup.slice_number == number)
        .order_by(SealGroup.unit_id, SealGroup.id)
    )
    return _Slice(window_id, number, load(session, questionnaire_id), {group.id: group.unit_id for group in groups})


def _count(session: Session, part: _Slice, store: KeyStore) -> _Counted:
    layout = part.loaded.layout
    if layout is None or part.loaded.public_key is None:
        raise SikteError(_("Questionnaire %(key)s was never opened.") % {"key": part.loaded.key})
    keys = box_keys(session, part.window_id, store.counting_key(part.window_id, part.loaded.public_key))
    fixed: list[Bytes] = [np.empty((0, layout.fixed_length), dtype=np.uint8)]
    groups: list[Rows] = [np.empty(0, dtype=np.int64)]
    sealed: list[Rows] = [np.empty(0, dtype=np.int64)]
    texts: list[dict[str, Any]] = []
    for ballots in sealed_chunks(session.connection(), list(part.unit_of)):
        opened = open_ballots(ballots, keys, layout)
        fixed.append(opened.fixed)
        groups.append(opened.seal_group)
        sealed.append(np.fromiter((ballot[0] for ballot in ballots), dtype=np.int64, count=len(ballots)))
        texts += _text_rows(part, opened.texts)
    return _shuffled(part, np.concatenate(fixed), np.concatenate(groups), np.concatenate(sealed), texts)


def _text_rows(part: _Slice, texts: list[tuple[int, dict[str, str]]]) -> list[dict[str, Any]]:
    common = {"questionnaire_id": part.loaded.id, "slice_number": part.number, "state": "unscreened"}
    return [
        {"id": uuid4(), "unit_id": part.unit_of[group], "item_key": item, "body": body, **common}
        for group, found in texts
        for item, body in found.items()
    ]


def _shuffled(part: _Slice, fixed: Bytes, groups: Rows, sealed: Rows, texts: list[dict[str, Any]]) -> _Counted:
    """Shuffle the rows within each unit, seeded by the operating system; texts lie by their random id."""
    ids = np.fromiter(part.unit_of, dtype=np.int64, count=len(part.unit_of))
    units = np.fromiter(part.unit_of.values(), dtype=np.int64, count=len(part.unit_of))
    by_id = np.argsort(ids)
    unit = units[by_id][np.searchsorted(ids[by_id], groups)]
    random = np.random.Generator(np.random.PCG64DXSM(int.from_bytes(os.urandom(32), "little")))
    shuffled = random.permutation(len(unit))
    order = shuffled[np.argsort(unit[shuffled], kind="stable")]
    texts.sort(key=lambda row: row["id"].int)
    return _Counted(fixed[order], unit[order], _occurrences(groups), _occurrences(sealed), texts)


def _occurrences(values: Rows) -> dict[int, int]:
    distinct, number = np.unique(values, return_counts=True)
    return dict(zip(distinct.tolist(), number.tolist(), strict=True))


def _write(session: Session, part: _Slice, counted: _Counted) -> None:
    connection = session.connection()
    for table in (Block, FreeText, Tally):
        # Something of this slice is here only when it is counted anew, and must not be counted twice.
        mine = (table.questionnaire_id == part.loaded.id) & (table.slice_number == part.number)
        connection.execute(delete(table).where(mine))
    _insert(connection, Block, _blocks(part, counted))
    _insert(connection, Tally, _tallies(part, counted))
    _insert(connection, FreeText, iter(counted.texts))
    readable = [
        {"group": group, "readable": counted.readable.get(group, 0), "lost": _lost(counted, group)}
        for group in part.unit_of
    ]
    if readable:
        one = update(SealGroup).where(SealGroup.id == bindparam("group"))
        connection.execute(one.values(counted=bindparam("readable"), unreadable=bindparam("lost")), readable)
    slices = update(CountSlice).where(CountSlice.window_id == part.window_id, CountSlice.number == part.number)
    connection.execute(slices.values(done=True))


def _lost(counted: _Counted, group: int) -> int:
    return counted.sealed.get(group, 0) - counted.readable.get(group, 0)


def _insert(connection: Connection, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    some: list[dict[str, Any]] = []
    for row in rows:
        some.append(row)
        if len(some) == _ROWS_PER_INSERT:
            connection.execute(insert(table), some)
            some = []
    if some:
        connection.execute(insert(table), some)


def _blocks(part: _Slice, counted: _Counted) -> Iterator[dict[str, Any]]:
    """Yield the columns of each unit, read off the rows, which lie by unit."""
    units, starts = np.unique(counted.unit, return_index=True)
    ends = [*starts[1:].tolist(), len(counted.unit)][: len(units)]  # no ballots: no units and no end
    for unit, start, end in zip(units.tolist(), starts.tolist(), ends, strict=True):
        yield {
            "questionnaire_id": part.loaded.id,
            "unit_id": unit,
            "slice_number": part.number,
            "rows": end - start,
            "cells": counted.fixed[start:end].T.tobytes(),
        }


def _tallies(part: _Slice, counted: _Counted) -> Iterator[dict[str, Any]]:
    if part.loaded.layout is None or not len(counted.unit):
        return
    found: Tallies = Counter(part.loaded.definition, part.loaded.layout).tally(counted.fixed, counted.unit)
    ballots, blank = found.ballots.tolist(), found.blank_ballots.tolist()
    for position, unit in enumerate(found.cells.unit.tolist()):
        yield {
            "questionnaire_id": part.loaded.id,
            "unit_id": unit,
            "cell": found.cells.name(part.loaded.layout, position),
            "slice_number": part.number,
            "ballots": ballots[position],
            "blank_ballots": blank[position],
            "counts": found.counts[position].astype("<i8").tobytes(),
        }


def _announce(session: Session, part: _Slice, clock: Clock) -> None:
    """Publish ``questionnaire.counted`` with its last slice: under the window's lock two last ones see each other."""
    take_window(session.connection(), part.window_id)
    waiting = exists().where(CountSlice.questionnaire_id == part.loaded.id, CountSlice.done.is_(False))
    if not session.scalar(select(waiting)):
        publish(
            session,
            QUESTIONNAIRE_COUNTED,
            at=clock.now(),
            window_id=part.window_id,
            questionnaire_id=part.loaded.id,
        )
