"""Releases: numbered, of the latest results, under embargo, corrected with a reason, withdrawn while unseen."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from shared.errors import NotFound, Refused
from shared.model.audit import AuditEntry
from shared.model.events import RESULTS_RELEASED
from shared.model.releases import UNAUDITED, Release
from tests.support.publishing import OFFICER, REASON, events, publish, refusal, release, stored, visible, withdraw
from tests.support.two_windows import TwoWindows


def test_a_release_without_embargo_is_seen_and_announced_at_once(cycle):
    made = release(cycle)

    assert (made.number, made.plan.windows, made.announced) == (1, ("skola", "hem"), True)
    assert visible(cycle) == {"skola": 1, "hem": 1}
    assert events(cycle, RESULTS_RELEASED) == [{"release_id": made.id}]
    assert cycle.state == "released"
    assert stored(cycle, Release, 1).protection == UNAUDITED


def test_under_embargo_nothing_is_seen_until_the_moment_itself(cycle):
    release(cycle, embargo=timedelta(days=3))

    assert visible(cycle) == {}
    assert events(cycle, RESULTS_RELEASED) == []
    assert cycle.state == "ready"
    cycle.wait(days=3, seconds=-1)
    assert visible(cycle) == {}
    cycle.wait(seconds=1)
    assert visible(cycle) == {"skola": 1, "hem": 1}


def test_an_embargo_lies_ahead_and_within_half_a_year(cycle):
    with refusal("time_past"):
        release(cycle, embargo=timedelta(seconds=-1))
    with refusal("time_far"):
        release(cycle, embargo=timedelta(days=181))
    assert release(cycle, embargo=timedelta(days=180)).number == 1


def test_windows_are_released_one_by_one_as_they_are_counted(house, tmp_path):
    cycle = TwoWindows(house, tmp_path / "files").begin()
    cycle.count("skola")
    with refusal("not_counted"):
        release(cycle, ["hem"])
    release(cycle)
    assert cycle.state == "collecting"

    cycle.count("hem")
    second = release(cycle)

    assert second.plan.windows == ("hem",)
    assert second.plan.corrects is None
    assert visible(cycle) == {"skola": 1, "hem": 2}
    assert cycle.state == "released"


def test_nothing_is_released_before_there_are_results(house, tmp_path):
    cycle = TwoWindows(house, tmp_path / "files").begin()

    with refusal("no_results"):
        release(cycle)
    cycle.key = "nothing"
    with pytest.raises(NotFound, match="tva-2026"):
        release(cycle)


def test_an_unknown_window_is_named_with_those_there_are(cycle):
    with pytest.raises(NotFound, match="skola, hem"):
        release(cycle, ["gymnasiet"])
    with refusal("no_window"):
        release(cycle, [])


def test_the_same_figures_are_not_released_twice(cycle):
    release(cycle)

    with refusal("nothing_new"):
        release(cycle, reason=REASON)
    with refusal("nothing_new"):
        release(cycle, ["hem"], reason=REASON)


def test_a_correction_needs_a_reason_of_its_own(cycle):
    release(cycle)
    cycle.recompute()
    with refusal("no_reason"):
        release(cycle)
    with refusal("no_reason"):
        release(cycle, reason="  too  short ")
    with refusal("long_reason"):
        release(cycle, reason="x" * 501)

    corrected = release(cycle, reason=REASON)

    assert (corrected.number, corrected.plan.corrects, corrected.plan.reason) == (2, 1, REASON)
    assert visible(cycle) == {"skola": 2, "hem": 2}


def test_a_correction_of_one_window_leaves_the_other_as_it_was(cycle):
    release(cycle)
    cycle.recompute()
    release(cycle, ["hem"], reason=REASON)

    assert visible(cycle) == {"skola": 1, "hem": 2}


def test_an_earlier_release_stays_in_effect_while_its_correction_waits(cycle):
    release(cycle)
    cycle.recompute()
    release(cycle, embargo=timedelta(days=1), reason=REASON)

    assert visible(cycle) == {"skola": 1, "hem": 1}
    cycle.wait(days=1)
    assert visible(cycle) == {"skola": 2, "hem": 2}


def test_while_a_release_waits_its_windows_are_not_released_again(cycle):
    release(cycle, embargo=timedelta(days=1))
    cycle.recompute()

    with refusal("waiting"):
        release(cycle, reason=REASON)
    withdraw(cycle, 1)
    assert release(cycle).number == 2, "a withdrawn release was never seen: this one corrects nothing"


def test_a_release_is_withdrawn_only_while_nobody_has_seen_it(cycle):
    release(cycle, ["skola"], embargo=timedelta(days=1))
    release(cycle, ["hem"])

    with refusal("already_seen"):
        withdraw(cycle, 2)
    withdraw(cycle, 1)
    with refusal("withdrawn"):
        withdraw(cycle, 1)
    with pytest.raises(NotFound, match="1, 2"):
        withdraw(cycle, 3)
    cycle.wait(days=2)
    assert visible(cycle) == {"hem": 2}


def test_a_release_that_a_waiting_publication_rests_on_is_not_withdrawn(cycle):
    release(cycle, embargo=timedelta(days=1))
    publish(cycle, at=timedelta(days=2))

    with refusal("in_use"):
        withdraw(cycle, 1)
    assert stored(cycle, Release, 1).withdrawn_at is None


def test_each_decision_is_in_the_audit_log_with_who_and_what(cycle):
    release(cycle, ["skola"])
    release(cycle, ["hem"], embargo=timedelta(days=1))
    withdraw(cycle, 2)

    with cycle.house.database.read() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action.startswith("release."))).all()
    assert [entry.action for entry in entries] == [
        "release.made",
        "release.in_effect",
        "release.made",
        "release.withdrawn",
    ]
    assert {entry.actor for entry in entries} == {OFFICER}
    assert next(entry for entry in entries if entry.action == "release.made").details["protection"] == UNAUDITED


def test_of_two_officers_at_once_one_releases_and_the_other_gets_a_clear_answer(cycle):
    said: list[object] = []
    together = threading.Barrier(2)

    def act() -> None:
        together.wait()
        try:
            said.append(release(cycle).number)
        except Refused as error:
            said.append(error.code)

    threads = [threading.Thread(target=act) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(map(str, said)) == ["1", "nothing_new"]
    assert events(cycle, RESULTS_RELEASED) == [{"release_id": stored(cycle, Release, 1).id}]
