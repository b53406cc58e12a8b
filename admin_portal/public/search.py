"""Finds units by name, kind or area, forgiving of case, accents and slips of the finger."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from admin_portal.public.addresses import unit_folder
from admin_portal.public.documents import UnitCard
from admin_portal.public.pages import UnitLink
from admin_portal.public.site import about
from shared.i18n import LANGUAGES, ngettext, speaking
from shared.i18n import gettext as _
from shared.presentation import numbers, words

LONGEST_QUERY = 100
MOST_RESULTS = 50
MOST_CARDS = 20_000
_ALIKE = 0.8
"""How alike two words are for one to be taken for a slip of the other (difflib's ratio)."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What was asked for and found."""

    query: str
    summary: str
    units: tuple[UnitLink, ...]


def search_page(cards: Mapping[str, UnitCard], query: str) -> SearchPage:
    """Return the page of a search; an empty one asks for a word."""
    asked = query.strip()[:LONGEST_QUERY]
    if not folded(asked):
        return SearchPage(asked, _("Write a name, a kind of unit or an area."), ())
    found = find(cards.values(), asked)
    shown = tuple(UnitLink(unit_folder(card.code), card.name, about(card)) for card in found[:MOST_RESULTS])
    return SearchPage(asked, summary(len(found)), shown)


def elsewhere() -> SearchPage:
    """Return the page that stands where the site is served as files: they cannot search."""
    return SearchPage("", _("Searching does not work here. Use the list of all units."), ())


def summary(number: int) -> str:
    """Return how many were found, and what to do when that is none or very many."""
    if not number:
        return _("Nothing was found. Try fewer letters, or the list of all units.")
    text = ngettext("%(number)s unit was found.", "%(number)s units were found.", number)
    said = text % {"number": numbers.count(number)}
    if number > MOST_RESULTS:
        said += " " + _("The first %(shown)s are shown. Write more to find fewer.") % {"shown": MOST_RESULTS}
    return said


def find(cards: Iterable[UnitCard], query: str) -> list[UnitCard]:
    """Return the units in which every word of ``query`` occurs, in the order given; failing that, words alike."""
    wanted = folded(query)
    every = [(card, _searched(card)) for card in cards]
    found = [card for card, text in every if all(word in text for word in wanted)]
    return found or [card for card, text in every if all(_alike(word, text.split()) for word in wanted)]


def folded(text: str) -> list[str]:
    """Return the words of ``text`` without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))


@lru_cache(maxsize=MOST_CARDS)
def _searched(card: UnitCard) -> str:
    """Return what a unit is found by, its kind in every language of the site."""
    kinds = []
    for language in LANGUAGES:
        with speaking(language):
            kinds += [words.unit_type(card.unit_type), words.regi(card.regi)]
    return " ".join(folded(" ".join((card.name, card.district, card.provider, card.code, *kinds))))


def _alike(word: str, others: Sequence[str]) -> bool:
    return bool(difflib.get_close_matches(word, others, n=1, cutoff=_ALIKE))
