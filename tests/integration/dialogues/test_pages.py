"""The pages of dialogues: each role finds its next step, and nobody reaches another's dialogue."""

from __future__ import annotations

import re

import html5lib
import pytest
import vobject

from admin_portal.dialogues.booking import book, decline
from admin_portal.dialogues.offers import offer_dialogues
from tests.support.season import ACTOR, CYCLE, ROUND, TITLE, ask

# What differs between the databases is tested below the pages; people at once are in test_at_once.py.
pytestmark = pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)

BASE = f"/dialogues/rounds/{ROUND}"
UNIT = f"/dialogues/{ROUND}/A"
TIMES = {
    "first_day": "2027-01-12",
    "last_day": "2027-01-14",
    "weekdays": ["1", "2", "3"],
    "begins": "09:00",
    "ends": "12:00",
    "minutes": "60",
    "pause": "15",
    "place": "Rum 3",
    "link": "",
}


def text(answer) -> str:
    """Return the words of a page that a strict parser takes."""
    html5lib.HTMLParser(strict=True).parse(answer.text)
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def tools(offered):
    return {"database": offered.season.database, "clock": offered.season.clock}


def test_an_officer_makes_a_round_adds_times_after_a_look_and_offers_it(season, portal):
    officer = portal.visitor("officer")
    assert "No round yet" in text(officer.get("/dialogues"))
    made = officer.post(
        "/dialogues/rounds/new",
        {"title": TITLE, "cycle": CYCLE, "last_day": "2026-12-31", "introduction": "Välkommen."},
    )
    assert (made.status_code, made.location) == (303, BASE)
    official = {"officials": [str(officer.account_id)]}
    shown = officer.post(f"{BASE}/times", {**TIMES, **official, "action": "show"})
    assert "This makes 6 times" in text(shown)
    assert "No times yet" in text(officer.get(BASE))
    assert officer.post(f"{BASE}/times", {**TIMES, **official, "action": "add"}).status_code == 303
    again = officer.post(f"{BASE}/times", {**TIMES, **official, "action": "show"})
    assert "is in a time of" in text(again)
    assert "Add these" not in again.text
    assert "5 units of the cycle have no offer yet" in text(officer.get(f"{BASE}/offer"))
    assert officer.post(f"{BASE}/offer", {"leave_out": ["E"]}).status_code == 303
    page = text(officer.get(BASE))
    assert "Offer to 1 unit" in page
    assert "4 not booked yet" in page


@pytest.mark.parametrize(
    ("path", "data", "field"),
    [
        ("/dialogues/rounds/new", {"title": "", "cycle": CYCLE, "last_day": "2026-12-31"}, "title"),
        ("/dialogues/rounds/new", {"title": "A", "cycle": CYCLE, "last_day": "31/12"}, "last_day"),
        ("/dialogues/rounds/new", {"title": "A", "cycle": CYCLE, "last_day": "2020-01-01"}, "last_day"),
        (f"{BASE}/edit", {"title": "", "last_day": "2026-12-31"}, "title"),
        (f"{BASE}/times", {**TIMES, "begins": "nio"}, "begins"),
        (f"{BASE}/times", {**TIMES, "minutes": "-5"}, "minutes"),
        (f"{BASE}/times", {**TIMES, "action": "add"}, "officials"),
        (f"{BASE}/times", {**TIMES, "officials": ["x"]}, "officials"),
    ],
)
def test_a_faulty_form_says_what_to_mend_at_its_field(offered, portal, path, data, field):
    answer = portal.visitor("officer").post(path, data)
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}"' in answer.text
    text(answer)


