"""Whatever changes between cycles, a series is joined exactly where nothing of its meaning differs."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from shared.questionnaire.comparability import LONGEST_GAP_YEARS, Edition, Meaning, break_text, breaks

PART = st.integers(0, 1)
MEANINGS = st.builds(Meaning, scale=PART, wording=PART, items=PART, asked=PART, target=PART, shared_code=st.booleans())
EDITIONS = st.lists(
    st.tuples(st.integers(1, 4), MEANINGS, st.booleans()),
    max_size=8,
).map(
    lambda steps: [
        Edition(date(2000 + sum(step for step, *_rest in steps[: at + 1]), 9, 1), meaning, shown)
        for at, (_step, meaning, shown) in enumerate(steps)
    ]
)


@given(EDITIONS)
def test_neighbours_are_joined_exactly_where_meaning_time_and_value_allow_it(editions):
    found = breaks(editions)
    assert len(found) == len(editions)
    assert found[:1] == ("",) * len(found[:1])
    for before, after, reason in zip(editions, editions[1:], found[1:], strict=False):
        near = after.opened.year - before.opened.year <= LONGEST_GAP_YEARS
        assert (reason == "") == (before.meaning == after.meaning and near and before.shown)
        assert bool(break_text(reason)) == bool(reason)


@given(EDITIONS)
def test_a_series_read_from_its_middle_breaks_at_the_same_places(editions):
    whole = breaks(editions)
    for begin in range(1, len(editions)):
        assert breaks(editions[begin:])[1:] == whole[begin + 1 :]
