"""The audit log's pages: who may read it, what is found, whether its chain is whole, a download without formulas."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from admin_portal.auditing.log import check_chain
from shared.clock import local
from shared.model.audit import AuditEntry, record
from tests.integration.accounts.conftest import on_both


@pytest.fixture
def auditor(portal):
    """Somebody who may read the log."""
    return portal.visitor("auditor", name="Revisor", email="revisor@example.se")


def note(portal, action: str, actor: str = "test", subject: str = "roster", **details) -> None:
    with portal.services.database.begin() as session:
        record(session, at=portal.house.clock.now(), actor=actor, action=action, subject=subject, **details)


@pytest.mark.parametrize("role", ["officer", ("principal", "A"), "board_reader"])
@pytest.mark.parametrize("path", ["/audit", "/audit/chain", "/audit.csv"])
def test_only_auditors_read_the_log(portal, role, path):
    assert portal.visitor(role).get(path).status_code == 403


@on_both
def test_entries_are_found_by_person_action_subject_and_day(portal, auditor):
    note(portal, "cycle.created", actor=f"user:{auditor.account_id}")
    portal.house.clock.advance(timedelta(minutes=20))
    note(portal, "window.opened", subject="skola-2026/skola", windows=["skola"])

    def found(query: str) -> set[str]:
        page = auditor.get(f"/audit?{query}").text
        return {action for action in ("cycle.created", "window.opened") if action in page}

    assert found("") == {"cycle.created", "window.opened"}
    assert found("q=revisor@") == {"cycle.created"}
    assert found("q=window.") == {"window.opened"}
    assert found("q=skola-2026") == {"window.opened"}
    assert found("since=2026-10-12&until=2026-10-12") == {"cycle.created", "window.opened"}
    assert found("since=2026-10-13") == set()
    assert found("until=2026-10-11") == set()
    assert found("page=2") == set()
    assert "year-month-day" in auditor.get("/audit?since=yesterday").text
    assert "Revisor (revisor@example.se)" in auditor.get("/audit").text


@on_both
def test_an_entry_noted_in_swedish_time_keeps_the_chain_whole(portal):
    with portal.services.database.begin() as session:
        record(session, at=local(portal.house.clock.now()), actor="test", action="noted", subject="roster")
    with portal.services.database.read() as session:
        assert check_chain(session).broken == ()


@on_both
def test_a_day_is_a_swedish_day(portal):
    portal.house.clock.advance(timedelta(hours=15, minutes=30))
    auditor = portal.visitor("auditor")
    note(portal, "after.midnight")
    assert "2026-10-13 00:30:00" in auditor.get("/audit").text
    assert "after.midnight" in auditor.get("/audit?since=2026-10-13").text


@on_both
def test_an_unbroken_chain_is_told_with_its_length(portal, auditor):
    for number in range(3):
        note(portal, f"action.{number}")
    page = auditor.get("/audit/chain").text
    assert "Unbroken" in page
    assert "3 entries checked" in page


@on_both
@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        (update(AuditEntry).where(AuditEntry.id == 2).values(actor="somebody else"), (2,)),
        (delete(AuditEntry).where(AuditEntry.id == 2), (3,)),
    ],
)
def test_whoever_changes_or_removes_an_entry_breaks_the_chain(portal, auditor, tampering, broken):
    for number in range(4):
        note(portal, f"action.{number}")
    with portal.services.database.begin() as session:
        session.execute(tampering)
    with portal.services.database.read() as session:
        assert check_chain(session).broken == broken
        assert check_chain(session, 1).broken == ()
    page = auditor.get("/audit/chain").text
    assert "Broken" in page
    assert f"these numbers: {broken[0]}" in " ".join(page.split())


def test_the_newest_entries_are_checked_where_there_are_very_many(portal):
    for number in range(5):
        note(portal, f"action.{number}")
    with portal.services.database.read() as session:
        chain = check_chain(session, 2)
    assert (chain.total, chain.checked, chain.broken) == (5, 2, ())


def test_the_download_calculates_nothing(portal, auditor):
    note(portal, "=HYPERLINK(1)", actor="@cmd", subject="+1", note="-1")
    response = auditor.get("/audit.csv")
    assert "attachment" in response.headers["Content-Disposition"]
    (row,) = csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff")))
    assert (row["actor"], row["action"], row["subject"]) == ("'@cmd", "'=HYPERLINK(1)", "'+1")
    assert row["details"] == '{"note": "-1"}'
