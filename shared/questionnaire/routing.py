"""Which items a respondent is asked, and on which pages, given the answers so far."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from shared.questionnaire.definition import Answer, Answers, Context, Item, Questionnaire
from shared.questionnaire.expressions import evaluate, names, parse

__all__ = [
    "Answer",
    "Answers",
    "Context",
    "Page",
    "asked_items",
    "next_page",
    "page_at",
    "page_size",
    "pages",
    "previous_page",
    "with_routing",
]

_YOUNGEST_YEARS = 3
_PAGE_OF_THE_YOUNG = 1
_PAGE = 10


@dataclass(frozen=True, slots=True)
class Page:
    """The items asked on one page; ``number`` counts from 1 over all pages, also those now routed past."""

    number: int
    items: tuple[Item, ...]


def with_routing(
    questionnaire: Questionnaire, answers: Mapping[str, Answer], context: Context
) -> Iterator[tuple[Item, bool]]:
    """Yield every item in order and whether it is asked; answers to items routed past do not count further on."""
    counted: Answers = {}
    for item in questionnaire.items:
        asked = item.show_if is None or evaluate(parse(item.show_if), counted, context)
        if asked and item.key in answers:
            counted[item.key] = answers[item.key]
        yield item, asked


def asked_items(questionnaire: Questionnaire, answers: Mapping[str, Answer], context: Context) -> tuple[Item, ...]:
    """Return the items asked, notes included, in order, without those routed past."""
    return tuple(item for item, asked in with_routing(questionnaire, answers, context) if asked)


def pages(
    questionnaire: Questionnaire, answers: Mapping[str, Answer], context: Context, *, per_page: int
) -> tuple[Page, ...]:
    """Return the pages that have something to ask, in order, with at most ``per_page`` items besides notes.

    The cut into pages looks at the questionnaire alone, never at answers: page 3 holds the same items whatever is
    routed past, and pages with nothing left to show are skipped. A battery begins a new page, and so does an item
    whose condition names an item of the same page, since without JavaScript that answer is known only afterwards.
    """
    asked = {item.key for item in asked_items(questionnaire, answers, context)}
    found = (
        Page(number, tuple(item for item in items if item.key in asked))
        for number, items in enumerate(_cut(questionnaire, per_page), start=1)
    )
    return tuple(page for page in found if page.items)


def next_page(of: Sequence[Page], number: int) -> Page | None:
    """Return the first page after ``number`` (0 for the first of all), None after the last."""
    return next((page for page in of if page.number > number), None)


def previous_page(of: Sequence[Page], number: int) -> Page | None:
    """Return the last page before ``number``, None before the first."""
    return next((page for page in reversed(of) if page.number < number), None)


def page_at(of: Sequence[Page], number: int) -> Page | None:
    """Return the page with this number, None when it does not exist or is routed past."""
    return next((page for page in of if page.number == number), None)


def page_size(respondent: str, year: str, unit_type: str = "") -> int:
    """Return how many items a page holds: one for the young (to year 3) and in adapted schools, else ten."""
    if respondent == "child":
        return _PAGE_OF_THE_YOUNG
    young = unit_type in {"anpassad_grundskola", "forskoleklass", "forskola"} or _is_young(year)
    return _PAGE_OF_THE_YOUNG if respondent == "pupil" and young else _PAGE


def _is_young(year: str) -> bool:
    label = year.strip().casefold()
    if label in {"f", "fsk", "f-klass"} or "anpassad" in label:
        return True
    number = re.search(r"\d+", label)
    return number is not None and int(number[0]) <= _YOUNGEST_YEARS


def _cut(questionnaire: Questionnaire, per_page: int) -> Iterator[tuple[Item, ...]]:
    for battery in questionnaire.batteries:
        page: list[Item] = []
        for item in battery.items:
            if page and (_asked_on(page) >= per_page or _depends(item, page)):
                yield tuple(page)
                page = []
            page.append(item)
        if page:
            yield tuple(page)


def _asked_on(page: list[Item]) -> int:
    return sum(item.type != "note" for item in page)


def _depends(item: Item, page: list[Item]) -> bool:
    return item.show_if is not None and not names(parse(item.show_if)).isdisjoint(other.key for other in page)
