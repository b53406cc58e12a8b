"""The register: accounts added, disabled, given roles and links; principals in one go; the leadership group."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from admin_portal.access.sessions import find_actor
from admin_portal.accounts.links import choose_password
from admin_portal.accounts.principals import make_principals, plan_principals
from admin_portal.accounts.register import (
    NewAccount,
    add_account,
    add_role,
    new_link,
    remove_role,
    reset_second_factor,
    set_active,
)
from admin_portal.accounts.roles import Role, held_by
from admin_portal.accounts.signing import sign_in
from shared.errors import NotFound, Refused
from shared.model.accounts import Account, AccountLink, Assignment, PortalSession
from shared.model.organisation import Unit
from shared.model.post import Mail
from tests.integration.accounts.conftest import PASSWORD, on_both

URL = "http://127.0.0.1:8002"
LINK = re.compile(r"/choose-password/([\w-]{43})")


@pytest.fixture
def add(portal):
    """Add an account; return what the use case returns."""

    def add(*, email="ny@example.se", name="Ny", role=None, **more):
        new = NewAccount(email=email, name=name, role=role, **more)
        services = portal.services
        return add_account(services.database, services.clock, new=new, portal_url=URL, actor="test")

    return add


@pytest.fixture
def choose(portal):
    def choose(address: str, password: str = PASSWORD) -> str:
        token = address.rpartition("/")[2]
        return choose_password(portal.services.database, portal.services.clock, token=token, password=password)

    return choose


def letters(portal) -> list[tuple[str, str]]:
    with portal.services.database.read() as session:
        return [(mail.recipient, mail.body) for mail in session.scalars(select(Mail).order_by(Mail.id))]


def roles_of(portal, account_id: int) -> list[str]:
    with portal.services.database.read() as session:
        return [one.role for one in held_by(session, account_id)]


def test_a_new_account_gets_a_letter_whose_link_lets_it_choose_a_password_once(portal, add, choose, door, desk):
    added = add(role=Role("principal", "A"))
    ((recipient, body),) = letters(portal)
    assert recipient == "ny@example.se"
    assert added.address in body
    assert choose(added.address) == "ny@example.se"
    assert sign_in(door, email="ny@example.se", password=PASSWORD).passed
    with pytest.raises(Refused, match="has been used") as refused:
        choose(added.address)
    assert refused.value.status == 404


def test_a_link_lasts_for_seven_days(portal, add, choose):
    added = add()
    portal.house.clock.advance(timedelta(days=7))
    with pytest.raises(Refused, match="older than seven days"):
        choose(added.address)


def test_a_new_link_ends_the_one_before(portal, add, choose):
    added = add()
    newer = new_link(
        portal.services.database, portal.services.clock, account_id=added.account_id, portal_url=URL, actor="test"
    )
    with pytest.raises(Refused):
        choose(added.address)
    assert choose(newer)


@on_both
def test_choosing_a_password_ends_the_sessions_of_whoever_knew_the_old_one(portal, desk, door, choose):
    account_id = desk.person("officer")
    begun = sign_in(door, email="person@example.se", password=PASSWORD)
    address = new_link(
        portal.services.database, portal.services.clock, account_id=account_id, portal_url=URL, actor="test"
    )
    choose(address, "sjutton gröna hackspettar")
    assert find_actor(door.database, begun.token, door.clock.now()) is None
    with pytest.raises(Refused):
        sign_in(door, email="person@example.se", password=PASSWORD)


def test_the_database_holds_no_link_that_works(client, portal, add):
    added = add()
    with portal.services.database.read() as session:
        (link,) = session.scalars(select(AccountLink))
    assert client.get(f"/choose-password/{link.id.hex()}").status_code == 404
    assert client.get(f"/choose-password/{added.address.rpartition('/')[2]}").status_code == 200


def test_a_weak_password_is_refused_on_the_page_and_the_link_stays(client, portal, add, choose):
    added = add()
    path = added.address.removeprefix(URL)
    token = re.findall(r'name="token" value="([^"]+)"', client.get(path).text)[0]
    answer = client.post(path, data={"token": token, "new": "Sommar2026!!"})
    assert answer.status_code == 422
    assert "easy to guess" in answer.text
    assert "Sommar2026" not in answer.text
    answer = client.post(path, data={"token": token, "new": PASSWORD})
    assert answer.headers["Location"] == "/sign-in"


@pytest.mark.parametrize(
    ("email", "name", "role", "code"),
    [
        ("no address", "Ny", None, "email"),
        ("ny@example.se", "  ", None, "name"),
        ("Person@EXAMPLE.se", "Ny", None, "account_exists"),
        ("ny@example.se", "Ny", Role("principal"), "role_place"),
        ("ny@example.se", "Ny", Role("officer", "A"), "role_place"),
        ("ny@example.se", "Ny", Role("principal", "Z"), "not_found"),
        ("ny@example.se", "Ny", Role("king"), "role"),
    ],
)
def test_a_faulty_account_is_refused_whole(portal, desk, add, email, name, role, code):
    desk.person("officer")
    with pytest.raises(Refused) as refused:
        add(email=email, name=name, role=role)
    assert refused.value.code == code
    with portal.services.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 1
        assert session.scalar(select(func.count()).select_from(Mail)) == 0


@on_both
def test_a_role_is_held_once_and_counts_from_the_next_page_on(portal):
    visitor = portal.visitor(("principal", "A"))
    database, clock = portal.services.database, portal.services.clock
    assert visitor.get("/accounts").status_code == 403
    given = {"account_id": visitor.account_id, "role": Role("officer"), "actor": "test"}
    assert add_role(database, clock, **given)
    assert not add_role(database, clock, **given)
    assert visitor.get("/accounts").status_code == 200
    assert add_role(database, clock, account_id=visitor.account_id, role=Role("principal", "B"), actor="test")
    assert not add_role(database, clock, account_id=visitor.account_id, role=Role("principal", "B"), actor="test")
    portal.visitor("officer")
    with database.read() as session:
        officer = next(one for one in held_by(session, visitor.account_id) if one.role == "officer")
    remove_role(database, clock, account_id=visitor.account_id, assignment_id=officer.id, actor="test")
    assert visitor.get("/accounts").status_code == 403


def test_a_role_of_another_account_is_not_taken_away_by_mistake(portal, desk):
    first, second = desk.person("officer"), desk.person("officer", email="other@example.se")
    with portal.services.database.read() as session:
        (assignment,) = held_by(session, second)
    with pytest.raises(NotFound):
        remove_role(
            portal.services.database, portal.services.clock, account_id=first, assignment_id=assignment.id, actor="test"
        )


def test_nobody_is_both_officer_and_auditor(portal, desk):
    account_id = desk.person("officer")
    with pytest.raises(Refused, match="both officer and auditor"):
        add_role(
            portal.services.database, portal.services.clock, account_id=account_id, role=Role("auditor"), actor="test"
        )


@on_both
def test_the_last_officer_stays(portal, desk):
    database, clock = portal.services.database, portal.services.clock
    first = desk.person("officer")
    second = desk.person("officer", email="other@example.se")
    assert set_active(database, clock, account_id=second, active=False, actor="test")
    with pytest.raises(Refused, match="last officer"):
        set_active(database, clock, account_id=first, active=False, actor="test")
    with database.read() as session:
        (assignment,) = held_by(session, first)
    with pytest.raises(Refused, match="last officer"):
        remove_role(database, clock, account_id=first, assignment_id=assignment.id, actor="test")
    assert desk.account(first).active
    assert roles_of(portal, first) == ["officer"]


@on_both
def test_disabling_ends_sessions_and_links_at_once_and_can_be_undone(portal, desk, door, choose):
    database, clock = portal.services.database, portal.services.clock
    portal.visitor("officer")
    visitor = portal.visitor(("principal", "A"))
    address = new_link(database, clock, account_id=visitor.account_id, portal_url=URL, actor="test")
    assert set_active(database, clock, account_id=visitor.account_id, active=False, actor="test")
    assert not set_active(database, clock, account_id=visitor.account_id, active=False, actor="test")
    assert visitor.get("/account").status_code == 303
    assert set_active(database, clock, account_id=visitor.account_id, active=True, actor="test")
    assert visitor.get("/account").status_code == 303
    with pytest.raises(Refused):
        choose(address)
    assert roles_of(portal, visitor.account_id) == ["principal"]


def test_an_officer_confirms_before_shutting_himself_out(portal):
    officer, _other = portal.visitor("officer"), portal.visitor("officer")
    path = f"/accounts/{officer.account_id}/state"
    asked = officer.post(path, {"active": "no"})
    assert asked.status_code == 422
    assert "tick that you are sure" in asked.text
    assert officer.get("/account").status_code == 200
    officer.post(path, {"active": "no", "sure": "yes"})
    assert officer.get("/account").status_code == 303


def test_an_officer_confirms_before_giving_the_own_role_up(portal):
    officer, _other = portal.visitor("officer"), portal.visitor("officer")
    with portal.services.database.read() as session:
        (assignment,) = held_by(session, officer.account_id)
    path = f"/accounts/{officer.account_id}/roles/{assignment.id}/remove"
    assert officer.post(path).status_code == 422
    assert officer.post(path, {"sure": "yes"}).status_code == 303
    assert officer.get("/accounts").status_code == 403


def test_a_second_factor_is_reset_for_who_has_lost_the_phone(portal, desk, door):
    account_id = desk.person("officer")
    with door.database.begin() as session:
        account = session.get_one(Account, account_id)
        account.totp_secret, account.totp_confirmed_at = "x", door.clock.now()
    assert not sign_in(door, email="person@example.se", password=PASSWORD).passed
    reset_second_factor(door.database, door.clock, account_id=account_id, actor="test")
    assert sign_in(door, email="person@example.se", password=PASSWORD).passed


def test_the_officer_sees_the_link_once(portal):
    officer = portal.visitor("officer")
    data = {"email": "ny@example.se", "name": "Ny Rektor", "role": "principal", "place": "A"}
    made = officer.post("/accounts/new", data)
    assert made.status_code == 200
    assert LINK.search(made.text)
    account_id = max(int(found) for found in re.findall(r"/accounts/(\d+)/state", made.text))
    assert not LINK.search(officer.get(f"/accounts/{account_id}").text)
    again = officer.post("/accounts/new", data)
    assert again.status_code == 422
    assert "has an account already" in again.text


@on_both
def test_the_list_is_searched_by_name_address_unit_and_role(portal):
    officer = portal.visitor("officer", name="Officer")
    portal.account(("principal", "A"), name="Alfa", email="alfa@example.se")
    portal.account(("leadership", "C"), name="Beta", email="beta@example.se")

    def found(query: str) -> set[str]:
        return {name for name in ("Alfa", "Beta") if f">{name}</a>" in officer.get(f"/accounts?{query}").text}

    assert found("") == {"Alfa", "Beta"}
    assert found("q=alf") == {"Alfa"}
    assert found("q=beta@example") == {"Beta"}
    assert found("q=Skola+C") == {"Beta"}
    assert found("q=A") == {"Alfa", "Beta"}
    assert found("role=principal") == {"Alfa"}
    assert found("q=%25") == set()
    assert found("page=7") == set()
    assert officer.get("/accounts?page=x&role=none").status_code == 200


@on_both
def test_the_principals_of_the_roster_get_their_accounts_in_one_go(portal):
    database, clock = portal.services.database, portal.services.clock
    known = portal.account(("principal", "B"), email="b@example.se")
    with database.begin() as session:
        for unit in session.scalars(select(Unit)):
            unit.principal_email = {"A": "A@example.se", "B": "b@example.se", "C": "a@example.se"}[unit.code]
            unit.principal_name = f"Rektor {unit.code}"
    with database.read() as session:
        plan = plan_principals(session)
    assert [(one.email, one.units, one.known) for one in plan.lacking] == [("a@example.se", ("A", "C"), False)]
    make_principals(database, clock, portal_url=URL, actor="test")
    assert [recipient for recipient, _body in letters(portal)] == ["a@example.se"]
    assert roles_of(portal, known) == ["principal"]
    with database.read() as session:
        made = session.scalars(select(Account).where(Account.email == "a@example.se")).one()
        assert not plan_principals(session).lacking
    assert (made.name, roles_of(portal, made.id)) == ("Rektor A", ["principal", "principal"])


def test_units_without_an_address_and_disabled_principals_are_named_and_left_out(portal):
    database, clock = portal.services.database, portal.services.clock
    gone = portal.account(("principal", "B"), email="b@example.se")
    with database.begin() as session:
        session.get_one(Account, gone).active = False
        session.scalars(select(Unit).where(Unit.code == "B")).one().principal_email = "b@example.se"
    plan = make_principals(database, clock, portal_url=URL, actor="test")
    assert (plan.lacking, plan.unnamed, len(plan.disabled)) == ((), ("Skola A", "Skola C"), 1)
    assert letters(portal) == []


def test_a_principal_lets_members_into_the_leadership_group_and_out(portal, desk):
    principal = portal.visitor(("principal", "A"))
    page = principal.post("/units/A/leadership", {"email": "med@example.se", "name": "Medlem"})
    assert page.headers["Location"] == "/units/A/leadership"
    member = desk.by_email("med@example.se")
    assert roles_of(portal, member.id) == ["leadership"]
    ((recipient, body),) = letters(portal)
    assert recipient == "med@example.se"
    shown = principal.get("/units/A/leadership").text
    assert "Medlem" in shown
    assert LINK.search(body)
    assert not LINK.search(shown)
    with portal.services.database.read() as session:
        (assignment,) = held_by(session, member.id)
    principal.post(f"/units/A/leadership/{assignment.id}/remove")
    assert roles_of(portal, member.id) == []


def test_a_principal_makes_no_link_for_somebody_who_has_a_password(portal, desk):
    desk.person("officer", email="officer@example.se")
    portal.visitor(("principal", "A")).post("/units/A/leadership", {"email": "officer@example.se", "name": "X"})
    assert letters(portal) == []


@pytest.mark.parametrize("role", ["principal", "leadership"])
def test_a_principal_takes_nobody_out_who_is_not_in_the_own_group(portal, role):
    place = "A" if role == "principal" else "B"
    other = portal.account((role, place))
    principal = portal.visitor(("principal", "A"))
    with portal.services.database.read() as session:
        (assignment,) = held_by(session, other)
    assert principal.post(f"/units/A/leadership/{assignment.id}/remove").status_code == 404
    assert roles_of(portal, other) == [role]
    assert principal.post("/units/B/leadership", {"email": "x@example.se", "name": "X"}).status_code == 403


def test_the_own_password_is_changed_for_the_old_one_and_others_are_signed_out(portal, desk, door):
    desk.person("officer")
    other = sign_in(door, email="person@example.se", password=PASSWORD)
    visitor = portal.visitor("officer", email="me@example.se")
    with door.database.begin() as session:
        mine, theirs = session.get_one(Account, visitor.account_id), desk.by_email("person@example.se")
        mine.password_hash = theirs.password_hash
    new = "sjutton gröna hackspettar"
    assert "not your password" in visitor.post("/account/password", {"old": "fel fel fel", "new": new}).text
    assert visitor.post("/account/password", {"old": PASSWORD, "new": PASSWORD}).status_code == 422
    second = sign_in(door, email="me@example.se", password=PASSWORD)
    assert visitor.post("/account/password", {"old": PASSWORD, "new": new}).status_code == 303
    assert visitor.get("/account").status_code == 200
    assert find_actor(door.database, second.token, door.clock.now()) is None
    assert find_actor(door.database, other.token, door.clock.now()) is not None
    assert sign_in(door, email="me@example.se", password=new).passed


def test_other_sessions_are_listed_and_ended(portal, desk, door):
    visitor = portal.visitor("officer", email="me@example.se")
    with door.database.begin() as session:
        other = PortalSession(
            id=b"x" * 32,
            account_id=visitor.account_id,
            created_at=door.clock.now(),
            seen_at=door.clock.now(),
            passed=True,
        )
        session.add(other)
    assert "Sign out everywhere else" in visitor.get("/account").text
    visitor.post("/account/sessions/end")
    page = visitor.get("/account").text
    assert "Sign out everywhere else" not in page
    assert "You are signed out everywhere else." in page


def test_the_language_of_an_account_is_that_of_its_pages(portal):
    visitor = portal.visitor("officer")
    assert 'lang="en"' in visitor.get("/account").text
    visitor.post("/account/language", {"language": "sv"})
    assert 'lang="sv"' in visitor.get("/account").text
    assert visitor.post("/account/language", {"language": "tlh"}).status_code == 303
    assert 'lang="sv"' in visitor.get("/account").text


def test_a_new_second_factor_is_shown_once_and_counts_when_confirmed(portal, desk, door):
    import_free = portal.visitor("officer", email="me@example.se")
    with door.database.begin() as session:
        session.get_one(Account, import_free.account_id).password_hash = desk.account(
            desk.person(email="p@example.se")
        ).password_hash
    assert "<svg" not in import_free.get("/account/second-factor").text
    shown = import_free.post("/account/second-factor", {"password": PASSWORD}).text
    assert "<svg" in shown
    assert 'style="' not in shown
    assert "<svg" not in import_free.get("/account/second-factor").text
    assert desk.account(import_free.account_id).totp_confirmed_at is None
    assert import_free.post("/account/second-factor/confirm", {"code": "12"}).status_code == 422
    assert sign_in(door, email="me@example.se", password=PASSWORD).passed


def test_every_change_is_audited_with_who_made_it_and_without_secrets(portal, desk):
    officer = portal.visitor("officer")
    made = officer.post("/accounts/new", {"email": "ny@example.se", "name": "Ny", "role": "principal", "place": "A"})
    account_id = desk.by_email("ny@example.se").id
    officer.post(f"/accounts/{account_id}/roles", {"role": "leadership", "place": "B"})
    officer.post(f"/accounts/{account_id}/link")
    officer.post(f"/accounts/{account_id}/state", {"active": "no"})
    officer.post(f"/accounts/{account_id}/state", {"active": "yes"})
    officer.post(f"/accounts/{account_id}/second-factor/reset")
    with portal.services.database.read() as session:
        first = session.scalars(select(Assignment).where(Assignment.account_id == account_id)).first()
    officer.post(f"/accounts/{account_id}/roles/{first.id}/remove")
    actor, subject = f"user:{officer.account_id}", f"user:{account_id}"
    actions = (
        "added role_given link_made role_given link_made disabled enabled second_factor_reset role_taken".split()  # noqa: SIM905  read as one line
    )
    assert desk.audited() == [(actor, f"account.{action}", subject) for action in actions]
    assert LINK.search(made.text)
