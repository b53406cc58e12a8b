"""The board's page: five sentences, three charts, who is missing and the method, from published documents alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.public.addresses import unit_folder
from admin_portal.results.areas import dot
from admin_portal.results.board_counts import Counts, UnitCount, counts_of
from admin_portal.results.figures import Figures, shown
from admin_portal.results.listing import alphabetical
from admin_portal.results.node import rate_words
from admin_portal.results.reading import Row, VisibleRows
from admin_portal.results.series import opening_days
from admin_portal.results.views import Line, Link
from admin_portal.results.wording import index_line, local_text
from shared.i18n import active_language, ngettext
from shared.i18n import gettext as _
from shared.model.cycles import Cycle
from shared.model.policy import PUBLIC
from shared.model.releases import UNAUDITED, Publication, PublishedDocument, current_publication
from shared.presentation import numbers, words
from shared.presentation.charts.data import Dot
from shared.presentation.charts.interval_dot import interval_dot
from shared.presentation.charts.rate_bar import rate_bar
from shared.presentation.sentences import reason_text

Content = Mapping[str, Any]
INDEX_CHARTS = 2
"""With the response rates these are the page's three charts."""

_ORDER = ("pupil", "guardian", "child", "staff", "principal")


@dataclass(frozen=True, slots=True)
class BoardChart:
    """A chart with its heading and the table of the same figures."""

    heading: str
    chart: Markup
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class BoardUnit:
    """A unit that is public, or missing with the reason."""

    name: str
    regi: str
    address: str
    reason: str


@dataclass(frozen=True, slots=True)
class BoardView:
    """What board readers see of a publication."""

    title: str
    standing: tuple[str, ...]
    sentences: tuple[str, ...]
    charts: tuple[BoardChart, ...]
    published: tuple[BoardUnit, ...]
    missing: tuple[BoardUnit, ...]
    cycles: tuple[Link, ...]
    public: str


@dataclass(frozen=True, slots=True)
class NothingPublic:
    """The board's page before anything is public."""

    title: str


def board_page(session: Session, *, now: datetime, cycle_key: str = "") -> BoardView | NothingPublic:
    """Return the board's page of a published cycle, the newest unless ``cycle_key`` names another."""
    public = _publications(session, now)
    chosen = next((pair for pair in public if pair[0].key == cycle_key), public[0] if public else None)
    if chosen is None:
        return NothingPublic(_("For the board"))
    cycle, publication = chosen
    documents = _documents(session, publication, ("cycle", "questionnaire", "municipality"))
    whole: Content = next((content for kind, content in documents if kind == "municipality"), {"rows": []})
    asked = [content for kind, content in documents if kind == "questionnaire"]
    head: Content = next((content for kind, content in documents if kind == "cycle"), {"units": []})
    counts = counts_of(session, publication, head["units"])
    figures = Figures(VisibleRows(tuple(whole["rows"]), PUBLIC))
    units = [_unit(unit) for unit in sorted(counts.units, key=lambda unit: alphabetical(unit.name))]
    return BoardView(
        title=local_text(cycle.title),
        standing=tuple(_standing(publication)),
        sentences=tuple(_sentences(counts, figures, asked)),
        charts=(_rates(figures, asked), *_indexes(figures, asked)),
        published=tuple(unit for unit in units if not unit.reason),
        missing=tuple(unit for unit in units if unit.reason),
        cycles=tuple(Link(f"/board?cycle={quote(one.key)}", local_text(one.title), one is cycle) for one, _p in public),
        public="/public/",
    )


def _publications(session: Session, now: datetime) -> list[tuple[Cycle, Publication]]:
    opened = opening_days(session)
    cycles = sorted(
        (cycle for cycle in session.scalars(select(Cycle)) if cycle.id in opened),
        key=lambda cycle: (opened[cycle.id], cycle.id),
        reverse=True,
    )
    found = ((cycle, current_publication(session, cycle, now)) for cycle in cycles)
    return [(cycle, publication) for cycle, publication in found if publication is not None]


def _documents(session: Session, publication: Publication, kinds: Sequence[str]) -> list[tuple[str, Content]]:
    wanted = select(PublishedDocument).where(
        PublishedDocument.publication_id == publication.id, PublishedDocument.kind.in_(kinds)
    )
    return [(one.kind, one.content) for one in session.scalars(wanted.order_by(PublishedDocument.position))]


def _standing(publication: Publication) -> Iterator[str]:
    parts = {
        "number": publication.number,
        "day": numbers.day(publication.goes_public_at),
        "why": publication.reason.rstrip("."),
    }
    if publication.reason:
        yield _("Publication %(number)d, %(day)s: corrected because %(why)s.") % parts
    else:
        yield _("Publication %(number)d, %(day)s.") % parts
    if publication.protection == UNAUDITED:
        yield _("The figures are protected by thresholds and their siblings only; no audit has attacked them yet.")


def _sentences(counts: Counts, figures: Figures, asked: Sequence[Content]) -> Iterator[str]:
    yield _coverage(counts)
    yield _response(figures, asked)
    yield _certain(counts)
    yield _hidden(counts)
    yield _(
        "The figures do not say why units differ or what caused a change, they are no ranking, and those who did not"
        " answer may think otherwise."
    )


