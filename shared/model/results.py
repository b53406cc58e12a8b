"""Result sets: what was computed from which tallies, one document per audience and node, never changed."""

from __future__ import annotations

import json
import zlib
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
        table = json.loads(zlib.decompress(self.body))
        return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


def pack_rows(columns: list[str], rows: list[list[Any]]) -> bytes:
    """Return the body of a ``ResultDocument``; the same rows always give the same bytes."""
    text = json.dumps({"columns": columns, "rows": rows}, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode(), 6)


def latest_result_set(session: Session, cycle: Cycle) -> ResultSet | None:
    """Return the newest result set of ``cycle``, or None before the first."""
    newest = select(ResultSet).where(ResultSet.cycle_id == cycle.id).order_by(ResultSet.number.desc()).limit(1)
    return session.scalar(newest)