def test_a_principal_books_moves_gives_back_and_declines(offered, portal):
    principal = portal.visitor(("principal", "A"))
    assert "Book a time until" in text(principal.get("/dialogues"))
    assert "Choose a time" in text(principal.get(UNIT))
    page = principal.get(f"{UNIT}/time")
    assert page.text.count('name="slot"') == 6
    assert principal.post(f"{UNIT}/time", {"slot": offered.first[0]}).location == UNIT
    page = text(principal.get(UNIT))
    assert "Tuesday 12 January 2027 at 9:00–10:00" in page
    assert "anna@example.se" in page
    assert "Booked now" in text(principal.get(f"{UNIT}/time"))
    assert principal.post(f"{UNIT}/time", {"slot": offered.second[2]}).status_code == 303
    assert "11:00–12:00" in text(principal.get(UNIT))
    assert "Somebody else can book the time then" in text(principal.get(f"{UNIT}/cancel"))
    assert principal.post(f"{UNIT}/cancel").status_code == 303
    assert principal.post(f"{UNIT}/decline", {"reason": " "}).status_code == 422
    assert principal.post(f"{UNIT}/decline", {"reason": "Ingen tid."}).status_code == 303
    assert "Reason: Ingen tid." in text(principal.get(UNIT))
    assert principal.post(f"{UNIT}/reopen").status_code == 303
    assert offered.season.dialogue("A").state == "offered"


def test_who_comes_too_late_sees_the_times_still_free(offered, portal):
    principal = portal.visitor(("principal", "A"))
    book(**tools(offered), request=ask("C"), slot_id=offered.first[0])
    answer = principal.post(f"{UNIT}/time", {"slot": offered.first[0]})
    assert answer.status_code == 409
    assert "Somebody else has booked this time" in text(answer)
    assert answer.text.count('name="slot"') == 5


def test_only_fitting_times_are_shown(offered, portal):
    book(**tools(offered), request=ask("B"), slot_id=offered.first[0])
    page = portal.visitor(("principal", "A")).get(f"{UNIT}/time")
    assert page.text.count('name="slot"') == 4


def test_guests_are_invited_and_removed_on_the_page(offered, portal):
    owner = portal.visitor(("owner", "I"))
    unit = f"/dialogues/{ROUND}/D"
    assert "Area head of the owner" in text(owner.get(f"{unit}/guests"))
    guest = {"kind": "area_head", "name": "Skolchef", "email": "head@other.example.se"}
    assert owner.post(f"{unit}/guests", {**guest, "email": "x"}).status_code == 422
    assert owner.post(f"{unit}/guests", guest).status_code == 303
    page = owner.get(unit)
    assert "head@other.example.se" in page.text
    [path] = re.findall(r'action="([^"]+/remove)"', page.text)
    assert owner.post(path).status_code == 303
    assert "head@other.example.se" not in owner.get(unit).text


def test_addresses_of_others_are_shown_to_those_who_invite_alone(offered, portal):
    head = portal.visitor(("area_head", "Norr"))
    assert "rektor.a@example.se" in text(portal.visitor("officer").get(UNIT))
    assert head.get(UNIT).text.count("rektor.a@example.se") == 1  # the roster knows no name: the address stands for it
    assert "Invite somebody" not in head.get(UNIT).text


def test_why_a_unit_declined_is_read_by_itself_and_officers_alone(offered, portal):
    decline(**tools(offered), request=ask("A"), reason="Hemlig orsak")
    assert "Hemlig orsak" in portal.visitor("officer").get(UNIT).text
    for role in (("area_head", "Norr"), ("leadership", "A"), ("owner", "K")):
        assert "Hemlig orsak" not in portal.visitor(role).get(UNIT).text


def test_the_calendar_file_holds_the_booked_time(offered, portal):
    principal = portal.visitor(("principal", "A"))
    assert principal.get(f"{UNIT}/calendar.ics").status_code == 404
    book(**tools(offered), request=ask("A"), slot_id=offered.first[0])
    answer = principal.get(f"{UNIT}/calendar.ics")
    assert answer.mimetype == "text/calendar"
    assert vobject.readOne(answer.text).vevent.uid.value == offered.season.dialogue("A").uid


def test_another_units_dialogue_is_closed_to_its_neighbours(offered, portal):
    for role in (
        ("principal", "B"),
        ("leadership", "B"),
        ("area_head", "Syd"),
        ("owner", "I"),
        "board_reader",
        "auditor",
    ):
        visitor = portal.visitor(role)
        for door in ("", "/time", "/cancel", "/decline", "/guests", "/calendar.ics"):
            assert visitor.get(f"{UNIT}{door}").status_code == 403


