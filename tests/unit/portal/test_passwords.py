"""Passwords that may be chosen, and what a hash costs for nobody."""

from __future__ import annotations

import unicodedata

import pytest

from admin_portal.accounts.passwords import MAXIMUM, fault_of, hash_password, outdated, verifies
from shared.i18n import speaking


@pytest.mark.parametrize(
    "password",
    [
        "fjorton blåa koltrastar",
        "8vKq!m2Zr#Lw",
        "korrekt häst batteri häftapparat",
        "729 4810 5526 39",
        "x" + "aterbjudandeflygplan" * 6,
        "Anna tycker om rabarber och krusbär",
    ],
)
def test_a_password_of_ones_own_is_taken(password):
    assert fault_of(password, email="anna.ek@example.se", name="Anna Ek") == ""


@pytest.mark.parametrize(
    "password",
    [
        "kort",
        "elva tecken",
        "aaaaaaaaaaaaaaaa",
        "abababababab",
        "123456789012",
        "qwertyuiopåasdf",
        "abcdefghijklm",
        "Sommar2026!!",
        "Password1234",
        "lösenord2026",
        "sikte-sikte-2026",
        "anna.ek@example.se",
        "AnnaEkAnnaEk1987",
        "Rektor Rektor 1",
        "x" * (MAXIMUM + 1),
    ],
)
def test_what_others_would_try_first_is_refused_with_the_reason(password):
    with speaking("en"):
        fault = fault_of(password, email="anna.ek@example.se", name="Anna Ek")
    assert fault.endswith((".", "one."))
    assert password not in fault


def test_a_password_is_the_same_however_its_letters_are_composed():
    stored = hash_password("fjorton blåa koltrastar")
    assert stored.startswith("$argon2id$")
    assert verifies(stored, unicodedata.normalize("NFD", "fjorton blåa koltrastar"))
    assert not verifies(stored, "fjorton blaa koltrastar")
    assert not outdated(stored)


@pytest.mark.parametrize("stored", ["", "no hash at all"])
def test_without_a_hash_nothing_is_right(stored):
    assert not verifies(stored, "")
    assert not verifies(stored, "fjorton blåa koltrastar")
