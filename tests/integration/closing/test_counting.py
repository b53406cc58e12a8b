"""Counting a closed window: once whatever happens, nothing dropped in silence, nothing left that could be joined."""

from __future__ import annotations

import hashlib
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import delete, event, func, select, update

from analytics_worker.closing import counting, finishing
from analytics_worker.closing.counting import count_ballots
from analytics_worker.closing.finishing import finish_window
from shared.database.questionnaires import load
from shared.errors import SikteError
from shared.events import claims
from shared.events.claims import ClaimLost
from shared.events.quarantine import retry
from shared.model.audit import AuditEntry
from shared.model.codes import Code
from shared.model.counting import Block, CountSlice, FreeText, Tally
from shared.model.cycles import Cycle, Questionnaire, SealGroup
from shared.model.events import COUNT_BALLOTS, FINISH_WINDOW, QUESTIONNAIRE_COUNTED, Delivery, Event, publish
from shared.model.organisation import UnitGroup
from shared.model.urn import Ballot, BoxKey, Draft
from shared.questionnaire.scoring import TallyLayout
from shared.sealing.boxes import new_key_pair
from tests.support.house import Unsettled

ANSWERS = [
    *[("A", "5A", {"trygg": "4", "orolig": "1", "sex": "flicka"})] * 7,
    *[("A", "8A", {"trygg": "1", "varfor": f"skäl {at}", "sex": "pojke"}) for at in range(6)],
    *[("B", "5A", {"trygg": "9"})] * 8,
    *[("C", "5A", {})] * 5,
]


def claimed(house, consumer):
    """Claim the consumer's next delivery, as a worker does."""
    with house.database.read() as session:
        pending = select(Delivery.id).where(Delivery.consumer == consumer, Delivery.done_at.is_(None))
        delivery_id = session.scalars(pending.order_by(Delivery.id)).first()
    claim = claims.take(house.database, delivery_id)
    assert claim is not None
    return claim


def count(house, claim=None):
    claim = claim or claimed(house, COUNT_BALLOTS)
    count_ballots(claim, database=house.database, clock=house.clock, keys=house.keys)
    return claim


def finish(house):
    finish_window(claimed(house, FINISH_WINDOW), database=house.database, clock=house.clock, keys=house.keys)


def stored(database):
    """Everything the count has written, texts by themselves."""
    with database.read() as session:
        tallies = {(one.unit_id, one.cell): (one.ballots, one.counts) for one in session.scalars(select(Tally))}
        blocks = {
            one.unit_id: (one.rows, hashlib.sha256(one.cells).hexdigest()) for one in session.scalars(select(Block))
        }
        texts = sorted((one.unit_id, one.body, str(one.id)) for one in session.scalars(select(FreeText)))
    return tallies, blocks, texts


def number(database, table):
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_every_ballot_is_counted_and_then_nothing_of_the_urn_is_left(cycle):
    cycle.answer(ANSWERS)
    cycle.count()
    database = cycle.house.database
    assert [number(database, table) for table in (Ballot, BoxKey, Draft)] == [0, 0, 0]
    assert not cycle.house.keys.has_window_key(cycle.window.id)
    assert cycle.window.state == "counted"
    with database.read() as session:
        totals = session.execute(
            select(func.sum(SealGroup.control_total), func.sum(SealGroup.counted), func.sum(SealGroup.unreadable))
        ).one()
        assert tuple(totals) == (26, 26, 0)
        assert session.scalars(select(Cycle.state)).one() == "ready"
        assert sum(session.scalars(select(Block.rows))) == 26


def test_blocks_hold_the_answers_by_column_and_no_order(cycle):
    cycle.answer(ANSWERS)
    cycle.close()
    count(cycle.house)
    with cycle.house.database.read() as session:
        loaded = load(session, session.scalars(select(Questionnaire.id)).one())
        assert loaded.layout is not None
        block = max(session.scalars(select(Block)), key=lambda one: one.rows)
    cells = np.frombuffer(block.cells, dtype=np.uint8).reshape(loaded.layout.fixed_length, block.rows)
    column = next(column for column in loaded.layout.columns if column.key == "trygg")
    assert sorted(cells[column.offset].tolist()) == [1] * 7 + [4] * 6


