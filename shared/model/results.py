"""Result sets: what was computed from which tallies, one document per audience and node, never changed."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.model.base import Base
from shared.model.cycles import Cycle
from shared.model.organisation import one_of

AUDIENCES = ("internal", "unit", "public")
ROW_COLUMNS = (
    *("cycle", "release", "audience", "level", "node_code", "node_name", "segment", "segment_value"),
    *("respondent", "questionnaire", "battery", "area", "item", "invited", "answered", "response_rate"),
    *("n", "n_dont_know", "n_blank", "index", "index_low", "index_high"),
    *("share_positive", "share_low", "share_high", "distribution", "weighting", "definition"),
    *("compare_to", "difference", "difference_low", "difference_high", "certain", "status", "reason"),
)
"""The columns of every result row, in the order of the published format."""


class ResultSet(Base):
    """A numbered computation of a cycle's indicators; ``provenance`` says from what, without what, by which rules."""

    __tablename__ = "result_set"
    __table_args__ = (UniqueConstraint("cycle_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey(Cycle.id))
    number: Mapped[int]
    windows: Mapped[list[str]]
    provenance: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class ResultDocument(Base):
    """One node's rows for one audience, after disclosure control: zlib-compressed JSON, columns and rows."""

    __tablename__ = "result_document"
    __table_args__ = (CheckConstraint(one_of("audience", AUDIENCES), name="audience"),)

    result_set_id: Mapped[int] = mapped_column(ForeignKey(ResultSet.id), primary_key=True)
    audience: Mapped[str] = mapped_column(String(20), primary_key=True)
    level: Mapped[str] = mapped_column(String(20), primary_key=True)
    node_code: Mapped[str] = mapped_column(String(255), primary_key=True)
    position: Mapped[int]
    body: Mapped[bytes] = mapped_column(LargeBinary)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows as dictionaries, in their fixed order."""
        columns, rows = unpack_rows(self.body)
        return [dict(zip(columns, row, strict=True)) for row in rows]


class ResultSummary(Base):
    """What lists and checklists say of a unit to an audience, so that its document need not be opened for a line.

    ``content`` is what ``summarised`` returns. Sets computed before there were summaries have none.
    """

    __tablename__ = "result_summary"
    __table_args__ = (CheckConstraint(one_of("audience", AUDIENCES), name="audience"),)

    result_set_id: Mapped[int] = mapped_column(ForeignKey(ResultSet.id), primary_key=True)
    audience: Mapped[str] = mapped_column(String(20), primary_key=True)
    unit_code: Mapped[str] = mapped_column(String(50), primary_key=True)
    content: Mapped[dict[str, Any]]


def pack_rows(columns: list[str], rows: list[list[Any]]) -> bytes:
    """Return the body of a ``ResultDocument``; the same rows always give the same bytes."""
    text = json.dumps({"columns": columns, "rows": rows}, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode(), 6)


def unpack_rows(body: bytes) -> tuple[list[str], list[list[Any]]]:
    """Return columns and rows of the body of a ``ResultDocument``."""
    table = json.loads(zlib.decompress(body))
    return table["columns"], table["rows"]


def summarised(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Return the summary of a unit's rows for one audience.

    ``counts`` gives by questionnaire how many rows are ``shown``, and hidden for which reason; ``rates`` each
    questionnaire's response row; ``certain`` each certain difference of all respondents from the rest: of an area, or
    of an item whose area has no index, and whether it is higher.
    """
    at = {column: place for place, column in enumerate(columns)}
    own = [row for row in rows if row[at["segment"]] is None]
    with_index = {
        (row[at["questionnaire"]], row[at["area"]]) for row in own if row[at["item"]] is None and row[at["area"]]
    }
    return {
        "counts": _counted(rows, at),
        "rates": [_rate(row, at) for row in own if row[at["battery"]] is None and row[at["compare_to"]] is None],
        "certain": [
            {
                **_named(row, at, ("questionnaire", "area", "item")),
                "higher": row[at["difference"]] > 0,
            }
            for row in own
            if row[at["certain"]]
            and (row[at["item"]] is None or (row[at["questionnaire"]], row[at["area"]]) not in with_index)
        ],
    }


def _counted(rows: Sequence[Sequence[Any]], at: Mapping[str, int]) -> dict[str, dict[str, int]]:
    questionnaire, status, reason = at["questionnaire"], at["status"], at["reason"]
    found: dict[str, dict[str, int]] = {}
    standings = Counter((row[questionnaire], row[status], row[reason]) for row in rows)
    for (key, state, why), number in standings.items():
        counts = found.setdefault(key, {})
        name = "shown" if state == "shown" else why
        counts[name] = counts.get(name, 0) + number
    return found


def _rate(row: Sequence[Any], at: Mapping[str, int]) -> dict[str, Any]:
    named = _named(row, at, ("questionnaire", "reason", "invited", "answered", "response_rate"))
    return {**named, "shown": row[at["status"]] == "shown"}


def _named(row: Sequence[Any], at: Mapping[str, int], names: Sequence[str]) -> dict[str, Any]:
    return {name: row[at[name]] for name in names}


def latest_result_set(session: Session, cycle: Cycle) -> ResultSet | None:
    """Return the newest result set of ``cycle``, or None before the first."""
    newest = select(ResultSet).where(ResultSet.cycle_id == cycle.id).order_by(ResultSet.number.desc()).limit(1)
    return session.scalar(newest)
