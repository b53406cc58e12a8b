"""Rows as files for programs: CSV and JSON, the same bytes from a command, the portal and the public site."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence


def csv_text(rows: Sequence[Mapping[str, object]], columns: Sequence[str], *, locale: str | None = None) -> str:
    """Return the rows as CSV: comma and point, or for ``sv`` semicolon and decimal comma behind a byte order mark."""
    swedish = locale == "sv"
    target = io.StringIO()
    writer = csv.writer(target, delimiter=";" if swedish else ",", lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        cells = [row.get(column) for column in columns]
        writer.writerow(
            [plain(cell).replace(".", ",") if isinstance(cell, float) and swedish else plain(cell) for cell in cells]
        )
    return ("\ufeff" if swedish else "") + target.getvalue()


def json_text(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> str:
    """Return the rows as JSON, a line end last: numbers as numbers, nothing as null, objects as they are."""
    chosen = [{column: row.get(column) for column in columns} for row in rows]
    return json.dumps(chosen, ensure_ascii=False, indent=2, default=str) + "\n"


def plain(value: object) -> str:
    """Return a value as one cell: nothing is empty, truth is ``true`` or ``false``, objects are JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