def test_free_texts_stand_alone(cycle):
    cycle.answer(ANSWERS)
    cycle.count()
    with cycle.house.database.read() as session:
        texts = list(session.scalars(select(FreeText)))
    assert sorted(one.body for one in texts) == [f"skäl {at}" for at in range(6)]
    assert {one.state for one in texts} == {"unscreened"}


def test_counting_a_slice_again_changes_nothing(cycle):
    cycle.answer(ANSWERS)
    cycle.close()
    house = cycle.house
    claim = count(house)
    before = stored(house.database)
    with house.database.begin() as session:
        again = update(Delivery).where(Delivery.id == claim.delivery_id)
        session.execute(again.values(done_at=None, claimed_until=None, attempts=0))
    count(house)
    assert stored(house.database) == before
    assert number(house.database, Event) == sum(1 for _event in events(house.database))


def events(database):
    with database.read() as session:
        return list(session.scalars(select(Event.type)))


def test_a_late_worker_is_fenced_off(cycle):
    cycle.answer(ANSWERS)
    cycle.close()
    house = cycle.house
    late = claimed(house, COUNT_BALLOTS)
    with house.database.begin() as session:
        session.execute(update(Delivery).where(Delivery.id == late.delivery_id).values(claimed_until=0.0))
    count(house)
    before = stored(house.database)
    with pytest.raises(ClaimLost):
        count(house, late)
    assert stored(house.database) == before
    assert events(house.database).count("questionnaire.counted") == 1


def test_a_worker_that_dies_before_its_commit_leaves_nothing(cycle, monkeypatch):
    cycle.answer(ANSWERS)
    cycle.close()
    house = cycle.house

    def die(*_arguments):
        message = "killed"
        raise RuntimeError(message)

    with monkeypatch.context() as patch:
        patch.setattr(counting, "finish", die)
        with pytest.raises(RuntimeError):
            count(house)
    assert [number(house.database, table) for table in (Block, Tally, FreeText)] == [0, 0, 0]
    with house.database.begin() as session:
        session.execute(update(Delivery).values(claimed_until=None))
    count(house)
    assert number(house.database, Block) == 3


def spoil(database, how):
    """Make one ballot unreadable, without changing how many lie in the urn."""
    with database.begin() as session:
        ballot = session.scalars(select(Ballot).order_by(Ballot.id)).first()
        if how == "flipped":
            ballot.box = bytes([ballot.box[0] ^ 1]) + ballot.box[1:]
        elif how == "wrong key":
            ballot.box_key_id = uuid4()
        elif how == "cut":
            ballot.box = ballot.box[:-1]
        else:
            other = select(SealGroup.id).where(SealGroup.id != ballot.seal_group_id).order_by(SealGroup.id)
            ballot.seal_group_id = session.scalars(other).first()


@pytest.mark.parametrize("how", ["flipped", "wrong key", "cut", "moved"])
def test_an_unreadable_ballot_is_counted_as_such_and_keeps_the_key(cycle, how):
    cycle.answer(ANSWERS)
    spoil(cycle.house.database, how)
    cycle.close()
    with pytest.raises(Unsettled, match="accept-loss skola-2026 --window skola"):
        cycle.house.run_deliveries()
    assert cycle.window.state == "closed"
    assert cycle.house.keys.has_window_key(cycle.window.id)
    assert number(cycle.house.database, Ballot) == 26
    with cycle.house.database.read() as session:
        totals = session.execute(select(func.sum(SealGroup.counted), func.sum(SealGroup.unreadable))).one()
    assert tuple(totals) == (25, 1)


def test_an_accepted_loss_lets_the_count_go_on(cycle):
    cycle.answer(ANSWERS)
    spoil(cycle.house.database, "flipped")
    cycle.close()
    count(cycle.house)
    with cycle.house.database.begin() as session:
        session.merge(cycle.window).loss_accepted = "one ballot damaged on disk"
    cycle.house.run_deliveries()
    assert cycle.window.state == "counted"
    assert not cycle.house.keys.has_window_key(cycle.window.id)


def test_a_ballot_missing_from_the_urn_stops_everything(cycle):
    cycle.answer(ANSWERS)
    cycle.close()
    with cycle.house.database.begin() as session:
        session.execute(delete(Ballot).where(Ballot.id == session.scalars(select(Ballot.id)).first()))
    count(cycle.house)
    with pytest.raises(SikteError, match="not the control total"):
        finish(cycle.house)
    assert cycle.house.keys.has_window_key(cycle.window.id)
    assert number(cycle.house.database, Ballot) == 25


