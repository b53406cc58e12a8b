"""Portals behind a real server, on a clock that stands still, for browsers that are signed in as anybody."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cheroot.wsgi import Server
from playwright.sync_api import BrowserContext
from sqlalchemy import select

from admin_portal.access.sessions import start_session
from admin_portal.accounts.register import NewAccount, add_account
from admin_portal.accounts.roles import Role
from deploy import bootstrap
from deploy.demo.people import SHOWN_UNIT
from deploy.demo.year import TODAY
from shared.clock import FixedClock
from shared.config import load_settings
from shared.i18n import gettext, speaking
from shared.model.accounts import Account
from shared.model.organisation import Unit
from tests.support import processes
from tests.support.house import House
from tests.support.portal_site import Portal, make_portal

PASSWORD = "tre gula båtar vid bryggan"
PEOPLE: Mapping[str, str] = {
    "officer": "pedagogcentrum@example.org",
    "area head": "skolchef1@example.org",
    "leadership": "ledningsgruppen@example.org",
    "owner": "huvudman@example.org",
    "board reader": "namnden@example.org",
    "auditor": "granskare@example.org",
}
"""Who has which role in the demonstration; a principal's address is the register's (``Served.email``)."""


def swedish(message: str, **named: object) -> str:
    """Return what a Swedish reader sees for the English ``message``, so that wordings may change without the tests."""
    with speaking("sv"):
        return gettext(message) % named if named else gettext(message)


@dataclass(frozen=True)
class Served:
    """A portal at ``url`` and the house behind it."""

    portal: Portal
    url: str

    @property
    def house(self) -> House:
        """The database, the clock and the workers."""
        return self.portal.house

    def email(self, role: str) -> str:
        """Return the address that somebody of this role signs in with in the demonstration."""
        if role != "principal":
            return PEOPLE[role]
        with self.house.database.read() as session:
            return session.scalars(select(Unit.principal_email).where(Unit.code == SHOWN_UNIT)).one()

    def account(self, email: str, role: str, place: str = "") -> str:
        """Make an account that can sign in with ``PASSWORD``, and return its address."""
        new = NewAccount(email=email, name=email.partition("@")[0], role=Role(role, place), password=PASSWORD)
        with speaking("sv"):
            add_account(self.house.database, self.house.clock, new=new, portal_url=self.url, actor="test")
        return email

    def token(self, email: str, language: str = "sv") -> str:
        """Begin a session of the account with this address, in ``language``, and return the cookie's value."""
        with self.house.database.begin() as session:
            account = session.scalars(select(Account).where(Account.email == email.casefold())).one()
            account.language = language
            return start_session(session, account, now=self.house.clock.now())

    def enter(self, context: BrowserContext, email: str, language: str = "sv") -> None:
        """Sign the visitor of ``context`` in without the way over the page that asks for the password."""
        name = self.portal.services.cookie_name
        context.add_cookies([{"name": name, "value": self.token(email, language), "url": self.url}])

    def settle(self) -> None:
        """Do what the clock and the workers would do by now."""
        self.house.run_deadlines()
        self.house.run_deliveries()

    def arrive(self, moment: datetime) -> None:
        """Let time pass until ``moment``, and what is due by then be done."""
        self.house.clock.instant = moment
        self.settle()


@contextlib.contextmanager
def served_home(home: Path, moment: datetime, *, demonstration: bool = True) -> Iterator[Served]:
    """Serve the portal of the embedded instance in ``home`` on a free port, its clock standing at ``moment``."""
    port = processes.free_port()
    url = f"http://127.0.0.1:{port}"
    clock = FixedClock(moment)
    settings = load_settings({"SIKTE_HOME": str(home), "SIKTE_PORTAL_URL": url, "SIKTE_LANGUAGE": "sv"})
    container = replace(bootstrap.build(settings), clock=clock)
    if not demonstration:
        bootstrap.prepare(container)
    portal = make_portal(House(container, clock))
    server = Server(("127.0.0.1", port), portal.app, numthreads=4)
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield Served(portal, url)
    finally:
        server.stop()
        thread.join()
        container.database.dispose()


@contextlib.contextmanager
def served_year(demonstration: Path, folder: Path) -> Iterator[Served]:
    """Serve a copy of a finished demonstration on the morning it is made to be looked at."""
    home = folder / "home"
    shutil.copytree(demonstration, home, ignore=shutil.ignore_patterns("truth"))
    with served_home(home, TODAY) as served:
        yield served
