"""A cycle is created from its file, or every fault of the file is named with line and remedy."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from admin_portal.batteries.library import import_battery
from admin_portal.cycles.creation import CreatedCycle, create_cycle
from shared.errors import FileFaults, Refused
from shared.model.audit import AuditEntry
from shared.model.batteries import BatteryVersion
from shared.model.cycles import CollectionWindow, Cycle, Questionnaire, QuestionnaireBattery
from shared.model.policy import default_policy
from tests.support.house import House
from tests.support.officer_files import CYCLE, battery, only, places, write

ACTOR = "cli:officer"


def make(house: House, folder: Path, text: str = CYCLE, *, dry_run: bool = False) -> CreatedCycle:
    write(folder, {"cycle.yaml": text})
    return create_cycle(house.database, house.clock, folder / "cycle.yaml", actor=ACTOR, dry_run=dry_run)


def faults_of(house: House, folder: Path, text: str) -> FileFaults:
    with pytest.raises(FileFaults) as caught:
        make(house, folder, text)
    with house.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Cycle)) == 0, "nothing is half created"
    return caught.value


def test_a_cycle_is_scheduled_with_its_windows_and_questionnaires(town: House, tmp_path: Path):
    created = make(town, tmp_path)
    assert (created.windows, created.warnings) == (("skola", "forskola", "gammal"), ())
    with town.database.read() as session:
        cycle = session.scalars(select(Cycle)).one()
        assert (cycle.state, cycle.segments, cycle.policy) == ("scheduled", ["sex", "year"], default_policy())
        windows = {window.key: window for window in session.scalars(select(CollectionWindow))}
        assert windows["skola"].opens_at == datetime(2026, 10, 12, 6, tzinfo=UTC)
        assert windows["skola"].closes_at == datetime(2026, 11, 13, 15, tzinfo=UTC)
        assert [windows[key].grace_minutes for key in created.windows] == [30, 10, 30]
        rows = {row.key: row for row in session.scalars(select(Questionnaire))}
        assert (rows["elev"].unit_types, rows["elev"].years) == (["grundskola"], ["5", "8"])
        assert (rows["personal"].unit_types, rows["personal"].years) == (None, None)
        assert session.scalars(select(AuditEntry).where(AuditEntry.action == "cycle.created")).one().actor == ACTOR


def test_a_dry_run_checks_all_and_creates_nothing(town: House, tmp_path: Path):
    assert make(town, tmp_path, dry_run=True).questionnaires[0] == "elev"
    with town.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Cycle)) == 0


def test_a_questionnaire_keeps_the_battery_version_it_was_created_with(town: House, tmp_path: Path):
    make(town, tmp_path)
    write(tmp_path, {"b.yaml": battery("elev", "pupil").replace("Jag är trygg.", "Är jag trygg här")})
    import_battery(town.database, town.clock, tmp_path / "b.yaml", actor=ACTOR)
    make(town, tmp_path, CYCLE.replace("key: mmis-2026", "key: mmis-2026-b"))
    with town.database.read() as session:
        versions = session.scalars(
            select(BatteryVersion.version)
            .join(QuestionnaireBattery, QuestionnaireBattery.battery_id == BatteryVersion.id)
            .join(Questionnaire, Questionnaire.id == QuestionnaireBattery.questionnaire_id)
            .where(Questionnaire.key == "elev")
            .order_by(Questionnaire.id)
        )
        assert versions.all() == [1, 2]


def test_a_key_whose_cycle_has_begun_is_refused(cycle: House, tmp_path: Path):
    cycle.run_deadlines()
    with pytest.raises(Refused, match=r"There is a cycle mmis-2026 already, and it has begun \(skola: opening"):
        make(cycle, tmp_path)


def test_a_cycle_that_nobody_has_used_is_replaced(cycle: House, tmp_path: Path):
    assert make(cycle, tmp_path, CYCLE.replace("Med målen", "Målen"), dry_run=True).replaced
    assert make(cycle, tmp_path, CYCLE.replace("Med målen", "Målen")).replaced
    with cycle.database.read() as session:
        assert [one.title["sv"] for one in session.scalars(select(Cycle))] == ["Målen i sikte 2026"]
        assert session.scalar(select(func.count()).select_from(CollectionWindow)) == 3
        assert session.scalar(select(func.count()).select_from(Questionnaire)) == 5
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("cycle."))).all()
        assert actions == ["cycle.created", "cycle.replaced"]


def test_a_cycle_is_not_replaced_by_a_faulty_file(cycle: House, tmp_path: Path):
    with pytest.raises(FileFaults):
        make(cycle, tmp_path, CYCLE.replace("batteries: [vh]", "batteries: [okand]"))
    with cycle.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Questionnaire)) == 5


def test_a_policy_may_be_tightened(town: House, tmp_path: Path):
    text = "policy:\n  public: {min_answers: 15, min_response_rate: {pupil: 0.6}}\n  sensitive_items: [trygg]\n"
    created = make(town, tmp_path, CYCLE + text)
    assert created.warnings == ("policy.sensitive_items is stored, but has no effect on results in this version.",)
    with town.database.read() as session:
        policy = session.scalars(select(Cycle.policy)).one()
    assert policy["public"] == {
        "min_answers": 15,
        "min_distribution": 20,
        "min_response_rate": {"pupil": 0.6, "staff": 0.5, "guardian": 0.3},
    }
    assert policy["sensitive_items"] == ["trygg"]


def test_questionnaires_and_years_that_reach_nobody_are_warned_of(town: House, tmp_path: Path):
    text = CYCLE.replace('["5", "8"]', '["5", "9"]').replace(
        "unit_types: [forskola], batteries: [vh]", "unit_types: [fritidshem], batteries: [vh]"
    )
    assert make(town, tmp_path, text).warnings == (
        "Questionnaire elev: no group of the roster has year 9.",
        "Questionnaire vh-forskola reaches no group of the roster.",
    )


def test_an_item_may_be_a_segment(town: House, tmp_path: Path):
    make(town, tmp_path, CYCLE.replace("segments: [sex, year]", "segments: [trygg]"))
    with town.database.read() as session:
        assert session.scalars(select(Cycle.segments)).one() == ["trygg"]


PERSONAL = "respondent: staff, unit_types: all, batteries: [personal], codes: personal"


@pytest.mark.parametrize(
    ("old", "new", "row", "column", "problem"),
    [
        ("key: mmis-2026", "key: MMIS 2026", 1, "key", "characters that are not allowed"),
        ("title: {sv: Med", "title: {en: Med", 2, "title", "The Swedish text is missing."),
        ("segments:", "segment:", 13, "segment", "segment is not known here."),
        (
            "opens: 2026-10-12T08:00, closes: 2026-11-13",
            "opens: 2026-10-12, closes: 2026-11-13",
            4,
            "windows.skola.opens",
            "no date and time",
        ),
        ("closes: 2026-11-13", "closes: 2026-10-11", 4, "windows.skola.closes", "closes before it opens"),
        ("closes: 2026-11-13T16:00", "closes: 2026-10-25T02:30", 4, "windows.skola.closes", "clocks change"),
        (
            "opens: 2026-10-12T08:00, closes: 2026-11-13T16:00",
            "closes: 2026-11-13T16:00",
            4,
            "windows.skola",
            "opens is missing",
        ),
        (
            "opens: 2026-10-12T08:00, closes: 2026-11-13",
            "opens: 2026-09-01T08:00, closes: 2026-10-01",
            4,
            "windows.skola",
            "end has passed",
        ),
        ("grace_minutes: 10", "grace_minutes: -1", 5, "windows.forskola.grace_minutes", "whole number"),
        ("grace_minutes: 10", "grace: 10", 5, "windows.forskola.grace", "grace is not known here."),
        (
            "  gammal:   {",
            "  extra: {opens: 2026-10-12T08:00, closes: 2026-11-13T16:00}\n  gammal:   {",
            6,
            "windows.extra",
            "No questionnaire belongs",
        ),
        ("key: personal,", "key: elev,", 9, "questionnaires[1]", "Questionnaire elev is given twice."),
        ("respondent: staff", "respondent: teacher", 9, "questionnaires[1].respondent", "teacher is not allowed here."),
        (
            "unit_types: all",
            "unit_types: [gymnasium]",
            9,
            "questionnaires[1].unit_types[0]",
            "gymnasium is not allowed here.",
        ),
        ("unit_types: all", "unit_types: []", 9, "questionnaires[1].unit_types", "The list is empty."),
        ('years: ["5", "8"]', 'years: ["5|8"]', 8, "questionnaires[0].years[0]", "no year label"),
        (
            "batteries: [personal]",
            "batteries: [hme-9]",
            9,
            "questionnaires[1].batteries[0]",
            "There is no battery hme-9.",
        ),
        ("batteries: [personal]", "batteries: []", 9, "questionnaires[1].batteries", "has no battery"),
        (
            "batteries: [personal]",
            "batteries: [personal, personal]",
            9,
            "questionnaires[1].batteries[1]",
            "named twice",
        ),
        ("codes: personal", "codes: letters", 9, "questionnaires[1].codes", "letters is not allowed here."),
        ("codes: personal", "codes: per_child", 9, "questionnaires[1].codes", "for guardians only"),
        (
            "codes: personal, window: skola",
            "codes: personal, window: skolan",
            9,
            "questionnaires[1].window",
            "skolan is not allowed",
        ),
        (PERSONAL, PERSONAL + ", colour: red", 9, "questionnaires[1].colour", "colour is not known here."),
        (
            "batteries: [personal]",
            "batteries: [vh]",
            9,
            "questionnaires[1].batteries[0]",
            "Battery vh is for guardian, the questionnaire for staff.",
        ),
        ("segments: [sex, year]", "segments: [gender]", 13, "segments[0]", "No questionnaire has an item gender."),
        ("segments: [sex, year]", "segments: [sex, sex]", 13, "segments[1]", "named twice"),
        ("segments: [sex, year]", "segments: [varfor]", 13, "segments[0]", "no options to break down by"),
        (
            "segments: [sex, year]",
            "policy: {internal: {min_answers: 4}}",
            13,
            "policy.internal.min_answers",
            "4 is below 5",
        ),
        (
            "segments: [sex, year]",
            "policy: {public: {min_answers: 9}}",
            13,
            "policy.public.min_answers",
            "9 is below 10",
        ),
        ("segments: [sex, year]", "policy: {unit: {min: 9}}", 13, "policy.unit.min", "min is not known here."),
        (
            "segments: [sex, year]",
            "policy: {public: {min_response_rate: {pupil: 50}}}",
            13,
            "policy.public.min_response_rate.pupil",
            "from 0 to 1",
        ),
        (
            "segments: [sex, year]",
            "policy: {public: {min_response_rate: {pupil: 0.4}}}",
            13,
            "policy.public.min_response_rate.pupil",
            "0.4 is below 0.5: the rules that protect people may be tightened, never loosened.",
        ),
        (
            "segments: [sex, year]",
            "policy: {public: {min_response_rate: {principal: 0.49}}}",
            13,
            "policy.public.min_response_rate.principal",
            "0.49 is below 0.5",
        ),
        (
            "segments: [sex, year]",
            "policy: {sensitive_items: [mobbad]}",
            13,
            "policy.sensitive_items[0]",
            "No questionnaire has an item mobbad.",
        ),
        ("segments: [sex, year]", "segments: [sex", 14, "", "cannot be read as YAML"),
    ],
)
@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_a_fault_is_named_with_its_line_and_remedy(town: House, tmp_path: Path, old, new, row, column, problem):
    assert old in CYCLE
    fault = only(faults_of(town, tmp_path, CYCLE.replace(old, new, 1)))
    assert (fault.file, fault.row, fault.column) == ("cycle.yaml", row, column)
    assert problem in fault.problem


def test_batteries_with_an_item_in_common_cannot_stand_in_one_questionnaire(town: House, tmp_path: Path):
    write(tmp_path, {"b.yaml": battery("elev2", "pupil")})
    import_battery(town.database, town.clock, tmp_path / "b.yaml", actor=ACTOR)
    fault = only(faults_of(town, tmp_path, CYCLE.replace("[elev], codes: slips", "[elev, elev2], codes: slips")))
    assert (fault.row, fault.column) == (8, "questionnaires[0]")
    assert "Item trygg occurs twice in questionnaire elev." in fault.problem


def test_all_faults_of_a_file_are_told_at_once(town: House, tmp_path: Path):
    text = CYCLE.replace("key: mmis-2026", "key: X").replace("closes: 2026-11-13", "closes: 2026-10-11")
    text = text.replace("batteries: [personal]", "batteries: [hme]").replace("[sex, year]", "[age]")
    assert [(row, column) for _file, row, column in places(faults_of(town, tmp_path, text))] == [
        (1, "key"),
        (4, "windows.skola.closes"),
        (9, "questionnaires[1].batteries[0]"),
        (13, "segments[0]"),
    ]
