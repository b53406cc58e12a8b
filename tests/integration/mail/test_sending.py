"""Letters on their way: once each through relay and worker, later when the server is away, and never lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from analytics_worker.mail.sending import STANDARD, Patience, send_mail
from analytics_worker.mail.transport import Limits, Transport
from shared.config import MailServer
from shared.database.post import CONFIDENTIAL, KEPT_FOR, forget_old_letters
from shared.events.quarantine import count_unfinished
from shared.events.running import Runner
from shared.model.base import database_now
from shared.model.events import MAIL_WRITTEN, Delivery, publish
from tests.support.letters import deliveries, letter, letters, write, write_one
from tests.support.mail_servers import stalling, taking, talking
from tests.support.processes import free_port

SENDER = "Sikte <enkat@example.se>"
QUICK = Limits(connect=0.3, reply=0.3, rest=0.0)


@pytest.fixture
def send(house):
    """Try the deliveries that are due by the database, whatever their pause, one after the other."""

    def send(server: MailServer | None, patience: Patience = STANDARD):
        transport = None if server is None else Transport(server, SENDER, limits=QUICK)
        runner = Runner(house.database)
        parts = {"database": house.database, "clock": house.clock, "transport": transport, "patience": patience}
        for delivery in deliveries(house.database):
            runner.run(delivery.id, lambda claim: send_mail(claim, **parts), time_limit=60)

    return send


def closed_port() -> MailServer:
    return MailServer("127.0.0.1", free_port(), "", "", "none")


def test_each_letter_arrives_once_through_relay_broker_and_worker(posting, postbox):
    with taking(postbox) as server:
        house = posting(server)
        write(house.database, 25)
        house.run_deliveries()
    assert sorted(postbox.recipients) == sorted(f"rektor{n}@example.se" for n in range(25))
    sent = {f"<{mail.message_id}@example.se>" for mail in letters(house.database)}
    assert set(postbox.ids) == sent
    assert len(sent) == 25
    assert {(mail.state, mail.error, mail.sent_at) for mail in letters(house.database)} == {
        ("sent", "", house.clock.now())
    }


def test_swedish_words_arrive_as_they_were_written(posting, postbox):
    with taking(postbox) as server:
        house = posting(server)
        write(house.database, subject="Åtgärder för Björkö", body="Välkommen på fredag, Åsa!\n")
        house.run_deliveries()
    (arrived,) = postbox.taken
    assert arrived["Subject"] == "Åtgärder för Björkö"
    assert arrived.get_content().strip() == "Välkommen på fredag, Åsa!"


def test_a_calendar_part_says_its_method(posting, postbox):
    with taking(postbox) as server:
        house = posting(server)
        write(house.database, calendar="BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nEND:VCALENDAR\r\n", method="CANCEL")
        house.run_deliveries()
    calendars = [part for part in postbox.taken[0].walk() if part.get_content_type() == "text/calendar"]
    assert [part.get_param("method") for part in calendars] == ["CANCEL"]


def test_without_a_mail_server_letters_stay_in_the_catcher(house):
    write(house.database, 3)
    house.run_deliveries()
    assert {(mail.state, mail.error) for mail in letters(house.database)} == {("sent", "")}


def test_a_message_too_many_sends_nothing(house, send, postbox):
    with taking(postbox) as server:
        (number,) = write(house.database)
        send(server)
        with house.database.begin() as session:
            publish(session, MAIL_WRITTEN, at=house.clock.now(), mail_id=number)
        send(server)
        send(server)
    assert len(postbox.taken) == 1
    assert {delivery.done_at is not None for delivery in deliveries(house.database)} == {True}


def test_a_server_that_refuses_connections_is_tried_again_uncounted(house, send, postbox):
    write(house.database)
    server = closed_port()
    for _ in range(5):
        send(server)
    (delivery,) = deliveries(house.database)
    assert (delivery.attempts, delivery.error) == (0, "Postponed: unreachable")
    assert (letter(house.database).state, letter(house.database).error) == ("queued", "unreachable")
    with taking(postbox, port=server.port):
        send(server)
    assert (letter(house.database).state, letter(house.database).error) == ("sent", "")
    assert len(postbox.taken) == 1


def test_a_busy_server_gets_the_letter_later(house, send, postbox):
    postbox.answers = ["451 4.7.1 greylisted rektor0@example.se"]
    write(house.database)
    with taking(postbox) as server:
        send(server)
        assert letter(house.database).error == "busy 451 4.7.1"
        assert postbox.taken == []
        send(server)
    assert len(postbox.taken) == 1
    assert letter(house.database).state == "sent"


def test_a_refused_letter_is_kept_as_failed_and_its_delivery_done(house, send, postbox):
    postbox.refused = {"rektor0@example.se": "550 5.1.1 unknown rektor0@example.se"}
    write(house.database, 2)
    with taking(postbox) as server:
        send(server)
        send(server)
    assert [(mail.state, mail.error) for mail in letters(house.database)] == [
        ("failed", "rejected 550 5.1.1"),
        ("sent", ""),
    ]
    assert postbox.recipients == ["rektor1@example.se"]
    assert all(row.done_at is not None and row.error == "" for row in deliveries(house.database))


def test_a_server_that_stalls_is_tried_again(house, send):
    write(house.database)
    with stalling() as server:
        send(server)
    assert letter(house.database).error == "silent"
    assert deliveries(house.database)[0].attempts == 0


def test_a_server_that_dies_after_the_data_gets_at_most_one_duplicate_with_the_same_id(house, send, postbox):
    postbox.answers = [""]
    write(house.database)
    with taking(postbox) as server:
        send(server)
        assert (letter(house.database).state, letter(house.database).error) == ("queued", "broken off")
        send(server)
        send(server)
    assert len(postbox.ids) == 2
    assert len(set(postbox.ids)) == 1


def test_a_server_that_is_away_never_holds_up_what_it_takes_nothing_for(house, send, postbox):
    postbox.answers = ["", "250 OK", "250 OK"]
    write(house.database, 3)
    with taking(postbox) as server:
        send(server)
    assert [mail.state for mail in letters(house.database)] == ["queued", "sent", "sent"]


@pytest.mark.parametrize(
    ("waited", "pause"),
    [
        (timedelta(), 30),
        (timedelta(minutes=2), 120),
        (timedelta(minutes=10), 600),
        (timedelta(hours=1), 1800),
        (timedelta(days=2, hours=23), 1800),
    ],
)
def test_the_pauses_grow_with_the_time_a_letter_has_waited(house, send, waited, pause):
    write(house.database)
    house.clock.advance(waited)
    send(closed_port())
    with house.database.read() as session:
        pause_left = session.scalar(select(Delivery.next_send_at - database_now()))
    assert pause - 5 < pause_left <= pause


def test_after_three_days_a_letter_has_failed_and_can_be_asked_for_anew(house, send, postbox):
    (number,) = write(house.database)
    house.clock.advance(timedelta(days=3))
    server = closed_port()
    send(server)
    assert (letter(house.database).state, letter(house.database).error) == ("failed", "given up: unreachable")
    assert deliveries(house.database)[0].done_at is not None
    with house.database.begin() as session:
        session.get_one(type(letter(house.database)), number).state = "queued"
        publish(session, MAIL_WRITTEN, at=house.clock.now(), mail_id=number)
    send(server)
    assert letter(house.database).state == "queued", "asked for anew, it has three days again"
    with taking(postbox, port=server.port):
        send(server)
    assert len(postbox.taken) == 1


def test_what_waits_for_a_mail_server_is_not_waited_for_by_commands(house, send):
    write(house.database)
    with house.database.read() as session:
        assert count_unfinished(session) == 1
    send(closed_port())
    with house.database.read() as session:
        assert count_unfinished(session) == 0


def test_a_confidential_letter_is_emptied_when_it_was_sent_and_kept_in_the_catcher(house, send, postbox):
    write(house.database, occasion=f"{CONFIDENTIAL}link/1")
    with taking(postbox) as server:
        send(server)
    assert "resultaten" in postbox.taken[0].get_content()
    assert letter(house.database).body == ""
    with house.database.begin() as session:
        write_one(session, 2, occasion=f"{CONFIDENTIAL}link/2")
    send(None)
    assert letters(house.database)[1].body != ""


def test_old_letters_forget_whom_they_were_for_and_are_not_written_again(house):
    write(house.database, 2)
    house.run_deliveries()
    with house.database.begin() as session:
        write_one(session, 2)
    house.clock.advance(KEPT_FOR - timedelta(seconds=1))
    assert forget_old_letters(house.database, house.clock) == 0
    house.clock.advance(timedelta(seconds=2))
    assert house.run_deadlines() == 2
    assert forget_old_letters(house.database, house.clock) == 0
    sent, _other, queued = letters(house.database)
    assert (sent.recipient, sent.body, sent.state) == ("", "", "sent")
    assert "rektor0" not in sent.occasion
    assert queued.recipient == "rektor2@example.se", "one that still waits is kept"
    assert write(house.database, 1) == []


def test_a_letter_that_names_a_person_leaves_no_trace_in_the_log(house, send, postbox):
    write(house.database)
    with capture_logs() as lines:
        for replies in ({b".": b"451 rektor0@example.se is away"}, {b"rcpt": b"550 rektor0@example.se is unknown"}):
            with talking(replies) as server:
                send(server)
    said = str(lines)
    assert "delivery postponed" in said
    assert "delivery done" in said
    rows = " ".join(row.error for row in deliveries(house.database)) + letter(house.database).error
    for secret in ("rektor0", "Återkoppling", "resultaten"):
        assert secret not in said + rows
