"""Messages are tested in the language of the source."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.i18n import speaking


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Give messages in English, whatever the catalogues hold."""
    with speaking("en"):
        yield
