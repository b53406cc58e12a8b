"""Stuck work is seen with its error, and retried by a person whose name the audit log keeps."""

from __future__ import annotations

import pytest

from shared.errors import NotFound, Refused
from shared.events.quarantine import COLUMNS, count_unfinished, list_deliveries, retry
from shared.model.audit import AuditEntry, broken_entries
from tests.support.events import AT, change, deliver, delivery
from tests.support.house import QUICK


def listed(database, state=None):
    with database.read() as session:
        return list_deliveries(session, state)


def test_deliveries_are_listed_by_state(database):
    waiting, running, done, stuck = deliver(database, 4)
    change(database, running, attempts=1, claimed_until=9e9)
    change(database, done, done_at=1.0)
    change(database, stuck, attempts=3, quarantined_at=1.0, error="ValueError")
    expected = {"waiting": [waiting], "running": [running], "done": [done], "quarantined": [stuck]}
    for state, numbers in expected.items():
        assert [(row["id"], row["state"]) for row in listed(database, state)] == [(n, state) for n in numbers]
    assert [row["id"] for row in listed(database)] == [waiting, running, stuck]
    assert set(listed(database)[0]) == set(COLUMNS)
    with database.read() as session:
        assert count_unfinished(session) == 2


def test_a_stuck_delivery_shows_its_subject_and_error(database):
    (number,) = deliver(database)
    change(database, number, attempts=3, quarantined_at=1.0, error="Refused: The key is not here.")
    (row,) = listed(database, "quarantined")
    assert (row["event"], row["subject"], row["error"]) == (
        "window.opening",
        "window_id 1",
        "Refused: The key is not here.",
    )


def test_a_retry_starts_from_the_first_attempt_and_is_audited(database):
    (number,) = deliver(database)
    change(database, number, attempts=3, sends=7, next_send_at=9e9, quarantined_at=1.0, error="ValueError")
    with database.begin() as session:
        retry(session, number, actor="cli:somebody", at=AT)
    row = delivery(database, number)
    assert (row.attempts, row.sends, row.next_send_at, row.quarantined_at) == (0, 0, 0.0, None)
    with database.read() as session:
        (entry,) = session.query(AuditEntry)
        assert (entry.actor, entry.action, entry.subject) == (
            "cli:somebody",
            "delivery.retried",
            f"delivery {number}",
        )
        assert broken_entries(session) == []


def test_only_what_is_stuck_is_retried(database):
    (number,) = deliver(database)
    with pytest.raises(Refused, match="not quarantined"), database.begin() as session:
        retry(session, number, actor="cli:somebody", at=AT)
    with pytest.raises(NotFound), database.begin() as session:
        retry(session, 4711, actor="cli:somebody", at=AT)


def test_what_fails_for_ever_is_quarantined_by_the_whole_machinery(house):
    # There is no window 1: the handler cannot but fail.
    (number,) = deliver(house.database)
    with pytest.raises(AssertionError, match="quarantined"):
        house.run_deliveries(QUICK)
    row = delivery(house.database, number)
    assert (row.attempts, row.done_at) == (3, None)
    assert row.error
