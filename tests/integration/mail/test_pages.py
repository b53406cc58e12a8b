"""The pages of the post: notices of one's own, the letters, the catcher, and work that is stuck."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, update

from shared.database.post import CONFIDENTIAL, notify
from shared.events.claims import POSTPONED
from shared.events.relay import EXPIRED
from shared.model.audit import AuditEntry
from shared.model.base import database_now
from shared.model.events import WINDOW_OPENING, Delivery, publish
from shared.model.post import Mail, Notice
from tests.support.house import MOMENT
from tests.support.letters import deliveries, letter, letters, write
from tests.support.mail_servers import taking
from tests.support.portal_site import make_portal

CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def portal(house):
    return make_portal(house)


@pytest.fixture
def officer(portal):
    return portal.visitor("officer")


def tell(house, visitor, number=1, **parts):
    standard = {"kind": "results_released", "parameters": {"cycle": "Skolan 2026"}, "link": f"/results/{number}"}
    with house.database.begin() as session:
        notify(session, account_id=visitor.account_id, occasion=f"prov/{number}", at=MOMENT, **standard | parts)


def fail(house, error="rejected 550"):
    with house.database.begin() as session:
        session.execute(update(Mail).values(state="failed", error=error))
        session.execute(update(Delivery).values(done_at=1.0))


def test_one_sees_ones_own_notices_and_how_many_are_unread(house, portal, officer):
    other = portal.visitor("auditor")
    tell(house, officer, 1)
    tell(house, officer, 2)
    tell(house, other, 3)
    page = officer.get("/notices").text
    assert page.count("Skolan 2026") == 2
    assert '<span class="number">2</span>' in page
    assert '<span class="number">1</span>' in other.get("/notices").text


def test_following_a_notice_leads_to_its_page_and_marks_it_read(house, officer):
    tell(house, officer, 1)
    tell(house, officer, 2)
    with house.database.read() as session:
        number = session.scalars(select(Notice.id).where(Notice.occasion == "prov/1")).one()
    answer = officer.get(f"/notices/{number}")
    assert (answer.status_code, answer.location) == (303, "/results/1")
    page = officer.get("/notices").text
    assert page.count('<li class="unread">') == 1
    assert '<span class="number">1</span>' in page


def test_somebody_elses_notice_is_not_there(house, portal, officer):
    tell(house, portal.visitor("auditor"))
    with house.database.read() as session:
        number = session.scalars(select(Notice.id)).one()
    assert officer.get(f"/notices/{number}").status_code == 404
    with house.database.read() as session:
        assert session.scalars(select(Notice.read_at)).one() is None


def test_all_are_marked_read_with_one_button_and_only_ones_own(house, portal, officer):
    other = portal.visitor("auditor")
    tell(house, officer, 1)
    tell(house, officer, 2)
    tell(house, other, 3)
    assert officer.post("/notices/read").status_code == 303
    assert 'class="unread"' not in officer.get("/notices").text
    assert 'class="unread"' in other.get("/notices").text


def test_without_notices_the_page_says_what_comes_here(officer):
    assert "No notices yet" in officer.get("/notices").text


def test_a_notice_of_an_unknown_kind_still_says_that_there_is_news(house, officer):
    tell(house, officer, kind="from_a_later_version")
    assert "There is news for you." in officer.get("/notices").text


def test_a_notice_shows_names_as_text(house, officer):
    tell(house, officer, parameters={"cycle": "<script>alert(1)</script> 100 %"})
    page = officer.get("/notices").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; 100 %" in page


def test_the_catcher_says_that_nothing_is_sent_from_here(house, officer):
    write(house.database, calendar=CALENDAR, method="REQUEST")
    house.run_deliveries()
    assert "<h1>Local mail catcher</h1>" in officer.get("/post").text
    page = officer.get(f"/post/{letter(house.database).id}")
    assert "Nothing is sent from here" in page.text
    assert "Nu är resultaten här." in page.text
    invitation = officer.get(f"/post/{letter(house.database).id}/invitation.ics")
    assert (invitation.text, invitation.mimetype) == (CALENDAR, "text/calendar")
    assert "attachment" in invitation.headers["Content-Disposition"]


def test_with_a_mail_server_it_is_no_catcher(posting, postbox):
    with taking(postbox) as server:
        house = posting(server)
        officer = make_portal(house).visitor("officer")
        page = officer.get("/post").text
    assert "<h1>Post</h1>" in page
    assert "Local mail catcher" not in page


def test_letters_are_filtered_by_state_and_paged(house, officer):
    write(house.database, 60)
    with house.database.begin() as session:
        session.execute(update(Mail).where(Mail.id <= 3).values(state="failed", error="rejected 550 5.1.1"))
    first = officer.get("/post").text
    assert shown(first) == 50
    assert 'href="/post?page=2"' in first
    assert shown(officer.get("/post?page=2").text) == 10
    failed = officer.get("/post?state=failed").text
    assert shown(failed) == 3
    assert "refuses this recipient or letter for good" in failed
    assert "(550 5.1.1)" in failed
    assert shown(officer.get("/post?state=%27&page=-1").text) == 50


def shown(page: str) -> int:
    """Return how many letters a page lists."""
    return len(re.findall(r'<a href="/post/\d+">', page))


def test_a_failed_letter_is_sent_again_once_and_by_whom_is_noted(posting, postbox):
    with taking(postbox) as server:
        house = posting(server)
        officer = make_portal(house).visitor("officer")
        write(house.database)
        fail(house)
        path = f"/post/{letter(house.database).id}/again"
        assert officer.post(path).status_code == 303
        assert officer.post(path).status_code == 409
        house.run_deliveries()
    assert len(postbox.taken) == 1
    assert letter(house.database).state == "sent"
    with house.database.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "mail.sent_again")).one()
    assert (entry.actor, entry.subject) == (f"user:{officer.account_id}", f"mail {letter(house.database).id}")


def test_all_failed_letters_with_an_address_are_sent_again_at_once(house, officer):
    write(house.database, 2)
    fail(house)
    write(house.database, occasion="prov/x", recipient="ingen adress")
    officer.post("/post/again")
    assert [mail.state for mail in letters(house.database)] == ["queued", "queued", "failed"]
    assert len([row for row in deliveries(house.database) if row.done_at is None]) == 2
    (unusable,) = [mail for mail in letters(house.database) if mail.state == "failed"]
    assert officer.post(f"/post/{unusable.id}/again").status_code == 409
    assert "/again" not in officer.get(f"/post/{unusable.id}").text


def test_a_confidential_letter_is_not_shown_unless_it_never_leaves(house, officer, posting, postbox):
    write(house.database, occasion=f"{CONFIDENTIAL}x", body="https://portal/token", calendar=CALENDAR, method="REQUEST")
    path = f"/post/{letter(house.database).id}"
    assert "https://portal/token" in officer.get(path).text
    with taking(postbox) as server:
        reader = make_portal(posting(server)).visitor("officer")
    page = reader.get(path).text
    assert "only its recipient may use" in page
    assert "https://portal/token" not in page
    assert reader.get(f"{path}/invitation.ics").status_code == 404


@pytest.mark.parametrize("path", ["/post", "/post/1", "/post/1/invitation.ics", "/deliveries"])
@pytest.mark.parametrize("role", ["board_reader", "auditor"])
def test_the_post_is_for_officers(portal, role, path):
    visitor = portal.visitor(role)
    assert visitor.get(path).status_code == 403
    assert 'href="/post"' not in visitor.get("/notices").text


def test_every_page_of_an_officer_leads_to_post_and_work(officer):
    page = officer.get("/notices").text
    assert 'href="/post"' in page
    assert 'href="/deliveries"' in page


def test_a_form_with_more_than_its_button_is_refused(house, officer):
    write(house.database)
    fail(house)
    assert officer.post(f"/post/{letter(house.database).id}/again", {"to": "annan@example.se"}).status_code == 422
    assert letter(house.database).state == "failed"


def stuck(house, error="Refused: The key is not here."):
    with house.database.begin() as session:
        publish(session, WINDOW_OPENING, at=MOMENT, window_id=4)
        session.execute(update(Delivery).values(attempts=3, quarantined_at=database_now(), error=error))
    return deliveries(house.database)[-1].id


def test_stuck_work_is_shown_with_its_error_and_tried_again(house, officer):
    number = stuck(house)
    page = officer.get("/deliveries?state=quarantined").text
    assert "Open a collection window" in page
    assert "The key is not here." in page
    assert officer.post(f"/deliveries/{number}/retry").status_code == 303
    (row,) = deliveries(house.database)
    assert (row.quarantined_at, row.attempts) == (None, 0)
    assert officer.post(f"/deliveries/{number}/retry").status_code == 409


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (EXPIRED, "its claim ran out"),
        ("RuntimeError", "A fault in the program (RuntimeError)"),
        ("NotFound: There is no window 4.", "<p>There is no window 4.</p>"),
    ],
)
def test_what_is_the_matter_with_work_is_said_for_people(house, officer, error, said):
    stuck(house, error)
    page = officer.get("/deliveries").text
    assert said in page
    assert "window 4" in page


def test_work_that_waits_for_the_mail_server_says_so(house, officer):
    write(house.database)
    with house.database.begin() as session:
        session.execute(update(Delivery).values(error=f"{POSTPONED} silent"))
    page = officer.get("/deliveries").text
    assert "The mail server did not answer in time." in page
    assert "/retry" not in page


def test_without_work_the_page_says_that_nothing_waits(officer):
    assert "Nothing waits" in officer.get("/deliveries").text
