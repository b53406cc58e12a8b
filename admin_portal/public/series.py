"""A place's figures over the published cycles: the same question, with a break wherever comparing is not allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from admin_portal.public.definitions import Asked
from admin_portal.public.documents import Published, Row
from shared.presentation.charts.data import TrendPoint
from shared.questionnaire.comparability import Edition, break_text, breaks, meaning_of_area
from shared.questionnaire.definition import Area, Battery

FRAME, RESPONDENTS = "frame", "respondents"
RowsOf = Callable[[Published], Sequence[Row]]
"""Gives the rows of a place's area indexes in another publication; none where it took no part."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which figure is followed: the index of an area of a battery that one kind of respondent answers."""

    questionnaire: str
    respondent: str
    battery: str
    area: str


def area_series(publications: Sequence[Published], rows_of: RowsOf, wanted: Wanted) -> tuple[TrendPoint, ...]:
    """Return the figure in each publication that has it, oldest first; ``publications`` come in time order."""
    found = list(_found(publications, rows_of, wanted))
    reasons = breaks([edition for _publication, edition, _row in found])
    labels = dict(zip((one.id for one in publications), year_labels(publications), strict=True))
    return tuple(
        _point(labels[publication.id], row, break_text(reason))
        for (publication, _edition, row), reason in zip(found, reasons, strict=True)
    )


def year_labels(publications: Sequence[Published]) -> list[str]:
    """Return what each publication is called on an axis: its year, and its month where two share the year."""
    years = [str(one.opened.year) for one in publications]
    return [
        year if years.count(year) == 1 else f"{year}-{one.opened.month:02d}"
        for year, one in zip(years, publications, strict=True)
    ]


def main_figure(rows: Iterable[Row], wanted: Wanted) -> Row | None:
    """Return the row of the area's index for all respondents; of two questionnaires the one of the wanted name."""
    fitting = [row for row in rows if _fits(row, wanted)]
    named = [row for row in fitting if row["questionnaire"] == wanted.questionnaire]
    return next(iter(named or fitting), None)


def headline(row: Row) -> bool:
    """Whether a row is about all respondents, not compared, and weighted as the headline of its level is."""
    weighting = RESPONDENTS if row["level"] == "unit" else FRAME
    return not row["segment"] and not row["compare_to"] and row["weighting"] == weighting


def _fits(row: Row, wanted: Wanted) -> bool:
    named = (row["respondent"], row["battery"], row["area"])
    return headline(row) and not row["item"] and named == (wanted.respondent, wanted.battery, wanted.area)


def _found(
    publications: Sequence[Published], rows_of: RowsOf, wanted: Wanted
) -> Iterator[tuple[Published, Edition, Row]]:
    for publication in publications:
        row = main_figure(rows_of(publication), wanted)
        asked = None if row is None else publication.asked(row["questionnaire"])
        place = None if asked is None else _area(asked, wanted)
        if row is None or asked is None or place is None:
            continue
        battery, area = place
        items = [item for item in battery.items if item.area == area.key]
        meaning = meaning_of_area(battery, area, items, target=asked.target, shared_code=asked.shared_code)
        yield publication, Edition(publication.opened, meaning, shown=row["status"] == "shown"), row


def _area(asked: Asked, wanted: Wanted) -> tuple[Battery, Area] | None:
    battery = asked.battery(wanted.battery)
    if battery is None:
        return None
    return next(((battery, area) for area in battery.areas if area.key == wanted.area), None)


def _point(label: str, row: Row, break_before: str) -> TrendPoint:
    if row["status"] != "shown" or row["index"] is None:
        return TrendPoint(label, None, None, None, None, break_before, row["reason"] or "")
    return TrendPoint(label, row["index"], row["index_low"], row["index_high"], row["n"], break_before)
