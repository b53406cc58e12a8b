"""Tokens that a browser carries are readable and changeable by nobody but us."""

from __future__ import annotations

import pytest

from shared.sealing.tokens import TokenBox, derive_key

SECRET = "s" * 32


def test_a_token_gives_back_its_value() -> None:
    box = TokenBox(SECRET, "survey")
    assert box.open(box.seal({"page": 3, "name": "åäö"})) == {"page": 3, "name": "åäö"}


@pytest.mark.parametrize("token", ["", "x", "åäö", "a" * 100, "AAAA", "!!!!"])
def test_a_forged_token_is_none(token: str) -> None:
    assert TokenBox(SECRET, "survey").open(token) is None


def test_a_token_for_another_purpose_or_under_another_secret_is_none() -> None:
    token = TokenBox(SECRET, "survey").seal({"page": 3})
    assert TokenBox(SECRET, "portal").open(token) is None
    assert TokenBox("t" * 32, "survey").open(token) is None


def test_every_changed_symbol_is_noticed() -> None:
    box = TokenBox(SECRET, "survey")
    token = box.seal({"page": 3})
    for place, symbol in enumerate(token.rstrip("=")[:-1]):
        changed = token[:place] + ("A" if symbol != "A" else "B") + token[place + 1 :]
        assert box.open(changed) is None


def test_keys_for_different_purposes_are_unrelated() -> None:
    assert derive_key(SECRET, "survey") != derive_key(SECRET, "portal")
