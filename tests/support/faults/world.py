"""A small municipality with a cycle and its codes, every invited person having a serial of their own to write."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from shared.database.engine import Database
from shared.model import tables  # noqa: F401  fills the metadata
from shared.model.batteries import BatteryVersion, latest_version
from shared.model.codes import Code
from shared.model.cycles import CollectionWindow, Cycle, Questionnaire, QuestionnaireBattery
from shared.model.organisation import District, Municipality, Provider, Unit, UnitGroup
from shared.questionnaire.battery_file import parse_battery
from shared.questionnaire.definition import Answers
from shared.questionnaire.documents import fingerprint, to_document
from shared.sealing.codes import lookup_hash, new_code

PEPPER = b"faults-pepper-faults-pepper-faults"
RATINGS = ("lugn", "trygg", "vagar", "larare")
OPTIONS = ("4", "3", "2", "1", "9")
SERIAL = "serial"
RESPONDENTS = ("pupil", "guardian", "staff")
MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)
BATTERY = """\
key: fel-{respondent}
index_max: 10
title: {{sv: Fel}}
respondent: {respondent}
scales:
  agree:
    options:
      - {{code: 4, score: 10, label: {{sv: Ja}}}}
      - {{code: 3, score: 20/3, label: {{sv: Oftast}}}}
      - {{code: 2, score: 10/3, label: {{sv: Sällan}}}}
      - {{code: 1, score: 0, label: {{sv: Nej}}}}
      - {{code: 9, missing: dont_know, label: {{sv: Vet ej}}}}
    positive: [4, 3]
areas:
  - {{key: trygghet, title: {{sv: Trygghet}}}}
items:
  - {{key: lugn, area: trygghet, scale: agree, text: {{sv: Det är lugnt.}}}}
  - {{key: trygg, area: trygghet, scale: agree, text: {{sv: Jag är trygg.}}}}
  - {{key: vagar, area: trygghet, scale: agree, text: {{sv: Jag vågar fråga.}}}}
  - {{key: larare, scale: agree, text: {{sv: Lärarna är bra.}}}}
  - {{key: serial, type: text, max_length: 40, text: {{sv: Skriv ditt löpnummer.}}}}
"""
POLICY = {
    "internal": {"min_answers": 5},
    "unit": {"min_answers": 5, "min_distribution": 10, "staff_min_answers": 7, "text_min_answers": 10},
    "public": {
        "min_answers": 10,
        "min_distribution": 20,
        "min_response_rate": {"pupil": 0.5, "staff": 0.5, "guardian": 0.3},
    },
    "sensitive_items": [],
}


@dataclass(frozen=True, slots=True)
class Invitation:
    """One code and what its holder will write, so that each ballot can be told from all others after the count."""

    code_id: UUID
    code: str
    serial: str

    @property
    def answers(self) -> Answers:
        """Ratings that differ from one to the next, and the serial."""
        choose = random.Random(self.serial)
        return {**{item: choose.choice(OPTIONS) for item in RATINGS}, SERIAL: self.serial}


@dataclass(frozen=True, slots=True)
class PlannedCycle:
    """A cycle with one window, planned and not yet opened, and its codes."""

    key: str
    window_id: int
    invitations: tuple[Invitation, ...]


def build_organisation(database: Database, *, units: int = 3, classes: int = 2, headcount: int = 12) -> None:
    """Write ``units`` schools, each with ``classes`` classes of pupils, one group of guardians, and a small staff.

    The staff of the first school are too few to be sealed by themselves.
    """
    with database.begin() as session:
        municipality = Municipality(code="0000", name="Provkommun")
        session.add(municipality)
        session.flush()
        provider = Provider(municipality_id=municipality.id, code="kommunen", name="Provkommun")
        district = District(municipality_id=municipality.id, name="Norr")
        session.add_all([provider, district])
        session.flush()
        for number in range(1, units + 1):
            unit = Unit(
                code=f"skola-{number}",
                name=f"Skola {number}",
                unit_type="grundskola",
                regi="municipal",
                provider_id=provider.id,
                district_id=district.id,
            )
            session.add(unit)
            session.flush()
            session.add_all(_groups(unit.id, classes, headcount, staff=8 if number == 1 else headcount))


def _groups(unit_id: int, classes: int, headcount: int, *, staff: int) -> Iterable[UnitGroup]:
    for number in range(1, classes + 1):
        name = f"5{'ABCDEFGHIJKLMNOP'[number - 1]}"
        yield UnitGroup(unit_id=unit_id, code=name, name=name, respondent="pupil", year="5", headcount=headcount)
    yield UnitGroup(unit_id=unit_id, code="vh", name="vh", respondent="guardian", year="5", headcount=headcount)
    yield UnitGroup(unit_id=unit_id, code="personal", name="personal", respondent="staff", headcount=staff)


def plan_cycle(
    database: Database, key: str, *, opens_at: datetime, closes_at: datetime, grace_minutes: int = 0
) -> PlannedCycle:
    """Write a cycle with one window, a questionnaire for each kind of respondent, and a code for everybody."""
    with database.begin() as session:
        cycle = Cycle(
            key=key, title={"sv": key}, state="scheduled", segments=["year"], policy=POLICY, created_at=MADE_AT
        )
        session.add(cycle)
        session.flush()
        times = {"opens_at": opens_at, "closes_at": closes_at, "grace_minutes": grace_minutes}
        window = CollectionWindow(cycle_id=cycle.id, key="enda", state="planned", **times)
        session.add(window)
        session.flush()
        invitations = tuple(
            invitation
            for respondent in RESPONDENTS
            for invitation in _invite(session, _questionnaire(session, window, respondent), f"{key}.{respondent}")
        )
    return PlannedCycle(key, window.id, invitations)


def _questionnaire(session: Session, window: CollectionWindow, respondent: str) -> Questionnaire:
    questionnaire = Questionnaire(
        cycle_id=window.cycle_id, window_id=window.id, key=respondent, respondent=respondent, code_model="slips"
    )
    session.add(questionnaire)
    session.flush()
    battery_id = _battery(session, respondent)
    session.add(QuestionnaireBattery(questionnaire_id=questionnaire.id, position=0, battery_id=battery_id))
    return questionnaire


def _battery(session: Session, respondent: str) -> int:
    battery = parse_battery(BATTERY.format(respondent=respondent), "fel.yaml")
    version = latest_version(session, battery.key)
    if version is None:
        version = BatteryVersion(
            key=battery.key,
            version=1,
            fingerprint=fingerprint(battery),
            document=to_document(battery),
            imported_at=MADE_AT,
        )
        session.add(version)
        session.flush()
    return version.id


def _invite(session: Session, questionnaire: Questionnaire, prefix: str) -> list[Invitation]:
    """Issue a code to everybody in the questionnaire's groups."""
    invitations: list[Invitation] = []
    rows: list[dict[str, object]] = []
    groups = select(UnitGroup).where(UnitGroup.respondent == questionnaire.respondent).order_by(UnitGroup.id)
    for group in session.scalars(groups):
        for number in range(group.headcount):
            invitation = Invitation(uuid4(), new_code(), f"{prefix}.{group.id}.{number}")
            invitations.append(invitation)
            rows.append(
                {
                    "id": invitation.code_id,
                    "window_id": questionnaire.window_id,
                    "kind": "single",
                    "state": "issued",
                    "lookup": lookup_hash(PEPPER, invitation.code),
                    "questionnaire_id": questionnaire.id,
                    "unit_id": group.unit_id,
                    "group_id": group.id,
                }
            )
    session.execute(insert(Code), rows)
    return invitations
