"""Letters about results: each school, area head and owner once, in their language, with a link and without figures."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, select

from analytics_worker.mail.telling import tell_recipients
from shared.database import addressees as addressees_module
from shared.events.claims import Claim, ClaimLost
from shared.model.accounts import Account, Assignment
from shared.model.events import TELL_RECIPIENTS
from shared.model.organisation import District, Provider, Unit
from shared.model.post import Mail, Notice
from tests.support.publishing import REASON, publish, release
from tests.support.two_windows import TwoWindows, claimed

URL = "http://portal.example"
pytestmark = pytest.mark.parametrize("counted_house", ["sqlite"], indirect=True)
"""What is written to whom asks nothing of a database that the other kind does not answer alike."""


def tell(cycle: TwoWindows) -> list[Claim]:
    """Do what waits to be told; return the claims."""
    done = []
    for claim in claimed(cycle.house.database, TELL_RECIPIENTS):
        tell_recipients(claim, database=cycle.house.database, clock=cycle.house.clock, portal_url=URL)
        done.append(claim)
    return done


def letters(cycle: TwoWindows) -> list[Mail]:
    with cycle.house.database.read() as session:
        return list(session.scalars(select(Mail).order_by(Mail.recipient, Mail.id)))


def notices(cycle: TwoWindows) -> list[Notice]:
    with cycle.house.database.read() as session:
        return list(session.scalars(select(Notice).order_by(Notice.account_id)))


def account(
    cycle: TwoWindows, email: str, role: str, place: object, *, language: str = "en", active: bool = True
) -> int:
    """Make an account with a role over a unit, district or provider."""
    kinds: dict[str, tuple[Any, Any]] = {
        "principal": (Unit, Unit.code),
        "area_head": (District, District.name),
        "owner": (Provider, Provider.code),
    }
    kind, column = kinds[role]
    names = {Unit: "unit_id", District: "district_id", Provider: "provider_id"}
    with cycle.house.database.begin() as session:
        made = Account(email=email, name=email, language=language, active=active, created_at=cycle.house.clock.now())
        session.add(made)
        session.flush()
        of = session.scalars(select(kind.id).where(column == place)).one()
        session.add(Assignment(account_id=made.id, role=role, **{names[kind]: of}))
        return made.id


def test_a_principal_without_an_account_is_told_at_the_rosters_address(cycle):
    release(cycle)
    tell(cycle)

    assert [one.recipient for one in letters(cycle)] == ["rektor.a@example.se", "rektor.b@example.se"]
    assert {one.language for one in letters(cycle)} == {"sv"}


def test_who_has_an_account_is_told_there_instead_in_the_language_chosen(cycle):
    number = account(cycle, "ny.rektor@example.se", "principal", "A")
    account(cycle, "slutat@example.se", "principal", "B", active=False)
    release(cycle)
    tell(cycle)

    assert [(one.recipient, one.language) for one in letters(cycle)] == [
        ("ny.rektor@example.se", "en"),
        ("rektor.b@example.se", "sv"),
    ]
    mail = letters(cycle)[0]
    assert mail.subject == "Results of Two windows 2026: Skola A"
    assert f"{URL}/results/{cycle.key}" in mail.body
    assert [(one.account_id, one.kind, one.link) for one in notices(cycle)] == [
        (number, "results_released", f"/results/{cycle.key}")
    ]


def test_area_heads_and_owners_get_one_letter_about_all_their_units(cycle):
    account(cycle, "chef@example.se", "area_head", "Norr")
    account(cycle, "agare@example.se", "owner", "I")
    release(cycle)
    tell(cycle)

    by = {one.recipient: one for one in letters(cycle)}
    assert set(by) == {"chef@example.se", "agare@example.se", "rektor.a@example.se", "rektor.b@example.se"}
    assert "2 units" in by["chef@example.se"].subject
    assert "Skola C" in by["agare@example.se"].subject


def test_no_letter_holds_a_figure_of_the_results(cycle):
    account(cycle, "chef@example.se", "area_head", "Norr")
    release(cycle)
    publish(cycle)
    tell(cycle)

    for mail in letters(cycle):
        text = f"{mail.subject}\n{mail.body}".replace(cycle.key, "").replace("Två fönster 2026", "")
        text = text.replace("Two windows 2026", "").replace("2 units", "")
        assert not re.search(r"\d", text), text


def test_only_units_of_the_released_windows_are_told(cycle):
    with cycle.house.database.begin() as session:
        # A unit that came with a later roster has no results in this cycle.
        known = session.scalars(select(Unit).where(Unit.code == "A")).one()
        session.add(
            Unit(
                code="NY",
                name="Ny skola",
                unit_type="grundskola",
                regi="municipal",
                provider_id=known.provider_id,
                principal_email="ny@example.se",
            )
        )
    release(cycle)
    tell(cycle)

    assert "ny@example.se" not in {one.recipient for one in letters(cycle)}


def test_delivered_twice_it_is_told_once(cycle):
    release(cycle)
    (claim,) = tell(cycle)
    before = [(one.id, one.message_id) for one in letters(cycle)]

    with pytest.raises(ClaimLost):
        tell_recipients(
            replace(claim, attempts=claim.attempts),
            database=cycle.house.database,
            clock=cycle.house.clock,
            portal_url=URL,
        )

    assert [(one.id, one.message_id) for one in letters(cycle)] == before


def test_a_correction_says_so_with_its_reason(cycle):
    account(cycle, "rektor@example.se", "principal", "A")
    release(cycle)
    tell(cycle)
    with cycle.house.database.begin() as session:
        session.execute(delete(Mail))
    cycle.recompute()
    release(cycle, reason=REASON)
    tell(cycle)

    mail = next(one for one in letters(cycle) if one.recipient == "rektor@example.se")
    assert mail.subject == "Corrected results of Two windows 2026: Skola A"
    assert REASON in mail.body
    assert [one.kind for one in notices(cycle)] == ["results_released", "results_corrected"]


def test_a_publication_is_told_to_the_same_people(cycle):
    account(cycle, "rektor@example.se", "principal", "A")
    release(cycle)
    publish(cycle)
    tell(cycle)

    mine = [one.subject for one in letters(cycle) if one.recipient == "rektor@example.se"]
    assert mine == ["Results of Two windows 2026: Skola A", "Public now: results of Two windows 2026"]


def test_many_units_are_told_in_parts_and_nobody_is_left_out_or_told_twice(cycle, monkeypatch):
    monkeypatch.setattr(addressees_module, "UNITS_PER_PART", 1)
    account(cycle, "chef@example.se", "area_head", "Norr")
    release(cycle)

    assert [claim.part for claim in tell(cycle)] == [0, 1, 2]
    assert [one.recipient for one in letters(cycle)] == [
        "chef@example.se",
        "rektor.a@example.se",
        "rektor.b@example.se",
    ]