def test_a_missing_key_is_named_and_nothing_is_counted(cycle):
    cycle.answer(ANSWERS)
    cycle.close()
    cycle.house.keys.destroy_window_key(cycle.window.id)
    with pytest.raises(SikteError, match="SIKTE_KEYS"):
        count(cycle.house)
    assert number(cycle.house.database, Tally) == 0


def test_another_key_in_the_place_of_the_windows_counts_nothing_and_is_named(cycle):
    """With it every ballot would have been unreadable for good."""
    cycle.answer(ANSWERS)
    cycle.close()
    house, window_id = cycle.house, cycle.window.id
    own = house.keys.window_key(window_id)
    house.keys.destroy_window_key(window_id)
    house.keys.write_window_key(window_id, new_key_pair().private)
    with pytest.raises(Unsettled, match=rf"KeyMissing: .*windows/{window_id} "):
        house.run_deliveries()
    assert number(house.database, Tally) == 0
    house.keys.destroy_window_key(window_id)
    house.keys.write_window_key(window_id, own)
    retry_stuck(house)
    assert cycle.window.state == "counted"
    assert sums(house.database) == (26, 26, 0)


def retry_stuck(house):
    """Do what ``sikte deliveries retry`` does with everything that is stuck."""
    with house.database.begin() as session:
        for delivery_id in session.scalars(select(Delivery.id).where(Delivery.quarantined_at.is_not(None))):
            retry(session, delivery_id, actor="test", at=house.clock.now())
    house.run_deliveries()


def sums(database):
    with database.read() as session:
        columns = (SealGroup.control_total, SealGroup.counted, SealGroup.unreadable)
        return tuple(session.execute(select(*(func.sum(column) for column in columns))).one())


def test_ballots_that_are_had_back_are_counted_when_the_stuck_work_is_retried(cycle):
    cycle.answer(ANSWERS)
    house = cycle.house
    with house.database.begin() as session:
        box_key = session.scalars(select(BoxKey)).one()
        sound, box_key.sealed = box_key.sealed, bytes(len(box_key.sealed))
    cycle.close()
    with pytest.raises(Unsettled, match="accept-loss"):
        house.run_deliveries()
    assert sums(house.database) == (26, 0, 26)
    with pytest.raises(Unsettled, match="accept-loss"):
        retry_stuck(house)
    with house.database.begin() as session:
        session.execute(update(BoxKey).values(sealed=sound))
    retry_stuck(house)
    assert cycle.window.state == "counted"
    assert sums(house.database) == (26, 26, 0)
    with house.database.read() as session:
        assert sum(session.scalars(select(Block.rows))) == sum(session.scalars(select(Tally.ballots))) == 26
        assert number(house.database, FreeText) == 6
        recounts = session.scalars(select(AuditEntry).where(AuditEntry.action == "window.recounted")).all()
        assert [entry.details for entry in recounts] == [{"slice": 0, "ballots_had_back": 26}]


def test_an_accepted_loss_is_not_counted_again(cycle):
    cycle.answer(ANSWERS)
    house = cycle.house
    spoil(house.database, "cut")
    cycle.close()
    count(house)
    with house.database.begin() as session:
        session.merge(cycle.window).loss_accepted = "one ballot damaged on disk"
    house.keys.destroy_window_key(cycle.window.id)
    counting.recount_damaged(cycle.window.id, database=house.database, clock=house.clock, keys=house.keys)
    assert sums(house.database) == (26, 25, 1)


def test_of_many_deliveries_the_one_that_purged_writes_the_file_anew_and_its_retry_too(cycle, monkeypatch):
    cycle.answer(ANSWERS)
    cycle.close()
    house = cycle.house
    count(house)
    written: list[object] = []
    monkeypatch.setattr(finishing, "_empty_log", written.append)
    with house.database.begin() as session:
        publish(session, QUESTIONNAIRE_COUNTED, at=house.clock.now(), window_id=cycle.window.id)
    first, second = claimed(house, FINISH_WINDOW), None
    finish_window(first, database=house.database, clock=house.clock, keys=house.keys)
    second = claimed(house, FINISH_WINDOW)
    finish_window(second, database=house.database, clock=house.clock, keys=house.keys)
    assert len(written) == 1
    with house.database.begin() as session:
        again = update(Delivery).where(Delivery.id == first.delivery_id)
        session.execute(again.values(done_at=None, claimed_until=None, attempts=0))
    finish(house)
    assert len(written) == 2


