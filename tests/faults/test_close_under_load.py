"""Closing while sixteen writers cast: the lock comes at once, and no ballot falls outside the total."""

from __future__ import annotations

import multiprocessing
import random
import threading
import time
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerContext
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pytest

from shared.clock import FixedClock, SystemClock
from shared.database.box_keys import BoxKeys
from shared.database.engine import Database, open_database
from shared.database.lifecycle import close_window
from shared.database.locks import take_window
from shared.errors import Refused
from shared.model.cycles import CollectionWindow
from shared.model.events import MAKE_WINDOW_KEY
from shared.sealing.keystore import KeyStore
from survey_service.casting import cast as casting
from survey_service.casting.cast import cast
from survey_service.casting.forms import Form, open_form
from tests.support.faults.casters import Casters, Outcome, over_use_case
from tests.support.faults.oracle import answered, faults_of_urn, in_urn
from tests.support.faults.steps import deliver, handlers, open_if_planned
from tests.support.faults.words import say
from tests.support.faults.world import Invitation, PlannedCycle, build_organisation, plan_cycle

SEED = 20261121
CLOSES = 6
WRITERS_HERE = 8
WRITERS_ELSEWHERE = 8
LOCK_WITHIN = 1.0
WARM = 20


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "keys")


def opened(database: Database, keys: KeyStore, key: str, clock: FixedClock | SystemClock) -> PlannedCycle:
    now = clock.now()
    cycle = plan_cycle(database, key, opens_at=now - timedelta(days=1), closes_at=now + timedelta(days=1))
    open_if_planned(database, clock, cycle.window_id)
    deliver(database, handlers(database, clock, keys), only=[MAKE_WINDOW_KEY])
    return cycle


def cast_elsewhere(url: str, invitations: list[Invitation], stop: Event, results: Queue) -> None:
    """Cast from a second process, which shares nothing with the first but the database."""
    database = open_database(url)
    casters = Casters(over_use_case(database, SystemClock()), invitations, number=WRITERS_ELSEWHERE)
    casters.start()
    casters.wait_for(WARM)
    results.put(None)
    stop.wait()
    casters.wait_for_refusal()
    casters.stop()
    results.put(casters.join())
    database.dispose()


@pytest.fixture(scope="module")
def other_processes() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.faults.casters"])
    return context


def close_timed(database: Database, window_id: int) -> float:
    """Close as the clock does, and return the seconds from the call to the lock.

    On SQLite the writing transaction is the lock; ``close_window`` takes it again, which costs nothing.
    """
    called = time.monotonic()
    with database.begin() as session:
        take_window(session.connection(), window_id)
        waited = time.monotonic() - called
        close_window(session, session.get_one(CollectionWindow, window_id), now=SystemClock().now(), actor="test")
    return waited


def test_sixteen_writers_neither_delay_the_close_nor_slip_a_ballot_past_it(
    database, durable_url, keys, other_processes
):
    build_organisation(database, units=4, classes=4, headcount=100)
    choose = random.Random(SEED)
    waits = []
    for number in range(CLOSES):
        cycle = opened(database, keys, f"runda-{number}", SystemClock())
        half = len(cycle.invitations) // 2
        stop, results = other_processes.Event(), other_processes.Queue()
        elsewhere = other_processes.Process(
            target=cast_elsewhere, args=(durable_url, list(cycle.invitations[half:]), stop, results), daemon=True
        )
        elsewhere.start()
        assert results.get(timeout=30) is None
        here = Casters(over_use_case(database, SystemClock()), cycle.invitations[:half], number=WRITERS_HERE)
        here.start()
        here.wait_for(WARM)
        time.sleep(choose.uniform(0.05, 0.3))
        waits.append(close_timed(database, cycle.window_id))
        closed_at = time.monotonic()
        stop.set()
        here.wait_for_refusal()
        here.stop()
        outcomes: list[Outcome] = [here.join(), results.get(timeout=60)]
        elsewhere.join(timeout=30)
        assert [error for outcome in outcomes for error in outcome.errors] == []
        thanked = [code for outcome in outcomes for code in outcome.thanked]
        assert faults_of_urn(database, cycle, thanked) == []
        assert min(len(outcome.thanked) for outcome in outcomes) > 0, "a side that casts nothing proves nothing"
        refused = [outcome.refused for outcome in outcomes]
        assert all(set(codes.values()) == {"window_closed"} for codes in refused), "both sides met the closed window"
        late = max(moment for outcome in outcomes for moment in outcome.thanked.values())
        say(
            f"seed {SEED} close {number}: {len(thanked)} ballots, lock after {waits[-1] * 1000:.1f} ms, "
            f"last receipt {(late - closed_at) * 1000:+.1f} ms from the close"
        )
    assert max(waits) <= LOCK_WITHIN


