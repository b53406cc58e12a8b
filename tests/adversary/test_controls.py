"""The attacks are worth something: with one safeguard taken away each of them succeeds."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pytest

from shared.sealing.boxes import KEY_BYTES
from tests.support.adversary import controls, population, scene
from tests.support.adversary.attacks import Report
from tests.support.adversary.population import CONTROL, Size
from tests.support.adversary.scene import Operator
from tests.support.adversary.search import searched


@pytest.fixture
def municipality(kind, request, tmp_path, seed):
    """Open a small municipality, its window open."""

    def opened(size: Size = CONTROL) -> AbstractContextManager[Operator]:
        if kind == "sqlite":
            return scene.sqlite(tmp_path, size, seed)
        return scene.postgresql(request.getfixturevalue("logging_server"), tmp_path, size, seed)

    return opened


def played(operator: Operator, seed: int) -> Report:
    scene.collect(operator, backups=False)
    scene.count(operator, backups=False)
    return scene.attacked(operator, seed)


def test_without_padding_the_length_of_ballots_and_drafts_tells(municipality, monkeypatch, seed, show):
    with municipality(Size(groups=CONTROL.groups)) as operator:
        controls.padding_off(monkeypatch, controls.ballot_size(operator.world))
        report = played(operator, seed)
    show(report.table(first=3))
    assert report.share("ballot length x first: length") > 0.5
    drafts = "draft length x first: length"
    assert any(
        outcome.correlation > report.correlation_limit for outcome in report.outcomes if drafts in outcome.attack
    )


def test_boxes_in_clear_are_read_in_the_tables_and_in_the_log(tmp_path, municipality, monkeypatch, seed, show):
    controls.boxes_in_clear(monkeypatch)
    with municipality() as operator:
        report = played(operator, seed)
        found = {name for name, _place in searched(operator, tmp_path, bytes(KEY_BYTES)).forbidden}
    show(report.table(first=3))
    assert {"answer", "ratings of a ballot"} <= found
    assert report.share("boxes in clear") > 0.5
    assert report.share("content of the log") > 0.5


def test_serial_ids_and_no_shuffle_keep_the_order_of_arrival(kind, municipality, monkeypatch, seed, show):
    controls.serial_ids(monkeypatch)
    controls.order_kept(monkeypatch)
    with municipality() as operator:
        report = played(operator, seed)
    show(report.table(first=3))
    # SQLite gives ballots by their index, PostgreSQL by their place; either was the order of arrival.
    arrival = ("ballot id", "log: commit") if kind == "sqlite" else ("ballot ctid", "log: ballot purged")
    for who in (*arrival, "(ratings: row)"):
        assert report.share(f"{who} x first: id") > 0.5
    assert report.share(f"{arrival[0]} x ratings: row") > 0.5


def test_texts_written_with_the_code_are_tied_to_it(kind, municipality, monkeypatch, seed, show):
    controls.texts_in_the_same_transaction(monkeypatch)
    with municipality() as operator:
        report = played(operator, seed)
    show(report.table(first=3))
    assert report.share("content of the log") > 0.5
    if kind == "postgresql":
        assert report.share("equal transaction") > 0.5
        assert report.share("log: committed x first: log") > 0.5


def test_a_key_that_survives_the_count_opens_every_box(municipality, monkeypatch, seed, show):
    controls.key_kept(monkeypatch)
    with municipality() as operator:
        report = played(operator, seed)
    show(report.table(first=3))
    assert report.share("all remaining secrets") > 0.5


def test_slices_that_cut_groups_undo_the_shuffle(municipality, monkeypatch, seed, show):
    controls.groups_cut(monkeypatch)
    with municipality() as operator:
        report = played(operator, seed)
    expected = controls.expected_when_cut(CONTROL)
    show(f"expected {expected:.1%} by {controls.CUT} slices; {report.table(first=3)}")
    assert report.share("slices") == pytest.approx(expected, abs=0.08)
    assert report.share("slices") > report.limit / len(operator.world.casters)


def test_the_small_municipality_itself_gives_nothing_away(municipality, seed, show):
    with municipality(population.CONTROL) as operator:
        report = played(operator, seed)
    show(report.table(first=3))
    assert report.best.share < 0.5
