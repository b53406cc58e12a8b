"""The part of a page about one questionnaire: who answered, each area beside the municipality and earlier years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from markupsafe import Markup

from admin_portal.public.answered import answered_sentence, hidden_sentence, notes
from admin_portal.public.definitions import Asked
from admin_portal.public.documents import Published, Row
from admin_portal.public.series import RowsOf, Wanted, area_series, headline, main_figure, year_labels
from shared.i18n import active_language
from shared.i18n import gettext as _
from shared.presentation import numbers, words
from shared.presentation.charts.data import Dot, TrendPoint
from shared.presentation.charts.interval_dot import interval_dot
from shared.presentation.charts.trend import trend
from shared.presentation.sentences import compared, reason_mark
from shared.questionnaire.definition import RESPONDENTS, Area, Battery, Item, in_language


class Detail(Enum):
    """How much a place's own page draws, so that it stays small: all, no years, or the tables alone."""

    ALL = 1
    NO_YEARS = 2
    TABLE = 3


@dataclass(frozen=True, slots=True)
class AreaView:
    """An area: what was asked, its figure drawn, what the comparison says, its years drawn ("" with fewer than two)."""

    heading: str
    questions: tuple[str, ...]
    chart: Markup
    sentence: str
    trend: Markup
    trend_name: str


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A line of a table; ``cells`` are figures or the reason why there is none."""

    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FigureTable:
    """The same figures as the charts, as a table."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[FigureRow, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """What one questionnaire says about a place; ``hidden``: nothing is shown, and there is no area."""

    anchor: str
    heading: str
    answered: str
    notes: tuple[str, ...]
    hidden: bool
    areas: tuple[AreaView, ...]
    table: FigureTable | None
    questions: str
    """Address of the page with every question, relative to this page; "" where nothing is shown."""


@dataclass(frozen=True)
class Place:
    """A place whose page is made: its rows in this publication, in the others, and the municipality's beside them.

    ``beside`` is empty on the municipality's own page.
    """

    name: str
    code: str
    rows: Sequence[Row]
    rows_of: RowsOf
    publication: Published
    history: Sequence[Published]
    beside: Sequence[Row] = ()
    beside_name: str = ""
    by_questionnaire: Mapping[str, list[Row]] = field(init=False)

    def __post_init__(self) -> None:
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row["questionnaire"], []).append(row)
        object.__setattr__(self, "by_questionnaire", found)


def sections(place: Place, detail: Detail) -> tuple[Section, ...]:
    """Return a section for each questionnaire that the place was asked: children and pupils first, hidden ones last.

    What ``detail`` leaves out stands on the pages of the questions.
    """
    asked = [one for one in place.publication.questionnaires if one.key in place.by_questionnaire]
    asked.sort(key=lambda one: (not shown(place, one), _place_of(one.respondent)))
    return tuple(_section(place, one, detail) for one in asked)


def _place_of(respondent: str) -> int:
    return RESPONDENTS.index(respondent) if respondent in RESPONDENTS else len(RESPONDENTS)


def shown(place: Place, asked: Asked) -> bool:
    """Whether anything of a questionnaire is shown: without its response rate nothing is."""
    response = response_row(place.by_questionnaire.get(asked.key, ()))
    return response is not None and response["status"] == "shown"


def response_row(rows: Sequence[Row]) -> Row | None:
    """Return the row of the response rate among the rows of one questionnaire."""
    return next((row for row in rows if headline(row) and not row["area"] and not row["item"]), None)


def years_of(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the years that the rows of one questionnaire tell apart."""
    years = {str(row["segment_value"]) for row in rows if row["segment"] == "year" and row["segment_value"]}
    return tuple(sorted(years, key=lambda year: (len(year), year)))


def certain_differences(place: Place) -> tuple[str, ...]:
    """Return a sentence for each area that certainly differs from the rest, in the order of the questions."""
    found = []
    for asked in place.publication.questionnaires:
        rows = place.by_questionnaire.get(asked.key, [])
        for battery, area, _items in asked.areas():
            row = None if area is None else _against_the_rest(rows, battery, area)
            if row is not None and area is not None and row["certain"]:
                found.append(_difference(asked, area, row))
    return tuple(found)


def compares(place: Place) -> bool:
    """Whether anything of the place is compared with the rest at all."""
    return any(row["compare_to"] == "rest" and row["status"] == "shown" for row in place.rows)


def _difference(asked: Asked, area: Area, row: Row) -> str:
    title = in_language(area.title, active_language())
    text = _("%(who)s: higher on %(area)s") if row["difference"] > 0 else _("%(who)s: lower on %(area)s")
    return text % {"who": words.respondents(asked.respondent), "area": title}


def _section(place: Place, asked: Asked, detail: Detail) -> Section:
    rows = place.by_questionnaire[asked.key]
    response = response_row(rows)
    hidden = not shown(place, asked)
    sentence = hidden_sentence("too_few")
    if response is not None:
        sentence = answered_sentence(asked.respondent, response, years_of(rows))
    views = () if hidden else _areas(place, asked, detail)
    return Section(
        anchor=asked.key,
        heading=asked.heading(active_language()),
        answered=sentence,
        notes=() if response is None else notes(response, shared_code=asked.shared_code),
        hidden=hidden,
        areas=() if detail is Detail.TABLE else views,
        table=_table(place, asked) if views else None,
        questions="" if hidden else f"{asked.key}/",
    )