def test_of_a_code_only_hash_and_window_stay_and_no_word_of_whether_it_answered(cycle):
    house, window = cycle.house, cycle.window
    with house.database.begin() as session:
        group = session.scalars(select(UnitGroup)).first()
        questionnaire = session.scalars(select(Questionnaire)).one()
        common = {
            "window_id": window.id,
            "questionnaire_id": questionnaire.id,
            "unit_id": group.unit_id,
            "group_id": group.id,
            "person_ref": "p1",
            "segments": {"sex": "flicka"},
        }
        session.add(Code(kind="single", state="answered", lookup=b"a" * 32, **common))
        session.add(Code(kind="single", state="issued", lookup=b"b" * 32, sealed=b"x", **common))
        session.add(Code(kind="single", state="void", lookup=b"c" * 32, **common))
        session.add(Code(kind="form", state="answered", **common))
        draft = Code(kind="form", state="issued", **common)
        session.add(draft)
        session.flush()
        session.add(Draft(code_id=draft.id, box=b"sealed"))
    cycle.answer(ANSWERS)
    cycle.count()
    with house.database.read() as session:
        codes = list(session.scalars(select(Code).order_by(Code.lookup)))
        assert [(one.kind, one.state, one.window_id) for one in codes] == [
            ("single", "closed", window.id),
        ] * 3
        for name in ("questionnaire_id", "unit_id", "group_id", "person_ref", "segments", "sealed"):
            assert [getattr(one, name) for one in codes] == [None] * 3
        # Not a JSON null either: nothing at all.
        assert session.scalar(select(func.count()).select_from(Code).where(Code.segments.is_not(None))) == 0


def test_finishing_may_be_interrupted_anywhere(cycle):
    """The key is gone, then the process dies before each commit in turn; the next run goes on."""
    cycle.answer(ANSWERS)
    cycle.close()
    house = cycle.house
    count(house)
    for survived in range(3):
        seen: list[int] = []

        def die(_connection, allowed=survived, seen=seen):
            seen.append(1)
            if len(seen) > allowed:
                message = "killed"
                raise RuntimeError(message)

        claim = claimed(house, FINISH_WINDOW)
        event.listen(house.database.engine, "commit", die)
        try:
            with pytest.raises(RuntimeError):
                finish_window(claim, database=house.database, clock=house.clock, keys=house.keys)
        except pytest.fail.Exception:
            # It outlived its commits: done.
            break
        finally:
            event.remove(house.database.engine, "commit", die)
        with house.database.begin() as session:
            session.execute(
                update(Delivery).where(Delivery.id == claim.delivery_id).values(claimed_until=None, attempts=0)
            )
    assert cycle.window.state == "counted"
    assert events(house.database).count("window.counted") == 1
    assert number(house.database, Ballot) == 0


def test_a_window_without_ballots_is_counted_too(cycle):
    cycle.count()
    assert cycle.window.state == "counted"
    with cycle.house.database.read() as session:
        assert session.scalars(select(CountSlice.done)).all() == [True]


def test_nothing_readable_is_left_in_the_files_of_sqlite(cycle, tmp_path):
    if cycle.house.database.is_postgresql:
        pytest.skip("PostgreSQL's log is dead weight without its key")
    cycle.answer(ANSWERS)
    with cycle.house.database.read() as session:
        boxes = list(session.scalars(select(Ballot.box)))
    cycle.count()
    files = b"".join(path.read_bytes() for path in tmp_path.glob("sikte.db*"))
    assert not [box for box in boxes if box in files]


def test_the_tallies_are_those_of_the_layout(cycle):
    cycle.answer(ANSWERS)
    cycle.count()
    with cycle.house.database.read() as session:
        loaded = load(session, session.scalars(select(Questionnaire.id)).one())
        width = TallyLayout(loaded.definition).width
        assert {len(one) for one in session.scalars(select(Tally.counts))} == {8 * width}
        # Breakdowns by name, sex before year; who did not say stands under the empty word.
        assert set(session.scalars(select(Tally.cell))) == {"flicka|5", "pojke|8", "|5"}
