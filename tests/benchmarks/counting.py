"""How many ballots a second are counted, from sealed boxes to committed tallies, and with how much memory.

``python -m tests.benchmarks.counting --database postgresql --processes 2 --ballots 200000``. SQLite is counted as the
embedded mode does it, in this process; PostgreSQL by worker processes behind Redis. Ends with 1 when a count is wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np
from sqlalchemy import func, insert, select

from deploy import embedded
from shared.database import migrate
from shared.database.engine import Database, open_database
from shared.database.lifecycle import close_window
from shared.model.batteries import BatteryVersion
from shared.model.counting import CountSlice, Tally
from shared.model.cycles import CollectionWindow, Cycle, FrameGroup, Questionnaire, QuestionnaireBattery, SealGroup
from shared.model.organisation import Municipality, Provider, Unit, UnitGroup
from shared.model.urn import Ballot, ballot_context, box_key_context
from shared.model.urn import BoxKey as StoredBoxKey
from shared.questionnaire.ballot import Layout
from shared.questionnaire.battery_file import fingerprint, parse_battery, to_document
from shared.questionnaire.definition import Questionnaire as Definition
from shared.sealing.boxes import BoxKey, new_key, new_key_pair, seal_to
from shared.sealing.keystore import KeyStore
from tests.support.agree import AGREE
from tests.support.house import MOMENT, make_house, make_production
from tests.support.load.figures import machine, say
from tests.support.processes import descendants
from tests.support.servers import PostgresServer, RedisServer

ITEMS = 40
CLASS = 25
CLASSES_PER_UNIT = 8
BALLOTS_PER_KEY = 5_000
YEARS = ("2", "5", "8")
_MIB = 1024.0


@dataclass(frozen=True, slots=True)
class Filled:
    """An open window full of ballots, and what they say."""

    window_id: int
    plain: np.ndarray
    unit: np.ndarray


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill a window, close it, watch it being counted, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--ballots", type=int, default=100_000)
    parser.add_argument("--processes", type=int, default=2, help="worker processes (PostgreSQL only)")
    options = parser.parse_args(arguments)
    say(f"counting: {options.ballots} ballots of {ITEMS} items in {options.database}", *machine())
    with tempfile.TemporaryDirectory(prefix="sikte-count-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        counted = _sqlite if options.database == "sqlite" else _postgresql
        return counted(folder, options, stack)


def _sqlite(folder: Path, options: argparse.Namespace, _stack: contextlib.ExitStack) -> int:
    url = f"sqlite:///{folder / 'sikte.db'}"
    database = open_database(url)
    migrate.upgrade(database)
    house = make_house(folder / "home", url)
    filled = _fill(house.database, house.keys, options.ballots)
    before = _own_peak()
    _close(house.database, filled.window_id)
    started = time.perf_counter()
    with embedded.working(house.container, interval=0.05):
        seconds = _watch(house.database, started)
        total = _until_counted(house.database, filled.window_id, started)
    _report(filled, house.database, seconds, total)
    say(
        f"  peak memory of the one process {_own_peak():.0f} MiB, {before:.0f} MiB before (ballots being made included)"
    )
    return _check(house.database, options.ballots)


def _postgresql(folder: Path, options: argparse.Namespace, stack: contextlib.ExitStack) -> int:
    server = stack.enter_context(PostgresServer(fsync=True))
    redis = stack.enter_context(RedisServer())
    url = server.create_database()
    database = open_database(url)
    migrate.upgrade(database)
    production = make_production(folder, url, redis.url)
    filled = _fill(database, production.container.keys, options.ballots)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    workers = stack.enter_context(production.running("worker", "--processes", str(options.processes)))
    stack.enter_context(production.running("clock"))
    time.sleep(5.0)
    _close(database, filled.window_id)
    started = time.perf_counter()
    seconds = _watch(database, started)
    peaks = sorted(_peaks(workers.pid))[-options.processes :]
    total = _until_counted(database, filled.window_id, started)
    _report(filled, database, seconds, total)
    say(f"  {options.processes} worker processes, peak memory each {', '.join(f'{peak:.0f}' for peak in peaks)} MiB")
    return _check(database, options.ballots)


def _fill(database: Database, keys: KeyStore, ballots: int) -> Filled:
    """Make a municipality as large as needed and lay ballots of random answers in the urn, sealed but not cast."""
    pair = new_key_pair()
    with database.begin() as session:
        cycle = Cycle(key="c", title={"sv": "C"}, state="collecting", segments=["year"], policy={}, created_at=MOMENT)
        session.add(cycle)
        session.flush()
        window = CollectionWindow(
            cycle_id=cycle.id,
            key="w",
            opens_at=MOMENT,
            closes_at=MOMENT.replace(year=2099),
            grace_minutes=0,
            state="open",
            public_key=pair.public,
        )
        definition = _definition()
        stored = BatteryVersion(
            key="b",
            version=1,
            fingerprint=fingerprint(definition.batteries[0]),
            document=to_document(definition.batteries[0]),
            imported_at=MOMENT,
        )
        session.add_all([window, stored])
        session.flush()
        questionnaire = Questionnaire(
            cycle_id=cycle.id,
            window_id=window.id,
            key="q",
            respondent="pupil",
            code_model="slips",
            breakdowns={"year": list(YEARS)},
        )
        session.add(questionnaire)
        session.flush()
        session.add(QuestionnaireBattery(questionnaire_id=questionnaire.id, position=1, battery_id=stored.id))
        classes = -(-ballots // CLASS)
        groups, units = _organisation(session, window.id, questionnaire.id, classes)
        window_id = window.id
    keys.write_window_key(window_id, pair.private)
    layout = Layout(definition, {"year": YEARS})
    plain = _random_ballots(layout, ballots)
    place = np.arange(ballots) // CLASS
    with database.begin() as session:
        for rows in _sealed(window_id, pair.public, plain, np.array(groups)[place]):
            session.connection().execute(insert(rows[0]), rows[1])
    return Filled(window_id, plain[:, : layout.fixed_length], np.array(units)[place])


def _definition() -> Definition:
    lines = ["key: b", "index_max: 10", "title: {sv: B}", "respondent: pupil", f"scales:{AGREE}", "areas:"]
    lines += [f"  - {{key: a{at}, title: {{sv: A{at}}}, index: true, min_items: half}}" for at in range(8)]
    lines += ["items:"]
    lines += [f"  - {{key: i{at}, area: a{at % 8}, scale: agree, text: {{sv: I{at}}}}}" for at in range(ITEMS)]
    return Definition("q", "pupil", (parse_battery("\n".join(lines) + "\n", "b.yaml"),))


def _organisation(session, window_id: int, questionnaire_id: int, classes: int) -> tuple[list[int], list[int]]:
    """Make units of eight classes, each a seal group; returns the seal group and the unit of each class."""
    municipality = Municipality(code="0001", name="Sundby kommun")
    session.add(municipality)
    session.flush()
    provider = Provider(municipality_id=municipality.id, code="K", name="Sundby kommun")
    session.add(provider)
    session.flush()
    groups: list[int] = []
    units: list[int] = []
    for at in range(-(-classes // CLASSES_PER_UNIT)):
        unit = Unit(code=f"U{at:06}", name=f"U{at}", unit_type="grundskola", regi="municipal", provider_id=provider.id)
        session.add(unit)
        session.flush()
        here = range(min(CLASSES_PER_UNIT, classes - at * CLASSES_PER_UNIT))
        rows = [
            UnitGroup(unit_id=unit.id, code=f"{n}", name=f"{n}", respondent="pupil", year=YEARS[n % 3], headcount=CLASS)
            for n in here
        ]
        sealing = [
            SealGroup(window_id=window_id, questionnaire_id=questionnaire_id, unit_id=unit.id, invited=CLASS)
            for _n in here
        ]
        session.add_all([*rows, *sealing])
        session.flush()
        session.add_all(
            FrameGroup(
                questionnaire_id=questionnaire_id,
                group_id=row.id,
                unit_id=unit.id,
                year=row.year,
                headcount=CLASS,
                seal_group_id=one.id,
            )
            for row, one in zip(rows, sealing, strict=True)
        )
        groups += [one.id for one in sealing]
        units += [unit.id] * len(sealing)
    return groups, units


def _random_ballots(layout: Layout, ballots: int) -> np.ndarray:
    random = np.random.default_rng(1)
    plain = np.zeros((ballots, layout.size), dtype=np.uint8)
    plain[:, 0] = 1
    for column in layout.columns:
        plain[:, column.offset] = random.integers(0, len(column.options) + 1, ballots)
    return plain


def _sealed(window_id: int, public: bytes, plain: np.ndarray, groups: np.ndarray) -> Iterator[tuple[type, list[dict]]]:
    for start in range(0, len(plain), BALLOTS_PER_KEY):
        key, key_id = new_key(), uuid4()
        box_key = BoxKey(key)
        yield (
            StoredBoxKey,
            [{"id": key_id, "window_id": window_id, "sealed": seal_to(public, key, box_key_context(window_id))}],
        )
        some = groups[start : start + BALLOTS_PER_KEY].tolist()
        yield (
            Ballot,
            [
                {
                    "id": uuid4(),
                    "seal_group_id": group,
                    "box_key_id": key_id,
                    "box": box_key.seal(plain[start + at].tobytes(), ballot_context(group)),
                }
                for at, group in enumerate(some)
            ],
        )


def _close(database: Database, window_id: int) -> None:
    with database.begin() as session:
        close_window(session, session.get_one(CollectionWindow, window_id), now=MOMENT, actor="test")


def _watch(database: Database, started: float) -> float:
    """Return the seconds until the last slice is committed."""
    while True:
        with database.read() as session:
            left = session.scalar(select(func.count()).select_from(CountSlice).where(CountSlice.done.is_(False)))
        if not left:
            return time.perf_counter() - started
        time.sleep(0.02)


def _until_counted(database: Database, window_id: int, started: float) -> float:
    while True:
        with database.read() as session:
            if session.get_one(CollectionWindow, window_id).state == "counted":
                return time.perf_counter() - started
        time.sleep(0.02)


def _report(filled: Filled, _database: Database, seconds: float, total: float) -> None:
    ballots = len(filled.plain)
    bare = _bare_loop(filled)
    say(
        f"  unsealed to committed tallies: {seconds:.2f} s = {ballots / seconds:.0f} ballots/s",
        f"  with control, destroyed key and purge: {total:.2f} s",
        f"  bare numpy bincount of the open columns: {ballots / bare:.0f} ballots/s, ratio {seconds / bare:.1f}",
    )


def _bare_loop(filled: Filled) -> float:
    """Return the seconds that one bincount per column takes when the ballots lie open in memory."""
    units = np.unique(filled.unit, return_inverse=True)[1].astype(np.int64)
    started = time.perf_counter()
    for column in range(2, filled.plain.shape[1]):
        np.bincount(units * 256 + filled.plain[:, column])
    return time.perf_counter() - started


def _check(database: Database, ballots: int) -> int:
    with database.read() as session:
        counted = session.scalar(select(func.sum(Tally.ballots)))
    say(f"  counted {counted} of {ballots}")
    return 0 if counted == ballots else 1


def _own_peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB


def _peaks(pid: int) -> Iterator[float]:
    """Yield the peak resident memory of a process and all below it, in MiB."""
    for member in descendants(pid):
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{member}/status").read_text()
            yield int(status.split("VmHWM:")[1].split()[0]) / _MIB


if __name__ == "__main__":
    sys.exit(main())
