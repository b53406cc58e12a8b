"""Ballots as columns: what is well formed, and what they add up to, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analytics_worker.closing.columns import Counter, has_text, well_formed
from shared.questionnaire.ballot import Layout
from shared.questionnaire.battery_file import parse_battery
from shared.questionnaire.definition import Questionnaire
from shared.questionnaire.scoring import TallyLayout
from tests.support.agree import AGREE

BATTERY = (
    """
key: skr
index_max: 10
title: {sv: Elevernas syn}
respondent: pupil
scales:"""
    + AGREE
    + """  var:
    options:
      - {code: gard, label: {sv: Gården}}
      - {code: sal, label: {sv: Salen}}
      - {code: mat, label: {sv: Matsalen}}
areas:
  - {key: trygghet, title: {sv: Trygghet}, index: true, min_items: half}
items:
  - {key: trygg, area: trygghet, scale: agree, text: {sv: Jag är trygg.}}
  - {key: orolig, area: trygghet, scale: agree, reversed: true, text: {sv: Jag är orolig.}}
  - {key: ro, area: trygghet, scale: agree, text: {sv: Det är lugnt.}}
  - {key: van, area: trygghet, scale: agree, text: {sv: Jag har vänner.}}
  - {key: varfor, type: text, max_length: 20, show_if: "trygg in [1, 2]", text: {sv: "Vill du berätta?"}}
  - {key: platser, type: multiple, scale: var, text: {sv: "Var trivs du?"}}
  - {key: antal, type: number, minimum: -5, maximum: 50, text: {sv: "Hur många?"}}
"""
)
QUESTIONNAIRE = Questionnaire("elev", "pupil", (parse_battery(BATTERY, "skr.yaml"),))
LAYOUT = Layout(QUESTIONNAIRE, {"year": ("5", "8")})
TALLY = TallyLayout(QUESTIONNAIRE)
CONTEXT = {"unit_type": "grundskola", "year": "5"}


def plain(answers, year="5"):
    return LAYOUT.encode(answers, {"year": year}, CONTEXT)


def matrix(*ballots):
    return np.frombuffer(b"".join(ballots), dtype=np.uint8).reshape(-1, LAYOUT.size)


def tally(*ballots, units=None):
    fixed = matrix(*ballots)[:, : LAYOUT.fixed_length]
    return Counter(QUESTIONNAIRE, LAYOUT).tally(fixed, np.array(units or [0] * len(ballots), dtype=np.int64))


def item(tallies, key, cell=0):
    return tallies.counts[cell, TALLY.item_slice(key)].tolist()


def area(tallies, cell=0):
    return tallies.counts[cell, TALLY.area_slice("trygghet")].reshape(-1, 3).tolist()


def test_counts_options_dont_know_blank_and_routed_past():
    found = tally(plain({"trygg": "4"}), plain({"trygg": "1", "varfor": "nej"}), plain({"trygg": "9"}), plain({}))
    assert item(found, "trygg") == [1, 0, 0, 1, 1, 1, 0]
    # Three were routed past the text, one wrote.
    assert item(found, "varfor") == [1, 0, 3]


def test_an_asked_text_left_empty_is_blank():
    found = tally(plain({"trygg": "2"}))
    assert item(found, "varfor") == [0, 1, 0]


def test_multiple_counts_each_choice_and_the_persons():
    found = tally(plain({"platser": ("gard", "mat")}), plain({"platser": ("mat",)}), plain({}))
    assert item(found, "platser") == [1, 0, 2, 2, 1, 0]


def test_numbers_are_summed_with_their_signs():
    found = tally(plain({"antal": -5}), plain({"antal": 7}), plain({}))
    assert item(found, "antal") == [2, 2, 74, 1, 0]


def test_exactly_half_of_the_items_gives_a_person_a_mean():
    # Scores in thirds: trygg 4 = 30; reversed orolig 4 = 0, 1 = 30.
    found = tally(
        plain({"trygg": "4", "orolig": "1"}),
        plain({"trygg": "4", "orolig": "4"}),
        plain({"trygg": "4"}),
        plain({"trygg": "4", "orolig": "9", "ro": "9", "van": "3"}),
    )
    assert area(found) == [[3, 60 + 30 + 50, 3600 + 900 + 2500], [0, 0, 0], [0, 0, 0]]


def test_all_items_answered_count_under_their_own_k():
    found = tally(plain({"trygg": "4", "orolig": "4", "ro": "3", "van": "2"}))
    assert area(found) == [[0, 0, 0], [0, 0, 0], [1, 30 + 0 + 20 + 10, 60 * 60]]


def test_a_wholly_blank_ballot_is_counted_and_stated():
    found = tally(plain({}), plain({"trygg": "9"}), plain({"varfor": "x"}))
    # The text was never asked for, so the last ballot is blank too: its answer was dropped by the routing.
    assert found.ballots.tolist() == [3]
    assert found.blank_ballots.tolist() == [2]


def test_cells_are_unit_and_breakdown_values_and_unknown_is_empty():
    found = tally(plain({}, "8"), plain({}, "5"), plain({}, "7"), plain({}, "8"), units=[3, 3, 3, 4])
    names = [(unit, found.cells.name(LAYOUT, at)) for at, unit in enumerate(found.cells.unit.tolist())]
    assert dict(zip(names, found.ballots.tolist(), strict=True)) == {(3, ""): 1, (3, "5"): 1, (3, "8"): 1, (4, "8"): 1}


def offset(key):
    return next(column.offset for column in LAYOUT.columns if column.key == key)


@pytest.mark.parametrize(
    ("at", "value"),
    [
        pytest.param(0, 2, id="format version"),
        pytest.param(offset("year"), 3, id="breakdown value"),
        pytest.param(offset("trygg"), 6, id="option"),
        pytest.param(offset("trygg"), 254, id="option just below routed past"),
        pytest.param(offset("platser"), 2, id="state of a multiple"),
        pytest.param(offset("platser") + 1, 8, id="bit beyond the options"),
        pytest.param(offset("platser") + 1, 0, id="answered without a choice"),
        pytest.param(offset("antal"), 0, id="number behind a blank"),
        pytest.param(offset("varfor"), 3, id="state of a text"),
        pytest.param(LAYOUT.size - 1, 1, id="padding"),
    ],
)
def test_a_malformed_byte_makes_a_ballot_unreadable(at, value):
    good = plain({"trygg": "4", "platser": ("gard",), "antal": 3})
    broken = bytearray(good)
    broken[at] = value
    assert well_formed(LAYOUT, matrix(good, bytes(broken))).tolist() == [True, False]
    with pytest.raises(ValueError, match="malformed"):
        LAYOUT.decode(bytes(broken))


def test_a_ballot_with_text_is_left_to_the_reader_of_texts():
    written = plain({"trygg": "1", "varfor": "hej"})
    assert has_text(LAYOUT, matrix(written, plain({}))).tolist() == [True, False]
    assert well_formed(LAYOUT, matrix(written)).tolist() == [True]


def test_nothing_adds_up_to_nothing():
    fixed = np.empty((0, LAYOUT.fixed_length), dtype=np.uint8)
    found = Counter(QUESTIONNAIRE, LAYOUT).tally(fixed, np.empty(0, dtype=np.int64))
    assert found.counts.shape == (0, TALLY.width)
