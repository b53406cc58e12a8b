"""Worlds to measure in: the demonstration's municipality with its year, and copies of its units up to thousands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Table, func, insert, select, text, update

from deploy import bootstrap
from deploy.demo.progress import Progress
from deploy.demo.sizes import size_named
from deploy.demo.year import TODAY, build_demonstration
from shared.clock import FixedClock
from shared.config import load_settings
from shared.database.engine import Database, open_database
from shared.database.migrate import upgrade
from shared.i18n import speaking
from shared.model.audit import AuditEntry
from shared.model.releases import PublishedDocument, packed
from shared.model.tables import metadata
from tests.support.house import House
from tests.support.servers import PostgresServer

SEED = 2026
_ROWS_AT_ONCE = 2_000
_COPIED = (
    *("district", "unit", "unit_group", "seal_group", "frame_group", "code", "response_count", "free_text", "tally"),
    *("account", "assignment", "sharing", "notice", "mail", "event", "delivery"),
    *(
        "publication_agreement",
        "dialogue_slot",
        "slot_official",
        "dialogue",
        "dialogue_guest",
        "measure",
        "measure_note",
    ),
    *("result_document", "result_summary", "published_document"),
)
"""The tables that grow with the number of units, in an order in which rows may refer to those before."""

_WHICH = {
    "account": "id IN (SELECT account_id FROM assignment WHERE unit_id IS NOT NULL)",
    "assignment": "unit_id IS NOT NULL",
    "notice": "account_id IN (SELECT account_id FROM assignment WHERE unit_id IS NOT NULL)",
    "result_document": "level = 'unit' AND result_set_id IN (SELECT max(id) FROM result_set GROUP BY cycle_id)",
    "result_summary": "result_set_id IN (SELECT max(id) FROM result_set GROUP BY cycle_id)",
    "published_document": "kind = 'unit'",
    "publication_agreement": "unit_id IS NOT NULL",
    "code": "id IN (SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY window_id, unit_id ORDER BY id)"
    " AS place FROM code WHERE kind = 'single') AS numbered WHERE place <= 40)",
}
"""Which rows are copied of tables that are not copied whole; of codes forty a unit and window: more take long."""
_NAMED = frozenset(
    {
        *(
            "district.name",
            "unit.code",
            "unit.name",
            "account.email",
            "mail.occasion",
            "mail.message_id",
            "dialogue.uid",
        ),
        *("result_document.node_code", "result_summary.unit_code", "published_document.key"),
    }
)
"""Columns that tell copies from one another by a number at their end."""

_NOT_COPIED = frozenset({"slot_official.account_id", "sharing.shared_by_id"})
"""References to people who are not copied."""


def build_home(home: Path) -> None:
    """Build the demonstration of 60 units in ``home``, unless one is there already."""
    if not (home / "sikte.db").exists():
        with speaking("en"):
            settings = load_settings({"SIKTE_HOME": str(home), "SIKTE_LANGUAGE": "en"})
            built = build_demonstration(settings, size_named("municipality"), SEED, Progress(lambda _line: None))
            built.container.database.dispose()


@contextmanager
def world(home: Path, folder: Path, *, kind: str, times: int) -> Iterator[House]:
    """Give a house whose municipality has ``times`` the units of the demonstration in ``home``, on a February day.

    ``kind`` is sqlite or postgresql. Copies of a unit differ from it in code, name and people, not in their figures.
    """
    if kind == "sqlite":
        yield from _furnished(home, f"sqlite:///{folder / f'{times}.db'}", times)
        return
    with PostgresServer(fsync=True, settings={"shared_buffers": "256MB"}) as server:
        yield from _furnished(home, server.create_database(), times)


def _furnished(home: Path, url: str, times: int) -> Iterator[House]:
    database = open_database(url)
    upgrade(database)
    _copy_rows(home, database)
    if times > 1:
        with database.connect() as connection:
            _multiply(connection, times)
            _lengthen_audit(connection, times)
            _list_units(connection, times)
    if database.is_postgresql:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    else:
        with database.connect() as connection:
            connection.execute(text("ANALYZE"))
    settings = load_settings({"SIKTE_HOME": str(home), "SIKTE_DATABASE_URL": url, "SIKTE_LANGUAGE": "en"})
    clock = FixedClock(TODAY)
    house = House(replace(bootstrap.build(settings), clock=clock), clock)
    yield house
    house.database.dispose()
    database.dispose()


def _copy_rows(home: Path, database: Database) -> None:
    source = open_database(f"sqlite:///{home / 'sikte.db'}")
    with source.read() as session, database.connect() as connection:
        for table in metadata.sorted_tables:
            rows = session.connection().execute(select(table)).mappings()
            while some := rows.fetchmany(_ROWS_AT_ONCE):
                connection.execute(insert(table), [dict(row) for row in some])
        if connection.dialect.name == "postgresql":
            _set_sequences(connection)
    source.dispose()


def _set_sequences(connection: Connection) -> None:
    for table in metadata.sorted_tables:
        if _numbered(table):
            highest = connection.scalar(select(func.max(table.c.id))) or 1
            connection.execute(
                text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :value)"),
                {"table": table.name, "value": highest},
            )


def _numbered(table: Table) -> bool:
    return "id" in table.c and table.c.id.type.python_type is int


def _multiply(connection: Connection, times: int) -> None:
    strides: dict[str, int] = {}
    for name in _COPIED:
        table = metadata.tables[name]
        strides[name] = (connection.scalar(select(func.max(table.c.id))) or 0) if _numbered(table) else 0
    for name in _COPIED:
        table = metadata.tables[name]
        postgresql = connection.dialect.name == "postgresql"
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        values = ", ".join(_value(column, strides, postgresql=postgresql) for column in table.columns)
        connection.execute(
            text(
                f"INSERT INTO {name} ({columns})"  # noqa: S608  names of our own tables only
                " WITH RECURSIVE copies(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM copies WHERE k < :most)"
                f" SELECT {values} FROM (SELECT * FROM {name} WHERE {_WHICH.get(name, '1 = 1')}) AS own"
                " CROSS JOIN copies"
            ),
            {"most": times - 1},
        )
    if connection.dialect.name == "postgresql":
        _set_sequences(connection)


def _value(column: Column[Any], strides: Mapping[str, int], *, postgresql: bool) -> str:
    """Return the SQL of a copy's value: numbers moved on by as many as there were, names with the copy's number."""
    name = f"{column.table.name}.{column.name}"
    quoted = f'own."{column.name}"'
    referred = next((key.column.table.name for key in column.foreign_keys), "")
    if column.primary_key and column.name == "id":
        if _numbered(column.table):
            return f"{quoted} + copies.k * {strides[column.table.name]}"
        return "gen_random_uuid()" if postgresql else "lower(hex(randomblob(16)))"
    if name == "code.lookup":
        random = "sha256(gen_random_uuid()::text::bytea)" if postgresql else "randomblob(32)"
        return f"CASE WHEN {quoted} IS NULL THEN NULL ELSE {random} END"
    if name in _NAMED:
        return f"{quoted} || '-' || copies.k"
    if referred in strides and name not in _NOT_COPIED:
        return f"{quoted} + copies.k * {strides[referred]}"
    return quoted


def _lengthen_audit(connection: Connection, times: int) -> None:
    """Repeat the decisions of the log, in an unbroken chain."""
    table = metadata.tables["audit_entry"]
    own = [dict(row) for row in connection.execute(select(table).order_by(table.c.id)).mappings()]
    previous, number, rows = own[-1]["hash"], own[-1]["id"], []
    for _turn in range(times - 1):
        for row in own:
            number += 1
            entry = AuditEntry(**{**row, "id": number, "previous_hash": previous})
            entry.at = entry.at + timedelta(microseconds=number)
            previous = entry.computed_hash()
            rows.append({**row, "id": number, "at": entry.at, "previous_hash": entry.previous_hash, "hash": previous})
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        connection.execute(insert(table), rows[start : start + _ROWS_AT_ONCE])
    if connection.dialect.name == "postgresql":
        _set_sequences(connection)


def _list_units(connection: Connection, times: int) -> None:
    """Name the copies in the publications' heads."""
    table = metadata.tables["published_document"]
    heads = connection.execute(select(table).where(table.c.kind == "cycle")).mappings().all()
    for head in heads:
        content = PublishedDocument(body=head["body"]).content
        own = content["units"]
        content["units"] = own + [
            {**unit, "code": f"{unit['code']}-{number}", "name": f"{unit['name']}-{number}"}
            for number in range(1, times)
            for unit in own
        ]
        digest, body = packed(content)
        connection.execute(
            update(table)
            .where(table.c.publication_id == head["publication_id"], table.c.kind == "cycle")
            .values(sha256=digest, body=body)
        )
