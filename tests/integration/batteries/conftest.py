"""These tests read messages, so they are given in English."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.i18n import speaking


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Speak English, whatever the language of the machine."""
    with speaking("en"):
        yield
