"""Makes an edition: every file of the site, page by page in both languages, from published documents only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from admin_portal.public import pages
from admin_portal.public.addresses import data_folder, unit_file, unit_folder
from admin_portal.public.comparing import elsewhere as compare_elsewhere
from admin_portal.public.documents import Published, all_rows, head_of, raw_questionnaires
from admin_portal.public.downloads import Packed, json_file, pack, rows_files
from admin_portal.public.questions import QuestionsPage, divided, questions_page
from admin_portal.public.rendering import assets, frame_of, render
from admin_portal.public.search import elsewhere as search_elsewhere
from admin_portal.public.sections import Detail, Place, shown
from admin_portal.public.site import Rows, Site, load_site, municipality_place, municipality_rows, unit_place, unit_rows
from shared.i18n import LANGUAGES, active_language, speaking
from shared.i18n import gettext as _
from shared.presentation import numbers, words

HTML = "text/html; charset=utf-8"
ROOM = 95_000
"""Bytes: what would make a page larger stands on another one."""

MOST_PARTS = 40

File = tuple[str, Packed]
"""A file with its path from the root of the site."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a kind of respondents' figures had to reach to be public."""

    who: str
    answers: str
    distribution: str
    rate: str


def edition_files(session: Session, publications: Sequence[int], told: Sequence[int]) -> Iterator[File]:
    """Yield every file of the site that shows ``publications`` and tells of those ``told``.

    The same documents give the same bytes. Rows of one place are in memory at a time.
    """
    site = load_site(session, publications)
    heads = [head_of(session, number) for number in told]
    for asset in assets():
        yield asset.path, pack(asset.media_type, [asset.content])
    data: list[list[tuple[str, int]]] = []
    for publication in site.publications:
        data.append([])
        for path, packed in _data(session, publication):
            data[-1].append((path, packed.size))
            yield path, packed
    with speaking(LANGUAGES[0]):
        yield page(site, "index.html", "choose.html", None)
    for language in LANGUAGES:
        with speaking(language):
            yield from _texts(site, heads, data)
            yield from _lists(site)
    municipality = municipality_rows(session, site)
    yield from _overall(session, site, municipality)
    for code in site.units:
        yield from _unit(site, unit_rows(session, code), municipality, code)


def page(site: Site, path: str, template: str, view: object) -> File:
    """Return a page of the site in the language that is spoken."""
    frame = frame_of(path, site.edition())
    return path, pack(HTML, [render(template, frame=frame, view=view)])


def _data(session: Session, publication: Published) -> Iterator[File]:
    folder = data_folder(publication.cycle)
    for ending, packed in rows_files(all_rows(session, publication)):
        yield f"{folder}results{ending}", packed
    yield f"{folder}questionnaires.json", json_file(raw_questionnaires(session, publication))


def _here(inside: str) -> str:
    """Return the path of a page from the root of the site, in the language that is spoken."""
    return f"{active_language()}/{inside}index.html"


def _texts(site: Site, heads: Sequence[Mapping[str, Any]], data: Sequence[Sequence[tuple[str, int]]]) -> Iterator[File]:
    newest_first = range(len(site.publications) - 1, -1, -1)
    cycles = tuple(pages.data_of_cycle(site, number, data[number]) for number in newest_first)
    yield page(site, _here("how-to-read/"), "how-to-read.html", None)
    yield page(site, _here("method/"), "method.html", thresholds(site.main.head))
    yield page(site, _here("corrections/"), "corrections.html", pages.changes(heads))
    yield page(site, _here("accessibility/"), "accessibility.html", None)
    yield page(site, _here("data/"), "data.html", cycles)
    yield page(site, _here("search/"), "search.html", search_elsewhere())
    yield page(site, _here("compare/"), "compare.html", compare_elsewhere())


def _lists(site: Site) -> Iterator[File]:
    yield page(site, _here(""), "start.html", pages.start_page(site))
    for address, view in pages.type_pages(site).items():
        yield page(site, _here(address), "type.html", view)


def _withheld(session: Session, site: Site) -> list[str]:
    """Return the names of the independent units of which nothing is shown for want of their owner's agreement."""
    independent = [card for card, one in site.units.values() if one is site.main and card.regi == "independent"]
    rows = ((card, unit_rows(session, card.code)(site.main)) for card in independent)
    return [card.name for card, own in rows if pages.reason_for_nothing(own) == "no_agreement"]


def _overall(session: Session, site: Site, rows: Rows | None) -> Iterator[File]:
    withheld = _withheld(session, site)
    for language in LANGUAGES:
        with speaking(language):
            if rows is None:
                yield page(site, _here("overall/"), "unit.html", pages.no_overall_page(site))
                continue
            place = municipality_place(site, rows)
            yield from _with_questions(site, place, "overall/", partial(pages.overall_page, site, place, withheld))


def _unit(site: Site, rows: Rows, municipality: Rows | None, code: str) -> Iterator[File]:
    publication = site.units[code][1]
    if any(row["status"] == "shown" for row in rows(publication)):
        for ending, packed in rows_files(rows(publication)):
            yield unit_file(publication.cycle, code, ending), packed
    for language in LANGUAGES:
        with speaking(language):
            place = unit_place(site, rows, municipality, code)
            yield from _with_questions(site, place, unit_folder(code), partial(pages.unit_page, site, place))


def _with_questions(site: Site, place: Place, folder: str, view: Callable[[Detail], object]) -> Iterator[File]:
    """Yield the page of a place and those of its questions, which hold what the first has no room for."""
    detail, own = _fitting(site, folder, view)
    yield own
    for asked in place.publication.questionnaires:
        if shown(place, asked):
            everything = questions_page(place, asked, back=folder, trends=detail is not Detail.ALL)
            yield from _parts(site, everything, f"{folder}{asked.key}/")


def _fitting(site: Site, folder: str, view: Callable[[Detail], object]) -> tuple[Detail, File]:
    """Return the page of a place with as much detail as there is room for."""
    for detail in (Detail.ALL, Detail.NO_YEARS):
        made = page(site, _here(folder), "unit.html", view(detail))
        if made[1].size <= ROOM:
            return detail, made
    return Detail.TABLE, page(site, _here(folder), "unit.html", view(Detail.TABLE))


def _parts(site: Site, everything: QuestionsPage, address: str) -> Iterator[File]:
    """Yield the questions over as few pages as they have room on."""
    made = [page(site, _here(address), "questions.html", everything)]
    number = 1
    while max(packed.size for _path, packed in made) > ROOM and number <= MOST_PARTS:
        number += 1
        made = [
            page(site, _here(part.parts[at][0]), "questions.html", part)
            for at, part in enumerate(divided(everything, number, address))
        ]
    yield from made


def thresholds(head: Mapping[str, Any]) -> tuple[Threshold, ...]:
    """Return the thresholds of a publication, by kind of respondents."""
    return tuple(
        Threshold(
            who=words.respondents(kind),
            answers=numbers.count(rules["min_answers"]),
            distribution=numbers.count(rules["min_distribution"]),
            rate=numbers.percent(rules["min_response_rate"]) if rules["min_response_rate"] else _("none"),
        )
        for kind, rules in head.get("policy", {}).items()
    )
