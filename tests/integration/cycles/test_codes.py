"""Codes: exactly as many as there are people to ask, the same again, topped up, written for one reader, withdrawn."""

from __future__ import annotations

import csv
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update

from admin_portal.cycles.code_file import CODE_COLUMNS, WrittenCodes, write_codes
from admin_portal.cycles.codes import Issued, issue_codes, void_code
from admin_portal.cycles.collection import close_windows
from admin_portal.organisation.roster import import_roster
from shared.database.box_keys import BoxKeys
from shared.errors import NotFound, Refused
from shared.model.audit import AuditEntry
from shared.model.codes import Code, DispatchKey
from shared.model.events import Event
from shared.model.urn import Draft
from shared.questionnaire.definition import Answers
from shared.sealing.codes import lookup_hash, normalise
from shared.sealing.keystore import KeyMissing, KeyStore
from survey_service.casting.cast import cast
from survey_service.casting.forms import open_form
from tests.support.house import House
from tests.support.officer_files import GROUPS, PERSONS, roster

ACTOR = "cli:officer"
URL = "https://svar.example"


def issue(house: House) -> Issued:
    pepper = house.container.code_pepper
    return issue_codes(house.database, house.clock, code_pepper=pepper, cycle_key="mmis-2026", actor=ACTOR)


def export(house: House, path: Path, keys: KeyStore | None = None) -> WrittenCodes:
    return write_codes(
        house.database,
        house.clock,
        keys or house.keys,
        cycle_key="mmis-2026",
        survey_url=URL,
        path=path,
        actor=ACTOR,
    )


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def void(house: House, typed: str, cycle: str = "mmis-2026") -> str:
    pepper = house.container.code_pepper
    voided = void_code(house.database, house.clock, code_pepper=pepper, cycle_key=cycle, typed=typed, actor=ACTOR)
    return voided.questionnaire


def answer(house: House, code: str) -> str:
    lookup = lookup_hash(house.container.code_pepper, normalise(code) or "")
    with house.database.read() as session:
        form = open_form(session, session.scalars(select(Code.id).where(Code.lookup == lookup)).one())
    answers: Answers = {"trygg": "4"}
    now = house.clock.now()
    return cast(house.database, house.clock, BoxKeys(house.database), form=form, answers=answers, begun_at=now)


def test_each_model_of_codes_gives_exactly_what_it_says(cycle: House, tmp_path: Path):
    issued = issue(cycle)
    assert issued.created == {"elev": 45, "personal": 2, "vh-forskola": 2, "vh-skola": 1}
    assert "elev-gammal" not in issued.created, "answers from a file need no codes"
    export(cycle, tmp_path / "codes.csv")
    rows = read(tmp_path / "codes.csv")
    assert tuple(rows[0]) == CODE_COLUMNS
    by_group = Counter((row["questionnaire"], row["unit_code"], row["group_code"]) for row in rows)
    assert by_group == {
        ("elev", "S1", "5A"): 25,
        ("elev", "S1", "8A"): 20,
        ("personal", "S1", "P"): 2,
        ("vh-forskola", "F1", "BLÅ"): 2,
        ("vh-skola", "S1", ""): 1,
    }
    references = {
        key: sorted(row["person_ref"] for row in rows if row["questionnaire"] == key) for key in by_group_keys(rows)
    }
    assert references["personal"] == ["t1", "t2"]
    assert references["vh-forskola"] == ["c1", "c2"], "the guardians of a child share its code"
    assert set(references["elev"]) == {""}, "a slip belongs to nobody"
    assert all(row["url"] == f"{URL}/s/{row['code']}" for row in rows)
    assert len({row["code"] for row in rows}) == len(rows)


def by_group_keys(rows: list[dict[str, str]]) -> set[str]:
    return {row["questionnaire"] for row in rows}


def test_codes_are_stored_as_hashes_with_what_the_roster_says_of_a_person(cycle: House):
    issue(cycle)
    with cycle.database.read() as session:
        codes = session.scalars(select(Code)).all()
    assert all(code.state == "issued" and len(code.lookup or b"") == 32 for code in codes)
    segments = {code.person_ref: code.segments for code in codes if code.person_ref}
    assert segments["t1"] == {"sex": "kvinna"}
    assert segments["c1"] == {"sex": "flicka"}
    assert segments["c2"] is None, "the rows of this child disagree"


