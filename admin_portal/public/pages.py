"""The views of the site's pages, made from published documents in the language that is spoken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from admin_portal.public.addresses import type_folder, unit_file, unit_folder
from admin_portal.public.answered import hidden_sentence, listed
from admin_portal.public.documents import Row
from admin_portal.public.downloads import CSV, JSON, SWEDISH_CSV
from admin_portal.public.sections import Detail, Place, Section, certain_differences, compares, sections
from admin_portal.public.site import Listed, Site, about, newest_first
from shared.i18n import active_language
from shared.i18n import gettext as _
from shared.presentation import numbers, words
from shared.presentation.sentences import instead_text
from shared.questionnaire.definition import in_language

LISTED = 200
"""Up to so many units stand on the start page itself; more are listed by kind, on pages of their own."""

REASONS = ("no_agreement", "too_few", "low_response_rate", "complementary", "not_screened")
"""Why nothing of a place may be shown, the one that explains most first."""

MOST_NAMED = 20
"""So many units without agreement are named on the municipality's page."""

PART = 300
"""How many units a page of a list holds."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file: its address from the root of the site, and what it is."""

    address: str
    label: str


@dataclass(frozen=True, slots=True)
class UnitLink:
    """A unit in a list; the address is from the start page of the language."""

    address: str
    name: str
    about: str


@dataclass(frozen=True, slots=True)
class TypeList:
    """One kind of unit: how many there are, the address of its own list, and the units where the page lists them."""

    anchor: str
    name: str
    number: str
    address: str
    units: tuple[UnitLink, ...]


@dataclass(frozen=True, slots=True)
class StartPage:
    """The start page."""

    title: str
    collected: str
    correction: str
    types: tuple[TypeList, ...]
    all_listed: bool


@dataclass(frozen=True, slots=True)
class TypePage:
    """A part of the list of one kind of unit; ``parts`` are (address, name, current) from the start page."""

    name: str
    units: tuple[UnitLink, ...]
    parts: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True)
class UnitPage:
    """A unit's page, or the municipality's; ``withheld`` says why nothing at all is shown."""

    name: str
    code: str
    about: str
    cycle: str
    withheld: str
    differences: tuple[str, ...]
    compared: bool
    sections: tuple[Section, ...]
    downloads: tuple[Download, ...]
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A publication in the list of publications and corrections."""

    day: str
    cycle: str
    number: str
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class DataOfCycle:
    """A cycle's files."""

    title: str
    published: str
    downloads: tuple[Download, ...]


def start_page(site: Site) -> StartPage:
    """Return the start page."""
    everything = len(site.units) <= LISTED
    return StartPage(
        title=site.main.title(active_language()),
        collected=_collected(site.main.head),
        correction=_correction(site.main.head),
        types=tuple(
            TypeList(
                anchor=kind.unit_type,
                name=kind.name,
                number=numbers.count(len(kind.units)),
                address=type_folder(kind.unit_type),
                units=tuple(map(unit_link, kind.units)) if everything else (),
            )
            for kind in site.by_type()
        ),
        all_listed=everything,
    )


def type_pages(site: Site) -> dict[str, TypePage]:
    """Return the pages that list the units of each kind, by address from the start page."""
    pages: dict[str, TypePage] = {}
    for kind in site.by_type():
        parts = [kind.units[at : at + PART] for at in range(0, len(kind.units), PART)]
        names = [f"{part[0].name} – {part[-1].name}" for part in parts]
        for number, part in enumerate(parts, start=1):
            others = tuple(
                (type_folder(kind.unit_type, at), name, at == number) for at, name in enumerate(names, start=1)
            )
            links = others if len(parts) > 1 else ()
            pages[type_folder(kind.unit_type, number)] = TypePage(kind.name, tuple(map(unit_link, part)), links)
    return pages


def unit_link(unit: Listed) -> UnitLink:
    """Return a unit as a list names it."""
    return UnitLink(unit_folder(unit.code), unit.name, unit.about)


def unit_page(site: Site, place: Place, detail: Detail) -> UnitPage:
    """Return a unit's page."""
    card, publication = site.units[place.code]
    reason = nothing_shown(place)
    return UnitPage(
        name=place.name,
        code=place.code,
        about=", ".join((words.unit_type(card.unit_type), about(card))),
        cycle=publication.title(active_language()),
        withheld=_withheld(place.name, reason) if reason else "",
        differences=() if reason else certain_differences(place),
        compared=not reason and compares(place),
        sections=() if reason else sections(place, detail),
        downloads=() if reason else _downloads(publication.cycle, place.code),
    )


