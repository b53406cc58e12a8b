"""A municipality of any number of pupils who have answered forty items and have only to press Send."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID, uuid4

from sqlalchemy import insert

from shared.database.engine import Database
from shared.model.batteries import BatteryVersion
from shared.model.codes import Code
from shared.model.cycles import CollectionWindow, Cycle, FrameGroup, Questionnaire, QuestionnaireBattery, SealGroup
from shared.model.organisation import Municipality, Provider, Unit, UnitGroup
from shared.model.urn import Draft
from shared.questionnaire.ballot import Layout
from shared.questionnaire.battery_file import parse_battery
from shared.questionnaire.definition import Answers
from shared.questionnaire.definition import Questionnaire as Definition
from shared.questionnaire.documents import fingerprint, to_document
from shared.sealing.boxes import KeyPair, new_key, new_key_pair
from shared.sealing.codes import lookup_hash, new_code
from shared.sealing.tokens import TokenBox
from shared.web.forms.token import FormTokens
from survey_service.casting.forms import Form
from survey_service.questionnaire.drafts import seal_draft
from survey_service.visit import IDLE, Current, DraftKey, Visit, write_visit

PEPPER = "a pepper for throw-away databases only"
SECRET = "a secret for throw-away databases only"
ITEMS = 40
OPTIONS = "43219"
CLASS_SIZE = 25
CLASSES_PER_UNIT = 20
YEAR = "8"
UNIT_TYPE = "grundskola"
_SERIAL_ITEMS = 8
_ROWS_AT_ONCE = 5_000
_AREA_SIZE = 5


def battery_of_forty() -> str:
    """Return the YAML of a battery of forty choice items with *vet ej*, in areas of five."""
    areas = [f"omrade-{number}" for number in range(1, ITEMS // _AREA_SIZE + 1)]
    lines = [
        "key: fyrtio",
        "index_max: 10",
        "title: {sv: Skolan, en: The school}",
        "respondent: pupil",
        "scales:",
        "  agree4:",
        "    options:",
        "      - {code: 4, score: 10, label: {sv: Stämmer helt och hållet, en: Agree completely}}",
        "      - {code: 3, score: 20/3, label: {sv: Stämmer ganska bra, en: Agree mostly}}",
        "      - {code: 2, score: 10/3, label: {sv: Stämmer ganska dåligt, en: Disagree mostly}}",
        "      - {code: 1, score: 0, label: {sv: Stämmer inte alls, en: Disagree completely}}",
        "      - {code: 9, missing: dont_know, label: {sv: Vet ej, en: I do not know}}",
        "    positive: [4, 3]",
        "    share_of: substantive",
        "areas:",
        *(f"  - {{key: {area}, title: {{sv: {area}, en: {area}}}, index: true, min_items: half}}" for area in areas),
        "items:",
        *(
            f"  - {{key: {key}, area: {areas[number // _AREA_SIZE]}, scale: agree4, "
            f"text: {{sv: Jag känner mig trygg i skolan ({number + 1})., en: I feel safe at school ({number + 1}).}}}}"
            for number, key in enumerate(item_keys())
        ),
    ]
    return "\n".join(lines) + "\n"


def item_keys() -> list[str]:
    """Return the items' keys in order."""
    return [f"fraga_{number:02d}" for number in range(1, ITEMS + 1)]


