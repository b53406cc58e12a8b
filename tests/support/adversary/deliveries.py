"""Runs deliveries in this process, through real claims and the real handlers."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from analytics_worker.closing.counting import count_ballots
from analytics_worker.closing.finishing import finish_window
from analytics_worker.closing.opening import make_window_key
from shared.clock import Clock
from shared.database.engine import Database
from shared.events.claims import take
from shared.model.events import COUNT_BALLOTS, FINISH_WINDOW, MAKE_WINDOW_KEY, Delivery
from shared.sealing.keystore import KeyStore

HANDLERS = {
    MAKE_WINDOW_KEY: make_window_key,
    COUNT_BALLOTS: count_ballots,
    FINISH_WINDOW: finish_window,
}


def run(
    database: Database, clock: Clock, keys: KeyStore, *, consumers: Collection[str] = tuple(HANDLERS), workers: int = 1
) -> int:
    """Do every waiting delivery of ``consumers``, several at once; return how many were done."""
    waiting = select(Delivery.id).where(Delivery.done_at.is_(None), Delivery.consumer.in_(consumers))
    done, before = 0, [0]
    while True:
        with database.read() as session:
            ids = list(session.scalars(waiting.order_by(Delivery.id)))
        if not ids:
            return done
        if ids == before:
            raise AssertionError(ids)
        before = ids
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(lambda delivery: _do(database, clock, keys, delivery), ids))
        done += len(ids)


def _do(database: Database, clock: Clock, keys: KeyStore, delivery: int) -> None:
    with database.read() as session:
        consumer = session.scalar(select(Delivery.consumer).where(Delivery.id == delivery))
    claim = take(database, delivery)
    if claim is not None and consumer is not None:
        HANDLERS[consumer](claim, database=database, clock=clock, keys=keys)
