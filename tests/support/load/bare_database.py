"""The bare loop under casting: the same statements and commit by the raw driver, without HTTP and sealing."""

from __future__ import annotations

import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from uuid import UUID, uuid4

import psycopg

from tests.support.load.generator import Result
from tests.support.load.world import World

_LOCK = "SELECT pg_advisory_xact_lock_shared(%s, %s)"
_MARK = "UPDATE code SET state = 'answered', sealed = NULL WHERE id = %s AND state = 'issued'"
_STATE = "SELECT state, closes_at, grace_minutes FROM collection_window WHERE id = %s"
_INSERT = "INSERT INTO ballot (id, seal_group_id, box_key_id, box) VALUES (%s, %s, %s, %s)"
_DELETE = "DELETE FROM draft WHERE code_id = %s"
_BOX_OVERHEAD = 28


def run(dsn: str, world: World, processes: int) -> Result:
    """Cast every pupil of ``world``, shared out over ``processes`` connections; return all their times."""
    casts = [(world.code_ids[serial], world.form(serial).seal_group_id) for serial in range(len(world.code_ids))]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        parts = [casts[number::processes] for number in range(processes)]
        size = world.layout.size + _BOX_OVERHEAD
        jobs = [pool.submit(_cast, dsn, world.window_id, size, part) for part in parts]
        results = [job.result() for job in jobs]
    latencies = [latency for one in results for latency in one[2]]
    start, end = min(result[0] for result in results), max(result[1] for result in results)
    finished = [moment - start for result in results for moment in result[3]]
    return Result(seconds=end - start, latencies=latencies, finished=finished, acknowledged=list(range(len(latencies))))


def _cast(
    dsn: str, window_id: int, box_bytes: int, casts: list[tuple[UUID, int]]
) -> tuple[float, float, list[float], list[float]]:
    """Return start and end by the machine's clock, and of each transaction its milliseconds and when it was done."""
    box_key_id, latencies, finished = uuid4(), [], []
    with psycopg.connect(dsn, prepare_threshold=2) as connection:
        start = time.monotonic()
        for code_id, seal_group_id in casts:
            began = time.perf_counter()
            connection.execute(_LOCK, (7_305_002, window_id))
            connection.execute(_MARK, (code_id,))
            connection.execute(_STATE, (window_id,))
            connection.execute(_INSERT, (uuid4(), seal_group_id, box_key_id, os.urandom(box_bytes)))
            connection.execute(_DELETE, (code_id,))
            connection.commit()
            latencies.append((time.perf_counter() - began) * 1000)
            finished.append(time.monotonic())
    return start, time.monotonic(), latencies, finished
