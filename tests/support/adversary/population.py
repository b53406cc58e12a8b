"""A municipality whose every answer is known to the test: who wrote which serial, under which code."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import Engine, insert, select

from shared.clock import FixedClock
from shared.database.engine import Database
from shared.database.lifecycle import request_opening
from shared.database.migrate import upgrade
from shared.model.batteries import BatteryVersion
from shared.model.codes import Code, DispatchKey, code_context
from shared.model.cycles import CollectionWindow, Cycle, Questionnaire, QuestionnaireBattery
from shared.model.organisation import Municipality, Provider, Unit, UnitGroup
from shared.questionnaire.battery_file import parse_battery
from shared.questionnaire.definition import Answers
from shared.questionnaire.documents import fingerprint, to_document
from shared.sealing.boxes import new_key, seal_to
from shared.sealing.codes import lookup_hash, new_code
from shared.sealing.keystore import KeyStore
from tests.support.adversary import deliveries

MARK = "qzxmarker"
"""Begins every text that a respondent of the test writes, so that all of them are found with one search."""

LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
SERIAL_LENGTH = len(MARK) + 17
RATINGS = tuple(f"r{number:02d}" for number in range(1, 21))
LEVELS = 5
NOW = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
SECRET_KEY = "a secret of the adversary's municipality, 2026"
PEPPER = b"a pepper of the adversary's own municipality"

_BATTERY = f"""\
key: motstandare
index_max: 10
title: {{sv: Motståndare, en: Adversary}}
respondent: pupil
scales:
  agree5:
    options:
{
    "".join(
        f"      - {{code: {code}, score: {score}, label: {{sv: S{code}, en: S{code}}}}}{chr(10)}"
        for code, score in ((5, "10"), (4, "7.5"), (3, "5"), (2, "2.5"), (1, "0"))
    )
}\
    positive: [5, 4]
    share_of: substantive
areas:
  - {{key: allt, title: {{sv: Allt, en: All}}, index: true, min_items: half}}
