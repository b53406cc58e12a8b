"""A window's life step by step in one thread: real claims and real handlers, the relay's work done by hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from sqlalchemy import select, update

from deploy import bootstrap
from deploy.clock import ACTOR
from shared.clock import Clock
from shared.config import load_settings
from shared.database.engine import Database
from shared.database.lifecycle import close_window, request_opening
from shared.events.relay import Relay
from shared.events.running import Handler, Runner
from shared.model.cycles import CollectionWindow
from shared.model.events import Delivery, Lease
from shared.sealing.keystore import KeyStore
from tests.support.faults.world import PEPPER

TIME_LIMIT = 60.0


def handlers(database: Database, clock: Clock, keys: KeyStore) -> Mapping[str, Handler]:
    """Return what a worker does for each consumer, as the composition root binds it."""
    container = bootstrap.Container(
        settings=load_settings({}, home=Path("unused")),
        database=database,
        clock=clock,
        keys=keys,
        code_pepper=PEPPER,
        secret_key="",
    )
    return bootstrap.handlers(container)


def deliver(database: Database, bound: Mapping[str, Handler], *, only: Collection[str] | None = None) -> None:
    """Run every delivery that is due, and those that they cause, until none is left; failures wait on the delivery.

    ``only`` names the consumers whose deliveries are run (default: all).
    """
    runner = Runner(database)
    tried: set[int] = set()
    while True:
        pending = select(Delivery.id, Delivery.consumer).where(
            Delivery.done_at.is_(None),
            Delivery.quarantined_at.is_(None),
            Delivery.id.not_in(tried),
            Delivery.consumer.in_(bound if only is None else only),
        )
        with database.read() as session:
            found = session.execute(pending.order_by(Delivery.id).limit(1)).one_or_none()
        if found is None:
            return
        tried.add(found.id)
        runner.run(found.id, bound[found.consumer], time_limit=TIME_LIMIT)


def deliver_by_relay(database: Database, bound: Mapping[str, Handler]) -> None:
    """Do the same with the relay's own looks, leases and marks, its broker being a list."""
    runner = Runner(database)
    rung: list[tuple[str, int]] = []
    relay = Relay(database, lambda consumer, delivery_id: rung.append((consumer, delivery_id)))
    while relay.run_once():
        for consumer, delivery_id in rung:
            runner.run(delivery_id, bound[consumer], time_limit=TIME_LIMIT)
        rung.clear()
    relay.close()


def let_time_pass(database: Database) -> None:
    """Let every lease and running claim run out and every pause end, as an hour's wait would."""
    with database.begin() as session:
        session.execute(update(Lease).values(expires_at=0.0))
        session.execute(update(Delivery).where(Delivery.claimed_until.is_not(None)).values(claimed_until=0.0))
        session.execute(update(Delivery).where(Delivery.done_at.is_(None)).values(next_send_at=0.0))


def open_if_planned(database: Database, clock: Clock, window_id: int) -> None:
    """Do what the clock process does when a window's time comes."""
    with database.begin() as session:
        window = session.get_one(CollectionWindow, window_id)
        if window.state == "planned":
            request_opening(session, window, now=clock.now(), actor=ACTOR)


def close_if_open(database: Database, clock: Clock, window_id: int, *, slice_ballots: int) -> None:
    """Do what the clock process does when a window's end has passed."""
    with database.begin() as session:
        window = session.get_one(CollectionWindow, window_id)
        if window.state == "open":
            close_window(session, window, now=clock.now(), actor=ACTOR, slice_ballots=slice_ballots)
