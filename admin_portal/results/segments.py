"""A node's figures broken down by one segment: a table per questionnaire, a column per value, nothing tested."""

from __future__ import annotations

from collections.abc import Iterator

from admin_portal.results.areas import Scene
from admin_portal.results.figures import Asked, shown
from admin_portal.results.node import asked_in, rate_words, subtitle_of
from admin_portal.results.reading import Row
from admin_portal.results.views import Hidden, SegmentTable
from admin_portal.results.wording import index_text, local_text, segment_name, value_name
from shared.i18n import gettext as _
from shared.presentation import numbers, words
from shared.presentation.sentences import instead_text, reason_mark, reason_text
from shared.questionnaire.definition import Item

TableRow = tuple[str, bool, tuple[str, ...]]
_CHILDREN = ("pupil", "child")
_YOUNG, _GROWN_UP = ("flicka", "pojke"), ("kvinna", "man")


def segment_label(scene: Scene, segment: str) -> str:
    """Return what the breakdown is called: its question's wording where it is one."""
    items = (_item(asked, segment) for asked in asked_in(scene))
    item = next((item for item in items if item is not None), None)
    return segment_name(segment, None if segment in {"sex", "year"} else item)


def segment_tables(scene: Scene, segment: str) -> tuple[tuple[SegmentTable, ...], tuple[Hidden, ...]]:
    """Return the tables of the breakdown, and why values in them are hidden."""
    reasons: dict[str, Hidden] = {}
    tables = []
    for asked in asked_in(scene):
        values = _values(scene, asked, segment)
        if values:
            item = _item(asked, segment)
            columns = tuple(value_name(segment, value, item) for value in values)
            rows = tuple(_rows(scene, asked, segment, values, reasons))
            tables.append(SegmentTable(words.asked(asked.respondent, subtitle_of(asked)), columns, rows))
    return tuple(tables), tuple(reasons.values())


def _values(scene: Scene, asked: Asked, segment: str) -> tuple[str, ...]:
    """Return the values to show: all, but men among pupils or girls among staff only where there are such figures.

    Which values these are depends on who was asked, never on whether anybody answered.
    """
    foreign = (_GROWN_UP if asked.respondent in _CHILDREN else _YOUNG) if segment == "sex" else ()
    return tuple(
        value
        for value in scene.figures.values(asked.key, segment)
        if value not in foreign or shown(scene.figures.response(asked.key, segment, value))
    )


def _item(asked: Asked, segment: str) -> Item | None:
    return asked.definition.item(segment) if segment in asked.definition else None


def _rows(
    scene: Scene, asked: Asked, segment: str, values: tuple[str, ...], reasons: dict[str, Hidden]
) -> Iterator[TableRow]:
    figures, key = scene.figures, asked.key

    def cells(rows: list[Row | None], *, response: bool = False) -> tuple[str, ...]:
        return tuple(_cell(row, reasons, response=response) for row in rows)

    yield _("Answered"), True, cells([figures.response(key, segment, value) for value in values], response=True)
    for _battery, area, items in asked.definition.areas:
        found = [figures.area(key, area.key, segment, value) for value in values]
        if any(row is not None for row in found):
            yield local_text(area.title), True, cells(found)
        yield from _item_rows(scene, asked, segment, values, reasons, items)
    loose = tuple(item for item in asked.definition.items if item.area is None)
    yield from _item_rows(scene, asked, segment, values, reasons, loose)


def _item_rows(
    scene: Scene,
    asked: Asked,
    segment: str,
    values: tuple[str, ...],
    reasons: dict[str, Hidden],
    items: tuple[Item, ...],
) -> Iterator[TableRow]:
    for item in items:
        found = [scene.figures.item(asked.key, item.key, segment, value) for value in values]
        if item.type == "choice" and any(row is not None for row in found):
            yield local_text(item.text), False, tuple(_cell(row, reasons) for row in found)


def _cell(row: Row | None, reasons: dict[str, Hidden], *, response: bool = False) -> str:
    """Return a figure with its n, or the mark of why it is hidden, which ``reasons`` then explains."""
    if row is None:
        return numbers.DASH
    if not shown(row):
        reasons.setdefault(row["reason"], Hidden(reason_text(row["reason"]), instead_text(row["reason"])))
        return reason_mark(row["reason"])
    if response:
        return rate_words(row)
    share = numbers.percent(row["share_positive"])
    figure = ", ".join(filter(None, (share, index_text(row) if row["index"] is not None else "")))
    return _("%(figure)s (n = %(n)s)") % {"figure": figure or numbers.DASH, "n": numbers.count(row["n"])}
