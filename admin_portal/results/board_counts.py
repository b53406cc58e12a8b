"""Counts for the board what a publication says of its units; a publication never changes, so it is counted once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from admin_portal.results.reading import UNIT, Row
from shared.model.releases import Publication, PublishedDocument

NOTHING = "too_few"
"""Why a unit without any document is missing: nothing of it may be shown."""


@dataclass(frozen=True, slots=True)
class UnitCount:
    """A unit of a publication: ``reason`` is why nothing of it is public, "" where something is."""

    code: str
    name: str
    regi: str
    reason: str
    higher: int = 0
    lower: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """A publication counted: areas of units, how many of them are compared or hidden, and each unit."""

    units: tuple[UnitCount, ...]
    areas: int
    compared: int
    hidden: Mapping[str, int]


_kept: WeakKeyDictionary[Engine, dict[int, Counts]] = WeakKeyDictionary()


def counts_of(session: Session, publication: Publication, units: Sequence[Mapping[str, Any]]) -> Counts:
    """Return the counts of a publication's units, in the order given."""
    kept = _kept.setdefault(session.get_bind().engine, {})
    if publication.id not in kept:
        kept[publication.id] = _counted(session, publication, units)
    return kept[publication.id]


def _counted(session: Session, publication: Publication, units: Sequence[Mapping[str, Any]]) -> Counts:
    rows = {
        document.key: [row for row in document.content["rows"] if row["segment"] is None]
        for document in session.scalars(
            select(PublishedDocument)
            .where(PublishedDocument.publication_id == publication.id, PublishedDocument.kind == UNIT)
            .execution_options(yield_per=100)
        )
    }
    every = [row for of_unit in rows.values() for row in of_unit if _is_area(row)]
    own = [row for row in every if row["compare_to"] is None]
    compared = [row for row in every if row["compare_to"] is not None and row["difference"] is not None]
    return Counts(
        units=tuple(_unit(unit, rows.get(unit["code"], [])) for unit in units),
        areas=len(own),
        compared=len(compared),
        hidden=Counter(row["reason"] for row in own if row["status"] == "hidden"),
    )


def _unit(unit: Mapping[str, Any], rows: Sequence[Row]) -> UnitCount:
    certain = [row for row in rows if _is_area(row) and row["certain"]]
    return UnitCount(
        code=unit["code"],
        name=unit["name"],
        regi=unit["regi"],
        reason=_reason(rows),
        higher=sum(1 for row in certain if row["difference"] > 0),
        lower=sum(1 for row in certain if row["difference"] < 0),
    )


def _reason(rows: Sequence[Row]) -> str:
    """Return the commonest reason where no response rate of the unit is public, "" where one is."""
    response = [row for row in rows if row["battery"] is None]
    if any(row["status"] == "shown" for row in response):
        return ""
    return _commonest(row["reason"] for row in response)


def _commonest(reasons: Iterable[str]) -> str:
    found = Counter(reasons).most_common(1)
    return found[0][0] if found else NOTHING


def _is_area(row: Row) -> bool:
    return row["item"] is None and row["area"] is not None
