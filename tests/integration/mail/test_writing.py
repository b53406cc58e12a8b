"""Writing letters and notices: in the caller's transaction, once for each occasion, to those who hold a role."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from shared.database.post import UNUSABLE, accounts_with, is_address, notify
from shared.model.events import MAIL_WRITTEN, Delivery, Event
from shared.model.organisation import Unit
from shared.model.post import Mail, Notice
from tests.support.house import MOMENT
from tests.support.letters import deliveries, letter, letters, write, write_one
from tests.support.portal_site import make_portal
from tests.support.tiny_cycle import TinyCycle

NOTICE: dict[str, Any] = {
    "occasion": "prov",
    "kind": "prov",
    "parameters": {"cycle": "Skolan"},
    "link": "/results/prov",
    "at": MOMENT,
}


def test_a_letter_and_its_event_are_one_transaction(house):
    with house.database.begin() as session:
        write_one(session)
        session.rollback()
    assert letters(house.database) == []
    assert deliveries(house.database) == []


def test_a_letter_is_queued_and_its_event_names_nobody(house):
    (number,) = write(house.database)
    with house.database.read() as session:
        event = session.scalars(select(Event)).one()
        assert (event.type, event.payload) == (MAIL_WRITTEN, {"mail_id": number})
        assert session.scalar(select(func.count()).select_from(Delivery)) == 1
    assert letter(house.database).state == "queued"


def test_an_occasion_has_one_letter(house):
    assert len(write(house.database)) == 1
    assert write(house.database, recipient="annan@example.se") == []
    assert letter(house.database).recipient == "rektor0@example.se"


def test_the_database_itself_refuses_a_second_letter_of_an_occasion(house):
    first, second = write(house.database, 2)
    renaming = update(Mail).where(Mail.id == second).values(occasion=letters(house.database)[0].occasion)
    with pytest.raises(IntegrityError), house.database.begin() as session:
        session.execute(renaming)
    assert first != second


def test_nobody_gets_no_letter(house):
    assert write(house.database, recipient=" ") == []


def test_what_is_no_address_is_kept_as_failed_and_never_sent(house):
    for number, recipient in enumerate(["rektor", "a@b.se, c@d.se", "a@b.se\r\nBcc: c@d.se", "Å@b.se", "<a@b.se>"]):
        write(house.database, occasion=f"prov/{number}", recipient=recipient)
    assert {(mail.state, mail.error) for mail in letters(house.database)} == {("failed", UNUSABLE)}
    assert not any("\n" in mail.recipient for mail in letters(house.database))
    assert deliveries(house.database) == []


@pytest.mark.parametrize("address", ["rektor@example.se", "a.b+c@skola.example.se", "x_y@k-n.se"])
def test_common_addresses_are_addresses(address):
    assert is_address(address)


def test_a_subject_is_one_line(house):
    write(house.database, subject="Släpp\r\nBcc: alla@example.se")
    assert letter(house.database).subject == "Släpp Bcc: alla@example.se"


def test_an_account_is_told_once_of_each_occasion(house):
    portal = make_portal(house)
    one, other = portal.account("officer"), portal.account("officer")
    for account_id in (one, other, one):
        with house.database.begin() as session:
            notify(session, account_id=account_id, **NOTICE)
    with house.database.read() as session:
        assert sorted(session.scalars(select(Notice.account_id))) == [one, other]


@pytest.mark.parametrize("link", ["https://example.se", "//example.se", "results", "/\\example.se"])
def test_a_notice_leads_nowhere_but_to_the_portal(house, link):
    account_id = make_portal(house).account("officer")
    with pytest.raises(ValueError, match="page of the portal"), house.database.begin() as session:
        notify(session, account_id=account_id, **NOTICE | {"link": link})


def test_accounts_are_found_by_role_and_what_it_is_held_over(house, tmp_path):
    TinyCycle(house, tmp_path)
    portal = make_portal(house)
    people = {
        "officer": portal.account("officer"),
        "principal A": portal.account(("principal", "A")),
        "principal B": portal.account(("principal", "B")),
        "head Norr": portal.account(("area_head", "Norr")),
        "owner I": portal.account(("owner", "I")),
        "two": portal.account(("principal", "A"), "officer"),
    }
    portal.disable(people["principal B"])
    with house.database.read() as session:
        units = {unit.code: unit for unit in session.scalars(select(Unit))}

        def found(role, code=""):
            return {account.id for account in accounts_with(session, role, unit=units.get(code))}

        assert found("principal", "A") == {people["principal A"], people["two"]}
        assert found("principal", "B") == set()
        assert found("principal") == {people["principal A"], people["two"]}
        assert (found("area_head", "B"), found("area_head", "C")) == ({people["head Norr"]}, set())
        assert (found("owner", "C"), found("owner", "A")) == ({people["owner I"]}, set())
        assert found("officer", "C") == {people["officer"], people["two"]}