def close_while_one_casts(database: Database, cycle: PlannedCycle, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Close while a caster stands between marking its code and laying its ballot in the urn; return what is wrong."""
    form = form_of(database, cycle.invitations[0])
    marked, go_on = threading.Event(), threading.Event()
    look = casting._refuse_when_closed

    def look_slowly(*arguments: Any, **times: Any) -> None:
        look(*arguments, **times)
        marked.set()
        go_on.wait(10)

    monkeypatch.setattr(casting, "_refuse_when_closed", look_slowly)
    begun_at = SystemClock().now()
    caster = threading.Thread(
        target=send, args=(database, SystemClock(), form, cycle.invitations[0]), kwargs={"begun_at": begun_at}
    )
    closer = threading.Thread(target=close_timed, args=(database, cycle.window_id))
    caster.start()
    assert marked.wait(10)
    closer.start()
    closer.join(0.5)
    go_on.set()
    caster.join(10)
    closer.join(10)
    return faults_of_urn(database, cycle, [form.code_id])


def test_the_close_waits_for_a_ballot_that_is_half_cast(database, keys, monkeypatch):
    build_organisation(database, units=1)
    cycle = opened(database, keys, "halvvags", SystemClock())
    assert close_while_one_casts(database, cycle, monkeypatch) == []


def test_without_the_lock_the_same_ballot_would_fall_outside_the_control_total(database, keys, monkeypatch):
    if not database.is_postgresql:
        pytest.skip("on SQLite the writing transaction is the lock")
    build_organisation(database, units=1)
    cycle = opened(database, keys, "utan-las", SystemClock())
    monkeypatch.setattr(casting, "share_window", lambda *_arguments: None)
    assert close_while_one_casts(database, cycle, monkeypatch) == ["0 ballots in the control total, 1 acknowledged"]


def test_a_ballot_after_the_close_is_refused_and_leaves_its_code_unanswered(database, keys):
    build_organisation(database, units=1)
    cycle = opened(database, keys, "efter", SystemClock())
    form = form_of(database, cycle.invitations[0])
    close_timed(database, cycle.window_id)
    with pytest.raises(Refused) as refusal:
        send(database, SystemClock(), form, cycle.invitations[0], begun_at=SystemClock().now())
    assert refusal.value.code == "window_closed"
    assert answered(database, cycle.window_id) == set()
    assert in_urn(database, cycle.window_id) == 0


def test_a_code_that_answered_before_the_close_is_thanked_again_after_it(database, keys):
    build_organisation(database, units=1)
    cycle = opened(database, keys, "igen", SystemClock())
    form = form_of(database, cycle.invitations[0])
    begun_at = SystemClock().now()
    assert send(database, SystemClock(), form, cycle.invitations[0], begun_at=begun_at) == "cast"
    close_timed(database, cycle.window_id)
    assert send(database, SystemClock(), form, cycle.invitations[0], begun_at=begun_at) == "already"
    assert faults_of_urn(database, cycle, [form.code_id]) == []


def test_only_a_form_begun_before_the_end_may_be_sent_in_the_grace(database, keys):
    build_organisation(database, units=1)
    clock = FixedClock(datetime(2026, 10, 16, 13, 0, tzinfo=UTC))
    end = clock.now() + timedelta(hours=1)
    cycle = plan_cycle(database, "grace", opens_at=clock.now(), closes_at=end, grace_minutes=30)
    open_if_planned(database, clock, cycle.window_id)
    deliver(database, handlers(database, clock, keys), only=[MAKE_WINDOW_KEY])
    begun_before, begun_after = end - timedelta(seconds=1), end + timedelta(seconds=1)
    in_time, too_late, one_more = (form_of(database, invitation) for invitation in cycle.invitations[:3])

    clock.instant = end + timedelta(minutes=29, seconds=59)
    assert send(database, clock, in_time, cycle.invitations[0], begun_at=begun_before) == "cast"
    with pytest.raises(Refused):
        send(database, clock, too_late, cycle.invitations[1], begun_at=begun_after)
    clock.instant = end + timedelta(minutes=30)
    with pytest.raises(Refused):
        send(database, clock, one_more, cycle.invitations[2], begun_at=begun_before)
    assert answered(database, cycle.window_id) == {in_time.code_id}


def test_thirty_of_one_class_may_press_send_at_once(database, keys):
    build_organisation(database, units=1, classes=1, headcount=30)
    cycle = opened(database, keys, "klassen", SystemClock())
    of_class = [invitation for invitation in cycle.invitations if ".pupil." in invitation.serial]
    forms = [(form_of(database, invitation), invitation) for invitation in of_class]
    together, box_keys, begun_at = threading.Barrier(len(forms)), BoxKeys(database), SystemClock().now()
    said: list[str] = []

    def press_send(form: Form, invitation: Invitation) -> None:
        together.wait()
        said.append(cast(database, SystemClock(), box_keys, form=form, answers=invitation.answers, begun_at=begun_at))

    pupils = [threading.Thread(target=press_send, args=pair) for pair in forms]
    for pupil in pupils:
        pupil.start()
    for pupil in pupils:
        pupil.join(30)
    assert said == ["cast"] * 30
    assert in_urn(database, cycle.window_id) == 30


def form_of(database: Database, invitation: Invitation) -> Form:
    with database.read() as session:
        return open_form(session, invitation.code_id)


def send(
    database: Database, clock: FixedClock | SystemClock, form: Form, invitation: Invitation, *, begun_at: datetime
) -> str:
    return cast(database, clock, BoxKeys(database), form=form, answers=invitation.answers, begun_at=begun_at)
