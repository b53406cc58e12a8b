"""Small groups stay hidden: no number of few people is shown, nor found by subtracting what is shown from the sum."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from admin_portal.monitoring.small import FEW, hidden_among, shows_sum

HEADCOUNTS = st.lists(st.integers(0, 60), max_size=12)


@given(HEADCOUNTS)
def test_every_small_part_is_hidden_and_without_one_nothing_is(invited):
    hidden = hidden_among(invited)
    small = {place for place, number in enumerate(invited) if 0 < number < FEW}
    assert small <= hidden
    assert bool(hidden) == bool(small)
    assert all(invited[place] for place in hidden)


@given(HEADCOUNTS)
def test_each_small_part_hides_among_enough_others_or_everything_is_hidden(invited):
    hidden = hidden_among(invited)
    for place in hidden:
        if invited[place] < FEW:
            others = sum(invited[at] for at in hidden) - invited[place]
            assert others >= FEW or hidden == {at for at, number in enumerate(invited) if number}


@given(HEADCOUNTS)
def test_no_more_is_hidden_than_needed(invited):
    hidden = hidden_among(invited)
    further = [place for place in hidden if invited[place] >= FEW]
    if further:
        last = max(further, key=lambda at: (invited[at], at))
        without = [invited[at] for at in hidden if at != last]
        assert sum(without) - max(number for number in without if number < FEW) < FEW


@given(st.data(), HEADCOUNTS)
def test_what_is_shown_leaves_more_than_one_number_possible(data, invited):
    """Whoever knows the sum and all that is shown can name no small part's number, unless none or all have answered."""
    answered = [data.draw(st.integers(0, number)) for number in invited]
    hidden = hidden_among(invited)
    rest = sum(answered[place] for place in hidden)
    if not shows_sum(invited) or rest in {0, sum(invited[place] for place in hidden)}:
        return
    for place in hidden:
        if invited[place] < FEW:
            others = sum(invited[at] for at in hidden) - invited[place]
            assert max(0, rest - others) < min(invited[place], rest)


def test_the_sum_of_few_is_no_sum_to_show():
    assert not shows_sum([4, 5])
    assert shows_sum([4, 6])
