"""The box keys a process casts with: made, sealed to the window's public key, used for a while, thrown away."""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock, Timer
from typing import TYPE_CHECKING
from uuid import UUID, uuid4
from weakref import ReferenceType, ref

from sqlalchemy import insert

from shared.model.urn import BoxKey as StoredBoxKey
from shared.model.urn import box_key_context
from shared.sealing.boxes import BoxKey, new_key, seal_to

if TYPE_CHECKING:
    from shared.database.engine import Database

LIFETIME_SECONDS = 3600.0
MAXIMUM_BALLOTS = 5000


@dataclass(slots=True)
class _InUse:
    id: UUID
    key: BoxKey
    until: float
    ballots_left: int
    forgetting: Timer


class BoxKeys:
    """One process's box keys, at most one in use per window; the key itself is never written anywhere unsealed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._in_use: dict[int, _InUse] = {}
        self._lock = Lock()

    def current(self, window_id: int, public_key: bytes) -> tuple[UUID, BoxKey]:
        """Return the box key to seal the next ballot of the window with, and the id the ballot carries."""
        with self._lock:
            entry = self._in_use.get(window_id)
            if entry is None or entry.ballots_left == 0 or time.monotonic() > entry.until:
                if entry is not None:
                    entry.forgetting.cancel()  # else a busy process would have a thread for each key of the last hour
                entry = self._in_use[window_id] = self._make(window_id, public_key)
            entry.ballots_left -= 1
            return entry.id, entry.key

    def _make(self, window_id: int, public_key: bytes) -> _InUse:
        """Store the sealed key before the first ballot under it: one whose key is unknown can never be opened."""
        key, key_id = new_key(), uuid4()
        sealed = seal_to(public_key, key, box_key_context(window_id))
        with self._database.connect() as connection:
            connection.execute(insert(StoredBoxKey).values(id=key_id, window_id=window_id, sealed=sealed))
        until = time.monotonic() + LIFETIME_SECONDS
        return _InUse(key_id, BoxKey(key), until, MAXIMUM_BALLOTS, self._forget_later(window_id, key_id))

    def _forget_later(self, window_id: int, key_id: UUID) -> Timer:
        """Nobody casts into a closed window, so nothing else would ever take its last key out of memory."""
        timer = Timer(LIFETIME_SECONDS, _forget, (ref(self), window_id, key_id))
        timer.daemon = True
        timer.start()
        return timer

    def forget(self, window_id: int, key_id: UUID) -> None:
        """Drop a box key, if it is still the one in use."""
        with self._lock:
            entry = self._in_use.get(window_id)
            if entry is not None and entry.id == key_id:
                del self._in_use[window_id]


def _forget(keys: ReferenceType[BoxKeys], window_id: int, key_id: UUID) -> None:
    holder = keys()
    if holder is not None:
        holder.forget(window_id, key_id)
