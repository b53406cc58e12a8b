"""The operator of PostgreSQL: system columns, dead rows, base backups, the whole write-ahead log."""

from __future__ import annotations

import re
import subprocess
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from tests.support.adversary.attacks import Evidence
from tests.support.adversary.holdings import SERIAL, Holdings, read_tables
from tests.support.adversary.population import SERIAL_LENGTH, World
from tests.support.servers import PostgresServer

SETTINGS = {
    "autovacuum": "off",  # dead rows stay, as they may for hours on a quiet server
    "full_page_writes": "on",
    "wal_keep_size": "4GB",
    "max_wal_size": "4GB",
    "log_statement": "none",  # these four as docs/operations.md asks for
    "log_error_verbosity": "terse",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length_on_error": "0",
    "log_min_messages": "info",
    "log_connections": "on",
    "log_checkpoints": "on",
}
SEGMENT = 16 * 1024 * 1024
_BLOCK = re.compile(r"rel \d+/(\d+)/(\d+) fork main blk (\d+)")
# Where a row is written: an update names the old place first, and then the new one.
_OFFSET = re.compile(r"(?:.*new )?off (\d+)")


@dataclass(frozen=True, slots=True)
class WalRecord:
    """One record of the write-ahead log, and the first heap page it touches."""

    start: int
    xid: int
    kind: str
    relation: int
    place: tuple[int, int]
    length: int