def test_issuing_again_gives_the_same_codes_and_leaves_no_trace(cycle: House, tmp_path: Path):
    issue(cycle)
    export(cycle, tmp_path / "one.csv")
    again = issue(cycle)
    assert again.total == 0
    assert again.standing["elev"] == 45
    export(cycle, tmp_path / "two.csv")
    first, second = read(tmp_path / "one.csv"), read(tmp_path / "two.csv")
    assert sorted(row["code"] for row in first) == sorted(row["code"] for row in second)
    assert [row["code"] for row in first] != [row["code"] for row in second], "the order inside a group says nothing"
    with cycle.database.read() as session:
        issued = session.scalars(select(AuditEntry).where(AuditEntry.action == "codes.issued")).all()
        events = session.scalars(select(Event).where(Event.type == "invitations.issued")).all()
    assert (len(issued), len(events)) == (1, 1)


def test_a_roster_that_grew_is_topped_up_before_opening(cycle: House, tmp_path: Path):
    issue(cycle)
    grown = roster(
        tmp_path / "grown",
        groups=GROUPS.replace("5A,5A,pupil,5,25", "5A,5A,pupil,5,27"),
        persons=PERSONS + "t3,S1,P,staff,,,,,\n",
    )
    import_roster(cycle.database, cycle.clock, grown, actor=ACTOR)
    assert issue(cycle).created == {"elev": 2, "personal": 1, "vh-forskola": 0, "vh-skola": 0}


def test_after_opening_the_frozen_headcount_is_the_limit(opened: House, tmp_path: Path):
    grown = roster(
        tmp_path / "grown",
        groups=GROUPS.replace("5A,5A,pupil,5,25", "5A,5A,pupil,5,40").replace(
            "Personal,staff,,8", "Personal,staff,,20"
        ),
        persons=PERSONS + "".join(f"n{number},S1,P,staff,,,,,\n" for number in range(10)),
    )
    import_roster(opened.database, opened.clock, grown, actor=ACTOR)
    issued = issue(opened)
    assert (issued.created["elev"], issued.created["personal"]) == (45, 8)
    assert "as many codes as the headcount (8)" in issued.notes[0]


def test_a_group_without_persons_gets_codes_by_headcount(town: House, cycle: House, tmp_path: Path):
    without = roster(tmp_path / "without", persons=PERSONS.splitlines()[0] + "\n")
    import_roster(cycle.database, cycle.clock, without, actor=ACTOR, allow_removal=True)
    assert issue(cycle).created == {"elev": 45, "personal": 8, "vh-forskola": 12, "vh-skola": 1}


def test_two_officers_issuing_at_once_make_no_code_too_many(cycle: House):
    with ThreadPoolExecutor(4) as pool:
        issued = list(pool.map(lambda _number: issue(cycle), range(4)))
    assert sum(one.total for one in issued) == 50
    with cycle.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Code)) == 50


def test_the_file_is_for_its_owner_alone_and_the_audit_log_says_who_made_it(cycle: House, tmp_path: Path):
    issue(cycle)
    written = export(cycle, tmp_path / "codes.csv")
    assert (written.written, written.replaced) == (50, False)
    assert (tmp_path / "codes.csv").stat().st_mode & 0o777 == 0o600
    assert export(cycle, tmp_path / "codes.csv").replaced
    with cycle.database.read() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "codes.exported")).all()
    assert [(entry.actor, entry.details) for entry in entries] == [(ACTOR, {"codes": 50})] * 2


def test_another_file_is_never_overwritten(cycle: House, tmp_path: Path):
    issue(cycle)
    (tmp_path / "letter.txt").write_text("Dear all")
    with pytest.raises(Refused, match="is no file of codes"):
        export(cycle, tmp_path / "letter.txt")
    assert (tmp_path / "letter.txt").read_text() == "Dear all"


def test_without_the_dispatch_key_nothing_is_written_and_its_place_is_named(cycle: House, tmp_path: Path):
    issue(cycle)
    with pytest.raises(KeyMissing, match=r"elsewhere/dispatch is not here"):
        export(cycle, tmp_path / "codes.csv", KeyStore(tmp_path / "elsewhere"))
    assert not (tmp_path / "codes.csv").exists()


def test_with_another_dispatch_key_nothing_is_written_and_its_place_is_named(cycle: House, tmp_path: Path):
    issue(cycle)
    (cycle.keys.folder / "dispatch").unlink()
    cycle.keys.make_dispatch_key()
    with pytest.raises(KeyMissing, match=r"dispatch is not the one that codes are sealed to"):
        export(cycle, tmp_path / "codes.csv")
    assert not (tmp_path / "codes.csv").exists()


def test_a_damaged_code_stops_the_file_without_repeating_it(cycle: House, tmp_path: Path):
    issue(cycle)
    with cycle.database.begin() as session:
        code = session.scalars(select(Code)).first()
        assert code is not None
        code.sealed = bytes(len(code.sealed or b""))
    with pytest.raises(Refused, match="Restore the database"):
        export(cycle, tmp_path / "codes.csv")
    assert not (tmp_path / "codes.csv").exists()


