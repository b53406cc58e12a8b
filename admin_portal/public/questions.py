"""The page of every question of one questionnaire at one place: how the answers are spread, and how many there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from admin_portal.public.answered import answered_sentence, hidden_sentence, notes
from admin_portal.public.definitions import Asked
from admin_portal.public.documents import Row
from admin_portal.public.sections import Place, comparison_sentence, response_row, wanted_of, years_of
from admin_portal.public.series import area_series, headline
from shared.i18n import active_language, ngettext
from shared.i18n import gettext as _
from shared.presentation import numbers
from shared.presentation.charts.data import OptionShare, Polarity
from shared.presentation.charts.distribution import distribution, options_key
from shared.presentation.charts.trend import trend
from shared.questionnaire.definition import Area, Battery, Item, Option, in_language

PIECE = 8
"""So many questions of an area stay together where a page has to be divided."""

MOST_KEYS = 16
"""With more questions than this on a page, the options are named once for each area, not under every bar."""


@dataclass(frozen=True, slots=True)
class OptionView:
    """An answer option and the share that chose it."""

    label: str
    share: str


@dataclass(frozen=True, slots=True)
class ItemView:
    """A question: what its answers say in words, their spread drawn and listed, or why it is hidden."""

    text: str
    facts: tuple[str, ...]
    hidden: str
    chart: Markup
    options: tuple[OptionView, ...]


@dataclass(frozen=True, slots=True)
class AreaOfItems:
    """Questions that belong together; ``key`` names the options once where the bars have no list of their own."""

    heading: str
    trend: Markup
    key: Markup
    items: tuple[ItemView, ...]


@dataclass(frozen=True, slots=True)
class QuestionsPage:
    """All questions of one questionnaire."""

    name: str
    code: str
    heading: str
    cycle: str
    answered: str
    notes: tuple[str, ...]
    back: str
    """Address of the place's own page, from the start page."""
    areas: tuple[AreaOfItems, ...]
    parts: tuple[tuple[str, str, bool], ...] = ()
    """The pages that the questions are divided over: address from the start page, name, whether it is this one."""


def questions_page(place: Place, asked: Asked, *, back: str, trends: bool) -> QuestionsPage:
    """Return the page of ``asked`` at a place that shows its response rate; ``trends``: with the years of its areas."""
    rows = place.by_questionnaire[asked.key]
    response = response_row(rows)
    years = years_of(rows)
    return QuestionsPage(
        name=place.name,
        code=place.code,
        heading=asked.heading(active_language()),
        cycle=place.publication.title(active_language()),
        answered=answered_sentence(asked.respondent, response, years) if response else hidden_sentence("too_few"),
        notes=notes(response, shared_code=asked.shared_code) if response else (),
        back=back,
        areas=tuple(_areas(place, asked, rows, trends=trends)),
    )


