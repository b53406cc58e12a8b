"""A row in every table, made from the tables themselves, so that a new table cannot be forgotten."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, MetaData, Table, func, insert, select
from sqlalchemy.types import JSON, Boolean, Date, DateTime, Double, Integer, LargeBinary, String, TypeDecorator, Uuid

CHOICES: dict[tuple[str, str], Any] = {
    ("unit", "unit_type"): "grundskola",
    ("unit", "regi"): "municipal",
    ("unit_group", "respondent"): "pupil",
    ("cycle", "state"): "scheduled",
    ("collection_window", "state"): "open",
    ("collection_window", "closes_at"): datetime(2026, 11, 1, tzinfo=UTC),
    ("questionnaire", "respondent"): "pupil",
    ("questionnaire", "code_model"): "slips",
    ("code", "kind"): "single",
    ("code", "state"): "issued",
    ("free_text", "state"): "unscreened",
    ("result_document", "audience"): "public",
    ("result_summary", "audience"): "public",
    ("assignment", "role"): "principal",
    ("assignment", "district_id"): None,
    ("assignment", "provider_id"): None,
    ("published_document", "sha256"): "0" * 64,
    ("mail", "state"): "queued",
    ("dialogue_round", "state"): "offered",
    ("dialogue_slot", "ends_at"): datetime(2026, 11, 1, tzinfo=UTC),
    ("dialogue", "state"): "booked",
    ("dialogue_guest", "kind"): "area_head",
    ("measure", "state"): "planned",
    ("delivery", "claimed_until"): None,
    ("delivery", "quarantined_at"): None,
}
"""What the tables' own rules demand."""

VALUES: tuple[tuple[type, Any], ...] = (
    (Boolean, True),
    (Integer, 1),
    (Double, 1.5),
    (DateTime, datetime(2026, 10, 1, 6, 0, tzinfo=UTC)),
    (Date, date(2026, 10, 1)),
    (LargeBinary, b"\x00" * 32),
    (Uuid, UUID(int=1)),
    (JSON, {"key": "value"}),
    (String, "text"),
)


def fill(connection: Connection, metadata: MetaData) -> None:
    """Insert one row into each table; every foreign key points at the one row of its table."""
    for table in metadata.sorted_tables:
        connection.execute(insert(table).values({column.name: value_for(table, column) for column in table.columns}))


def value_for(table: Table, column: Column[Any]) -> Any:
    """Return a value that the column takes."""
    if (table.name, column.name) in CHOICES:
        return CHOICES[table.name, column.name]
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    return next(value for type_, value in VALUES if isinstance(kind, type_))


def counts(connection: Connection, tables: list[Table]) -> dict[str, int]:
    """Return how many rows each table holds."""
    return {table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables}