def _coverage(counts: Counts) -> str:
    public = [unit for unit in counts.units if not unit.reason]
    independent = [unit for unit in counts.units if unit.regi == "independent"]
    text = _(
        "%(public)d of %(units)d units have published results; of %(independent)d independent ones %(open)d, and the"
        " units that are missing are named below."
    )
    opened = sum(1 for unit in independent if not unit.reason)
    parts = {"public": len(public), "units": len(counts.units), "independent": len(independent), "open": opened}
    return text % parts


def _response(figures: Figures, asked: Sequence[Content]) -> str:
    """Return the response rates by kind of respondent; where they are asked in several ways, lowest to highest."""
    rates: dict[str, list[float]] = {}
    for one in _in_order(asked):
        row = figures.response(one["key"])
        if row is not None and shown(row) and row["response_rate"] is not None:
            rates.setdefault(one["respondent"], []).append(row["response_rate"])
    if not rates:
        return _("No response rate of the whole municipality may be shown.")
    parts = [f"{words.respondents(kind).lower()} {_between(found)}" for kind, found in rates.items()]
    return _("Of those who were asked, so many answered: %(rates)s.") % {"rates": ", ".join(parts)}


def _between(rates: Sequence[float]) -> str:
    if len(rates) == 1:
        return numbers.percent(rates[0])
    return numbers.interval(min(rates), max(rates), numbers.percent)


def _kind(one: Content) -> str:
    """Return who answered and about what, since a cycle may ask the same people in several ways."""
    titles = [battery["title"] for battery in one["batteries"] if battery["areas"]]
    who = one["respondent"]
    return words.asked(who, local_text(titles[0])) if titles else words.respondents(who)


def _certain(counts: Counts) -> str:
    if not counts.compared:
        return _("No comparison between a unit and the rest of the municipality may be shown.")
    text = ngettext(
        "Of %(compared)s comparison of an area in a unit with the rest of the municipality %(higher)d is certainly"
        " higher and %(lower)d lower, in %(units)d units; every other difference may be chance.",
        "Of %(compared)s comparisons of an area in a unit with the rest of the municipality %(higher)d are certainly"
        " higher and %(lower)d lower, in %(units)d units; every other difference may be chance.",
        counts.compared,
    )
    differing = sum(1 for unit in counts.units if unit.higher or unit.lower)
    return text % {
        "compared": numbers.count(counts.compared),
        "higher": sum(unit.higher for unit in counts.units),
        "lower": sum(unit.lower for unit in counts.units),
        "units": differing,
    }


def _hidden(counts: Counts) -> str:
    if not counts.hidden:
        return _("No figure of an area in a unit is hidden.")
    reasons = ", ".join(
        f"{reason_text(reason)} ({numbers.count(number)})"
        for reason, number in sorted(counts.hidden.items(), key=lambda entry: -entry[1])
    )
    text = _("%(hidden)s of %(areas)s figures of an area in a unit are hidden: %(reasons)s.")
    hidden = numbers.count(sum(counts.hidden.values()))
    return text % {"hidden": hidden, "areas": numbers.count(counts.areas), "reasons": reasons}


def _rates(figures: Figures, asked: Sequence[Content]) -> BoardChart:
    charts, lines = [], []
    for one in _in_order(asked):
        row = figures.response(one["key"])
        if row is None:
            continue
        label = _kind(one)
        text = rate_words(row) if shown(row) else reason_text(row["reason"])
        charts.append(rate_bar(f"rate-{one['key']}", label, row["response_rate"], None, f"{label}: {text}"))
        lines.append(_rate_line(label, row))
    return BoardChart(_("Who answered"), Markup("".join(charts)), tuple(lines))  # noqa: S704  the charts escape


def _rate_line(label: str, row: Row) -> Line:
    if not shown(row):
        return Line(label, _("hidden"), "", "", reason_text(row["reason"]))
    return Line(label, numbers.percent(row["response_rate"]), "", numbers.count(row["answered"]))


def _indexes(figures: Figures, asked: Sequence[Content]) -> Iterator[BoardChart]:
    """Yield the areas of the first battery of the first kinds of respondents, a kind each."""
    drawn: set[str] = set()
    for one in _in_order(asked):
        for battery in one["batteries"]:
            rows = [(area, figures.area(one["key"], area["key"])) for area in battery["areas"]]
            known = [(local_text(area["title"]), row) for area, row in rows if row is not None]
            if known and one["respondent"] not in drawn and len(drawn) < INDEX_CHARTS:
                drawn.add(one["respondent"])
                yield _index_chart(one, battery, known)


def _index_chart(one: Content, battery: Content, known: Sequence[tuple[str, Row]]) -> BoardChart:
    heading = words.asked(one["respondent"], local_text(battery["title"]))
    dots = [dot(title, row) for title, row in known]
    lines = tuple(index_line(title, row) for title, row in known)
    return BoardChart(heading, _chart(f"{one['key']}-{battery['key']}", heading, dots, battery), lines)


def _chart(key: str, heading: str, dots: Sequence[Dot], battery: Content) -> Markup:
    maximum = float(battery["index_max"])
    return Markup(interval_dot(f"indexes-{key}", heading, dots, maximum=maximum))  # noqa: S704  the chart escapes


def _in_order(asked: Sequence[Content]) -> list[Content]:
    return sorted(asked, key=lambda one: _ORDER.index(one["respondent"]))


def _unit(unit: UnitCount) -> BoardUnit:
    address = "" if unit.reason else f"/public/{active_language()}/{unit_folder(unit.code)}"
    return BoardUnit(unit.name, words.regi(unit.regi), address, reason_text(unit.reason))
