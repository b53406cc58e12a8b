"""Codes forgive how people type, catch slips, and are stored as a keyed hash."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sealing.codes import ALPHABET, display, lookup_hash, new_code, normalise


def test_a_code_is_thirteen_symbols_shown_in_groups_of_four_four_and_five() -> None:
    code = new_code()
    assert [len(group) for group in display(code).split("-")] == [4, 4, 5]


def test_codes_carry_sixty_bits() -> None:
    """Each of the twelve random symbols takes all 32 values: 4 000 codes leave none of them out."""
    codes = [new_code() for _ in range(4000)]
    assert len(set(codes)) == 4000
    assert all({code[place] for code in codes} == set(ALPHABET) for place in range(12))


@pytest.mark.parametrize("template", ["{lower}", "  {shown} ", "{spaced}", "{bare}"])
def test_case_spaces_and_dashes_do_not_matter(template: str) -> None:
    code = new_code()
    shown = display(code)
    typed = template.format(lower=shown.lower(), shown=shown, spaced=shown.replace("-", " "), bare=code)
    assert normalise(typed) == code


def test_look_alikes_are_taken_for_what_was_meant() -> None:
    code = next(code for code in iter(new_code, "") if "0" in code and "1" in code)
    assert normalise(code.replace("0", "O").replace("1", "l")) == code


@given(st.integers(0, 11), st.sampled_from(ALPHABET))
def test_one_wrong_symbol_is_caught_without_a_look_up(place: int, symbol: str) -> None:
    code = new_code()
    wrong = code[:place] + symbol + code[place + 1 :]
    confusable = (ALPHABET.index(symbol) - ALPHABET.index(code[place])) % 31 == 0
    assert (normalise(wrong) == wrong) == confusable


@given(st.integers(0, 10))
def test_two_swapped_neighbours_are_caught(place: int) -> None:
    code = new_code()
    first, second = code[place], code[place + 1]
    swapped = code[:place] + second + first + code[place + 2 :]
    same = (ALPHABET.index(first) - ALPHABET.index(second)) % 31 == 0
    assert (normalise(swapped) == swapped) == same


@pytest.mark.parametrize("typed", ["", "-", "ABC", "A" * 65, "ÅÄÖ" * 5, "\x00" * 13, "0000000000000 1", "\u0661" * 13])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert normalise(typed) is None


def test_the_stored_hash_needs_the_pepper() -> None:
    code = new_code()
    assert lookup_hash(b"a" * 32, code) != lookup_hash(b"b" * 32, code)
    assert lookup_hash(b"a" * 32, code) == lookup_hash(b"a" * 32, code)
