"""Answers from a file: checked cell by cell without repeating them, sealed like any ballot, all of them or none."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from admin_portal.cycles.collection import close_windows, open_windows
from admin_portal.cycles.creation import create_cycle
from admin_portal.cycles.responses import ImportedResponses, import_responses
from admin_portal.organisation.roster import import_roster
from shared.database.box_keys import BoxKeys
from shared.database.questionnaires import load
from shared.errors import FileFaults, NotFound, Refused
from shared.model.audit import AuditEntry
from shared.model.cycles import CollectionWindow, Questionnaire, SealGroup
from shared.model.urn import Ballot, ballot_context, box_key_context
from shared.model.urn import BoxKey as StoredBoxKey
from shared.questionnaire.definition import Answers
from shared.sealing.boxes import BoxKey, open_from
from tests.support.house import House
from tests.support.officer_files import CYCLE, GROUPS, only, places, roster, write

ACTOR = "cli:officer"
Write = Callable[..., Path]


def bring_in(house: House, path: Path, *, dry_run: bool = False, add: bool = False) -> ImportedResponses:
    return import_responses(
        house.database,
        house.clock,
        BoxKeys(house.database),
        cycle_key="mmis-2026",
        path=path,
        actor=ACTOR,
        dry_run=dry_run,
        add=add,
    )


def ballots(house: House) -> int:
    with house.database.read() as session:
        return session.scalar(select(func.count()).select_from(Ballot)) or 0


def opened_ballots(house: House) -> list[tuple[dict[str, str], Answers, set[str]]]:
    """Open the urn as the count does and return segments, answers and what was routed past, in no order."""
    with house.database.read() as session:
        window = session.scalars(select(CollectionWindow).where(CollectionWindow.key == "gammal")).one()
        private = house.keys.window_key(window.id)
        keys = {
            row.id: BoxKey(open_from(private, row.sealed, box_key_context(window.id)))
            for row in session.scalars(select(StoredBoxKey))
        }
        questionnaire = session.scalars(select(Questionnaire).where(Questionnaire.key == "elev-gammal")).one()
        layout = load(session, questionnaire.id).layout
        assert layout is not None
        found = []
        for ballot in session.scalars(select(Ballot)):
            plain = keys[ballot.box_key_id].open(ballot.box, ballot_context(ballot.seal_group_id))
            decoded = layout.decode(plain)
            found.append((decoded.segments, decoded.answers, set(decoded.routed_past)))
        return found


def refused(house: House, path: Path, *, add: bool = False) -> FileFaults:
    before = ballots(house)
    with pytest.raises(FileFaults) as caught:
        bring_in(house, path, add=add)
    assert ballots(house) == before, "nothing is half imported"
    return caught.value


def test_each_row_becomes_a_sealed_ballot_with_its_segments(opened: House, responses: Write):
    path = responses(
        "S1,5A,elev-gammal,flicka,5,4,3,borta,ute|inne",
        "S1,8A,elev-gammal,pojke,,1,9,Det är stökigt,",
        "S1,8A,elev-gammal,,8,,,,",
    )
    imported = bring_in(opened, path)
    assert (imported.taken, imported.blank) == ({"elev-gammal": 3}, 1)
    assert imported.notes == ("1 answers to items that were routed past were left out.",)
    expected = [
        ({"sex": "flicka", "year": "5"}, {"trygg": "4", "ro": "3", "var": ("ute", "inne")}, {"varfor"}),
        ({"sex": "pojke", "year": "8"}, {"trygg": "1", "ro": "9", "varfor": "Det är stökigt"}, set()),
        ({"year": "8"}, {}, {"varfor"}),
    ]
    found = opened_ballots(opened)
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_a_dry_run_checks_everything_and_seals_nothing(opened: House, responses: Write):
    path = responses("S1,5A,elev-gammal,,,4,3,,")
    assert bring_in(opened, path, dry_run=True).total == 1
    assert ballots(opened) == 0
    with opened.database.read() as session:
        assert session.scalars(select(StoredBoxKey)).all() == []


def test_a_semicolon_file_with_columns_in_another_order_is_read_alike(opened: House, responses: Write):
    header = "RO;trygg;Questionnaire;var;varfor;group_code;unit_code;note"
    imported = bring_in(opened, responses("3;4;elev-gammal;;;5A;S1;x", header=header))
    assert imported.notes == (
        "responses.csv: column note is not known and was not read.",
        "responses.csv has no column sex, so that segment stays unknown.",
    )
    assert opened_ballots(opened) == [({"year": "5"}, {"trygg": "4", "ro": "3"}, {"varfor"})]


def test_the_audit_log_says_how_many_and_nothing_of_what(opened: House, responses: Write):
    bring_in(opened, responses("S1,5A,elev-gammal,,,1,3,Hemligt,"))
    with opened.database.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "responses.imported")).one()
    assert (entry.actor, entry.details) == (ACTOR, {"rows": {"elev-gammal": 1}})


ROW = "S1,5A,elev-gammal,,,4,3,,"


@pytest.mark.parametrize(
    ("row", "column", "problem", "remedy"),
    [
        ("S1,5A,elev-gammal,,,7,3,,", "trygg", "no answer to this item", "Choose one of the options: 4, 3, 2, 1, 9."),
        ("S1,5A,elev-gammal,,,4,3,,ute|hemma", "var", "no answer to this item", "Choose among the options: ute, inne."),
        ("S1,5A,elev-gammal,,,1,3," + "x" * 101 + ",", "varfor", "no answer to this item", "at most 100 characters"),
        ("S1,5A,elev-gammal,hemligt,,4,3,,", "sex", "not known in the segment", "flicka, kvinna, man, pojke"),
        ("S1,5A,elev-gammal,,8,4,3,,", "year", "not known in the segment", "Use one of: 5,"),
        ("S9,5A,elev-gammal,,,4,3,,", "unit_code", "Unit S9 does not get", "roster when the window opened"),
        ("F1,BLÅ,elev-gammal,,,4,3,,", "unit_code", "Unit F1 does not get", "roster when the window opened"),
        ("S1,P,elev-gammal,,,4,3,,", "group_code", "Group P of the unit does not get", "Correct the code"),
        ("S1,5A,elev,,,4,3,,", "questionnaire", "elev takes no answers from a file", "elev-gammal"),
        ("S1,5A,,,,4,3,,", "questionnaire", "– takes no answers from a file", "elev-gammal"),
        ("S1,5A,elev-gammal,,,4", "", "The row has 6 cells, the header 9.", "Give each column a cell"),
    ],
)
@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_a_fault_is_named_with_row_column_and_remedy(opened: House, responses: Write, row, column, problem, remedy):
    fault = only(refused(opened, responses(ROW, row, ROW)))
    assert (fault.file, fault.row, fault.column) == ("responses.csv", 3, column)
    assert problem in fault.problem
    assert remedy in fault.remedy


def test_a_fault_never_repeats_an_answer(opened: House, responses: Write):
    message = str(
        refused(opened, responses("S1,5A,elev-gammal,,,hemligt-svar,3,,", "S1,5A,elev-gammal,,,4,3,,hemligt-svar"))
    )
    assert "hemligt-svar" not in message


def test_more_rows_than_headcount_are_named_from_the_first_too_many(opened: House, responses: Write):
    faults = refused(opened, responses(*[ROW] * 27))
    assert list(places(faults)) == [("responses.csv", 27, "group_code"), ("responses.csv", 28, "group_code")]
    assert "more rows than its headcount, which is 25" in faults.faults[0].problem


def test_missing_columns_and_wrong_encodings_are_named(opened: House, responses: Write):
    header = "unit_code,group_code,questionnaire,trygg"
    faults = refused(opened, responses("S1,5A,elev-gammal,4", header=header))
    assert list(places(faults)) == [("responses.csv", 1, key) for key in ("ro", "varfor", "var")]
    path = responses(ROW)
    path.write_bytes("unit_code,group_code\nS1,5Å\n".encode("latin-1"))
    assert "not encoded as UTF-8" in only(refused(opened, path)).problem


def test_a_second_import_would_double_the_answers_and_is_refused_unless_said_to_add(opened: House, responses: Write):
    path = responses(*[ROW] * 10)
    bring_in(opened, path)
    with pytest.raises(Refused, match="already holds 10 answers"):
        bring_in(opened, path)
    assert ballots(opened) == 10
    assert bring_in(opened, path, add=True).total == 10
    fault = only(refused(opened, path, add=True))
    assert "Unit S1 would have 5 answers more to elev-gammal than people invited" in fault.problem


def test_only_open_windows_of_questionnaires_from_files_take_answers(cycle: House, responses: Write):
    path = responses(ROW)
    with pytest.raises(Refused, match=r"gammal: planned"):
        bring_in(cycle, path)
    open_windows(cycle.database, cycle.clock, cycle_key="mmis-2026", window_key="gammal", actor=ACTOR)
    cycle.run_deliveries()
    assert bring_in(cycle, path).total == 1
    close_windows(cycle.database, cycle.clock, cycle_key="mmis-2026", window_key="gammal", actor=ACTOR)
    with pytest.raises(Refused, match=r"gammal: closed"):
        bring_in(cycle, path)
    with cycle.database.read() as session:
        assert session.scalar(select(func.sum(SealGroup.control_total))) == 1


def test_an_unknown_cycle_is_named_with_those_that_exist(opened: House, responses: Write):
    with pytest.raises(NotFound, match="Cycles: mmis-2026"):
        import_responses(
            opened.database,
            opened.clock,
            BoxKeys(opened.database),
            cycle_key="mmis-2025",
            path=responses(ROW),
            actor=ACTOR,
        )


def test_an_empty_table_takes_nothing_and_says_so(opened: House, responses: Write):
    assert bring_in(opened, responses()).notes == ("responses.csv holds no response.",)


def test_many_rows_are_checked_and_sealed_quickly(town: House, tmp_path: Path, responses: Write):
    large = roster(tmp_path / "large", groups=GROUPS.replace("5A,5A,pupil,5,25", "5A,5A,pupil,5,10000"))
    import_roster(town.database, town.clock, large, actor=ACTOR)
    write(tmp_path, {"cycle.yaml": CYCLE})
    create_cycle(town.database, town.clock, tmp_path / "cycle.yaml", actor=ACTOR)
    open_windows(town.database, town.clock, cycle_key="mmis-2026", window_key="gammal", actor=ACTOR)
    town.run_deliveries()
    path = responses(*[f"S1,5A,elev-gammal,flicka,5,{number % 4 + 1},3,text,ute" for number in range(10_000)])
    start = time.perf_counter()
    assert bring_in(town, path).total == 10_000
    taken = time.perf_counter() - start
    assert taken < 10, f"{taken:.1f} s"