@dataclass(slots=True)
class PostgresOperator:
    """Takes what an operator can take from a PostgreSQL server while a window is open, closed, counted and finished."""

    server: PostgresServer
    world: World
    holdings: Holdings = field(init=False)
    backups: dict[str, Path] = field(default_factory=dict)
    begin: str = field(init=False)
    closed_at: int = 0
    """The log's position when the window was closed: before it nothing of an answer may be written anywhere."""

    def __post_init__(self) -> None:
        self.holdings = Holdings(self.world)
        self.server.execute("CREATE EXTENSION IF NOT EXISTS pageinspect", self.database)
        self.server.execute("CREATE EXTENSION IF NOT EXISTS pg_walinspect", self.database)
        self.begin = str(self.server.execute("SELECT pg_current_wal_lsn()")[0][0])

    @property
    def database(self) -> str:
        """The attacked database's name."""
        return self.world.database.engine.url.database or ""

    def look(self, moment: str, *, backup: bool = True) -> None:
        """Read all tables with their system columns, and take a base backup."""
        with self.world.database.engine.connect() as connection:
            self.holdings.snapshots[moment] = read_tables(connection, system=True)
        if moment == "closed":
            self.closed_at = int(str(self.server.execute("SELECT pg_current_wal_lsn() - '0/0'")[0][0]))
        if backup:
            self.backups[moment] = self.server.directory / f"backup-{self.database}-{moment}"
            command = [self.server.binaries / "pg_basebackup", "-d", self.server.dsn(), "-D", self.backups[moment]]
            options = ["-X", "none", "-c", "fast", "--no-sync", "--no-manifest"]
            subprocess.run([*map(str, command), *options], check=True, capture_output=True)

    def evidence(self) -> Evidence:
        """Return every order and every direct guess that this database gives."""
        records = self.wal()
        closed = self.holdings.snapshots["closed"].tables
        person_of_xid = self._owners(closed)
        evidence = self.holdings.evidence()
        self._system_orders(evidence, closed)
        self._wal_orders(evidence, records, person_of_xid)
        self._draft_orders(evidence, records, person_of_xid)
        self._row_orders(evidence, records)
        evidence.guesses["equal transaction"] = {
            row["body"][:SERIAL_LENGTH]: person_of_xid[xid]
            for row in self.holdings.snapshots["after"].tables["free_text"]
            for xid in (row["xmin"], row["xmax"])
            if xid in person_of_xid
        }
        evidence.guesses["content of the log"] = self._carved_from_wal(records, person_of_xid)
        return evidence

    def wal(self) -> list[WalRecord]:
        """Return the records written since the collection began, oldest first."""
        columns = (
            "start_lsn - '0/0'::pg_lsn",
            "xid::text::bigint",
            "resource_manager || '/' || record_type",
            "block_ref",
            "description",
            "record_length - fpi_length",
        )
        source = f"pg_get_wal_records_info('{self.begin}', pg_current_wal_flush_lsn())"
        wanted = f"SELECT {', '.join(columns)} FROM {source} ORDER BY 1"  # noqa: S608  our own position
        return [_record(*row) for row in self.server.execute(wanted, self.database)]

    def filenodes(self) -> dict[str, int]:
        """Return the files of the tables, and of what they hold out of line."""
        rows = self.server.execute(
            "SELECT relname, pg_relation_filenode(oid), coalesce(pg_relation_filenode(nullif(reltoastrelid, 0)), 0) "
            "FROM pg_class WHERE relkind = 'r'",
            self.database,
        )
        return {str(name): int(str(node)) for name, node, _toast in rows} | {
            f"{name}/toast": int(str(toast)) for name, _node, toast in rows if toast
        }

    def wal_segments(self) -> Iterator[tuple[int, bytes]]:
        """Yield the log's files with the position at which each begins."""
        for path in sorted((self.server.data_dir / "pg_wal").glob("[0-9A-F]" * 24)):
            yield (int(path.name[8:16], 16) << 32) + int(path.name[16:], 16) * SEGMENT, path.read_bytes()

    def dead_ballots(self) -> dict[UUID, tuple[int, tuple[int, int]]]:
        """Return the deleted ballots still in their pages: transaction and place by id."""
        statement = (
            "SELECT page, lp, t_xmin::text::bigint, substr(t_data, 1, 16) FROM generate_series(0, "
            "pg_relation_size('ballot') / 8192 - 1) page, heap_page_items(get_raw_page('ballot', page::int)) "
            "WHERE t_data IS NOT NULL"
        )
        rows: list[Any] = self.server.execute(statement, self.database)
        return {UUID(bytes=bytes(id_)): (int(xid), (int(page), int(line))) for page, line, xid, id_ in rows}

    def _owners(self, closed: dict[str, list[dict[str, Any]]]) -> dict[int, int]:
        """Tie boxes to codes by equal transaction numbers, in live rows and in dead ones."""
        number_of = {person.code_id: person.number for person in self.world.casters}
        person_of_xid = {row["xmin"]: number_of[row["id"]] for row in closed["code"] if row["state"] == "answered"}
        xid_of = {row["id"]: row["xmin"] for row in closed["ballot"]}
        xid_of |= {id_: xid for id_, (xid, _place) in self.dead_ballots().items()}
        self.holdings.box_owner = {id_: person_of_xid[xid] for id_, xid in xid_of.items() if xid in person_of_xid}
        return person_of_xid

    def _system_orders(self, evidence: Evidence, closed: dict[str, list[dict[str, Any]]]) -> None:
        number_of = {person.code_id: person.number for person in self.world.casters}
        codes = {number_of[row["id"]]: row for row in closed["code"] if row["id"] in number_of}
        ballots = dict(self.holdings.ballots())
        owner = self.holdings.box_owner
        orders = evidence.person_orders
        orders["code xmin"] = {number: row["xmin"] for number, row in codes.items()}
        orders["code ctid"] = {number: row["ctid"] for number, row in codes.items()}
        orders["ballot ctid"] = {number: row["ctid"] for number, row in ballots.items()}
        orders["dead ballot's place"] = {
            owner[id_]: place for id_, (_xid, place) in self.dead_ballots().items() if id_ in owner
        }
        drafts = self.holdings.snapshots["mid"].tables["draft"]
        orders["draft ctid"] = {number_of[row["code_id"]]: row["ctid"] for row in drafts if row["code_id"] in number_of}

    def _wal_orders(self, evidence: Evidence, records: list[WalRecord], person_of_xid: dict[int, int]) -> None:
        nodes = self.filenodes()
        place_of = {row["ctid"]: number for number, row in self.holdings.ballots()}
        orders = evidence.person_orders
        wanted = {
            ("Heap/INSERT", nodes["ballot"]): "log: ballot written",
            ("Heap/HOT_UPDATE", nodes["code"]): "log: code marked",
            ("Heap/UPDATE", nodes["code"]): "log: code marked",
            ("Heap/DELETE", nodes["draft"]): "log: draft deleted",
        }
        for record in records:
            person = person_of_xid.get(record.xid)
            name = (
                "log: committed" if record.kind == "Transaction/COMMIT" else wanted.get((record.kind, record.relation))
            )
            if person is not None and name:
                orders.setdefault(name, {})[person] = record.start
            elif record.kind == "Heap/DELETE" and record.relation == nodes["ballot"] and record.place in place_of:
                orders.setdefault("log: ballot purged", {})[place_of[record.place]] = record.start

    def _draft_orders(self, evidence: Evidence, records: list[WalRecord], person_of_xid: dict[int, int]) -> None:
        """A draft is deleted with the cast; the log tells when that row was last written, and how long it was."""
        node = self.filenodes()["draft"]
        written: dict[tuple[int, int], WalRecord] = {}
        for record in records:
            if record.relation != node:
                continue
            person = person_of_xid.get(record.xid)
            if record.kind != "Heap/DELETE":
                written[record.place] = record
            elif person is not None and record.place in written:
                evidence.person_orders.setdefault("log: draft saved", {})[person] = written[record.place].start
                evidence.person_orders.setdefault("log: draft length", {})[person] = written[record.place].length

    def _row_orders(self, evidence: Evidence, records: list[WalRecord]) -> None:
        rows = {row["ctid"]: row for row in self.holdings.snapshots["after"].tables["free_text"]}
        node = self.filenodes()["free_text"]
        written = {r.place: r.start for r in records if r.kind == "Heap/INSERT" and r.relation == node}
        for place, row in rows.items():
            kind, key = row["item_key"], row["body"][:SERIAL_LENGTH]
            evidence.row_orders.setdefault(f"{kind}: ctid", {})[key] = place
            if place in written:
                evidence.row_orders.setdefault(f"{kind}: log", {})[key] = written[place]

    def _carved_from_wal(self, records: list[WalRecord], person_of_xid: dict[int, int]) -> dict[Any, int]:
        starts = [record.start for record in records]
        first: dict[str, int] = {}
        for begin, content in self.wal_segments():
            for found in SERIAL.finditer(content):
                at = bisect_right(starts, begin + found.start()) - 1
                if at >= 0:
                    first.setdefault(found.group().decode(), records[at].xid)
        known = {person.serial for person in self.world.casters}
        return {serial: person_of_xid[xid] for serial, xid in first.items() if serial in known and xid in person_of_xid}

    def analyse(self) -> None:
        """Gather statistics, as the server's own housekeeping does within minutes, and write all pages out."""
        with psycopg.connect(self.server.dsn(self.database), autocommit=True) as connection:
            connection.execute("ANALYZE")
            connection.execute("CHECKPOINT")

    def close(self) -> None:
        """Nothing stays open."""
        self.world.database.dispose()


def _record(start: Any, xid: Any, kind: Any, blocks: Any, description: Any, length: Any) -> WalRecord:
    block = _BLOCK.search(blocks or "")
    relation, page = (int(block[2]), int(block[3])) if block else (0, 0)
    offset = _OFFSET.match(description or "")
    place = (page, int(offset[1]) if offset else 0)
    return WalRecord(int(start), int(xid), str(kind).removesuffix("+INIT"), relation, place, int(length))
