"""A small municipality with open windows and known codes, and the respondent's site over it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy.orm import Session

from shared.clock import FixedClock
from shared.database.box_keys import BoxKeys
from shared.database.engine import Database
from shared.model.batteries import BatteryVersion
from shared.model.codes import Code
from shared.model.cycles import (
    CollectionWindow,
    Cycle,
    FrameGroup,
    Questionnaire,
    QuestionnaireBattery,
    SealGroup,
)
from shared.model.organisation import Municipality, Provider, Unit, UnitGroup
from shared.questionnaire.battery_file import fingerprint, parse_battery, to_document
from shared.sealing.boxes import new_key_pair
from shared.sealing.codes import lookup_hash, new_code
from survey_service.app import SurveyServices, create_app

PEPPER = b"pepper of the tests, of no use elsewhere"
SECRET = "a secret of the tests that is long enough to pass"
URL = "http://127.0.0.1:8000"
NOW = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)

_AGREE = """
  agree4:
    options:
      - {code: 4, score: 10, label: {sv: Stämmer helt och hållet, en: Agree completely}}
      - {code: 3, score: 20/3, label: {sv: Stämmer ganska bra, en: Agree mostly}}
      - {code: 2, score: 10/3, label: {sv: Stämmer ganska dåligt, en: Disagree mostly}}
      - {code: 1, score: 0, label: {sv: Stämmer inte alls, en: Disagree completely}}
      - {code: 9, missing: dont_know, label: {sv: Vet ej, en: Don't know}}
    positive: [4, 3]
"""
_STATEMENTS = (
    ("trygg", "Jag känner mig trygg i skolan.", "I feel safe at school."),
    ("nyfiken", "Skolarbetet gör mig så nyfiken att jag får lust att lära mig mer.", "School work makes me curious."),
    ("hansyn", "Lärarna i min skola tar hänsyn till elevernas åsikter.", "My teachers consider the pupils' views."),
    ("mal", "Jag vet vad jag ska kunna för att nå kunskapskraven i de olika ämnena.", "I know what to aim for."),
    ("hjalp", "Lärarna i min skola hjälper mig i skolarbetet om jag behöver det.", "My teachers help me."),
    ("gar", "Jag får veta hur det går för mig i skolarbetet.", "I am told how I am doing."),
    ("vantar", "Mina lärare förväntar sig att jag ska nå kunskapskraven i alla ämnen.", "Much is expected of me."),
    ("ro", "Det är arbetsro på lektionerna.", "It is calm in class."),
    ("vuxna", "Det finns vuxna i skolan som jag kan prata med.", "There are adults I can talk to."),
    ("rast", "Jag har någon att vara med på rasterna.", "I have somebody to be with at break."),
)


def battery_yaml(key: str, respondent: str, *, repeat: int = 1) -> str:
    """Return a battery of ten ratings (``repeat`` times) with a follow-up text, a multiple choice and a number."""
    lines = [
        f"key: {key}",
        "index_max: 10",
        "title: {sv: Så tycker jag om skolan, en: What I think about school}",
        f"respondent: {respondent}",
        f"scales:{_AGREE}",
        "  val:",
        "    options:",
        "      - {code: bibliotek, label: {sv: Biblioteket, en: The library}}",
        "      - {code: gard, label: {sv: Skolgården, en: The school yard}}",
        "      - {code: matsal, label: {sv: Matsalen}}",
        "areas:",
        "  - {key: allt, title: {sv: Allt, en: Everything}, index: true, min_items: half}",
        "items:",
    ]
    for number in range(repeat):
        mark = "" if number == 0 else f"_{number}"
        lines += [
            f'  - {{key: {name}{mark}, area: allt, scale: agree4, text: {{sv: "{sv}", en: "{en}"}}}}'
            for name, sv, en in _STATEMENTS
        ]
    lines += [
        '  - {key: varfor, type: text, max_length: 200, show_if: "trygg in [1, 2]", text:',
        '     {sv: "Vill du berätta mer?", en: "Would you like to tell us more?"}}',
        '  - {key: platser, type: multiple, scale: val, text: {sv: "Var trivs du?", en: "Where do you like to be?"}}',
        "  - {key: vanner, type: number, minimum: 0, maximum: 99, text:",
        '     {sv: "Hur många kompisar har du?", en: "How many friends do you have?"}}',
    ]
    return "\n".join(lines) + "\n"


CHILD_BATTERY = """
key: barn
index_max: 10
title: {sv: Barnens röster}
respondent: child
scales:
  ansikten:
    options:
      - {code: ja, score: 10, label: {sv: Ja, en: "Yes"}}
      - {code: ibland, score: 5, label: {sv: Ibland, en: Sometimes}}
      - {code: nej, score: 0, label: {sv: Nej, en: "No"}}
      - {code: vet, missing: dont_know, label: {sv: Vet inte, en: Don't know}}
    positive: [ja]
areas:
  - {key: trygghet, title: {sv: Trygghet}, index: true, min_items: half}
items:
  - {key: tycker, area: trygghet, scale: ansikten, text: {sv: "Tycker du om att gå hit?", en: "Do you like it here?"}}
  - {key: kompisar, area: trygghet, scale: ansikten, text: {sv: "Har du kompisar på förskolan?"}}
"""


@dataclass(slots=True)
class House:
    """The site with its database, clock and codes by questionnaire key (the shared one under ``personal-alla``)."""

    database: Database
    clock: FixedClock
    app: Flask
    codes: dict[str, list[str]] = field(default_factory=dict)


def build_house(database: Database, *, codes: int = 5, repeat: int = 1, url: str = URL) -> House:
    """Fill an empty migrated database and return the site over it."""
    clock = FixedClock(NOW)
    services = SurveyServices(
        database=database,
        clock=clock,
        box_keys=BoxKeys(database),
        code_pepper=PEPPER,
        secret_key=SECRET,
        survey_url=url,
    )
    house = House(database, clock, create_app(services))
    with database.begin() as session:
        _fill(session, house, codes, repeat)
    return house


def _fill(session: Session, house: House, codes: int, repeat: int) -> None:
    municipality = Municipality(code="0001", name="Sundby kommun")
    session.add(municipality)
    session.flush()
    provider = Provider(municipality_id=municipality.id, code="K", name="Sundby kommun")
    session.add(provider)
    cycle = Cycle(
        key="mmis",
        title={"sv": "Med målen i sikte 2026", "en": "Goals in sight 2026"},
        state="collecting",
        segments=["year"],
        policy={"unit": {"min_answers": 5, "staff_min_answers": 7}},
        created_at=NOW,
    )
    session.add(cycle)
    session.flush()
    school = _unit(session, provider, "S1", "Ekskolan", "grundskola")
    preschool = _unit(session, provider, "F1", "Förskolan Kotten", "forskola")
    open_now = _window(session, cycle, "skola", "open")
    later = _window(session, cycle, "senare", "planned")
    pupil = parse_battery(battery_yaml("elev", "pupil", repeat=repeat), "elev.yaml")
    staff = parse_battery(battery_yaml("personal", "staff"), "personal.yaml")
    guardian = parse_battery(battery_yaml("vh", "guardian"), "vh.yaml")
    child = parse_battery(CHILD_BATTERY, "barn.yaml")
    for window, key, battery, unit, model, year in (
        (open_now, "elev", pupil, school, "slips", "5"),
        (open_now, "barn", child, preschool, "slips", ""),
        (open_now, "vh", guardian, preschool, "per_child", ""),
        (open_now, "personal", staff, school, "personal", ""),
        (open_now, "personal-alla", staff, preschool, "per_unit", ""),
        (later, "elev-senare", pupil, school, "slips", "8"),
    ):
        row = _questionnaire(session, window, key, battery, model, year)
        group = _frame(session, row, unit, year, codes)
        house.codes[key] = _codes(session, row, group, codes)


def _unit(session, provider, code, name, unit_type):
    unit = Unit(provider_id=provider.id, code=code, name=name, unit_type=unit_type, regi="municipal")
    session.add(unit)
    session.flush()
    return unit


def _window(session, cycle, key, state):
    window = CollectionWindow(
        cycle_id=cycle.id,
        key=key,
        opens_at=NOW - timedelta(days=7) if state == "open" else datetime(2026, 10, 14, 6, 0, tzinfo=UTC),
        closes_at=datetime(2026, 10, 20, 14, 0, tzinfo=UTC),
        grace_minutes=30,
        state=state,
        public_key=new_key_pair().public if state == "open" else None,
    )
    session.add(window)
    session.flush()
    return window


def _questionnaire(session, window, key, battery, model, year):
    version = BatteryVersion(
        key=f"{battery.key}-{key}",
        version=1,
        fingerprint=fingerprint(battery),
        document=to_document(battery),
        imported_at=NOW,
    )
    row = Questionnaire(
        cycle_id=window.cycle_id,
        window_id=window.id,
        key=key,
        respondent=battery.respondent,
        unit_types=None,
        years=None,
        code_model=model,
        breakdowns={"year": [year] if year else []} if window.state == "open" else None,
    )
    session.add_all((version, row))
    session.flush()
    session.add(QuestionnaireBattery(questionnaire_id=row.id, position=0, battery_id=version.id))
    return row


def _frame(session, row, unit, year, headcount):
    group = UnitGroup(
        unit_id=unit.id,
        code=row.key,
        name="5A" if year else "Kotten",
        respondent=row.respondent,
        year=year,
        headcount=headcount,
    )
    seal_group = SealGroup(window_id=row.window_id, questionnaire_id=row.id, unit_id=unit.id, invited=headcount)
    session.add_all((group, seal_group))
    session.flush()
    session.add(
        FrameGroup(
            questionnaire_id=row.id,
            group_id=group.id,
            unit_id=unit.id,
            year=year,
            headcount=headcount,
            seal_group_id=seal_group.id,
        )
    )
    return group


def _codes(session, row, group, number):
    """Issue ``number`` codes for the group, or one for its whole unit."""
    shared = row.code_model == "per_unit"
    issued = [new_code() for _ in range(1 if shared else number)]
    session.add_all(
        Code(
            window_id=row.window_id,
            kind="shared" if shared else "single",
            state="issued",
            lookup=lookup_hash(PEPPER, code),
            questionnaire_id=row.id,
            unit_id=group.unit_id,
            group_id=None if shared else group.id,
        )
        for code in issued
    )
    return issued
