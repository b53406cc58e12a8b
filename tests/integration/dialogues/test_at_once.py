"""People at once: of all who want a time one gets it, and everybody else gets a clear answer."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from admin_portal.dialogues.booking import book, cancel
from admin_portal.dialogues.offers import offer_dialogues
from shared.errors import Refused
from shared.i18n import speaking
from shared.model.dialogues import Dialogue
from shared.model.events import Event
from tests.support.house import House
from tests.support.season import ACTOR, Season, ask


def tools(offered):
    return {"database": offered.season.database, "clock": offered.season.clock}


def test_fifty_people_want_the_last_ten_times_at_once_and_ten_get_them(house: House):
    season = Season(house.database, house.clock)
    official = season.officer()
    codes = [f"U{number}" for number in range(50)]
    for code in codes:
        season.unit(code)
    key = season.round()
    slots = season.slots(key, official, 10)
    offer_dialogues(season.database, season.clock, round_key=key, actor=ACTOR)

    def attempt(number: int) -> str:
        with speaking("en"):
            try:
                book(season.database, season.clock, request=ask(codes[number], key), slot_id=slots[number % 10])
            except Refused as refused:
                return f"{refused.code}: {refused}"
        return "booked"

    with ThreadPoolExecutor(50) as people:
        outcomes = Counter(people.map(attempt, range(50)))
    taken = "slot_taken: Somebody else has booked this time. Nothing was booked for you; choose another."
    assert outcomes == {"booked": 10, taken: 40}
    with season.database.read() as session:
        held = session.scalars(select(Dialogue.slot_id).where(Dialogue.state == "booked")).all()
        events = session.scalar(select(func.count()).where(Event.type == "dialogue.booked"))
    assert sorted(slot or 0 for slot in held) == sorted(slots)
    assert events == 10


def test_fifty_principals_press_the_last_ten_times_at_once(house, portal):
    season = Season(house.database, house.clock)
    codes = [f"U{number}" for number in range(50)]
    for code in codes:
        season.unit(code)
    key = season.round()
    slots = season.slots(key, season.officer(), 10)
    offer_dialogues(season.database, season.clock, round_key=key, actor=ACTOR)
    people = [portal.visitor(("principal", code)) for code in codes]

    def press(number: int) -> tuple[int, bool]:
        answer = people[number].post(f"/dialogues/{key}/{codes[number]}/time", {"slot": slots[number % 10]})
        return answer.status_code, "Somebody else has booked this time" in answer.text

    with ThreadPoolExecutor(50) as threads:
        answers = Counter(threads.map(press, range(50)))
    assert answers == {(303, False): 10, (409, True): 40}
    taken = [season.dialogue(code).slot_id for code in codes]
    assert sorted(slot for slot in taken if slot is not None) == sorted(slots)


def test_a_unit_of_the_same_district_is_refused_however_close_the_race(offered):
    def attempt(pair: tuple[str, int]) -> str:
        try:
            book(**tools(offered), request=ask(pair[0]), slot_id=pair[1])
        except Exception as error:  # noqa: BLE001  the outcome is counted below
            return type(error).__name__
        return "booked"

    for _time in range(5):
        with ThreadPoolExecutor(2) as threads:
            pair = [("A", offered.first[0]), ("B", offered.second[0])]
            assert sorted(threads.map(attempt, pair)) == ["Refused", "booked"]
        winner = next(code for code in "AB" if offered.season.dialogue(code).state == "booked")
        cancel(**tools(offered), request=ask(winner))
