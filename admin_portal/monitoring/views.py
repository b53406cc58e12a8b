"""What the pages of the response rates show: words, bars and lists, made from counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from markupsafe import Markup

from admin_portal.home.choice import CycleChoice
from admin_portal.monitoring.rates import Asked, Call, Days, Filter, Place, Rate, Total, chosen, need_a_call
from admin_portal.monitoring.small import FEW
from shared.clock import local
from shared.i18n import gettext as _
from shared.i18n import ngettext
from shared.presentation import moments, numbers, words
from shared.presentation.charts.rate_bar import rate_bar
from shared.presentation.charts.sparkline import sparkline

PAGE_SIZE = 50
CALLS_SHOWN = 10
EMPTY = Markup()


@dataclass(frozen=True, slots=True)
class TotalView:
    """A questionnaire over all units in reach."""

    label: str
    state: str
    state_kind: str
    bar: Markup
    note: str


@dataclass(frozen=True, slots=True)
class CallView:
    """A unit whose principal should be called, and why."""

    address: str
    name: str
    reasons: tuple[str, ...]
    principal: str
    email: str


@dataclass(frozen=True, slots=True)
class RowView:
    """A unit and questionnaire in the list."""

    address: str
    name: str
    district: str
    label: str
    bar: Markup


@dataclass(frozen=True, slots=True)
class Option:
    """A choice in a filter."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class RatesView:
    """The page of all rates; ``cycle`` is empty while there is none."""

    cycle: str = ""
    title: str = ""
    cycles: tuple[CycleChoice, ...] = ()
    live: bool = False
    as_at: str = ""
    totals: tuple[TotalView, ...] = ()
    days: Markup = EMPTY
    asks_to_call: bool = False
    calls: tuple[CallView, ...] = ()
    more_calls: int = 0
    rows: tuple[RowView, ...] = ()
    found: int = 0
    questionnaires: tuple[Option, ...] = ()
    districts: tuple[Option, ...] = ()
    unit_types: tuple[Option, ...] = ()
    sorts: tuple[Option, ...] = ()
    search: str = ""
    place: str = ""
    previous: str = ""
    next: str = ""
    download: str = ""
    few: int = FEW
    shared: bool = False


