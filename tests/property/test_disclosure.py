"""Disclosure: over random municipalities no published sum leaves a confidential term alone, for any audience."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from analytics_worker.results.documents import AUDIENCES
from analytics_worker.results.organisation import Place
from shared.model.policy import rules_for
from tests.support.sources import cast, rows_of, source, unit

PROVIDERS = [Place("K", "Sundby kommun"), Place("I", "An owner"), Place("J", "Another owner")]
SEXES = ("f", "p")


@st.composite
def municipalities(draw):
    """Units of any owner and district with any number of answers by sex and year."""
    units, votes, headcounts = [], [], {}
    for at in range(draw(st.integers(1, 7))):
        provider = draw(st.sampled_from(PROVIDERS))
        district = draw(st.sampled_from([None, "Norr", "Syd"]))
        agrees = provider.code == "K" or draw(st.booleans())
        units.append(unit(f"U{at}", provider=provider, district=district, may_publish=agrees))
        for year in draw(st.sampled_from([("5",), ("5", "8")])):
            sizes = draw(st.tuples(*[st.sampled_from([0, 0, 1, 3, 4, 6, 11, 25])] * 3))
            headcounts[at, year] = sum(sizes) + draw(st.sampled_from([0, 5, 40]))
            for sex, size in zip((*SEXES, ""), sizes, strict=True):
                votes += cast(at, size, {"skola": "4"} if size != 3 else {}, sex=sex, year=year)
    return source(units, headcounts, votes, breakdowns={"sex": SEXES, "year": ("5", "8")}), votes


def nodes_of(given):
    """Every node with the units it holds: what is published is known to all who know the municipality."""
    nodes = defaultdict(set)
    for at, one in enumerate(given.units):
        nodes["unit", one.place.code].add(at)
        nodes["provider", one.provider.code].add(at)
        nodes["municipality", "0001"].add(at)
        if one.district:
            nodes["district", one.district.code].add(at)
    return {node: frozenset(units) for node, units in nodes.items()}


def answers_of(given, votes, item):
    """The truth: answers to the item, or ballots where it is None, by (level, node, segment, value)."""
    true: defaultdict[tuple, int] = defaultdict(int)
    for at, answers, values in votes:
        if item is None or item in answers:
            for node in (node for node, units in nodes_of(given).items() if at in units):
                for segment, value in ((None, None), ("sex", values["sex"]), ("year", values["year"])):
                    if value != "":
                        true[*node, segment, value] += 1
    return true


def partitions(whole, units, nodes):
    """Every way to put a node together from other nodes above the units, and units for what is left."""
    larger = [(node, held) for node, held in nodes.items() if node != whole and node[0] != "unit" and held <= units]
    for number in range(len(larger) + 1):
        for chosen in combinations(larger, number):
            held = [at for _node, inside in chosen for at in inside]
            if len(held) == len(set(held)):
                alone = [node for node, inside in nodes.items() if node[0] == "unit" and inside <= units - set(held)]
                if [whole] != alone:
                    yield [*(node for node, _inside in chosen), *alone]


def equations(given, slots):
    """Every (total, parts) that a reader who knows the municipality can write down."""
    nodes = nodes_of(given)
    for whole, units in nodes.items():
        for segment in ("sex", "year"):
            yield (*whole, None, None), [(*whole, *slot) for slot in slots if slot[0] == segment]
        for parts in partitions(whole, units, nodes):
            for slot in slots:
                yield (*whole, *slot), [(*part, *slot) for part in parts]


def states_of(rows, item):
    """Why each row of the item is hidden, None where it is shown; without an item the response rows."""
    return {
        (one["level"], one["node_code"], one["segment"], one["segment_value"]): one["reason"]
        if one["status"] == "hidden"
        else None
        for one in rows
        if one["item"] == item and not one["area"] and not one["compare_to"]
    }


@settings(max_examples=80)
@given(municipalities(), st.sampled_from(AUDIENCES))
def test_no_sum_gives_a_confidential_figure_away(built, audience):
    given_source, votes = built
    rows = rows_of(given_source, audience=audience)
    minimum = rules_for({}, audience, "pupil").min_answers
    ballots, response = answers_of(given_source, votes, None), states_of(rows, None)
    sums = list(equations(given_source, {key[2:] for key in response}))
    for item in (None, "skola"):
        true, state = answers_of(given_source, votes, item), states_of(rows, item)
        for total, parts in sums:
            rest = true[total] - sum(true[part] for part in parts)
            hidden = [key for key in (total, *parts) if state.get(key, "too_few") is not None]
            unknown = [key for key in hidden if true[key] > 0]
            secret = [key for key in unknown if state.get(key) != "low_response_rate"]
            if secret and len(unknown) + (rest > 0) == 1:
                # Hidden only with its response row: a reader cannot know that the other hidden ones answered nothing.
                silent = [key for key in hidden if true[key] == 0 and ballots[key] > 0]
                nowhere = ballots[total] - sum(ballots[part] for part in parts)
                assert response.get(secret[0]) == "complementary", f"{secret[0]} follows from {total} = {parts}"
                assert true[secret[0]] >= minimum, f"{secret[0]} follows from {total} = {parts}"
                assert silent or nowhere, f"{secret[0]} follows from {total} = {parts}"
            if state.get(total, "hidden") is None:
                persons = sum(true[key] for key in unknown) + rest
                assert persons == 0 or persons >= minimum, f"{persons} hidden persons under {total} = {parts}"


@settings(max_examples=60)
@given(municipalities(), st.sampled_from(AUDIENCES))
def test_a_row_is_shown_only_where_its_response_row_is(built, audience):
    given_source, _votes = built
    rows = rows_of(given_source, audience=audience)
    response = states_of(rows, None)
    for one in rows:
        if one["status"] == "shown":
            place = (one["level"], one["node_code"], one["segment"], one["segment_value"])
            assert response[place] is None, f"{one['area']} {one['item']} of {place} states who answered"


@settings(max_examples=60)
@given(municipalities(), st.sampled_from(AUDIENCES))
def test_thresholds_hold_and_hidden_rows_say_nothing(built, audience):
    given_source, _votes = built
    minimum = rules_for({}, audience, "pupil").min_answers
    for one in rows_of(given_source, audience=audience):
        if one["status"] == "shown":
            assert one["n"] >= minimum
            assert one["reason"] in {None, "low_response_rate"}
        else:
            assert one["reason"] is not None
            figures = ("invited", "answered", "n", "n_blank", "index", "share_positive", "distribution", "difference")
            assert all(one[name] is None for name in figures)


@settings(max_examples=60)
@given(municipalities(), st.sampled_from(AUDIENCES))
def test_a_comparison_is_shown_only_beside_its_unit_and_its_total(built, audience):
    given_source, _votes = built
    rows = rows_of(given_source, audience=audience)
    shown = {
        (one["level"], one["node_code"], one["area"], one["item"])
        for one in rows
        if one["status"] == "shown" and not one["segment"] and not one["compare_to"]
    }
    for one in rows:
        if one["compare_to"] and one["status"] == "shown":
            assert ("unit", one["node_code"], one["area"], one["item"]) in shown
            assert ("municipality", "0001", one["area"], one["item"]) in shown
