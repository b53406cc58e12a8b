"""Texts are looked at in English, the language they are written in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.i18n import speaking


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Speak English during each test."""
    with speaking("en"):
        yield