def divided(page: QuestionsPage, number: int, address: str) -> tuple[QuestionsPage, ...]:
    """Return the page's questions over so many pages, below ``address``; a long area goes on over several of them."""
    pieces = [piece for area in page.areas for piece in _pieces(area)]
    size = -(-len(pieces) // number)
    parts = [tuple(pieces[at : at + size]) for at in range(0, len(pieces), size)]
    addresses = [address, *(f"{address}{at}/" for at in range(2, len(parts) + 1))]
    names = [" – ".join(dict.fromkeys((part[0].heading, part[-1].heading))) for part in parts]
    return tuple(
        replace(page, areas=part, parts=tuple(zip(addresses, names, (one is part for one in parts), strict=True)))
        for part in parts
    )


def _pieces(area: AreaOfItems) -> Iterator[AreaOfItems]:
    """Yield an area a few questions at a time; its years are with the first of them."""
    for at in range(0, len(area.items), PIECE):
        yield replace(area, trend=area.trend if at == 0 else Markup(), items=area.items[at : at + PIECE])


def _areas(place: Place, asked: Asked, rows: Sequence[Row], *, trends: bool) -> Iterator[AreaOfItems]:
    of_items = {(row["battery"], row["item"]): row for row in rows if row["item"] and headline(row)}
    compared = {
        (row["battery"], row["item"]): row
        for row in rows
        if row["item"] and row["compare_to"] == "rest" and not row["segment"] and row["status"] == "shown"
    }
    together = len(of_items) > MOST_KEYS
    for battery, area, items in asked.areas():
        found = [(item, of_items[battery.key, item.key]) for item in items if (battery.key, item.key) in of_items]
        if not found:
            continue
        views = tuple(
            _item(place, asked, item, row, compared.get((battery.key, item.key)), with_key=not together)
            for item, row in found
        )
        yield AreaOfItems(
            heading=in_language(area.title, active_language()) if area else _("More questions"),
            trend=_trend(place, asked, battery, area) if trends else Markup(),
            key=_key([item for item, _row in found]) if together else Markup(),
            items=views,
        )


def _trend(place: Place, asked: Asked, battery: Battery, area: Area | None) -> Markup:
    """Return the area's years, for a unit whose own page has no room for them."""
    if area is None:
        return Markup()
    points = area_series(place.history, place.rows_of, wanted_of(asked, battery, area))
    key, title = f"{battery.key}-{area.key}-trend", in_language(area.title, active_language())
    return Markup(trend(key, title, points, float(battery.index_max))) if len(points) > 1 else Markup()  # noqa: S704 - escaped by the charts


def _key(items: Sequence[Item]) -> Markup:
    """Return the list of options if all the questions of an area have the same."""
    chosen = [item for item in items if item.type == "choice" and item.options]
    if not chosen or len({tuple(option.code for option in item.options) for item in chosen}) > 1:
        return Markup()
    options = [OptionShare(_label(option), 0.0, polarity(chosen[0], option)) for option in chosen[0].options]
    return Markup(options_key(options, None))  # noqa: S704 - escaped by the charts


def _item(place: Place, asked: Asked, item: Item, row: Row, against: Row | None, *, with_key: bool) -> ItemView:
    text = in_language(item.text, active_language())
    if row["status"] != "shown":
        return ItemView(text, (), hidden_sentence(row["reason"]), Markup(), ())
    shares = row["distribution"] or {}
    drawn = item.type == "choice" and bool(shares)
    by_share = row["index"] is None
    said = () if against is None else (comparison_sentence(place.name, against, by_share=by_share),)
    return ItemView(
        text=text,
        facts=(*_facts(item, row), *said),
        hidden="",
        chart=_chart(f"{asked.key}-{item.key}", text, item, row, with_key=with_key) if drawn else Markup(),
        options=tuple(
            OptionView(_label(option), numbers.percent(shares[option.code] / 100))
            for option in item.options
            if option.code in shares
        ),
    )


def _facts(item: Item, row: Row) -> Iterator[str]:
    if row["share_positive"] is not None:
        yield _share(row)
    if item.reversed:
        yield _("Not agreeing is the positive answer to this question.")
    yield _counts(row)
    if not row["distribution"] and item.type in {"choice", "multiple"}:
        yield _("The answers are too few to show how they are spread.")
    if item.type == "number":
        yield _("Only the number of answers is shown.")


def _share(row: Row) -> str:
    between = numbers.interval(row["share_low"], row["share_high"], numbers.percent)
    share = numbers.percent(row["share_positive"])
    if not between:
        return _("%(share)s answered positively.") % {"share": share}
    text = _("%(share)s answered positively (95 %% interval %(interval)s).")
    return text % {"share": share, "interval": between}


def _counts(row: Row) -> str:
    number = row["n"] or 0
    parts = [ngettext("%(number)s answer", "%(number)s answers", number) % {"number": numbers.count(number)}]
    if row["n_dont_know"] is not None:
        parts.append(_("%(number)s answered don't know") % {"number": numbers.count(row["n_dont_know"])})
    if row["n_blank"] is not None:
        parts.append(_("%(number)s skipped the question") % {"number": numbers.count(row["n_blank"])})
    return f"{', '.join(parts)}."


def _chart(key: str, title: str, item: Item, row: Row, *, with_key: bool) -> Markup:
    shares = row["distribution"]
    options = [
        OptionShare(_label(option), shares[option.code] / 100, polarity(item, option))
        for option in item.options
        if option.code in shares
    ]
    # The shares are of all who answered the item, "don't know" among them.
    answered = (row["n"] or 0) + (row["n_dont_know"] or 0)
    return Markup(distribution(key, title, options, None, answered, with_key=with_key))  # noqa: S704 - escaped by the charts


def polarity(item: Item, option: Option) -> Polarity:
    """Return on which side of the scale an option stands for this item: by score, else by what is positive."""
    if option.missing or (option.score is None and item.scored_options):
        return "missing"
    score = item.score_of(option.code)
    if score is None:
        return "positive" if option.code in item.positive_codes else "negative"
    scores = [one.score for one in item.scored_options if one.score is not None]
    middle = (max(scores) + min(scores)) / 2
    if score == middle:
        return "middle"
    return "positive" if score > middle else "negative"


def _label(option: Option) -> str:
    return in_language(option.label, active_language())
