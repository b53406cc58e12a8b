"""Reads the urn: the sealed ballots of one slice in chunks, opened with the window's private key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from sqlalchemy import Row, select, type_coerce
from sqlalchemy.types import NullType

from analytics_worker.closing.columns import Bytes, has_text, well_formed
from shared.model.urn import Ballot, ballot_context, box_key_context
from shared.model.urn import BoxKey as StoredBoxKey
from shared.sealing.boxes import BoxKey, CannotOpen, open_from

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from shared.questionnaire.ballot import Layout

CHUNK = 2_000
"""Ballots in memory at a time while a slice is read; only their fixed parts are kept."""
GROUPS_PER_QUERY = 500

SealedBallot: TypeAlias = Row[int, Any, bytes]
"""Seal group, box key's id (as the driver returns it, used as a name only) and box."""


class Opened(NamedTuple):
    """Well-formed ballots: fixed parts (n, fixed_length), seal groups (n,), free texts as (seal group, by item)."""

    fixed: Bytes
    seal_group: np.ndarray[Any, np.dtype[np.int64]]
    texts: list[tuple[int, dict[str, str]]]


def box_keys(session: Session, window_id: int, private: bytes) -> dict[Any, BoxKey]:
    """Return the window's box keys by id, opened once; one that cannot be opened is left out, its ballots with it."""
    opened: dict[Any, BoxKey] = {}
    stored = select(type_coerce(StoredBoxKey.id, NullType()), StoredBoxKey.sealed)
    for key_id, sealed in session.execute(stored.where(StoredBoxKey.window_id == window_id)):
        try:
            opened[key_id] = BoxKey(open_from(private, sealed, box_key_context(window_id)))
        except CannotOpen:
            continue
    return opened


def sealed_chunks(connection: Connection, seal_group_ids: Sequence[int]) -> Iterator[Sequence[SealedBallot]]:
    """Yield the ballots of some seal groups, at most ``CHUNK`` at a time, through a cursor of the server."""
    streaming = connection.execution_options(stream_results=True, yield_per=CHUNK)
    wanted = select(Ballot.seal_group_id, type_coerce(Ballot.box_key_id, NullType()), Ballot.box)
    for start in range(0, len(seal_group_ids), GROUPS_PER_QUERY):
        some = seal_group_ids[start : start + GROUPS_PER_QUERY]
        yield from streaming.execute(wanted.where(Ballot.seal_group_id.in_(some))).partitions()


def open_ballots(ballots: Sequence[SealedBallot], keys: dict[Any, BoxKey], layout: Layout) -> Opened:
    """Open what can be opened and keep what is well formed; whoever counts the rest as unreadable subtracts.

    Nothing about an unreadable ballot is said anywhere: not even what is wrong with it.
    """
    plains, groups = _unsealed(ballots, keys, layout.size)
    plain = np.frombuffer(b"".join(plains), dtype=np.uint8).reshape(-1, layout.size)
    good = well_formed(layout, plain)
    texts: dict[int, dict[str, str]] = {}
    for row in np.flatnonzero(good & has_text(layout, plain)).tolist():
        try:
            texts[row] = layout.texts(plains[row])
        except ValueError:
            good[row] = False
    return Opened(
        plain[good, : layout.fixed_length],
        np.asarray(groups, dtype=np.int64)[good],
        [(groups[row], found) for row, found in texts.items()],
    )


def _unsealed(ballots: Sequence[SealedBallot], keys: dict[Any, BoxKey], size: int) -> tuple[list[bytes], list[int]]:
    plains: list[bytes] = []
    groups: list[int] = []
    contexts = {group: ballot_context(group) for group in {ballot[0] for ballot in ballots}}
    for seal_group_id, box_key_id, box in ballots:
        key = keys.get(box_key_id)
        if key is None:
            continue
        try:
            plain = key.open(box, contexts[seal_group_id])
        except CannotOpen:
            continue
        if len(plain) == size:
            plains.append(plain)
            groups.append(seal_group_id)
    return plains, groups
