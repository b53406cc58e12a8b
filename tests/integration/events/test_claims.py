"""Claims on both databases: one worker at a time, three attempts, and a fence against those who come too late."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from shared.errors import Refused
from shared.events import claims
from shared.events.claims import ClaimLost, Timing, describe, expire, fail, finish, give_back, renew, take
from shared.model.base import database_now
from shared.model.events import Lease
from tests.support.events import change, claimed, deliver, delivery, finishing, lapse


def test_a_claim_counts_an_attempt_and_lasts_a_minute_by_the_databases_clock(database):
    (number,) = deliver(database)
    claim = claimed(database, number)
    with database.read() as session:
        now = session.scalar(select(database_now()))
    assert (claim.delivery_id, claim.event_type, claim.payload, claim.part) == (
        number,
        "window.opening",
        {"window_id": 1},
        0,
    )
    row = delivery(database, number)
    assert row.attempts == claim.attempts == 1
    assert 55 < row.claimed_until - now <= 60


def test_a_claimed_delivery_is_refused_to_others(database):
    (number,) = deliver(database)
    assert take(database, number)
    assert take(database, number) is None
    assert delivery(database, number).attempts == 1


def test_a_claim_that_ran_out_may_be_taken_over(database):
    (number,) = deliver(database)
    take(database, number)
    lapse(database, number)
    second = claimed(database, number)
    assert second.attempts == 2


@pytest.mark.parametrize("state", ["done_at", "quarantined_at"])
def test_what_is_done_or_quarantined_is_never_claimed(database, state):
    (number,) = deliver(database)
    change(database, number, **{state: 1.0})
    assert take(database, number) is None


def test_an_unknown_delivery_is_not_claimed(database):
    assert take(database, 4711) is None


def test_a_fourth_attempt_is_refused(database):
    (number,) = deliver(database)
    change(database, number, attempts=3, claimed_until=1.0)
    assert take(database, number) is None


def test_sixteen_at_once_get_one_claim(database):
    (number,) = deliver(database)
    taken = []
    start = threading.Barrier(16)

    def attempt():
        start.wait()
        taken.append(take(database, number))

    threads = [threading.Thread(target=attempt) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([claim for claim in taken if claim]) == 1
    assert delivery(database, number).attempts == 1


def test_effect_and_end_are_committed_together(database):
    (number,) = deliver(database)
    claim = claimed(database, number)
    with database.begin() as session:
        session.add(Lease(name="effect", holder="", expires_at=0.0))
        finish(session, claim)
    row = delivery(database, number)
    assert row.done_at is not None
    assert row.claimed_until is None


def test_a_late_claimer_is_fenced_off_and_its_effect_undone(database):
    (number,) = deliver(database)
    late = claimed(database, number)
    lapse(database, number)
    punctual = claimed(database, number)
    with pytest.raises(ClaimLost):
        finishing(database, lambda session, _claim: session.add(Lease(name="late effect", holder="", expires_at=0)))(
            late
        )
    with database.begin() as session:
        assert session.get(Lease, "late effect") is None
        finish(session, punctual)
    assert delivery(database, number).done_at is not None


def test_what_is_done_is_not_done_again(database):
    (number,) = deliver(database)
    claim = claimed(database, number)
    with database.begin() as session:
        finish(session, claim)
    with pytest.raises(ClaimLost), database.begin() as session:
        finish(session, claim)


def test_a_claim_that_ran_out_unnoticed_may_still_finish(database):
    (number,) = deliver(database)
    claim = claimed(database, number)
    lapse(database, number)
    with database.begin() as session:
        finish(session, claim)
    assert delivery(database, number).done_at is not None


def test_a_renewed_claim_lasts_from_now_on(database):
    (number,) = deliver(database)
    claim = claimed(database, number, Timing(claim=2.0))
    before = delivery(database, number).claimed_until
    with database.begin() as session:
        assert renew(session, claim)
    assert delivery(database, number).claimed_until > before + 50


def test_a_lost_claim_is_not_renewed(database):
    (number,) = deliver(database)
    lost = claimed(database, number)
    lapse(database, number)
    take(database, number)
    with database.begin() as session:
        assert not renew(session, lost)
        assert not fail(session, lost, "late")
        assert not give_back(session, lost)
    row = delivery(database, number)
    assert (row.attempts, row.error) == (2, "")
    assert row.claimed_until > 1.0


@pytest.mark.parametrize(("attempt", "pause"), [(1, 30), (2, 120)])
def test_a_failure_is_tried_again_after_half_a_minute_and_two_minutes(database, attempt, pause):
    (number,) = deliver(database)
    change(database, number, attempts=attempt - 1)
    claim = claimed(database, number)
    with database.begin() as session:
        fail(session, claim, "ValueError")
        now = session.scalar(select(database_now()))
    row = delivery(database, number)
    assert (row.attempts, row.error, row.claimed_until, row.quarantined_at) == (attempt, "ValueError", None, None)
    assert row.next_send_at == pytest.approx(now + pause, abs=5)


def test_the_third_failure_ends_in_quarantine(database):
    (number,) = deliver(database)
    change(database, number, attempts=2)
    claim = claimed(database, number)
    with database.begin() as session:
        fail(session, claim, "ValueError")
    row = delivery(database, number)
    assert row.quarantined_at is not None
    assert row.claimed_until is None
    assert take(database, number) is None


def test_giving_back_is_no_attempt(database):
    (number,) = deliver(database)
    change(database, number, attempts=2)
    claim = claimed(database, number)
    with database.begin() as session:
        give_back(session, claim)
    row = delivery(database, number)
    assert (row.attempts, row.claimed_until, row.quarantined_at) == (2, None, None)
    assert claimed(database, number).attempts == 3


def test_claims_that_ran_out_count_and_the_third_is_quarantined(database):
    first, third, running = deliver(database, 3)
    for number in (first, third, running):
        take(database, number)
    change(database, first, claimed_until=1.0)
    change(database, third, claimed_until=1.0, attempts=3)
    with database.begin() as session:
        assert expire(session, "it ended") == 2
    assert (delivery(database, first).attempts, delivery(database, first).quarantined_at) == (1, None)
    assert delivery(database, first).error == "it ended"
    assert delivery(database, third).quarantined_at is not None
    assert delivery(database, running).claimed_until > 1.0


def test_of_an_error_only_messages_written_for_people_are_kept():
    assert describe(ValueError("an answer")) == "ValueError"
    assert describe(Refused("window_state", "The window is closed.")) == "Refused: The window is closed."


def test_the_pauses_end_at_the_longest():
    assert [claims.STANDARD.wait(times) for times in (1, 2, 3, 4, 50)] == [30, 120, 600, 600, 600]
