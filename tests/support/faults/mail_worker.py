"""A process that sends letters, to be killed: ``python -m tests.support.faults.mail_worker DATABASE SMTP_URL``."""

from __future__ import annotations

import sys
import threading

from dramatiq import Worker

from analytics_worker.actors import declare_actors
from analytics_worker.mail.sending import send_mail
from analytics_worker.mail.transport import Transport
from shared.clock import SystemClock
from shared.config import read_smtp_url
from shared.database.engine import open_database
from shared.events.broker import enqueue, stub_broker
from shared.events.claims import Claim
from shared.events.relay import Relay
from shared.model.events import SEND_MAIL

THREADS = 4


def main(database_url: str, smtp_url: str) -> None:
    """Send what waits, with relay and worker as in embedded mode, until killed."""
    database, clock = open_database(database_url), SystemClock()
    transport = Transport(read_smtp_url(smtp_url), "enkat@example.se")

    def handle(claim: Claim) -> None:
        send_mail(claim, database=database, clock=clock, transport=transport)

    broker = stub_broker()
    declare_actors(broker, {SEND_MAIL: handle}, database)
    Worker(broker, worker_threads=THREADS, worker_timeout=20).start()
    relay = Relay(database, lambda consumer, number: enqueue(broker, consumer, number))
    relay.run(threading.Event(), interval=0.02)


if __name__ == "__main__":
    main(*sys.argv[1:])
