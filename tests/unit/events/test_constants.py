"""Consumers as constants, as declared actors, as queues, and as handlers: four lists that must say the same."""

from __future__ import annotations

from analytics_worker.actors import TIME_LIMITS, declare_actors
from deploy import bootstrap
from deploy.worker import SEALED_QUEUES
from shared.config import load_settings
from shared.database.engine import open_database
from shared.events.broker import enqueue, stub_broker
from shared.model.events import CONSUMERS_OF, QUEUE_OF


def test_constants_actors_queues_and_handlers_are_the_same(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'unit.db'}")
    container = bootstrap.build(load_settings({"SIKTE_HOME": str(tmp_path)}))
    broker = stub_broker()
    handlers = bootstrap.handlers(container)
    actors = declare_actors(broker, handlers, database)
    consumers = {consumer for names in CONSUMERS_OF.values() for consumer in names}
    assert consumers == set(QUEUE_OF) == set(actors) == set(handlers) == set(TIME_LIMITS) == set(broker.actors)
    assert {name: actor.queue_name for name, actor in actors.items()} == dict(QUEUE_OF)
    assert set(QUEUE_OF.values()) == set(broker.get_declared_queues()) - set(broker.delay_queues)
    assert set(QUEUE_OF.values()) >= SEALED_QUEUES
    container.database.dispose()
    database.dispose()


def test_a_worker_of_some_queues_declares_their_actors_only(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'unit.db'}")
    container = bootstrap.build(load_settings({"SIKTE_HOME": str(tmp_path)}))
    actors = declare_actors(stub_broker(), bootstrap.handlers(container), database, queues={"results"})
    assert {actor.queue_name for actor in actors.values()} == {"results"}
    container.database.dispose()
    database.dispose()


def test_a_message_needs_no_actor_where_it_is_sent():
    broker = stub_broker()
    for consumer in QUEUE_OF:
        enqueue(broker, consumer, 1)
    assert sum(queue.qsize() for queue in broker.queues.values()) == len(QUEUE_OF)


def test_no_broker_is_the_global_one():
    import dramatiq.broker  # noqa: PLC0415  the module's state is what is looked at

    stub_broker()
    assert dramatiq.broker.global_broker is None
