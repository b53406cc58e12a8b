"""Handing a letter to a mail server: taken, refused, busy, away; over TLS or not at all; and never what it said."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from analytics_worker.mail.messages import compose
from analytics_worker.mail.transport import Away, Busy, Limits, Rejected, Transport, Unsent
from shared.config import MailServer
from shared.model.post import Mail
from tests.support.mail_servers import Postbox, make_certificate, stalling, taking, talking
from tests.support.processes import free_port

SENDER = "Pedagogcentrum <enkat@example.se>"
RECIPIENT = "rektor@example.se"
QUICK = Limits(connect=0.5, reply=0.5, rest=60.0)


@pytest.fixture
def postbox():
    return Postbox()


def letter(**parts):
    mail = Mail(
        occasion="prov",
        message_id="0123456789abcdef",
        recipient=RECIPIENT,
        language="sv",
        subject="Resultaten är här",
        body="Hej!\n\nÅtgärder och öppna svar väntar.\n",
        calendar="",
        method="",
        created_at=datetime(2026, 12, 1, 8, 0, tzinfo=UTC),
    )
    for name, value in parts.items():
        setattr(mail, name, value)
    return compose(mail, SENDER)


def way_to(server: MailServer, **options) -> Transport:
    return Transport(server, SENDER, limits=options.pop("limits", QUICK), **options)


def unsent(server: MailServer, **options) -> Unsent:
    with pytest.raises(Unsent) as caught:
        way_to(server, **options).send(letter())
    return caught.value


def test_a_letter_arrives_with_its_headers_and_swedish_words(postbox):
    with taking(postbox) as server:
        way_to(server).send(letter())
    (arrived,) = postbox.taken
    assert postbox.recipients == [RECIPIENT]
    assert arrived["Message-ID"] == "<0123456789abcdef@example.se>"
    assert arrived["Subject"] == "Resultaten är här"
    assert arrived["From"] == SENDER
    assert arrived["To"] == RECIPIENT
    assert arrived["Date"].datetime == datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
    assert (arrived["Auto-Submitted"], arrived["X-Auto-Response-Suppress"]) == ("auto-generated", "All")
    assert arrived["Content-Language"] == "sv"
    assert arrived.get_content().replace("\r\n", "\n") == "Hej!\n\nÅtgärder och öppna svar väntar.\n"


def test_an_invitation_is_an_alternative_with_its_method_and_a_file(postbox):
    calendar = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:Möte\r\nEND:VCALENDAR\r\n"
    with taking(postbox) as server:
        way_to(server).send(letter(calendar=calendar, method="REQUEST"))
    (arrived,) = postbox.taken
    assert arrived.get_content_type() == "multipart/mixed"
    alternative, attached = arrived.iter_parts()
    assert [part.get_content_type() for part in alternative.iter_parts()] == ["text/plain", "text/calendar"]
    invitation = list(alternative.iter_parts())[1]
    assert dict(invitation["Content-Type"].params) == {"method": "REQUEST", "charset": "utf-8"}
    assert invitation.get_payload(decode=True).decode() == calendar
    assert (attached.get_filename(), attached.get_payload(decode=True).decode()) == ("invite.ics", calendar)


@pytest.mark.parametrize("header", ["subject", "recipient"])
def test_a_line_break_never_begins_another_header(header):
    with pytest.raises(ValueError, match=r"newline|linefeed"):
        letter(**{header: "a@example.se\r\nBcc: b@example.se"})


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        ("550 5.1.1 no such mailbox rektor@example.se", Rejected, "rejected 550 5.1.1"),
        ("554 refused", Rejected, "rejected 554"),
        ("451 4.7.1 greylisted, come back", Busy, "busy 451 4.7.1"),
        ("421 going home", Away, "answer 421"),
    ],
)
def test_the_answer_to_the_data_decides(postbox, answer, kind, reason):
    postbox.answers = [answer]
    with taking(postbox) as server:
        error = unsent(server)
    assert (type(error), error.reason) == (kind, reason)
    assert postbox.taken == []


@pytest.mark.parametrize(("answer", "kind"), [("550 unknown", Rejected), ("450 busy", Busy)])
def test_the_answer_to_the_recipient_decides(postbox, answer, kind):
    postbox.refused = {RECIPIENT: answer}
    with taking(postbox) as server:
        assert type(unsent(server)) is kind


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        ({b"mail": b"553 5.7.1 not you"}, "sender 553 5.7.1"),
        ({b"mail": b"452 full"}, "sender 452"),
        ({b"ehlo": b"502 no", b"helo": b"554 go away"}, "answer 554"),
        ({b"data": b""}, "broken off"),
        ({b"rcpt": b""}, "broken off"),
        ({b".": b""}, "broken off"),
        ({b".": b"what?"}, "answer -1"),
    ],
)
def test_a_server_that_is_of_no_use_is_away(replies, reason):
    with talking(replies) as server:
        error = unsent(server)
    assert (type(error), error.reason) == (Away, reason)


def test_a_server_that_greets_with_a_refusal_is_away():
    with talking({}, greeting=b"554 closed") as server:
        assert unsent(server).reason == "answer 554"


def test_a_closed_port_is_away():
    error = unsent(MailServer("127.0.0.1", free_port(), "", "", "none"))
    assert (type(error), error.reason) == (Away, "unreachable")


def test_a_host_that_is_no_name_is_away():
    assert type(unsent(MailServer(f"{'a' * 70}.example", 25, "", "", "none"))) is Away


def test_a_server_that_never_answers_is_left_after_the_time_limit():
    started = time.monotonic()
    with stalling() as server:
        error = unsent(server)
    assert (type(error), error.reason) == (Away, "silent")
    assert time.monotonic() - started < 5


def test_the_answer_to_goodbye_is_not_waited_for(postbox):
    with talking({b"quit": b""}) as server:
        way_to(server).send(letter())


def test_what_the_server_says_is_not_kept(postbox):
    postbox.answers = ["550 5.1.1 <rektor@example.se> is on parental leave"]
    with taking(postbox) as server:
        error = unsent(server)
    assert error.__cause__ is None
    assert error.__suppress_context__
    assert "rektor" not in repr(error) + str(error)


def test_starttls_is_used_and_the_certificate_checked(postbox, tmp_path):
    certificate = make_certificate(tmp_path)
    with taking(postbox, certificate=certificate) as server:
        way_to(server, tls=certificate.trusted()).send(letter())
        assert len(postbox.taken) == 1
        assert unsent(server).reason == "TLS"
    assert len(postbox.taken) == 1


def test_a_certificate_of_another_host_is_refused(postbox, tmp_path):
    other = make_certificate(tmp_path, "mail.example.se")
    with taking(postbox, certificate=other) as server:
        assert unsent(server, tls=other.trusted()).reason == "TLS"
    assert postbox.taken == []


def test_a_server_without_tls_gets_no_letter_that_asks_for_it(postbox):
    with taking(postbox) as server:
        assert unsent(replace(server, tls="starttls")).reason == "unsupported"
        assert unsent(replace(server, tls="tls")).reason in {"TLS", "silent"}
    assert postbox.taken == []


def test_signing_in_over_tls(postbox, tmp_path):
    certificate = make_certificate(tmp_path)
    with taking(postbox, certificate=certificate, password="hemligt") as server:
        way_to(replace(server, user="sikte", password="hemligt"), tls=certificate.trusted()).send(letter())
        assert unsent(server, tls=certificate.trusted()).reason == "sender 530 5.7.0"
    assert len(postbox.taken) == 1


def test_a_password_that_is_not_taken_is_named_and_not_shown():
    with talking({b"ehlo": b"250-here\r\n250 AUTH PLAIN", b"auth": b"535 5.7.8 gissat?"}) as server:
        error = unsent(replace(server, user="sikte", password="gissat"))
    assert (type(error), error.reason) == (Away, "sign-in 535 5.7.8")
    assert "gissat" not in repr(error)


def test_a_look_at_the_server_sends_nothing(postbox):
    with taking(postbox) as server:
        way_to(server).check()
    assert postbox.taken == []
    with pytest.raises(Away):
        way_to(server).check()


def test_a_server_that_is_away_is_left_alone_for_a_while(postbox):
    port = free_port()
    transport = way_to(MailServer("127.0.0.1", port, "", "", "none"), limits=replace(QUICK, rest=0.3))
    with pytest.raises(Away, match="unreachable"):
        send_in_turn(transport)
    with taking(postbox, port=port):
        with pytest.raises(Away, match="server away"):
            send_in_turn(transport)
        time.sleep(0.35)
        send_in_turn(transport)
        send_in_turn(transport)
    assert len(postbox.taken) == 2


def send_in_turn(transport):
    with transport.turn():
        transport.send(letter())


def reasons_of_four_at_once(transport):
    """Let four threads send at the same moment; return why they could not, and how long it took them."""
    reasons = []

    def send():
        try:
            send_in_turn(transport)
        except Unsent as error:
            reasons.append(error.reason)

    threads = [threading.Thread(target=send) for _ in range(4)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(reasons), time.monotonic() - started


def test_a_server_that_stalls_holds_up_one_thread_after_the_other_at_most_once():
    with stalling() as server:
        reasons, seconds = reasons_of_four_at_once(way_to(server))
    assert reasons == ["server away"] * 3 + ["silent"]
    assert seconds < 2 * QUICK.connect


def test_a_server_known_to_stall_holds_up_no_thread_but_the_one_that_asks():
    with stalling() as server:
        transport = way_to(server, limits=replace(QUICK, rest=0.0))
        with pytest.raises(Away, match="silent"):
            send_in_turn(transport)
        asking = threading.Thread(target=reasons_of_four_at_once, args=(transport,))
        asking.start()
        time.sleep(0.1)
        started = time.monotonic()
        with pytest.raises(Away, match="server away"):
            send_in_turn(transport)
        assert time.monotonic() - started < 0.2
        asking.join()


def test_a_process_sends_one_letter_at_a_time(postbox):
    held = []
    with taking(postbox) as server:
        transport = way_to(server)
        postbox.before_answer = lambda: held.append(transport._one.locked())
        reasons, _seconds = reasons_of_four_at_once(transport)
    assert (reasons, held) == ([], [True] * 4)
    with transport.turn():
        waiting = threading.Thread(target=transport.turn().__enter__, daemon=True)
        waiting.start()
        waiting.join(0.1)
        assert waiting.is_alive()


def test_a_refused_recipient_does_not_keep_others_from_the_server(postbox):
    postbox.refused = {RECIPIENT: "451 greylisted"}
    with taking(postbox) as server:
        transport = way_to(server)
        with pytest.raises(Busy):
            transport.send(letter())
        transport.send(letter(recipient="annan@example.se"))
    assert postbox.recipients == ["annan@example.se"]
