"""Searching among units: every word must occur, without regard to case, accents and small slips."""

from __future__ import annotations

import pytest

from admin_portal.public.documents import UnitCard
from admin_portal.public.search import find, folded

CARDS = (
    UnitCard("1", "Älvängens skola", "grundskola", "municipal", "Solvinge kommun", "Skola norr"),
    UnitCard("2", "Ängens förskola", "forskola", "independent", "Ängens förskolor AB", ""),
    UnitCard("3", "Månens fritidshem", "fritidshem", "municipal", "Solvinge kommun", "Skola söder"),
)


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("älvängen", "1"),
        ("ALVANGEN", "1"),
        ("angens", "12"),
        ("preschool", "2"),
        ("independent", "2"),
        ("skola soder", "3"),
        ("skola norr", "1"),
        ("manens", "3"),
        ("månnens", "3"),
        ("xyzzy", ""),
    ],
)
def test_a_unit_is_found_by(query, codes):
    assert "".join(card.code for card in find(CARDS, query)) == codes


def test_words_are_folded_alike():
    assert folded("Ål, É-ö  SKOLA!") == ["al", "e", "o", "skola"]
