"""The list of units in a cycle within the reader's scope: by name, searched and paged, with rates and certain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor
from admin_portal.results.figures import Asked, questionnaires_of
from admin_portal.results.node import READING_ORDER
from admin_portal.results.node_page import Crumbs, Place, crumbs_of, waiting_text
from admin_portal.results.reading import UNIT, Source, source_for, units_readable
from admin_portal.results.standing import standing
from admin_portal.results.summaries import Certain, Rate, Summary, summaries_of
from admin_portal.results.views import Link, Waiting
from admin_portal.results.wording import local_text
from shared.i18n import gettext as _
from shared.model.cycles import Cycle
from shared.model.organisation import Unit
from shared.model.results import ResultDocument
from shared.presentation import numbers, words
from shared.presentation.sentences import LOW_RESPONSE, reason_mark

UNITS_A_PAGE = 50
_SWEDISH_LAST = str.maketrans({"å": "{", "ä": "|", "æ": "|", "ö": "}", "ø": "}"})
"""The letters that come after z in Swedish, as the characters after it in ASCII."""


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit that has figures."""

    code: str
    name: str
    unit_type: str


@dataclass(frozen=True, slots=True)
class RateLine:
    """How many answered one questionnaire, in words; ``low`` marks a rate below a half."""

    respondents: str
    text: str
    low: bool


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit in the list."""

    address: str
    name: str
    unit_type: str
    rates: tuple[RateLine, ...]
    higher: str
    lower: str


@dataclass(frozen=True, slots=True)
class UnitsView:
    """One page of the list, and what it was searched for."""

    title: str
    crumbs: Crumbs
    standing: tuple[str, ...]
    lines: tuple[UnitLine, ...]
    found: int
    search: str
    unit_type: str
    unit_types: tuple[tuple[str, str], ...]
    address: str
    pages: tuple[Link, ...]


def units_page(
    session: Session, *, actor: Actor, cycle: Cycle, now: datetime, search: str, unit_type: str, number: int
) -> UnitsView | Waiting:
    """Return a page of the list of units for this reader."""
    source = source_for(session, actor=actor, cycle=cycle, now=now)
    units = units_with_figures(session, actor, cycle, source)
    if not units:
        text = waiting_text(session, actor, cycle, now)
        return Waiting(_("Units"), crumbs_of(cycle, Place("list", "")), _("No results to show yet"), text)
    needle = search.casefold()
    found = [
        unit
        for unit in units
        if (needle in unit.name.casefold() or needle == unit.code.casefold()) and unit_type in {"", unit.unit_type}
    ]
    last = max(0, (len(found) - 1) // UNITS_A_PAGE)
    at = min(max(number - 1, 0), last)
    some = found[at * UNITS_A_PAGE : (at + 1) * UNITS_A_PAGE]
    summaries = summaries_of(session, source, [unit.code for unit in some])
    asked = questionnaires_of(session, cycle)
    address = f"/results/{quote(cycle.key)}/units"
    return UnitsView(
        title=_("Units"),
        crumbs=crumbs_of(cycle, Place("list", "")),
        standing=standing(session, actor, cycle, now),
        lines=tuple(_line(cycle, unit, summaries[unit.code], asked) for unit in some),
        found=len(found),
        search=search,
        unit_type=unit_type,
        unit_types=_unit_types(units),
        address=address,
        pages=_pages(address, {"search": search, "unit_type": unit_type}, at, last),
    )


def units_with_figures(session: Session, actor: Actor, cycle: Cycle, source: Source) -> list[UnitRow]:
    """Return the units of the reader's scope that have a document to read, in the order of their names."""
    has_document = (
        select(ResultDocument.node_code)
        .where(
            ResultDocument.result_set_id.in_(source.sets),
            ResultDocument.audience == source.audience,
            ResultDocument.level == UNIT,
            ResultDocument.node_code == Unit.code,
        )
        .exists()
    )
    rows = session.execute(
        select(Unit.code, Unit.name, Unit.unit_type).where(units_readable(actor, cycle), has_document)
    )
    return sorted((UnitRow(*row) for row in rows), key=lambda unit: (alphabetical(unit.name), unit.code))


def certain_words(certain: Sequence[Certain], asked: Mapping[str, Asked], *, higher: bool) -> str:
    """Return in which areas the difference is certain, for one direction: "Pupils: Safety, Support"."""
    by_kind: dict[str, list[str]] = {}
    for one in certain:
        if one.higher == higher:
            questionnaire = asked[one.questionnaire]
            kind = words.respondents(questionnaire.respondent)
            by_kind.setdefault(kind, []).append(_subject(questionnaire, one))
    return "; ".join(f"{kind}: {', '.join(names)}" for kind, names in by_kind.items())


def _subject(asked: Asked, one: Certain) -> str:
    if one.item is not None:
        return local_text(asked.definition.item(one.item).text)
    return next(local_text(area.title) for _battery, area, _items in asked.definition.areas if area.key == one.area)


def _line(cycle: Cycle, unit: UnitRow, summary: Summary, asked: Mapping[str, Asked]) -> UnitLine:
    """Return a unit's line; its principal, one person, is always too few to say anything of and left out."""

    def order(rate: Rate) -> int:
        return READING_ORDER.index(asked[rate.questionnaire].respondent)

    rates = [rate for rate in summary.rates if asked[rate.questionnaire].respondent != "principal"]
    return UnitLine(
        address=Place(UNIT, unit.code).address(cycle),
        name=unit.name,
        unit_type=words.unit_type(unit.unit_type),
        rates=tuple(_rate(rate, asked[rate.questionnaire]) for rate in sorted(rates, key=order)),
        higher=certain_words(summary.certain, asked, higher=True),
        lower=certain_words(summary.certain, asked, higher=False),
    )


def _rate(rate: Rate, asked: Asked) -> RateLine:
    kind = words.respondents(asked.respondent)
    if not rate.shown:
        return RateLine(kind, reason_mark(rate.reason), low=False)
    if rate.response_rate is None:
        return RateLine(kind, _("%(answered)s answered") % {"answered": numbers.count(rate.answered)}, low=False)
    return RateLine(kind, numbers.percent(rate.response_rate), low=rate.response_rate < LOW_RESPONSE)


def _unit_types(units: Sequence[UnitRow]) -> tuple[tuple[str, str], ...]:
    known = sorted({unit.unit_type for unit in units})
    return (("", _("All kinds")), *((code, words.unit_type(code)) for code in known))


def _pages(address: str, asked: Mapping[str, str], at: int, last: int) -> tuple[Link, ...]:
    if last == 0:
        return ()
    wanted = {name: value for name, value in asked.items() if value}
    links = [
        Link(f"{address}?{urlencode({**wanted, 'page': number + 1})}", label)
        for number, label in ((at - 1, _("Previous page")), (at + 1, _("Next page")))
        if 0 <= number <= last
    ]
    text = _("Page %(page)d of %(pages)d") % {"page": at + 1, "pages": last + 1}
    return (Link("", text, current=True), *links)


def alphabetical(name: str) -> str:
    """Return the key by which names are sorted as in Swedish."""
    return name.casefold().translate(_SWEDISH_LAST)
