"""What is kept no longer than needed, and what never stands in logs or on error pages."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from structlog.testing import CapturingLogger

from admin_portal.accounts import routes_signing, signing
from admin_portal.accounts.forgetting import LINKS, SESSIONS, TRIES, forget_old_sessions
from admin_portal.accounts.register import new_link, set_active
from admin_portal.accounts.signing import sign_in
from admin_portal.accounts.throttle import take_try
from deploy.chores import chores
from shared.errors import Refused
from shared.model.accounts import AccountLink, LoginThrottle, PortalSession
from shared.web import errors
from tests.integration.accounts.conftest import PASSWORD, on_both
from tests.integration.accounts.test_signing import fill_in

TABLES = (PortalSession, AccountLink, LoginThrottle)


def kept(database) -> list[int]:
    with database.read() as session:
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES]


@on_both
def test_old_sessions_links_and_failures_are_forgotten(portal, desk, door):
    database, clock = door.database, door.clock
    account_id = desk.person("officer")
    sign_in(door, email="person@example.se", password=PASSWORD)
    new_link(database, clock, account_id=account_id, portal_url="http://127.0.0.1", actor="test")
    assert forget_old_sessions(database, clock) == 0
    assert kept(database) == [1, 1, 2]
    clock.advance(TRIES + timedelta(seconds=1))
    assert forget_old_sessions(database, clock) == 2
    clock.advance(SESSIONS)
    assert forget_old_sessions(database, clock) == 1
    clock.advance(LINKS + timedelta(days=7))
    assert forget_old_sessions(database, clock) == 1
    assert kept(database) == [0, 0, 0]
    assert forget_old_sessions in chores()


def test_neither_passwords_nor_names_nor_tokens_are_logged(portal, desk, door, monkeypatch):
    desk.person("officer")
    secrets = [PASSWORD, "fel fel fel fel", "person@example.se", "192.0.2.1"]
    log = CapturingLogger()
    monkeypatch.setattr(signing, "_log", log)
    with pytest.raises(Refused):
        sign_in(door, email="person@example.se", password="fel fel fel fel")
    secrets.append(sign_in(door, email="person@example.se", password=PASSWORD).token)
    assert len(log.calls) == 2
    assert [secret for secret in secrets if secret in str(log.calls)] == []


def test_an_error_page_repeats_no_password(client, portal, desk, monkeypatch):
    def fail(*_given: object, **_named: object) -> None:
        raise ValueError(PASSWORD)

    desk.person("officer")
    monkeypatch.setattr(routes_signing, "sign_in", fail)
    log = CapturingLogger()
    monkeypatch.setattr(errors, "_log", log)
    response = fill_in(client, email="person@example.se", password=PASSWORD)
    assert response.status_code == 500
    assert PASSWORD not in response.text
    assert len(log.calls) == 1
    assert PASSWORD not in str(log.calls)


def at_once(works) -> list[str]:
    """Do all ``works`` at the same moment; return the refusals' words, "" for what was done."""
    barrier, results = threading.Barrier(len(works)), []

    def do(work) -> None:
        barrier.wait()
        try:
            work()
            results.append("")
        except Refused as refused:
            results.append(refused.code)

    threads = [threading.Thread(target=do, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


@on_both
def test_tries_that_come_at_once_are_counted_one_by_one(door):
    keys, now = door.keys("person@example.se"), door.clock.now()
    results = at_once([lambda: take_try(door.database, keys, now)] * 12)
    assert results == [""] * 5 + ["too_many"] * 7


@on_both
def test_two_officers_who_disable_each_other_do_not_both_succeed(portal, desk):
    first, second = desk.person("officer"), desk.person("officer", email="other@example.se")
    database, clock = portal.services.database, portal.services.clock
    works = [
        lambda: set_active(database, clock, account_id=first, active=False, actor="test"),
        lambda: set_active(database, clock, account_id=second, active=False, actor="test"),
    ]
    assert at_once(works) == ["", "last_officer"]
