"""The portal over a house's database, and people of every role who are signed in to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from admin_portal.access.sessions import session_id, start_session
from admin_portal.app import create_app
from admin_portal.services import PortalServices
from deploy import bootstrap
from shared.model.accounts import Account, Assignment
from shared.model.organisation import District, Provider, Unit
from shared.sealing.tokens import TokenBox
from tests.support.house import House


@dataclass(frozen=True)
class Visitor:
    """A signed-in person: a client with the session's cookie, and the token that its forms carry."""

    client: FlaskClient
    account_id: int
    token: str
    session_token: str = field(repr=False)

    def get(self, path: str, **options: object):
        return self.client.get(path, **options)

    def post(self, path: str, data: Mapping[str, object] | None = None, **options: object):
        """Post a form as its page would: with the token."""
        return self.client.post(path, data={"token": self.token, **(data or {})}, **options)


@dataclass(frozen=True)
class Portal:
    """The portal's application over a house."""

    house: House
    app: Flask
    services: PortalServices

    def visitor(self, *roles: tuple[str, str] | str, email: str = "", name: str = "", language: str = "en") -> Visitor:
        """Sign somebody in with roles: ``"officer"`` or ``("principal", "A")`` (unit, provider or district name)."""
        account_id = self.account(*roles, email=email, name=name, language=language)
        with self.house.database.begin() as session:
            account = session.get_one(Account, account_id)
            session_token = start_session(session, account, now=self.house.clock.now())
        client = self.app.test_client()
        client.set_cookie(self.services.cookie_name, session_token)
        box = TokenBox(self.services.secret_key, "portal/form")
        token = box.seal({"p": "portal", "s": session_id(session_token).hex()})
        return Visitor(client, account_id, token, session_token)

    def account(self, *roles: tuple[str, str] | str, email: str = "", name: str = "", language: str = "en") -> int:
        """Make an account with ``roles`` and return its id; without an e-mail address it gets one of its own."""
        with self.house.database.begin() as session:
            number = len(session.scalars(select(Account.id)).all()) + 1
            account = Account(
                email=email or f"person{number}@example.se",
                name=name or f"Person {number}",
                language=language,
                created_at=self.house.clock.now(),
            )
            session.add(account)
            session.flush()
            for given in roles:
                role, place = (given, "") if isinstance(given, str) else given
                session.add(Assignment(account_id=account.id, role=role, **_place(session, role, place)))
            return account.id

    def disable(self, account_id: int) -> None:
        """Take an account out of use."""
        with self.house.database.begin() as session:
            session.get_one(Account, account_id).active = False


def make_portal(house: House) -> Portal:
    """Return the portal over ``house``."""
    services = bootstrap.portal_services(house.container)
    return Portal(house, create_app(services), services)


def _place(session, role: str, place: str) -> dict[str, int]:
    if role in {"principal", "leadership"}:
        return {"unit_id": session.scalars(select(Unit.id).where(Unit.code == place)).one()}
    if role == "area_head":
        return {"district_id": session.scalars(select(District.id).where(District.name == place)).one()}
    if role == "owner":
        return {"provider_id": session.scalars(select(Provider.id).where(Provider.code == place)).one()}
    return {}
