"""The demonstration's accounts: each role once with a password that is printed, and every principal of the register."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from admin_portal.accounts.principals import make_principals
from admin_portal.accounts.register import NewAccount, add_account
from admin_portal.accounts.roles import Role
from deploy.bootstrap import Container
from shared.model.accounts import (
    AREA_HEAD,
    AUDITOR,
    BOARD_READER,
    LEADERSHIP,
    OFFICER,
    OWNER,
    PRINCIPAL,
    Account,
    Assignment,
)
from shared.model.organisation import District, Provider, Unit

PASSWORD = "tre gula båtar vid bryggan"  # noqa: S105  printed for whoever tries the demonstration, on this machine only
SHOWN_UNIT = "G01"
"""The unit whose principal, leadership group and area head a visitor can be."""


@dataclass(frozen=True, slots=True)
class Person:
    """An account that a visitor can sign in with."""

    role: str
    email: str
    place: str


def make_accounts(container: Container, *, actor: str) -> list[Person]:
    """Make the accounts; return those that a visitor may sign in with, one of each role at least."""
    with container.database.read() as session:
        shown = session.scalars(select(Unit).where(Unit.code == SHOWN_UNIT)).one()
        independent = session.scalars(
            select(Unit).where(Unit.regi == "independent", Unit.active).order_by(Unit.provider_id, Unit.code)
        ).first()
    people = [
        _officer(container, "pedagogcentrum@example.org", "Handläggare ett", actor),
        _officer(container, "pedagogcentrum2@example.org", "Handläggare två", actor),
    ]
    people += _area_heads(container, shown, actor)
    people.append(
        _add(
            container, Person(PRINCIPAL, shown.principal_email, shown.name), f"Rektor, {shown.name}", shown.code, actor
        )
    )
    people.append(_leader(container, shown, actor))
    if independent is not None:
        people += _of_owner(container, independent, actor)
    people.append(_add(container, Person(BOARD_READER, "namnden@example.org", ""), "Ledamot i nämnden", "", actor))
    people.append(_add(container, Person(AUDITOR, "granskare@example.org", ""), "Granskare", "", actor))
    make_principals(container.database, container.clock, portal_url=container.settings.portal_url, actor=actor)
    return people


def principal_of(container: Container) -> Mapping[str, str]:
    """Return, by unit code, whom the audit log names when a unit's principal acts."""
    pairs = (
        select(Unit.code, Account.id)
        .join(Assignment, Assignment.unit_id == Unit.id)
        .join(Account, Account.id == Assignment.account_id)
        .where(Assignment.role == PRINCIPAL)
    )
    with container.database.read() as session:
        return {code: f"user:{account_id}" for code, account_id in session.execute(pairs)}


def officers(container: Container) -> list[int]:
    """Return the ids of the officers' accounts."""
    found = select(Assignment.account_id).where(Assignment.role == OFFICER).order_by(Assignment.account_id)
    with container.database.read() as session:
        return list(session.scalars(found))


def _officer(container: Container, email: str, name: str, actor: str) -> Person:
    return _add(container, Person(OFFICER, email, ""), name, "", actor)


def _area_heads(container: Container, shown: Unit, actor: str) -> list[Person]:
    """Make an area head for each district, that of the shown unit first."""
    with container.database.read() as session:
        districts = list(session.scalars(select(District).order_by(District.id != shown.district_id, District.id)))
    people = [
        Person(AREA_HEAD, f"skolchef{number}@example.org", one.name) for number, one in enumerate(districts, start=1)
    ]
    return [_add(container, person, f"Skolchef, {person.place}", person.place, actor) for person in people]


def _leader(container: Container, shown: Unit, actor: str) -> Person:
    person = Person(LEADERSHIP, "ledningsgruppen@example.org", shown.name)
    return _add(container, person, "Biträdande rektor", shown.code, actor)


def _of_owner(container: Container, unit: Unit, actor: str) -> list[Person]:
    with container.database.read() as session:
        provider = session.get_one(Provider, unit.provider_id)
    owner = Person(OWNER, "huvudman@example.org", provider.name)
    return [_add(container, owner, f"Företrädare, {provider.name}", provider.code, actor)]


def _add(container: Container, person: Person, name: str, place: str, actor: str) -> Person:
    new = NewAccount(email=person.email, name=name, role=Role(person.role, place), password=PASSWORD)
    add_account(container.database, container.clock, new=new, portal_url=container.settings.portal_url, actor=actor)
    return person