def overall_page(site: Site, place: Place, withheld: Sequence[str], detail: Detail) -> UnitPage:
    """Return the page of the whole municipality; ``withheld`` are the names of units whose owner has not agreed."""
    return UnitPage(
        name=place.name,
        code="",
        about="",
        cycle=site.main.title(active_language()),
        withheld="",
        differences=(),
        compared=False,
        sections=sections(place, detail),
        downloads=(),
        missing=_missing(withheld) if withheld else "",
    )


def _missing(withheld: Sequence[str]) -> str:
    named = list(withheld[:MOST_NAMED])
    if len(withheld) > MOST_NAMED:
        named.append(_("%(number)s more") % {"number": numbers.count(len(withheld) - MOST_NAMED)})
    text = _(
        "Units whose independent owner has not agreed to publication are counted here, but not shown by themselves: "
        "%(units)s."
    )
    return text % {"units": listed(named)}


def no_overall_page(site: Site) -> UnitPage:
    """Return the page in place of the whole municipality's where the site is of several."""
    text = _("These pages are about several municipalities. Choose a unit to see its figures.")
    title = site.main.title(active_language())
    return UnitPage("", "", "", title, text, (), compared=False, sections=(), downloads=())


def nothing_shown(place: Place) -> str:
    """Return why nothing of a place is shown, "" where something is."""
    return reason_for_nothing(place.rows)


def reason_for_nothing(rows: Sequence[Row]) -> str:
    """Return why none of the rows holds a figure, "" where one does; the reason that explains most."""
    if any(row["status"] == "shown" for row in rows):
        return ""
    reasons = {row["reason"] for row in rows}
    return next((reason for reason in REASONS if reason in reasons), "too_few")


def changes(heads: Sequence[Mapping[str, Any]]) -> tuple[Change, ...]:
    """Return all publications so far, newest first."""
    return tuple(
        Change(
            day=numbers.day(datetime.fromisoformat(head["goes_public_at"])),
            cycle=in_language(head["title"], active_language()),
            number=str(head["number"]),
            what=_what(head),
            reason=str(head["reason"]),
        )
        for head in newest_first(heads)
    )


def data_of_cycle(site: Site, number: int, files: Sequence[tuple[str, int]]) -> DataOfCycle:
    """Return the files of the publication at place ``number``; ``files`` are (address from the root, plain size)."""
    one = site.publications[number]
    facts = {"number": one.number, "day": numbers.day(one.goes_public_at)}
    return DataOfCycle(
        title=one.title(active_language()),
        published=_("Publication %(number)s, %(day)s") % facts,
        downloads=tuple(Download(address, f"{_file_name(address)}, {_size(size)}") for address, size in files),
    )


def _file_name(address: str) -> str:
    if address.endswith("questionnaires.json"):
        return _("Questions and answer options (JSON)")
    names = {
        SWEDISH_CSV: _("All figures, for Swedish spreadsheets (CSV with semicolons)"),
        CSV: _("All figures (CSV)"),
        JSON: _("All figures (JSON)"),
    }
    return next(name for ending, name in names.items() if address.endswith(ending))


def _downloads(cycle: str, code: str) -> tuple[Download, ...]:
    names = {
        SWEDISH_CSV: _("CSV for Swedish spreadsheets"),
        CSV: _("CSV"),
        JSON: _("JSON"),
    }
    return tuple(Download(unit_file(cycle, code, ending), name) for ending, name in names.items())


def _size(size: int) -> str:
    kilobytes = max(round(size / 1000), 1)
    return _("%(size)s kB") % {"size": numbers.count(kilobytes)}


def _collected(head: Mapping[str, Any]) -> str:
    spans = head.get("collected") or ()
    if not spans:
        return ""
    opens = min(datetime.fromisoformat(one["opens"]) for one in spans)
    closes = max(datetime.fromisoformat(one["closes"]) for one in spans)
    days = {"first": numbers.day(opens), "last": numbers.day(closes)}
    return _("The answers were given between %(first)s and %(last)s.") % days


def _correction(head: Mapping[str, Any]) -> str:
    if not head.get("corrects"):
        return ""
    text = _("These figures correct publication %(number)s. The reason: %(reason)s")
    return text % {"number": head["corrects"], "reason": head["reason"]}


def _what(head: Mapping[str, Any]) -> str:
    if head.get("corrects"):
        return _("Corrects publication %(number)s") % {"number": head["corrects"]}
    return _("First publication") if int(head["number"]) == 1 else _("More results")


def _withheld(name: str, reason: str) -> str:
    if reason == "no_agreement":
        text = _("%(unit)s is run by an independent owner that has not agreed to publication.") % {"unit": name}
        return f"{text} {instead_text(reason)}"
    return hidden_sentence(reason)
