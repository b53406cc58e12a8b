"""Brokers made explicitly, never the global one: in-process threads, or (``redis_broker``) processes on any machine."""

from __future__ import annotations

from typing import Any

import structlog
from dramatiq import Broker, Message, MessageProxy, Middleware
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import AgeLimit, CurrentMessage, TimeLimit

from shared.model.events import QUEUE_OF

NAMESPACE = "sikte"
_MINUTE = 60_000


class LogContext(Middleware):
    """Binds consumer and delivery to every line logged while a message is worked on."""

    def before_process_message(self, _broker: Broker, message: MessageProxy) -> None:
        """Bind what the line may say: names and numbers of work, nothing of its content."""
        structlog.contextvars.bind_contextvars(consumer=message.actor_name, delivery_id=message.kwargs["delivery_id"])

    def after_process_message(
        self,
        _broker: Broker,
        _message: MessageProxy,
        *,
        result: Any | None = None,
        exception: BaseException | None = None,
    ) -> None:
        """Unbind it again: worker threads live on."""
        del result, exception
        structlog.contextvars.unbind_contextvars("consumer", "delivery_id")


def middleware() -> list[Middleware]:
    """Return what every broker uses.

    No Retries: the relay rings again, by the database's own count of attempts. No ShutdownNotifications: they would
    also interrupt the moment between claim and work, and leave a claim that nobody gives back (``running.Stopping``).
    """
    return [
        AgeLimit(max_age=60 * _MINUTE),  # an old message is dropped unread: the relay has rung again since
        TimeLimit(time_limit=10 * _MINUTE),  # hung work is interrupted; actors set their own limits
        CurrentMessage(),  # which message a thread works on, for those who debug
        LogContext(),  # lines of one delivery can be found together
    ]


def declare_queues(broker: Broker) -> None:
    """Declare every consumer's queue, so that producers need no actors."""
    for queue in sorted(set(QUEUE_OF.values())):
        broker.declare_queue(queue)


def stub_broker() -> StubBroker:
    """Make the in-process broker of embedded mode and tests; what it loses at a stop, the relay sends again."""
    broker = StubBroker(middleware=middleware())
    declare_queues(broker)
    return broker


def enqueue(broker: Broker, consumer: str, delivery_id: int) -> None:
    """Ring for a delivery: a message that names the actor and carries the delivery's number, nothing else.

    Raises whatever the broker's client raises when it cannot be reached.
    """
    kwargs = {"delivery_id": delivery_id}
    broker.enqueue(Message(queue_name=QUEUE_OF[consumer], actor_name=consumer, args=(), kwargs=kwargs, options={}))
