"""The portal with cheap hashes, and people who have passwords."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from sqlalchemy import select

from admin_portal.accounts import passwords
from admin_portal.accounts.signing import Door
from shared.i18n import speaking
from shared.model.accounts import Account
from shared.model.audit import AuditEntry
from shared.model.organisation import District, Municipality, Provider, Unit
from tests.conftest import DATABASES
from tests.support.house import House
from tests.support.migrated import fresh_copy
from tests.support.portal_site import Portal, make_portal

PASSWORD = "fjorton blåa koltrastar"
on_both = pytest.mark.parametrize("migrated_url", DATABASES, indirect=True)
"""Marks the tests whose rules lean on the database: locks, searches, limits. The others run on SQLite alone."""


@pytest.fixture(params=("sqlite",))
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated, empty database."""
    names = {"sqlite": "sqlite_template", "server": "postgres", "postgres": "postgres_template"}
    with fresh_copy(request, tmp_path, **names) as url:
        yield url


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Speak English, whatever the language of the machine."""
    with speaking("en"):
        yield


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> PasswordHasher:
    """Hash in a millisecond: what is tested is who is let in, not how dear a guess is."""
    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "HASHER", hasher)
    return hasher


@pytest.fixture
def portal(house: House) -> Portal:
    """The portal over two units in a district and one of an independent owner."""
    with house.database.begin() as session:
        session.add(Municipality(id=1, code="0001", name="Sundby kommun"))
        session.flush()
        session.add_all([Provider(id=1, municipality_id=1, code="K", name="Sundby kommun")])
        session.add_all([Provider(id=2, municipality_id=1, code="I", name="En ägare")])
        session.add_all([District(id=1, municipality_id=1, name="Norr"), District(id=2, municipality_id=1, name="Syd")])
        session.flush()
        for code, provider, district in (("A", 1, 1), ("B", 1, 1), ("C", 2, 2)):
            session.add(
                Unit(
                    code=code,
                    name=f"Skola {code}",
                    unit_type="grundskola",
                    regi="municipal" if provider == 1 else "independent",
                    provider_id=provider,
                    district_id=district,
                )
            )
    return make_portal(house)


@pytest.fixture
def door(portal: Portal) -> Door:
    """Where people come in, from one address."""
    return Door(portal.house.database, portal.house.clock, portal.services.secret_key, "192.0.2.1")


class Desk:
    """What tests ask of accounts."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def person(self, *roles: tuple[str, str] | str, email: str = "person@example.se", password: str = PASSWORD) -> int:
        """Make an account with a password; return its id."""
        account_id = self.portal.account(*roles, email=email)
        with self.portal.house.database.begin() as session:
            session.get_one(Account, account_id).password_hash = passwords.hash_password(password)
        return account_id

    def account(self, account_id: int) -> Account:
        """Return the account as it is now."""
        with self.portal.house.database.read() as session:
            return session.get_one(Account, account_id)

    def by_email(self, email: str) -> Account | None:
        """Return who signs in as ``email``."""
        with self.portal.house.database.read() as session:
            return session.scalar(select(Account).where(Account.email == email))

    def audited(self) -> list[tuple[str, str, str]]:
        """Return actor, action and subject of the audit log."""
        with self.portal.house.database.read() as session:
            entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
            return [(entry.actor, entry.action, entry.subject) for entry in entries]


@pytest.fixture
def desk(portal: Portal) -> Desk:
    """What tests ask of accounts."""
    return Desk(portal)


@pytest.fixture
def client(portal: Portal) -> FlaskClient:
    """A browser in which nobody is signed in, and whose reader knows English."""
    browser = portal.app.test_client()
    browser.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return browser
