"""Whatever is booked, moved, cancelled and told in whatever order: nobody is in two places, and calendars are right."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from admin_portal.dialogues.booking import book, cancel, decline, move, reopen
from admin_portal.dialogues.guests import GuestPlan, invite_guest
from admin_portal.dialogues.offers import offer_dialogues
from admin_portal.dialogues.slots import SlotPlan, add_slots
from shared.clock import FixedClock
from shared.database.engine import Database, open_database
from shared.database.participants import participants
from shared.errors import Refused
from shared.model.dialogues import Dialogue, DialogueRound, DialogueSlot, SlotOfficial
from shared.model.organisation import Unit
from tests.support.calendars import Teller
from tests.support.house import MOMENT
from tests.support.migrated import migrated_file
from tests.support.season import ACTOR, FIRST, HOUR, Season, ask

DIALOGUES = (("A", 0), ("B", 1), ("C", 0), ("D", 1))
"""Units with the round each is mostly booked in: few enough that changes of the same meeting follow one another."""
CHANGES = ("book", "book", "book", "move", "cancel", "decline", "reopen", "guest", "slot", "tell", "tell", "tell")

change = st.tuples(
    st.sampled_from(CHANGES),
    st.sampled_from(DIALOGUES),
    st.integers(0, 5),  # which slot, and which half-hour of the morning a new one begins at
    st.integers(0, 1),  # which official
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated_file(tmp_path_factory.mktemp("booking"))


class Office:
    """Two rounds offered to four units: A and B share an area head, C and D share a principal."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock = database, FixedClock(MOMENT)
        season = Season(database, self.clock)
        self.officials = [season.officer("anna@example.se"), season.officer("bo@example.se")]
        for code, district in (("A", "Norr"), ("B", "Norr"), ("C", "Syd"), ("D", "")):
            season.unit(code, district, independent=not district, email=f"{code.lower()}@example.se")
        season.account("head@example.se", ("area_head", "Norr"))
        season.account("two@example.se", ("principal", "C"), ("principal", "D"))
        self.rounds = [season.round("Ett"), season.round("Annat")]
        for number, key in enumerate(self.rounds):
            season.slots(key, self.officials[number], 3, first=FIRST + number * HOUR / 2)
            offer_dialogues(database, self.clock, round_key=key, actor=ACTOR)
        self.teller = Teller(database, self.clock)
        self.sequences: dict[int, tuple[int, str, int | None]] = {}

    def change(self, kind: str, dialogue: tuple[str, int], place: int, official: int) -> None:
        """Do what is asked; a refusal is an answer too."""
        unit, which = dialogue
        request, tools = ask(unit, self.rounds[which]), (self.database, self.clock)
        starts = FIRST + place * HOUR / 2
        plan = SlotPlan(starts_at=starts, ends_at=starts + HOUR, officials=(self.officials[official],), place="Rum 3")
        guest = GuestPlan(kind="other", name="Gäst", email=f"guest{place % 3}@example.se")
        acts = {
            "book": lambda: book(*tools, request=request, slot_id=self._slot(which, place)),
            "move": lambda: move(*tools, request=request, slot_id=self._slot(which, place)),
            "cancel": lambda: cancel(*tools, request=request),
            "decline": lambda: decline(*tools, request=request, reason="Nej."),
            "reopen": lambda: reopen(*tools, request=request),
            "guest": lambda: invite_guest(*tools, request=request, guest=guest),
            "slot": lambda: add_slots(*tools, round_key=self.rounds[which], plans=[plan], actor=ACTOR),
            "tell": lambda: self.tell(place),
        }
        with suppress(Refused):
            acts[kind]()

    def _slot(self, which: int, place: int) -> int:
        with self.database.read() as session:
            wanted = select(DialogueSlot.id).join(DialogueRound).where(DialogueRound.key == self.rounds[which])
            ids = list(session.scalars(wanted.order_by(DialogueSlot.id)))
        return ids[place % len(ids)]

    def tell(self, seed: int) -> None:
        """Tell what waits, shuffled, some of it twice."""
        events = self.teller.untold()
        chosen = random.Random(seed)
        told = events + chosen.sample(events, len(events) // 2)
        chosen.shuffle(told)
        self.teller.tell(told)

    def check_nobody_is_in_two_places(self) -> None:
        with self.database.read() as session:
            booked = session.execute(
                select(DialogueSlot, Unit)
                .join(Dialogue, Dialogue.slot_id == DialogueSlot.id)
                .join(Unit, Unit.id == Dialogue.unit_id)
            ).all()
            engaged = session.execute(select(SlotOfficial.account_id, DialogueSlot).join(DialogueSlot)).all()
        assert len({slot.id for slot, _unit in booked}) == len(booked)
        people = {"A": "head", "B": "head", "C": "two", "D": "two"}
        for (one, unit), (other, another) in combinations(booked, 2):
            assert people[unit.code] != people[another.code] or not overlap(one, other)
        for (who, one), (whose, other) in combinations(engaged, 2):
            assert who != whose or not overlap(one, other)

    def check_sequences_rise(self) -> None:
        """Every dialogue that differs from what it was has a higher sequence."""
        with self.database.read() as session:
            now = {one.id: (one.sequence, one.state, one.slot_id) for one in session.scalars(select(Dialogue))}
        before, self.sequences = self.sequences, now
        for name, state in before.items():
            assert now[name] == state or now[name][0] == state[0] + 1

    def check_calendars(self) -> None:
        """Whoever takes part sees the meeting as it is; others see none, or that it is off."""
        expected: dict[str, dict[str, object]] = {}
        with self.database.read() as session:
            rows = session.execute(
                select(Dialogue, Unit, DialogueSlot)
                .join(Unit, Unit.id == Dialogue.unit_id)
                .join(DialogueSlot, DialogueSlot.id == Dialogue.slot_id)
            )
            for dialogue, unit, slot in rows.all():
                for one in participants(session, dialogue, unit):
                    expected.setdefault(one.email, {})[dialogue.uid] = slot.starts_at
        standing = {
            who: {uid: begin for uid, (status, _sequence, begin) in meetings.items() if status == "CONFIRMED"}
            for who, meetings in self.teller.calendars().items()
        }
        assert {who: meetings for who, meetings in standing.items() if meetings} == expected


def overlap(one: DialogueSlot, other: DialogueSlot) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


@contextmanager
def office(template: Path) -> Iterator[Office]:
    file = template.with_name("example.db")
    shutil.copyfile(template, file)
    database = open_database(f"sqlite:///{file}")
    try:
        yield Office(database)
    finally:
        database.dispose()
        for left in template.parent.glob("example.db*"):
            left.unlink()


# Without shrinking: an example is a database, and a counterexample of twenty changes can be read.
@given(changes=st.lists(change, min_size=10, max_size=24))
@settings(max_examples=20, phases=(Phase.explicit, Phase.reuse, Phase.generate))
def test_nobody_is_in_two_places_and_calendars_show_what_is_booked(template, changes):
    with office(template) as place:
        place.check_sequences_rise()
        for one in changes:
            place.change(*one)
            place.check_nobody_is_in_two_places()
            place.check_sequences_rise()
        place.tell(0)
        place.check_calendars()
