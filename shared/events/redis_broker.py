"""The broker between processes: Redis, tuned for a quiet system. Imported only where it is used."""

from __future__ import annotations

import redis
from dramatiq.brokers.redis import RedisBroker

from shared.events.broker import NAMESPACE, declare_queues, middleware

_HEARTBEAT_MS = 30_000
_DEAD_LETTERS_MS = 3_600_000
_CONNECT_SECONDS = 2.0
_ANSWER_SECONDS = 10.0


def redis_broker(url: str, namespace: str = NAMESPACE) -> RedisBroker:
    """Make a broker on the Redis at ``url``; nothing is connected before the first message.

    Maintenance with every command (``maintenance_chance``): by default an idle queue finds a killed worker's messages
    after minutes only. Short time-outs: a caller must not hang on a doorbell.
    """
    client = redis.Redis.from_url(
        url,
        socket_connect_timeout=_CONNECT_SECONDS,
        socket_timeout=_ANSWER_SECONDS,
        retry=redis.retry.Retry(redis.backoff.NoBackoff(), 0),
    )
    broker: RedisBroker = RedisBroker(  # type: ignore[no-untyped-call]  # dramatiq 2.2
        client=client,
        middleware=middleware(),
        namespace=namespace,
        maintenance_chance=1_000_000,
        heartbeat_timeout=_HEARTBEAT_MS,
        dead_message_ttl=_DEAD_LETTERS_MS,
    )
    declare_queues(broker)
    return broker
