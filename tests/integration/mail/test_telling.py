"""Telling people of an event: all letters and notices in one transaction, once, and nothing untold in silence."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select

from analytics_worker.mail import telling
from analytics_worker.mail.letters import Telling
from shared.database.post import write_mail
from shared.events.running import Runner
from shared.model.events import CONSUMERS_OF, MEASURE_DUE, TELL_RECIPIENTS, Delivery, publish
from tests.support.letters import deliveries, letters

URL = "https://portal.example.se"


@pytest.fixture
def told(house):
    """Publish an event in two parts and run its deliveries with ``tellers``; return the deliveries."""

    def told(tellers, times=1):
        with house.database.begin() as session:
            publish(session, MEASURE_DUE, at=house.clock.now(), parts=(0, 1), measure_id=7)
        parts = {"database": house.database, "clock": house.clock, "portal_url": URL, "sender": "a@example.se"}
        handler = partial(telling.tell_recipients, tellers=tellers, **parts)
        with house.database.read() as session:
            numbers = session.scalars(select(Delivery.id).where(Delivery.consumer == TELL_RECIPIENTS)).all()
        for _ in range(times):
            for number in numbers:
                Runner(house.database).run(number, handler, time_limit=60)
        return [row for row in deliveries(house.database) if row.consumer == TELL_RECIPIENTS]

    return told


def write(session, payload, known: Telling):
    write_mail(
        session,
        occasion=f"measure/{payload['measure_id']}/{known.part}",
        recipient="rektor@example.se",
        language="sv",
        subject="Åtgärd",
        body=known.link("/measures"),
        at=known.now,
    )


def test_a_teller_is_given_the_event_its_part_and_the_portals_address(house, told):
    rows = told({MEASURE_DUE: write})
    assert [mail.occasion for mail in letters(house.database)] == ["measure/7/0", "measure/7/1"]
    assert {mail.body for mail in letters(house.database)} == {f"{URL}/measures"}
    assert all(row.done_at is not None for row in rows)


def test_a_second_telling_writes_nothing(house, told):
    told({MEASURE_DUE: write}, times=3)
    assert len(letters(house.database)) == 2


def test_a_teller_that_fails_has_written_nothing_and_is_tried_again(house, told):
    def fail(session, payload, known):
        write(session, payload, known)
        raise RuntimeError

    rows = told({MEASURE_DUE: fail})
    assert letters(house.database) == []
    assert [(row.error, row.attempts, row.done_at) for row in rows] == [("RuntimeError", 1, None)] * 2


def test_an_event_without_a_teller_ends_in_quarantine_and_says_why(told):
    rows = told({}, times=3)
    assert all(row.quarantined_at is not None for row in rows)
    assert "measure.due" in rows[0].error


def test_tellers_are_for_events_that_somebody_is_told_of():
    awaited = {event for event, consumers in CONSUMERS_OF.items() if TELL_RECIPIENTS in consumers}
    assert set(telling.TELLERS) <= awaited