def test_without_a_dispatch_key_no_code_is_issued_and_no_second_key_is_made(cycle: House):
    with cycle.database.begin() as session:
        session.execute(delete(DispatchKey))
    (cycle.keys.folder / "dispatch").unlink()
    with pytest.raises(Refused, match="sikte db upgrade") as caught:
        issue(cycle)
    assert caught.value.code == "no_dispatch_key"
    assert not cycle.keys.has_dispatch_key()
    with cycle.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Code)) == 0


def test_answered_and_withdrawn_codes_are_left_out_and_counted(opened: House, tmp_path: Path):
    issue(opened)
    export(opened, tmp_path / "codes.csv")
    slips = [row["code"] for row in read(tmp_path / "codes.csv") if row["questionnaire"] == "elev"]
    assert answer(opened, slips[0]) == "cast"
    assert void(opened, slips[1].lower().replace("-", " ")) == "elev"
    written = export(opened, tmp_path / "codes.csv")
    assert (written.written, written.answered, written.void) == (48, 1, 1)
    left = {row["code"] for row in read(tmp_path / "codes.csv")}
    assert not left & set(slips[:2])
    assert issue(opened).created["elev"] == 1, "a withdrawn code is replaced, an answered one is not"


def test_a_withdrawn_code_can_neither_answer_nor_keep_a_draft(opened: House, tmp_path: Path):
    issue(opened)
    export(opened, tmp_path / "codes.csv")
    code = read(tmp_path / "codes.csv")[0]["code"]
    lookup = lookup_hash(opened.container.code_pepper, normalise(code) or "")
    with opened.database.begin() as session:
        session.add(Draft(code_id=session.scalars(select(Code.id).where(Code.lookup == lookup)).one(), box=b"x"))
    void(opened, code)
    with pytest.raises(Refused, match="cannot be used"):
        answer(opened, code)
    with opened.database.read() as session:
        row = session.scalars(select(Code).where(Code.lookup == lookup)).one()
        assert (row.state, row.sealed) == ("void", None)
        assert session.scalars(select(Draft)).all() == []
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "code.voided")).one()
    assert code not in str(entry.details) + entry.subject


def test_what_cannot_be_withdrawn_is_refused_without_repeating_the_code(opened: House, tmp_path: Path):
    issue(opened)
    export(opened, tmp_path / "codes.csv")
    first, second, third = [row["code"] for row in read(tmp_path / "codes.csv") if row["questionnaire"] == "elev"][:3]
    answer(opened, first)
    void(opened, second)
    for typed, message in ((first, "has been answered"), (second, "withdrawn before")):
        with pytest.raises(Refused, match=message) as caught:
            void(opened, typed)
        assert typed not in str(caught.value)
    with pytest.raises(NotFound, match="no such code"):
        void(opened, "0000000000000")
    with pytest.raises(NotFound, match="one of its symbols is wrong"):
        void(opened, third[:-1] + ("A" if third[-1] != "A" else "B"))
    close_windows(opened.database, opened.clock, cycle_key="mmis-2026", window_key="skola", actor=ACTOR)
    with pytest.raises(Refused, match="The window has closed"):
        void(opened, third)


def test_no_codes_are_issued_for_a_cycle_that_has_closed(opened: House):
    close_windows(opened.database, opened.clock, cycle_key="mmis-2026", window_key=None, actor=ACTOR)
    with pytest.raises(Refused, match="have closed"):
        issue(opened)


def test_ten_thousand_codes_are_issued_within_five_seconds(cycle: House, tmp_path: Path):
    large = roster(tmp_path / "large", groups=GROUPS.replace("5A,5A,pupil,5,25", "5A,5A,pupil,5,10000"))
    import_roster(cycle.database, cycle.clock, large, actor=ACTOR)
    start = time.perf_counter()
    assert issue(cycle).total == 10_025
    taken = time.perf_counter() - start
    # Twice the goal: another test may have the core.
    assert taken < 10, f"{taken:.1f} s"


def test_codes_are_not_issued_with_another_pepper_while_open_ones_would_be_lost_by_it(cycle: House):
    issue(cycle)
    with pytest.raises(Refused, match=r"keys/code_pepper.*sikte cycle close") as caught:
        issue_codes(cycle.database, cycle.clock, code_pepper=b"other" * 8, cycle_key="mmis-2026", actor=ACTOR)
    assert caught.value.code == "wrong_pepper"
    with cycle.database.begin() as session:
        session.execute(update(Code).values(state="void", sealed=None))
    issue_codes(cycle.database, cycle.clock, code_pepper=b"other" * 8, cycle_key="mmis-2026", actor=ACTOR)
    with pytest.raises(Refused, match="code pepper is not the one"):
        issue(cycle)
