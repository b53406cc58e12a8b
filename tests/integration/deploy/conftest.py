"""Messages in English, whatever an earlier test has left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.i18n import speaking


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with speaking("en"):
        yield
