"""A worker process over Redis that one delivery kills: ``python -m tests.support.poison_worker DATABASE REDIS``."""

from __future__ import annotations

import os
import sys
import time

from dramatiq import Worker

from analytics_worker.actors import declare_actors
from shared.database.engine import open_database
from shared.events.claims import Claim, Timing, finish
from shared.events.redis_broker import redis_broker
from shared.model.events import MAKE_WINDOW_KEY

POISON = 1
"""The window whose delivery ends the process, as a lack of memory would."""

TIMING = Timing(claim=1.0, renew=0.3, again=(0.2, 0.2, 0.2))


def main(database_url: str, redis_url: str) -> None:
    """Work until killed."""
    database = open_database(database_url)

    def handle(claim: Claim) -> None:
        if claim.payload["window_id"] == POISON:
            os._exit(9)
        with database.begin() as session:
            finish(session, claim)

    broker = redis_broker(redis_url)
    declare_actors(broker, {MAKE_WINDOW_KEY: handle}, database, timing=TIMING)
    Worker(broker, worker_threads=1, worker_timeout=20).start()
    while True:
        time.sleep(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