items:
{"".join(f"  - {{key: {key}, area: allt, scale: agree5, text: {{sv: {key}, en: {key}}}}}{chr(10)}" for key in RATINGS)}\
  - {{key: first, type: text, max_length: 170, text: {{sv: Fritt, en: Free}}}}
  - {{key: second, type: text, max_length: 40, text: {{sv: Mer, en: More}}}}
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How large an attacked municipality is."""

    groups: int
    members: int = 25
    writers: int = 8
    slices: int = 8
    drafts: bool = True


FULL = os.environ.get("ADVERSARY_SIZE") == "full"
POSTGRESQL = Size(groups=240 if FULL else 80)
SQLITE = Size(groups=80 if FULL else 24)
CONTROL = Size(groups=60 if FULL else 16, drafts=False)


@dataclass(slots=True)
class Respondent:
    """One person, the code the person got, and the truth about the ballot."""

    number: int
    ref: str
    group: int
    code: str
    code_id: UUID
    answers: Answers
    abandoned: str
    draft_key: bytes = field(default_factory=new_key)
    sends: bool = True

    @property
    def serial(self) -> str:
        """The serial at the beginning of the first text, without the filling that makes lengths differ."""
        return str(self.answers["first"])[:SERIAL_LENGTH]

    @property
    def ratings(self) -> tuple[str, ...]:
        """The ratings in the order of the items: no two of a group are the same."""
        return tuple(str(self.answers[key]) for key in RATINGS)


@dataclass(slots=True)
class World:
    """A municipality with an open window, and all that its operator has."""

    database: Database
    clock: FixedClock
    keys: KeyStore
    size: Size
    random: random.Random
    window_id: int
    questionnaire_id: int
    respondents: list[Respondent]
    access_log: list[int] = field(default_factory=list)
    """Respondents in the order in which a proxy saw them send."""

    @property
    def casters(self) -> list[Respondent]:
        """Those who send; the others leave a draft."""
        return [respondent for respondent in self.respondents if respondent.sends]

    @property
    def slice_ballots(self) -> int:
        """A limit that makes at least the wanted number of slices."""
        return max(self.size.members, len(self.casters) // (self.size.slices + 1))


def serial(kind: str, chance: random.Random) -> str:
    """Return a text that nobody else writes; ``kind`` is one letter: a first, b second, d only in a draft."""
    return MARK + kind + "".join(chance.choices(LETTERS, k=SERIAL_LENGTH - len(MARK) - 1))


def found(database: Database, keys_folder: Path, size: Size, seed: int) -> World:
    """Migrate ``database``, people it, issue codes and open its window through the real handlers."""
    chance = random.Random(seed)
    upgrade(database)
    keys = KeyStore(keys_folder)
    dispatch = keys.make_dispatch_key()
    groups, window_id, questionnaire_id = _organisation(database, size, dispatch.public)
    respondents = _people(size, chance)
    clock = FixedClock(NOW)
    world = World(database, clock, keys, size, chance, window_id, questionnaire_id, respondents)
    _issue(database.engine, world, groups, dispatch.public)
    with database.begin() as session:
        request_opening(session, session.get_one(CollectionWindow, window_id), now=clock.now(), actor="test")
    deliveries.run(world.database, clock, keys)
    return world


def _organisation(database: Database, size: Size, dispatch: bytes) -> tuple[list[tuple[int, int]], int, int]:
    battery = parse_battery(_BATTERY, "motstandare.yaml")
    with database.begin() as session:
        session.add(DispatchKey(id=1, public_key=dispatch))
        municipality = Municipality(code="9999", name="Motståndarby")
        session.add(municipality)
        session.flush()
        provider = Provider(municipality_id=municipality.id, code="9999", name="Motståndarby")
        cycle = Cycle(key="angrepp", title={"sv": "Angrepp"}, state="scheduled", segments=[], policy={}, created_at=NOW)
        version = BatteryVersion(
            key=battery.key, version=1, fingerprint=fingerprint(battery), document=to_document(battery), imported_at=NOW
        )
        session.add_all([provider, cycle, version])
        session.flush()
        window = CollectionWindow(
            cycle_id=cycle.id,
            key="skola",
            opens_at=NOW,
            closes_at=NOW + timedelta(days=14),
            grace_minutes=30,
            state="planned",
        )
        session.add(window)
        session.flush()
        questionnaire = Questionnaire(
            cycle_id=cycle.id, window_id=window.id, key="elev", respondent="pupil", code_model="personal"
        )
        session.add(questionnaire)
        session.flush()
        session.add(QuestionnaireBattery(questionnaire_id=questionnaire.id, position=0, battery_id=version.id))
        groups = []
        for number in range(size.groups):
            unit = Unit(
                code=f"U{number}", name=f"Enhet {number}", unit_type="grundskola", regi="municipal",
                provider_id=provider.id,
            )  # fmt: skip
            session.add(unit)
            session.flush()
            group = UnitGroup(
                unit_id=unit.id, code="4A", name="4A", respondent="pupil", year="4", headcount=size.members + 1
            )
            session.add(group)
            session.flush()
            groups.append((unit.id, group.id))
        return groups, window.id, questionnaire.id


def _people(size: Size, chance: random.Random) -> list[Respondent]:
    """Make ``members`` who send and one who hesitates in every group."""
    people: list[Respondent] = []
    for group in range(size.groups):
        first_two = [(a, b) for a in range(1, LEVELS + 1) for b in range(1, LEVELS + 1)]
        chance.shuffle(first_two)
        for member in range(size.members + 1):
            levels = [*first_two[member % len(first_two)], *chance.choices(range(1, LEVELS + 1), k=len(RATINGS) - 2)]
            answers: Answers = {key: str(level) for key, level in zip(RATINGS, levels, strict=True)}
            answers["first"] = serial("a", chance) + "".join(chance.choices(LETTERS, k=chance.randint(0, 140)))
            answers["second"] = serial("b", chance)
            people.append(
                Respondent(
                    number=len(people),
                    ref=f"person-{len(people)}",
                    group=group,
                    code=new_code(),
                    code_id=uuid4(),
                    answers=answers,
                    abandoned=serial("d", chance),
                    sends=member < size.members,
                )
            )
    return people


def _issue(engine: Engine, world: World, groups: list[tuple[int, int]], dispatch: bytes) -> None:
    rows = [
        {
            "id": person.code_id,
            "window_id": world.window_id,
            "kind": "single",
            "state": "issued",
            "lookup": lookup_hash(PEPPER, person.code),
            "questionnaire_id": world.questionnaire_id,
            "unit_id": groups[person.group][0],
            "group_id": groups[person.group][1],
            "person_ref": person.ref,
            "segments": {},
            "sealed": seal_to(dispatch, person.code.encode(), code_context(person.code_id)),
        }
        for person in world.respondents
    ]
    with engine.begin() as connection:
        for start in range(0, len(rows), 500):
            connection.execute(insert(Code), rows[start : start + 500])


def unit_numbers(world: World) -> dict[int, int]:
    """Return the group's number by its unit's id."""
    with world.database.read() as session:
        return {unit.id: int(unit.code.removeprefix("U")) for unit in session.scalars(select(Unit))}
