"""An owner's word on publication is noted, listed and overruled by a newer one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from admin_portal.organisation.agreement_rows import AgreementRow
from admin_portal.organisation.agreements import AgreementGiven, list_agreements, set_agreement, today
from admin_portal.organisation.roster import import_roster
from shared.errors import NotFound, Refused
from shared.model.audit import AuditEntry
from tests.support.house import House
from tests.support.officer_files import UNITS, roster

SECOND_UNIT = "0117,Demostad,F2,Gula förskolan,forskola,independent,BOL,Bolaget,,,,\n"


@pytest.fixture
def owners(house: House, tmp_path: Path) -> House:
    path = roster(tmp_path / "roster", units=UNITS + SECOND_UNIT)
    import_roster(house.database, house.clock, path, actor="cli:officer")
    return house


def say(
    house: House,
    provider: str,
    publish: bool,
    unit: str = "",
    first: date | None = None,
    last: date | None = None,
    reference: str = "",
) -> AgreementGiven:
    word = AgreementRow(0, provider, unit, publish, first, last, reference)
    return set_agreement(house.database, house.clock, word=word, actor="cli:officer")


def published(house: House) -> int:
    with house.database.read() as session:
        rows = list_agreements(session, day=today(house.clock))
    return next(int(str(row["units_published"])) for row in rows if row["provider_code"] == "BOL")


def test_without_an_agreement_nothing_of_an_independent_owner_is_published(owners: House):
    with owners.database.read() as session:
        rows = list_agreements(session, day=today(owners.clock))
    assert [(row["provider_code"], row["units"], row["units_published"]) for row in rows] == [("BOL", 2, 0)]


def test_the_newest_word_counts_and_one_for_a_unit_goes_before_one_for_all(owners: House):
    say(owners, "BOL", publish=True)
    assert published(owners) == 2
    say(owners, "BOL", publish=False, unit="F2")
    assert published(owners) == 1
    say(owners, "BOL", publish=False)
    assert published(owners) == 0
    say(owners, "BOL", publish=True, first=date(2026, 10, 1), last=date(2026, 12, 31))
    assert published(owners) == 1


def test_an_agreement_holds_on_its_days_alone(owners: House):
    say(owners, "BOL", publish=True, first=date(2027, 1, 1))
    assert published(owners) == 0


def test_the_same_word_twice_changes_nothing(owners: House):
    assert say(owners, "BOL", publish=True, reference="KS 1").added
    assert not say(owners, "BOL", publish=True, reference="KS 1").added
    with owners.database.read() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "agreement.set")).all()
    assert [(entry.subject, entry.actor) for entry in entries] == [("BOL", "cli:officer")]


def test_unknown_owners_and_units_are_named_with_those_that_exist(owners: House):
    with pytest.raises(NotFound, match=r"There is no provider OKÄND. Providers: BOL, KOM."):
        say(owners, "OKÄND", publish=True)
    with pytest.raises(NotFound, match=r"Provider BOL has no unit S1. Its units: F1, F2."):
        say(owners, "BOL", publish=True, unit="S1")


def test_an_agreement_that_ends_before_it_begins_is_refused(owners: House):
    with pytest.raises(Refused, match="ends before it begins"):
        say(owners, "BOL", publish=True, first=date(2026, 8, 1), last=date(2026, 1, 1))
