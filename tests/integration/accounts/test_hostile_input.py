"""What no browser sends and attackers do: numbers too large, characters nobody types, days out of time, roles twice."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from shared.model.accounts import Account, Assignment
from tests.integration.accounts.conftest import on_both

TOO_LARGE = 10**30
NUL = "a\0b"


@pytest.mark.parametrize("path", ["/accounts/{}", "/accounts/{}/roles", "/notices/{}", "/post/{}"])
def test_a_number_that_no_row_can_have_is_the_address_of_nothing(portal, path):
    officer = portal.visitor("officer")
    assert officer.get(path.format(TOO_LARGE)).status_code == 404
    assert officer.get(path.format(2**31)).status_code == 404
    assert officer.post(f"/deliveries/{TOO_LARGE}/retry").status_code == 404


@on_both
@pytest.mark.parametrize("path", ["/units/a%00b", "/accounts?q=a%00b", "/public/sv/a%00b", "/sign-in?next=/a%00b"])
def test_an_address_with_a_nul_leads_nowhere(portal, path):
    assert portal.visitor("officer").get(path).status_code == 404


@on_both
@pytest.mark.parametrize("text", [NUL, "a\x1bb", "a\x7fb"])
def test_a_form_with_characters_that_nobody_types_is_given_back_and_keeps_nothing(portal, desk, text):
    answer = portal.visitor("officer").post(
        "/accounts/new", {"email": "new@example.se", "name": text, "role": "officer", "place": ""}
    )
    assert answer.status_code == 422
    assert "characters that cannot be kept" in answer.text
    assert desk.by_email("new@example.se") is None


def test_nobody_writes_the_letter_by_way_of_a_name(portal, desk):
    answer = portal.visitor(("principal", "A")).post(
        "/units/A/leadership", {"email": "new@example.se", "name": "Kim!\n\nPay here: https://evil.example"}
    )
    assert answer.status_code == 422
    assert desk.by_email("new@example.se") is None


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("end", ["since", "until"])
def test_a_day_out_of_time_is_a_fault_of_the_search(portal, day, end):
    auditor = portal.visitor("auditor")
    assert "Write days as year-month-day" in auditor.get("/audit", query_string={end: day}).text
    assert auditor.get("/audit.csv", query_string={end: day}).status_code == 200


@on_both
@pytest.mark.parametrize("place", [{"role": "officer"}, {"role": "principal", "unit_id": 1}])
def test_the_database_itself_refuses_the_same_role_twice(portal, place):
    account_id = portal.account()
    with portal.house.database.begin() as session:
        session.add(Assignment(account_id=account_id, **place))
    with pytest.raises(IntegrityError), portal.house.database.begin() as session:
        session.add(Assignment(account_id=account_id, **place))
    with portal.house.database.begin() as session:
        session.add(Assignment(account_id=account_id, role="owner", provider_id=1))
        session.add(Assignment(account_id=account_id, role="owner", provider_id=2))
        assert session.get_one(Account, account_id).active