def answers_of(serial: int) -> Answers:
    """Return what pupil ``serial`` answers: the first eight items spell the serial, so that a ballot can be traced.

    Only a load test does that: it must know whether each acknowledged ballot is in the urn, once and unchanged.
    """
    digits = [OPTIONS[serial // len(OPTIONS) ** place % len(OPTIONS)] for place in range(_SERIAL_ITEMS)]
    rest = random.Random(serial).choices(OPTIONS, k=ITEMS - _SERIAL_ITEMS)
    return dict(zip(item_keys(), digits + rest, strict=True))


def serial_of(answers: Answers) -> int:
    """Return the serial that the first eight answers spell."""
    digits = [OPTIONS.index(str(answers[key])) for key in item_keys()[:_SERIAL_ITEMS]]
    return sum(digit * len(OPTIONS) ** place for place, digit in enumerate(digits))


@dataclass(frozen=True, slots=True)
class World:
    """What was built: the open window, its private key, and each pupil's code and form by serial."""

    database: Database
    window_id: int
    questionnaire_id: int
    definition: Definition
    key_pair: KeyPair = field(repr=False)
    class_size: int
    seal_groups: list[tuple[int, int, int]]
    """Per class: unit, group and seal group."""
    code_ids: list[UUID] = field(repr=False)
    codes: list[str] = field(repr=False)

    @property
    def layout(self) -> Layout:
        """The bytes of a ballot here."""
        return Layout(self.definition, {"year": (YEAR,)})

    def class_of(self, serial: int) -> tuple[int, int, int]:
        """Return unit, group and seal group of pupil ``serial``."""
        return self.seal_groups[serial // self.class_size]

    def form(self, serial: int) -> Form:
        """Return the form of pupil ``serial``."""
        unit_id, _group_id, seal_group_id = self.class_of(serial)
        return Form(
            code_id=self.code_ids[serial],
            window_id=self.window_id,
            questionnaire_id=self.questionnaire_id,
            unit_id=unit_id,
            unit_type=UNIT_TYPE,
            year=YEAR,
            seal_group_id=seal_group_id,
            segments={"year": YEAR},
        )


def build(database: Database, pupils: int, *, class_size: int = CLASS_SIZE) -> World:
    """Fill an empty, migrated ``database`` with ``pupils`` issued codes of one open window, in classes."""
    codes = [new_code() for _ in range(pupils)]
    definition = Definition("elev", "pupil", (parse_battery(battery_of_forty(), "fyrtio.yaml"),))
    key_pair = new_key_pair()
    window_id, questionnaire_id = _cycle(database, definition, key_pair)
    classes = _organisation(database, -(-pupils // class_size), class_size)
    seal_groups = _frame(database, (window_id, questionnaire_id), classes, class_size)
    world = World(
        database=database,
        window_id=window_id,
        questionnaire_id=questionnaire_id,
        definition=definition,
        key_pair=key_pair,
        class_size=class_size,
        seal_groups=seal_groups,
        code_ids=[uuid4() for _ in range(pupils)],
        codes=codes,
    )
    _insert(database, Code, _code_rows(world))
    return world


def ready_to_send(world: World, serials: Iterable[int], requests: Path) -> None:
    """Store the drafts of ``serials`` as the site stores them, and write what their browsers would send.

    ``requests`` gets a line per pupil: the cookie of the respondent's site, a space, and the check page's form.
    """
    cookies, tokens = TokenBox(SECRET, "survey"), FormTokens(TokenBox(SECRET, "survey/form"))
    now = datetime.now(UTC)
    drafts = []
    with requests.open("w", encoding="ascii") as file:
        for serial in serials:
            form, key = world.form(serial), new_key()
            box = seal_draft(world.definition, form.code_id, key, answers_of(serial))
            drafts.append({"code_id": form.code_id, "box": box})
            current = Current(form.code_id, "single", now, now + IDLE, form)
            visit = Visit("sv", "", current, {form.code_id: DraftKey(key, now)})
            body = urlencode({"token": tokens.give("check", current.subject), "action": "send"})
            file.write(f"{cookies.seal(write_visit(visit))} {body}\n")
    _insert(world.database, Draft, drafts)


def _cycle(database: Database, definition: Definition, key_pair: KeyPair) -> tuple[int, int]:
    now = datetime.now(UTC)
    battery = definition.batteries[0]
    with database.begin() as session:
        cycle = Cycle(
            key="prov-2026",
            title={"sv": "Prov 2026"},
            state="collecting",
            segments=[],
            policy={},
            created_at=now,
        )
        version = BatteryVersion(
            key=battery.key,
            version=1,
            fingerprint=fingerprint(battery),
            document=to_document(battery),
            imported_at=now,
        )
        session.add_all([cycle, version])
        session.flush()
        window = CollectionWindow(
            cycle_id=cycle.id,
            key="skola",
            opens_at=now - timedelta(days=1),
            closes_at=now + timedelta(days=30),
            grace_minutes=30,
            state="open",
            public_key=key_pair.public,
            opened_at=now - timedelta(days=1),
        )
        session.add(window)
        session.flush()
        questionnaire = Questionnaire(
            cycle_id=cycle.id,
            window_id=window.id,
            key=definition.key,
            respondent=definition.respondent,
            unit_types=[UNIT_TYPE],
            years=[YEAR],
            code_model="slips",
            breakdowns={"year": [YEAR]},
        )
        session.add(questionnaire)
        session.flush()
        session.add(QuestionnaireBattery(questionnaire_id=questionnaire.id, position=0, battery_id=version.id))
        return window.id, questionnaire.id


def _organisation(database: Database, classes: int, class_size: int) -> list[tuple[int, int]]:
    """Return unit and group of each class."""
    with database.begin() as session:
        municipality = Municipality(code="0000", name="Provkommun")
        session.add(municipality)
        session.flush()
        provider = Provider(municipality_id=municipality.id, code="P1", name="Provkommun")
        session.add(provider)
        session.flush()
        units = [
            Unit(
                code=f"U{number:05d}",
                name=f"Provskola {number}",
                unit_type=UNIT_TYPE,
                regi="municipal",
                provider_id=provider.id,
            )
            for number in range(-(-classes // CLASSES_PER_UNIT))
        ]
        session.add_all(units)
        session.flush()
        groups = [
            UnitGroup(
                unit_id=units[number // CLASSES_PER_UNIT].id,
                code=f"8-{number}",
                name=f"8-{number}",
                respondent="pupil",
                year=YEAR,
                headcount=class_size,
            )
            for number in range(classes)
        ]
        session.add_all(groups)
        session.flush()
        return [(group.unit_id, group.id) for group in groups]


def _frame(
    database: Database, window_and_questionnaire: tuple[int, int], classes: list[tuple[int, int]], class_size: int
) -> list[tuple[int, int, int]]:
    """Freeze the frame with every class as a seal group; return unit, group and seal group of each."""
    window_id, questionnaire_id = window_and_questionnaire
    with database.begin() as session:
        seal_groups = [
            SealGroup(window_id=window_id, questionnaire_id=questionnaire_id, unit_id=unit_id, invited=class_size)
            for unit_id, _group_id in classes
        ]
        session.add_all(seal_groups)
        session.flush()
        frame = [
            (unit_id, group_id, seal_group.id)
            for (unit_id, group_id), seal_group in zip(classes, seal_groups, strict=True)
        ]
        session.add_all(
            FrameGroup(
                questionnaire_id=questionnaire_id,
                group_id=group_id,
                unit_id=unit_id,
                year=YEAR,
                headcount=class_size,
                seal_group_id=seal_group_id,
            )
            for unit_id, group_id, seal_group_id in frame
        )
        return frame


def _code_rows(world: World) -> Iterator[dict[str, object]]:
    for serial, (code_id, code) in enumerate(zip(world.code_ids, world.codes, strict=True)):
        unit_id, group_id, _seal_group_id = world.class_of(serial)
        yield {
            "id": code_id,
            "window_id": world.window_id,
            "kind": "single",
            "state": "issued",
            "lookup": lookup_hash(PEPPER.encode(), code),
            "questionnaire_id": world.questionnaire_id,
            "unit_id": unit_id,
            "group_id": group_id,
            "person_ref": None,
            "segments": {},
            "sealed": None,
        }


def _insert(database: Database, table: type[Code | Draft], rows: Iterable[dict[str, object]]) -> None:
    waiting = list(rows)
    with database.connect() as connection:
        for start in range(0, len(waiting), _ROWS_AT_ONCE):
            connection.execute(insert(table), waiting[start : start + _ROWS_AT_ONCE])
