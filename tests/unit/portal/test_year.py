"""The year page's rules: how far each step has come, what is late, and the one next action of each role."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from admin_portal.home.actions import NOTHING, next_action
from admin_portal.home.facts import MeasureFacts, OwnDialogue, OwnFacts, RoundFacts, WindowFacts, YearFacts
from admin_portal.home.steps import steps_of, worst
from admin_portal.home.words import of_action
from shared.i18n import speaking
from shared.model.accounts import AREA_HEAD, AUDITOR, BOARD_READER, LEADERSHIP, OFFICER, OWNER, PRINCIPAL

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PLANNED = WindowFacts("skola", "planned", NOW + DAY, NOW + 20 * DAY, NOW + 20 * DAY)
OPEN = WindowFacts("skola", "open", NOW - 10 * DAY, NOW + 10 * DAY, NOW + 10 * DAY)
CLOSED = WindowFacts(
    "skola", "closed", NOW - 20 * DAY, NOW, NOW, closed_at=NOW - timedelta(minutes=5), slices=3, slices_done=1
)
COUNTED = WindowFacts(
    "skola", "counted", NOW - 20 * DAY, NOW - DAY, NOW - DAY, closed_at=NOW - DAY, counted_at=NOW - DAY
)
RELEASED = replace(COUNTED, released_at=NOW - timedelta(hours=3))
YEAR = YearFacts(now=NOW, cycle="c", title="C", state="collecting", units=60, batteries=3)
READY = replace(YEAR, ready_at=NOW - DAY)
OUT = replace(READY, windows=(RELEASED,))
PUBLIC = replace(OUT, published_at=NOW - timedelta(hours=1))
ROUND = RoundFacts("r", "Round", "offered", NOW + 30 * DAY, {"offered": 10, "booked": 50})
SEASON = replace(PUBLIC, round=ROUND)
OFFERED = OwnDialogue("r", "A", "School A", "offered", NOW + DAY)
BOOKED = replace(OFFERED, state="booked", starts_at=NOW + DAY)
HELD = replace(OFFERED, state="held", minutes=True, starts_at=NOW - DAY)
ONE = OwnFacts(units=(("A", "School A"),))
SEVERAL = OwnFacts(units=(("A", "School A"), ("B", "School B")))
NO_OWN = OwnFacts()


def kind_of(role, year, own=NO_OWN):
    return next_action([role], year, own).kind


@pytest.mark.parametrize(
    ("year", "kind"),
    [
        (YearFacts(now=NOW), "import_roster"),
        (YearFacts(now=NOW, units=60), "import_batteries"),
        (YearFacts(now=NOW, units=60, batteries=2), "create_cycle"),
        (replace(YEAR, windows=(replace(PLANNED, codes_missing=True),)), "issue_codes"),
        (replace(YEAR, windows=(PLANNED,)), "check_cycle"),
        (replace(YEAR, windows=(replace(PLANNED, opens_at=NOW - DAY),)), "open_late"),
        (replace(YEAR, windows=(replace(PLANNED, file_only=True),)), "open_file_window"),
        (replace(YEAR, windows=(replace(OPEN, file_only=True),)), "close_file_window"),
        (replace(YEAR, windows=(OPEN,)), "follow_rates"),
        (replace(YEAR, windows=(replace(OPEN, last_moment=NOW - DAY),)), "close_late"),
        (replace(YEAR, windows=(CLOSED,)), "follow_count"),
        (replace(YEAR, windows=(replace(CLOSED, unreadable=2),), stuck=1), "accept_loss"),
        (replace(YEAR, windows=(CLOSED,), stuck=1), "stuck"),
        (replace(YEAR, windows=(COUNTED,)), "follow_count"),
        (replace(READY, windows=(COUNTED,)), "release"),
        (replace(READY, windows=(COUNTED, OPEN)), "release"),
        (replace(READY, windows=(replace(COUNTED, embargo_until=NOW + DAY),)), "follow_releases"),
        (replace(OUT, failed_letters=1), "failed_letters"),
        (OUT, "publish"),
        (replace(OUT, may_publish=False), "create_round"),
        (replace(OUT, goes_public_at=NOW + DAY), "create_round"),
        (PUBLIC, "create_round"),
        (replace(PUBLIC, round=replace(ROUND, state="draft")), "offer_dialogues"),
        (replace(PUBLIC, round=replace(ROUND, book_by=NOW - DAY)), "remind_to_book"),
        (SEASON, "follow_dialogues"),
        (replace(SEASON, measures=MeasureFacts(4, 3, 1)), "late_measures"),
        (replace(PUBLIC, round=replace(ROUND, dialogues={"concluded": 60})), "create_cycle"),
        (
            replace(PUBLIC, round=replace(ROUND, dialogues={"concluded": 60}), measures=MeasureFacts(4, 3, 0)),
            "follow_measures",
        ),
    ],
)
def test_the_officer_is_led_through_the_year(year, kind):
    assert kind_of(OFFICER, year) == kind


def test_the_officer_writes_and_confirms_minutes():
    past = replace(BOOKED, starts_at=NOW - DAY)
    assert kind_of(OFFICER, SEASON, OwnFacts(dialogues=(HELD, past))) == "write_minutes"
    assert kind_of(OFFICER, SEASON, OwnFacts(dialogues=(HELD,))) == "confirm_minutes"
    assert kind_of(OFFICER, SEASON, OwnFacts(dialogues=(replace(HELD, municipality_confirmed=True),))) == (
        "follow_dialogues"
    )


@pytest.mark.parametrize(
    ("own", "kind"),
    [
        (ONE, "nothing"),
        (replace(ONE, collecting=True), "see_rates"),
        (replace(ONE, released=True, collecting=True), "see_results"),
        (replace(ONE, released=True, dialogues=(OFFERED,)), "book_dialogue"),
        (replace(ONE, released=True, dialogues=(BOOKED,)), "prepare_dialogue"),
        (replace(ONE, released=True, dialogues=(replace(BOOKED, shared=True),)), "see_results"),
        (replace(ONE, released=True, dialogues=(HELD,)), "confirm_minutes"),
        (replace(ONE, released=True, dialogues=(replace(HELD, unit_confirmed=True),)), "see_results"),
        (replace(ONE, released=True, measures=MeasureFacts(2, 1, 1)), "late_measures"),
    ],
)
def test_the_principal_is_led_to_what_the_unit_has_to_do(own, kind):
    assert kind_of(PRINCIPAL, SEASON, own) == kind


@pytest.mark.parametrize(
    ("role", "own", "kind"),
    [
        (OWNER, replace(ONE, without_agreement=1, released=True), "agree"),
        (OWNER, replace(ONE, released=True), "see_results"),
        (OWNER, replace(ONE, collecting=True), "see_rates"),
        (OWNER, ONE, "nothing"),
        (AREA_HEAD, replace(SEVERAL, dialogues=(BOOKED,), released=True), "see_dialogues"),
        (AREA_HEAD, replace(SEVERAL, released=True), "see_results"),
        (AREA_HEAD, replace(SEVERAL, collecting=True), "see_rates"),
        (AREA_HEAD, SEVERAL, "nothing"),
        (LEADERSHIP, replace(ONE, released=True), "nothing"),
        (LEADERSHIP, replace(ONE, released=True, shared=True), "see_results"),
        (BOARD_READER, NO_OWN, "see_board"),
        (AUDITOR, NO_OWN, "read_audit"),
    ],
)
def test_the_other_roles_see_their_own_next_thing(role, own, kind):
    assert kind_of(role, PUBLIC, own) == kind


def test_the_board_reader_waits_for_the_publication():
    assert next_action([BOARD_READER], OUT, NO_OWN) == NOTHING


def test_before_any_cycle_only_the_officer_has_something_to_do():
    for role in (PRINCIPAL, OWNER, AREA_HEAD, LEADERSHIP, BOARD_READER):
        assert next_action([role], YearFacts(now=NOW), NO_OWN) == NOTHING


def test_whoever_holds_two_roles_gets_the_first_that_has_something():
    assert next_action([AUDITOR, PRINCIPAL], SEASON, replace(ONE, released=True)).kind == "see_results"
    assert next_action([AUDITOR, PRINCIPAL], SEASON, ONE).kind == "read_audit"


def test_a_principal_of_one_unit_comes_straight_to_it():
    action = next_action([PRINCIPAL], SEASON, replace(ONE, released=True))
    assert action.address == "/results/c/units/A"
    assert next_action([PRINCIPAL], SEASON, replace(SEVERAL, released=True)).address == "/results/c/units"


def test_every_action_has_its_own_words():
    seen = set()
    with speaking("en"):
        for year in (YEAR, replace(YEAR, windows=(PLANNED,)), SEASON, OUT):
            for role in (OFFICER, PRINCIPAL, OWNER, AUDITOR):
                action = next_action([role], year, replace(ONE, dialogues=(OFFERED,)))
                words = of_action(action)
                assert "%(" not in words.sentence
                assert bool(words.button) == (action != NOTHING)
                seen.add(words.sentence)
    assert len(seen) > 4


def states(year):
    return {step.key: step.state for step in steps_of(year)}


def test_a_year_goes_step_by_step():
    assert states(replace(YEAR, windows=(OPEN,))) == {
        "configure": "done",
        "enrol": "done",
        "invite": "done",
        "collect": "now",
        "count": "waiting",
        "release": "waiting",
        "publish": "waiting",
        "dialogues": "waiting",
        "measures": "waiting",
    }
    over = replace(PUBLIC, round=replace(ROUND, dialogues={"concluded": 9, "declined": 1}))
    assert set(states(over).values()) == {"done", "waiting"}
    assert states(over)["dialogues"] == "done"


@pytest.mark.parametrize(
    ("year", "step"),
    [
        (replace(YEAR, windows=(replace(PLANNED, opens_at=NOW - timedelta(minutes=11)),)), "collect"),
        (replace(YEAR, windows=(replace(OPEN, last_moment=NOW - timedelta(minutes=11)),)), "collect"),
        (replace(YEAR, windows=(replace(OPEN, codes_missing=True),)), "invite"),
        (replace(YEAR, windows=(replace(CLOSED, closed_at=NOW - timedelta(minutes=61)),)), "count"),
        (replace(YEAR, windows=(replace(CLOSED, unreadable=1),)), "count"),
        (replace(READY, windows=(COUNTED,), ready_at=NOW - 15 * DAY), "release"),
        (replace(OUT, failed_letters=1), "release"),
        (replace(PUBLIC, round=replace(ROUND, book_by=NOW - DAY)), "dialogues"),
        (replace(SEASON, measures=MeasureFacts(3, 2, 1)), "measures"),
    ],
)
def test_what_is_late_says_so(year, step):
    assert states(year)[step] == "late"


@pytest.mark.parametrize(
    ("year", "step"),
    [
        (replace(YEAR, windows=(replace(PLANNED, opens_at=NOW - timedelta(minutes=9)),)), "collect"),
        (replace(YEAR, windows=(replace(PLANNED, opens_at=NOW - DAY, file_only=True),)), "collect"),
        (replace(YEAR, windows=(replace(CLOSED, closed_at=NOW - timedelta(minutes=59)),)), "count"),
        (replace(READY, windows=(COUNTED,), ready_at=NOW - 13 * DAY), "release"),
        (replace(PUBLIC, round=replace(ROUND, book_by=NOW - DAY, dialogues={"booked": 60})), "dialogues"),
    ],
)
def test_what_is_in_time_is_not_called_late(year, step):
    assert states(year)[step] != "late"


def test_a_whole_is_as_far_as_its_parts():
    assert worst(["done", "late", "now"]) == "late"
    assert worst(["done", "waiting"]) == "now"
    assert worst(["done", "done"]) == "done"
    assert worst(["waiting", "waiting"]) == "waiting"
