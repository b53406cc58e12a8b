"""Letters in a house: English messages, a postbox, and the house whose letters go to a mail server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.config import MailServer
from shared.i18n import speaking
from tests.support.house import House
from tests.support.mail_servers import Postbox


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with speaking("en"):
        yield


@pytest.fixture
def postbox() -> Postbox:
    """What the mail server has taken."""
    return Postbox()


@pytest.fixture
def posting(house: House):
    """Return what makes the house send to a server."""

    def posting(server: MailServer) -> House:
        url = f"smtp://{server.host}:{server.port}?tls=none"
        settings = replace(house.container.settings, smtp_url=url, mail_from="Sikte <enkat@example.se>")
        return replace(house, container=replace(house.container, settings=settings))

    return posting
