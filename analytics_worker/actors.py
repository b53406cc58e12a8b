"""The worker's actors: thin, one for each consumer, on its queue, with its time limit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from dramatiq import Actor, Broker

from shared.events.claims import STANDARD, Timing
from shared.events.running import Handler, Runner, Stopping
from shared.model.events import (
    COMPUTE_RESULTS,
    COUNT_BALLOTS,
    FINISH_WINDOW,
    MAKE_PUBLIC_SITE,
    MAKE_WINDOW_KEY,
    QUEUE_OF,
    SEND_MAIL,
    TELL_RECIPIENTS,
)

if TYPE_CHECKING:
    from shared.database.engine import Database

_MINUTE = 60.0

TIME_LIMITS: Mapping[str, float] = MappingProxyType(
    {
        MAKE_WINDOW_KEY: 5 * _MINUTE,
        COUNT_BALLOTS: 30 * _MINUTE,
        FINISH_WINDOW: 10 * _MINUTE,
        COMPUTE_RESULTS: 60 * _MINUTE,
        MAKE_PUBLIC_SITE: 30 * _MINUTE,
        TELL_RECIPIENTS: 10 * _MINUTE,
        SEND_MAIL: 5 * _MINUTE,
    }
)
"""Seconds after which work of a consumer is interrupted and counts as a failed attempt."""


def declare_actors(
    broker: Broker,
    handlers: Mapping[str, Handler],
    database: Database,
    *,
    queues: Collection[str] | None = None,
    timing: Timing = STANDARD,
) -> dict[str, Actor[..., None]]:
    """Declare an actor for each of ``handlers`` on ``broker`` (or those of ``queues`` only); return them by name."""
    runner = Runner(database, timing)
    broker.add_middleware(Stopping(runner))
    return {
        consumer: _declare(broker, consumer, handler, runner)
        for consumer, handler in handlers.items()
        if queues is None or QUEUE_OF[consumer] in queues
    }


def _declare(broker: Broker, consumer: str, handler: Handler, runner: Runner) -> Actor[..., None]:
    limit = TIME_LIMITS[consumer]

    def deliver(delivery_id: int) -> None:
        runner.run(delivery_id, handler, time_limit=limit)

    return Actor(
        deliver,
        broker=broker,
        actor_name=consumer,
        queue_name=QUEUE_OF[consumer],
        priority=0,
        options={"time_limit": int(limit * 1000)},
    )