def rates_view(
    *,
    rates: Sequence[Rate],
    totals: Sequence[Total],
    wanted: Filter,
    page: int,
    cycle: str,
    now: datetime,
    calls: bool,
) -> RatesView:
    """Return the lists of the page; the caller adds what stands around them."""
    found = chosen(rates, wanted)
    pages = max(-(-len(found) // PAGE_SIZE), 1)
    page = min(max(page, 1), pages)
    asked = [total.asked for total in totals]
    lagging = need_a_call(rates, now) if calls else []
    given = {"cycle": cycle, **_given(wanted)}
    return RatesView(
        cycle=cycle,
        totals=tuple(_total(total, now) for total in totals),
        asks_to_call=calls and any(one.open for one in asked),
        calls=tuple(_call(call, cycle, now) for call in lagging[:CALLS_SHOWN]),
        more_calls=max(len(lagging) - CALLS_SHOWN, 0),
        rows=tuple(
            _row(number, rate, cycle) for number, rate in enumerate(found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE])
        ),
        found=len(found),
        questionnaires=_options(wanted.questionnaire, [(one.key, one.label) for one in asked]),
        districts=_options(wanted.district, [(name, name) for name in _districts(rates)]),
        unit_types=_options(wanted.unit_type, _unit_types(rates)),
        sorts=_options(wanted.sort, _sorts()),
        search=wanted.search,
        place=_("Page %(page)d of %(pages)d") % {"page": page, "pages": pages} if pages > 1 else "",
        previous=_address(given | {"page": str(page - 1)}) if page > 1 else "",
        next=_address(given | {"page": str(page + 1)}) if page < pages else "",
        download=f"/rates.csv?{urlencode(given)}",
        shared=any(one.shared for one in asked),
    )


def as_at_words(asked: Sequence[Asked], now: datetime, *, live: bool) -> str:
    """Return how fresh the counts are."""
    moving = [one for one in asked if one.open or one.as_at is not None]
    if not moving:
        return ""
    if live:
        return _("Counted at this moment.")
    known = [one.as_at for one in moving if one.as_at is not None]
    if not known:
        return _("No count yet: the first one is shown at most half an hour after the window opened.")
    newest = max(known)
    hour = {"hour": f"{local(newest):%H}", "minute": f"{local(newest):%M}"}
    if local(newest).date() == local(now).date():
        return _("As at %(hour)s:%(minute)s today. Counts are renewed each quarter of an hour.") % hour
    text = _("As at %(moment)s. Counts are renewed each quarter of an hour.")
    return text % {"moment": moments.in_words(newest, now)}


def rate_words(invited: int, answered: int | None, *, hidden: bool) -> str:
    """Return a rate in words, or what can be said instead."""
    if hidden and invited < FEW:
        return _("few or none of %(invited)s") % {"invited": numbers.count(invited)}
    if hidden:
        return _("not shown: it would give away the number of a smaller one")
    if answered is None:
        return _("no count to show")
    text = _("%(answered)s of %(invited)s have answered, %(rate)s")
    share = answered / invited if invited else None
    parts = {"answered": numbers.count(answered), "invited": numbers.count(invited), "rate": numbers.percent(share)}
    return text % parts


def bar_of(key: str, title: str, rate: Rate | Total, *, hidden: bool = False) -> Markup:
    """Return the bar of a rate with its words over it."""
    text = rate_words(rate.invited, rate.answered, hidden=hidden)
    return Markup(rate_bar(key, title, rate.rate, rate.asked.target, text))  # noqa: S704  the chart escapes its words


def spark_of(key: str, title: str, days: Days | None) -> Markup:
    """Return the answers per day as a row of bars with their first and last day; nothing while there are no answers."""
    if days is None or not any(days.numbers):
        return EMPTY
    last = days.first + timedelta(days=len(days.numbers) - 1)
    text = _("%(first)s to %(last)s. Most in one day: %(most)s.")
    parts = {"first": numbers.day(days.first), "last": numbers.day(last), "most": numbers.count(max(days.numbers))}
    bars = Markup(sparkline(key, title, days.numbers))  # noqa: S704  the chart escapes its words
    return bars + Markup('<p class="chart-note">{}</p>').format(text % parts)


def unit_address(place: Place, cycle: str) -> str:
    """Return where a unit's rates are."""
    return f"/rates/{place.code}?{urlencode({'cycle': cycle})}"


def state_kind(state: str) -> str:
    """Return the badge of a window's state."""
    return {"open": "good", "counted": "calm"}.get(state, "wait")


def over_note(rate: Rate | Total) -> str:
    """Return why more have answered than were invited, empty where they have not."""
    if rate.rate is None or rate.rate <= 1:
        return ""
    return _("Above 100 %%: the unit shares one code, and everybody who opens a form with it may answer.") % {}


def _total(total: Total, now: datetime) -> TotalView:
    asked = total.asked
    note = _("Closes %(moment)s.") % {"moment": moments.in_words(asked.closes_at, now)} if asked.open else ""
    return TotalView(
        label=asked.label,
        state=words.window_state(asked.state),
        state_kind=state_kind(asked.state),
        bar=bar_of(f"total-{asked.id}", asked.label, total),
        note=" ".join(filter(None, (note, over_note(total)))),
    )


def _call(call: Call, cycle: str, now: datetime) -> CallView:
    return CallView(
        address=unit_address(call.place, cycle),
        name=call.place.name,
        reasons=tuple(_reason(rate, now) for rate in call.lagging),
        principal=call.place.principal,
        email=call.place.email,
    )


def _reason(rate: Rate, now: datetime) -> str:
    expected = rate.asked.expected(now)
    short = rate.short_of(expected)
    text = ngettext(
        "%(who)s: %(rate)s have answered, %(expected)s expected by now, %(short)s answer short",
        "%(who)s: %(rate)s have answered, %(expected)s expected by now, %(short)s answers short",
        short,
    )
    return text % {
        "who": rate.asked.label,
        "rate": numbers.percent(rate.rate),
        "expected": numbers.percent(expected),
        "short": numbers.count(short),
    }


def _row(number: int, rate: Rate, cycle: str) -> RowView:
    title = f"{rate.place.name}, {rate.asked.label}"
    return RowView(
        address=unit_address(rate.place, cycle),
        name=rate.place.name,
        district=rate.place.district,
        label=rate.asked.label,
        bar=bar_of(f"row-{number}", title, rate, hidden=rate.hidden),
    )


def _districts(rates: Sequence[Rate]) -> list[str]:
    return sorted({rate.place.district for rate in rates if rate.place.district})


def _unit_types(rates: Sequence[Rate]) -> list[tuple[str, str]]:
    return sorted(((code, words.unit_type(code)) for code in {rate.place.unit_type for rate in rates}), key=_label)


def _label(pair: tuple[str, str]) -> str:
    return pair[1]


def _sorts() -> list[tuple[str, str]]:
    return [
        ("need", _("Farthest below the target first")),
        ("name", _("Name")),
        ("rate", _("Highest rate first")),
    ]


def _options(value: str, pairs: Sequence[tuple[str, str]]) -> tuple[Option, ...]:
    return tuple(Option(code, label, code == value) for code, label in pairs)


def _given(wanted: Filter) -> dict[str, str]:
    given = {
        "questionnaire": wanted.questionnaire,
        "district": wanted.district,
        "type": wanted.unit_type,
        "search": wanted.search,
        "sort": wanted.sort if wanted.sort != "need" else "",
    }
    return {name: value for name, value in given.items() if value}


def _address(given: dict[str, str]) -> str:
    return f"/rates?{urlencode(given)}"
