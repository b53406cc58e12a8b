"""Two to four units side by side: in the order chosen, each with its n and interval, without sums, ranks or colours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from markupsafe import Markup

from admin_portal.public.addresses import unit_folder
from admin_portal.public.definitions import Asked
from admin_portal.public.documents import Row, UnitCard
from admin_portal.public.search import LONGEST_QUERY, find, folded, summary
from admin_portal.public.sections import (
    FigureRow,
    FigureTable,
    Place,
    index_cells,
    index_dot,
    response_row,
    wanted_of,
)
from admin_portal.public.series import main_figure
from admin_portal.public.site import about
from shared.i18n import active_language
from shared.i18n import gettext as _
from shared.presentation import numbers
from shared.presentation.charts.side_by_side import side_by_side
from shared.presentation.sentences import reason_mark
from shared.questionnaire.definition import Area, Battery, in_language

FEWEST, MOST = 2, 4
MOST_FOUND = 30


@dataclass(frozen=True, slots=True)
class ChosenUnit:
    """A unit that is compared; ``without`` is the address of the comparison without it."""

    code: str
    name: str
    address: str
    without: str


@dataclass(frozen=True, slots=True)
class FoundUnit:
    """A unit that may be added, at ``address``."""

    name: str
    about: str
    address: str


@dataclass(frozen=True, slots=True)
class ComparedArea:
    """An area: each unit's index drawn on a common scale."""

    heading: str
    chart: Markup


@dataclass(frozen=True, slots=True)
class ComparedGroup:
    """One questionnaire: who answered at each unit, and the areas."""

    heading: str
    answered: FigureTable
    areas: tuple[ComparedArea, ...]
    table: FigureTable | None


@dataclass(frozen=True, slots=True)
class ComparePage:
    """The whole comparison, or what is missing for one."""

    problem: str
    chosen: tuple[ChosenUnit, ...]
    may_add: bool
    add: str
    found_summary: str
    found: tuple[FoundUnit, ...]
    groups: tuple[ComparedGroup, ...]
    nothing: str


def elsewhere() -> ComparePage:
    """Return the page that stands where the site is served as files: they cannot compare."""
    text = _("Comparing does not work here. Open the pages of the units beside one another.")
    return ComparePage(text, (), may_add=False, add="", found_summary="", found=(), groups=(), nothing="")


def compare_page(
    cards: Mapping[str, UnitCard], places: Sequence[Place], *, unknown: bool, too_many: bool, add: str
) -> ComparePage:
    """Return the page of ``places``, in their order, with what can be added by the word ``add``.

    ``unknown``: a code that is not here was left out. ``too_many``: more than four were asked for; only the first four
    are among ``places``.
    """
    codes = [place.code for place in places]
    found = _matching(cards, codes, add) if len(codes) < MOST else []
    groups = tuple(_groups(places)) if len(places) >= FEWEST else ()
    return ComparePage(
        problem=_problem(unknown=unknown, too_many=too_many),
        chosen=tuple(_chosen(place, codes) for place in places),
        may_add=len(codes) < MOST,
        add=add[:LONGEST_QUERY],
        found_summary=summary(len(found)) if folded(add) else "",
        found=tuple(FoundUnit(card.name, about(card), _address([*codes, card.code])) for card in found[:MOST_FOUND]),
        groups=groups,
        nothing="" if groups else _nothing(len(places)),
    )


def _problem(*, unknown: bool, too_many: bool) -> str:
    if too_many:
        return _("At most four units can be compared. Only the first four are shown: remove one to add another.")
    return _("A unit you asked for is not here, and was left out.") if unknown else ""


def _nothing(number: int) -> str:
    if number >= FEWEST:
        return _("These units have not been asked the same questions, so nothing can be compared.")
    return _("Choose two, three or four units. What they were both asked is then shown side by side.")


def _matching(cards: Mapping[str, UnitCard], codes: Sequence[str], add: str) -> list[UnitCard]:
    """Return the units that may be added: those found by the word, else the first one's kind if they are few."""
    others = [card for card in cards.values() if card.code not in codes]
    if folded(add):
        return find(others, add[:LONGEST_QUERY])
    kin = [card for card in others if codes and card.unit_type == cards[codes[0]].unit_type]
    return kin if len(codes) == 1 and len(kin) <= MOST_FOUND else []


def _address(codes: Sequence[str]) -> str:
    return "compare?" + urlencode([("unit", code) for code in codes]) if codes else "compare"


def _chosen(place: Place, codes: Sequence[str]) -> ChosenUnit:
    without = _address([code for code in codes if code != place.code])
    return ChosenUnit(place.code, place.name, unit_folder(place.code), without)


def _groups(places: Sequence[Place]) -> Iterator[ComparedGroup]:
    """Yield what at least two of the units were asked: same questionnaire, same respondents."""
    for asked in places[0].publication.questionnaires:
        sharing = [place for place in places if asked.key in place.by_questionnaire]
        if len(sharing) >= FEWEST:
            areas = list(_areas(places, asked))
            yield ComparedGroup(
                heading=asked.heading(active_language()),
                answered=_answered(places, asked),
                areas=tuple(area for area, _rows in areas),
                table=_table(places, [rows for _area, rows in areas]) if areas else None,
            )


def _areas(places: Sequence[Place], asked: Asked) -> Iterator[tuple[ComparedArea, list[FigureRow]]]:
    for battery, area, _items in asked.areas():
        if area is None:
            continue
        rows = [_row(place, asked, battery, area) for place in places]
        asked_there = [row for row in rows if row is not None]
        if len(asked_there) < FEWEST or not any(row["status"] == "shown" for row in asked_there):
            continue
        title = in_language(area.title, active_language())
        dots = [index_dot(place.name, row) for place, row in zip(places, rows, strict=True) if row is not None]
        key = f"{asked.key}-{battery.key}-{area.key}"
        chart = side_by_side(key, title, dots, maximum=float(battery.index_max))
        lines = [
            FigureRow(title, (place.name, *(index_cells(row) if row else (_("not asked"), "–", "–"))))
            for place, row in zip(places, rows, strict=True)
        ]
        yield ComparedArea(title, Markup(chart)), lines  # noqa: S704 - escaped by the charts


def _row(place: Place, asked: Asked, battery: Battery, area: Area) -> Row | None:
    return main_figure(place.by_questionnaire.get(asked.key, ()), wanted_of(asked, battery, area))


def _answered(places: Sequence[Place], asked: Asked) -> FigureTable:
    columns = (_("Unit"), _("Answered"), _("Invited"), _("Response rate"))
    return FigureTable(_("Who answered"), columns, tuple(_rate(place, asked) for place in places))


def _rate(place: Place, asked: Asked) -> FigureRow:
    row = response_row(place.by_questionnaire.get(asked.key, ()))
    if row is None:
        return FigureRow(place.name, (_("not asked"), "–", "–"))
    if row["status"] != "shown":
        return FigureRow(place.name, (reason_mark(row["reason"]), "–", "–"))
    rate = numbers.percent(row["response_rate"])
    return FigureRow(place.name, (numbers.count(row["answered"]), numbers.count(row["invited"]), rate))


def _table(places: Sequence[Place], areas: Sequence[Sequence[FigureRow]]) -> FigureTable:
    columns = (_("Area"), _("Unit"), _("Index"), _("Interval"), _("Answers"))
    names = ", ".join(place.name for place in places)
    rows = tuple(row for area in areas for row in area)
    return FigureTable(_("Indexes of %(place)s") % {"place": names}, columns, rows)
