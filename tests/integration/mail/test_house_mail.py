"""What the house makes of its mail settings: the doctor's look, the catcher, and a demonstration that sends nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update

from deploy import bootstrap, health
from deploy.demo.sizes import size_named
from deploy.demo.year import build_demonstration
from shared.config import MailServer
from shared.errors import SettingsError
from shared.events.claims import POSTPONED
from shared.model.events import Delivery
from shared.model.post import Mail
from tests.support.letters import letter, write
from tests.support.mail_servers import taking, talking
from tests.support.processes import free_port


def finding(house, check):
    return next(found for found in health.examine(house.container) if found.check == check)


def test_without_a_mail_server_the_doctor_names_the_catcher(house):
    found = finding(house, "mail")
    assert (found.outcome, "local catcher" in found.detail) == ("ok", True)


def test_the_doctor_greets_the_mail_server_and_sends_nothing(posting, postbox):
    with taking(postbox) as server:
        found = finding(posting(server), "mail")
    assert (found.outcome, str(server.port) in found.detail) == ("ok", True)
    assert postbox.taken == []


def test_the_doctor_says_why_the_mail_server_cannot_be_used(posting):
    found = finding(posting(MailServer("127.0.0.1", free_port(), "", "", "none")), "mail")
    assert (found.outcome, "cannot be reached" in found.detail) == ("fail", True)
    with talking({}, greeting=b"554 5.3.2 enkat@example.se is not welcome") as server:
        found = finding(posting(server), "mail")
    assert (found.outcome, "(554 5.3.2)" in found.detail, "welcome" in found.detail) == ("fail", True, False)


def test_the_doctor_counts_letters_that_were_not_sent(house):
    assert finding(house, "letters").outcome == "ok"
    write(house.database, 2)
    with house.database.begin() as session:
        session.execute(update(Mail).values(state="failed"))
    found = finding(house, "letters")
    assert (found.outcome, found.detail.startswith("2 letters")) == ("warn", True)


def test_letters_that_wait_for_the_mail_server_are_no_sign_of_a_missing_worker(house):
    write(house.database)
    house.clock.advance(health._LONGEST_WAIT * 2)
    assert finding(house, "processes").outcome == "warn"
    with house.database.begin() as session:
        session.execute(update(Delivery).values(error=f"{POSTPONED} silent"))
    assert finding(house, "processes").outcome == "ok"


def test_the_portal_is_a_catcher_only_where_nothing_is_sent(house, posting, postbox):
    assert bootstrap.portal_services(house.container).catches_mail
    with taking(postbox) as server:
        assert not bootstrap.portal_services(posting(server).container).catches_mail


def test_a_demonstration_sends_nothing_whatever_is_set(posting, postbox):
    with taking(postbox) as server:
        house = posting(server)
        (house.container.settings.home / bootstrap.DEMONSTRATION).write_text("{}")
        write(house.database)
        house.run_deliveries()
        assert bootstrap.portal_services(house.container).catches_mail
    assert postbox.taken == []
    assert letter(house.database).state == "sent"


def test_a_demonstration_is_not_built_where_a_mail_server_is_set(house, posting):
    settings = posting(MailServer("127.0.0.1", 9, "", "", "none")).container.settings
    with pytest.raises(SettingsError, match="SIKTE_SMTP_URL"):
        build_demonstration(replace(settings, database_url=""), size_named("small"), 1, None)  # type: ignore[arg-type]  # refused before it is used