def _areas(place: Place, asked: Asked, detail: Detail) -> tuple[AreaView, ...]:
    rows = place.by_questionnaire[asked.key]
    found = []
    for battery, area, items in asked.areas():
        row = None if area is None else main_figure(rows, wanted_of(asked, battery, area))
        if area is not None and row is not None:
            found.append(_area(place, asked, battery, area, items, row, detail))
    return tuple(found)


def _area(
    place: Place, asked: Asked, battery: Battery, area: Area, items: Sequence[Item], row: Row, detail: Detail
) -> AreaView:
    language = active_language()
    title = in_language(area.title, language)
    key = f"{asked.key}-{battery.key}-{area.key}"
    beside = main_figure(place.beside, wanted_of(asked, battery, area))
    dots = [index_dot(place.name, row, emphasised=True)]
    dots += [index_dot(place.beside_name, beside)] if beside is not None else []
    years = area_series(place.history, place.rows_of, wanted_of(asked, battery, area)) if detail is Detail.ALL else ()
    named = {"area": title, "place": place.name}
    drawn = len(years) > 1
    return AreaView(
        heading=title,
        questions=tuple(in_language(item.text, language) for item in items if item.scored_options),
        chart=Markup(interval_dot(f"{key}-dot", title, dots, maximum=float(battery.index_max))),  # noqa: S704 - escaped by the charts
        sentence=_comparison(place, _against_the_rest(place.by_questionnaire[asked.key], battery, area)),
        trend=_drawn(f"{key}-trend", title, years, float(battery.index_max)) if drawn else Markup(),
        trend_name=_("%(area)s over the years") % named if drawn else "",
    )


def _drawn(key: str, title: str, years: Sequence[TrendPoint], maximum: float) -> Markup:
    return Markup(trend(key, title, years, maximum))  # noqa: S704 - escaped by the charts


def wanted_of(asked: Asked, battery: Battery, area: Area) -> Wanted:
    """Return which figure the index of ``area`` is, to be found in other rows and other years."""
    return Wanted(asked.key, asked.respondent, battery.key, area.key)


def index_dot(name: str, row: Row, *, emphasised: bool = False) -> Dot:
    """Return the index of a row as it is drawn."""
    if row["status"] != "shown" or row["index"] is None:
        return Dot(name, None, None, None, None, emphasised, row["reason"] or "too_few")
    return Dot(name, row["index"], row["index_low"], row["index_high"], row["n"], emphasised)


def _against_the_rest(rows: Sequence[Row], battery: Battery, area: Area) -> Row | None:
    named = (battery.key, area.key)
    return next(
        (
            row
            for row in rows
            if row["compare_to"] == "rest"
            and (row["battery"], row["area"]) == named
            and not row["item"]
            and not row["segment"]
        ),
        None,
    )


def _comparison(place: Place, row: Row | None) -> str:
    if row is None or row["status"] != "shown" or row["difference"] is None:
        return ""
    return comparison_sentence(place.name, row, by_share=False)


def comparison_sentence(name: str, row: Row, *, by_share: bool) -> str:
    """Return what a row against the rest says, in words."""
    return compared(
        row["difference"],
        row["difference_low"],
        row["difference_high"],
        row["certain"],
        unit_word=name,
        n=row["n"],
        by_share=by_share,
    )


def _table(place: Place, asked: Asked) -> FigureTable:
    """Return the figures of the charts as a table: this year with its interval, earlier years, the municipality."""
    earlier = [one for one in place.history if one.id != place.publication.id]
    labels = year_labels(place.history)[: len(earlier)]
    columns = [_("Area"), _("Index"), _("Interval"), _("Answers"), *labels]
    if place.beside_name:
        columns.append(place.beside_name)
    lines = []
    for battery, area, _items in asked.areas():
        if area is not None:
            lines += _table_row(place, wanted_of(asked, battery, area), area, earlier)
    return FigureTable(_("Indexes of %(place)s") % {"place": place.name}, tuple(columns), tuple(lines))


def _table_row(place: Place, wanted: Wanted, area: Area, earlier: Sequence[Published]) -> list[FigureRow]:
    row = main_figure(place.by_questionnaire[wanted.questionnaire], wanted)
    if row is None:
        return []
    cells = [*index_cells(row), *(_index(main_figure(place.rows_of(one), wanted)) for one in earlier)]
    if place.beside_name:
        cells.append(_index(main_figure(place.beside, wanted)))
    return [FigureRow(in_language(area.title, active_language()), tuple(cells))]


def index_cells(row: Row) -> tuple[str, str, str]:
    """Return index, interval and number of answers of a row, or why there are none."""
    if row["status"] != "shown" or row["index"] is None:
        return reason_mark(row["reason"]), "–", "–"
    between = numbers.interval(row["index_low"], row["index_high"])
    return numbers.decimal(row["index"]), between or _("none"), numbers.count(row["n"])


def _index(row: Row | None) -> str:
    if row is None:
        return _("not asked")
    if row["status"] != "shown" or row["index"] is None:
        return reason_mark(row["reason"])
    return numbers.decimal(row["index"])