def test_area_heads_and_leadership_members_change_nothing(offered, portal):
    for role in (("area_head", "Norr"), ("leadership", "A")):
        visitor = portal.visitor(role)
        for door in ("/time", "/cancel", "/decline", "/reopen", "/guests", "/guests/1/remove"):
            assert visitor.post(f"{UNIT}{door}").status_code == 403


def test_rounds_are_the_officers(offered, portal):
    paths = ("/dialogues/rounds/new", BASE, f"{BASE}/edit", f"{BASE}/times", f"{BASE}/offer")
    for role in (("principal", "A"), ("area_head", "Norr"), ("owner", "K")):
        visitor = portal.visitor(role)
        assert [visitor.get(path).status_code for path in paths] == [403] * 5


def test_area_heads_and_owners_see_the_dialogues_of_their_units(offered, portal):
    page = text(portal.visitor(("area_head", "Norr")).get("/dialogues"))
    # Whom an area head takes part with is another matter: D is independent, but counted to the district.
    assert [name for name in ("Skola A", "Skola B", "Skola C", "Skola E") if name in page] == ["Skola A", "Skola B"]
    page = text(portal.visitor(("owner", "I")).get("/dialogues"))
    assert [name for name in ("Skola A", "Skola D", "Skola E") if name in page] == ["Skola D", "Skola E"]


def test_a_form_without_its_token_or_with_more_fields_changes_nothing(offered, portal):
    principal = portal.visitor(("principal", "A"))
    assert principal.client.post(f"{UNIT}/time", data={"slot": offered.first[0]}).status_code == 400
    assert principal.post(f"{UNIT}/time", {"slot": offered.first[0], "officer": "1"}).status_code == 422
    assert principal.post(f"{UNIT}/reopen", {"x": "1"}).status_code == 422
    assert offered.season.dialogue("A").state == "offered"


def test_a_late_principal_is_told_to_ask_and_the_officer_still_books(offered, portal):
    offered.season.clock.instant = offered.season.clock.instant.replace(year=2027, month=1, day=4)
    principal, officer = portal.visitor(("principal", "A")), portal.visitor("officer")
    page = principal.get(UNIT)
    assert "The last day to book has passed. Ask Pedagogcentrum for a time." in text(page)
    assert f"{UNIT}/time" not in page.text
    assert "5 late, not booked" in text(officer.get(BASE))
    assert officer.post(f"{UNIT}/time", {"slot": offered.first[0]}).status_code == 303


def test_a_free_time_is_changed_and_removed_on_its_page(offered, portal):
    officer = portal.visitor("officer")
    slot = f"{BASE}/times/{offered.first[0]}"
    page = officer.get(slot)
    assert 'value="2027-01-12"' in page.text
    data = {
        "day": "2027-01-12",
        "begins": "09:00",
        "ends": "08:00",
        "place": "Rum 4",
        "officials": [offered.officials[0]],
    }
    assert officer.post(slot, data).status_code == 422
    assert officer.post(slot, {**data, "ends": "10:00"}).status_code == 303
    assert "Rum 4" in text(officer.get(BASE))
    assert officer.post(f"{slot}/remove").status_code == 303
    assert officer.get(slot).status_code == 404


def test_a_round_is_closed_and_opened_again_on_its_page(offered, portal):
    officer = portal.visitor("officer")
    assert officer.post(f"{BASE}/close").status_code == 303
    assert "This round is closed" in text(portal.visitor(("principal", "A")).get(UNIT))
    assert officer.post(f"{BASE}/close").status_code == 409
    assert officer.post(f"{BASE}/open").status_code == 303


def test_long_lists_of_times_are_shown_in_pages(season, portal):
    key = season.round()
    for day in range(8):
        season.slots(key, season.officer(f"o{day}@example.se"), 8)
    offer_dialogues(season.database, season.clock, round_key=key, actor=ACTOR)
    officer = portal.visitor("officer")
    first, last = officer.get(BASE).text, officer.get(f"{BASE}?page=99").text
    assert first.count('class="slot') - last.count('class="slot') == 56
    principal = portal.visitor(("principal", "A"))
    assert principal.get(f"{UNIT}/time").text.count('name="slot"') == 60
    assert principal.get(f"{UNIT}/time?page=2").text.count('name="slot"') == 4
