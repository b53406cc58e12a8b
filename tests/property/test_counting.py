"""Counting: the columns agree with the reader of single ballots, in any order and in any parts."""

from __future__ import annotations

from collections import Counter as Occurrences

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analytics_worker.closing.columns import Counter, has_text, well_formed
from shared.questionnaire.ballot import Layout
from shared.questionnaire.battery_file import parse_battery
from shared.questionnaire.definition import Questionnaire
from shared.questionnaire.scoring import TallyLayout

BATTERY = """
key: b
index_max: 10
title: {{sv: B}}
respondent: pupil
scales:
  three:
    options:
      - {{code: ja, score: 10, label: {{sv: Ja}}}}
      - {{code: vet_ej, missing: dont_know, label: {{sv: Vet ej}}}}
      - {{code: nej, score: 0, label: {{sv: Nej}}}}
    positive: [ja]
  many:
    options: [{}]
areas:
  - {{key: a, title: {{sv: A}}, index: true, min_items: half}}
items:
  - {{key: one, area: a, scale: three, text: {{sv: Ett}}}}
  - {{key: two, area: a, scale: three, reversed: true, text: {{sv: Tva}}}}
  - {{key: three, area: a, scale: three, text: {{sv: Tre}}, show_if: "one in [ja]"}}
  - {{key: several, type: multiple, scale: many, text: {{sv: Flera}}}}
  - {{key: number, type: number, minimum: -1000, maximum: 1000, text: {{sv: Tal}}}}
  - {{key: words, type: text, max_length: 12, text: {{sv: Ord}}}}
""".format(", ".join(f"{{code: o{n}, label: {{sv: O{n}}}}}" for n in range(10)))
QUESTIONNAIRE = Questionnaire("q", "pupil", (parse_battery(BATTERY, "b.yaml"),))
LAYOUT = Layout(QUESTIONNAIRE, {"sex": ("f", "p"), "year": ("1", "2", "3")})
TALLY = TallyLayout(QUESTIONNAIRE)
COUNTER = Counter(QUESTIONNAIRE, LAYOUT)

choice = st.sampled_from(["ja", "vet_ej", "nej"])
answers = st.fixed_dictionaries(
    {},
    optional={
        "one": choice,
        "two": choice,
        "three": choice,
        "several": st.sets(st.integers(0, 9), min_size=1).map(lambda at: tuple(f"o{n}" for n in sorted(at))),
        "number": st.integers(-1000, 1000),
        "words": st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=12),
    },
)
ballots = st.lists(
    st.tuples(
        st.builds(
            lambda given, sex, year: LAYOUT.encode(given, {"sex": sex, "year": year}, {"unit_type": "", "year": year}),
            answers,
            st.sampled_from(["", "f", "p"]),
            st.sampled_from(["", "1", "2", "3"]),
        ),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=25,
)


def rows(cast):
    return np.frombuffer(b"".join(ballot for ballot, _unit in cast), dtype=np.uint8).reshape(-1, LAYOUT.size)


def tallied(cast):
    """The tallies by (unit, cell), without cells that are not there."""
    found = COUNTER.tally(
        rows(cast)[:, : LAYOUT.fixed_length], np.array([unit for _ballot, unit in cast], dtype=np.int64)
    )
    return {
        (unit, found.cells.name(LAYOUT, at)): np.array(
            [found.ballots[at], found.blank_ballots[at], *found.counts[at]], dtype=np.int64
        )
        for at, unit in enumerate(found.cells.unit.tolist())
    }


def same(one, other):
    return one.keys() == other.keys() and all((one[key] == other[key]).all() for key in one)


@given(ballots, st.randoms(use_true_random=False))
def test_tallies_do_not_depend_on_the_order_of_ballots(cast, random):
    shuffled = cast.copy()
    random.shuffle(shuffled)
    assert same(tallied(cast), tallied(shuffled))


@given(ballots, st.data())
def test_tallies_of_parts_add_up_to_the_tally_of_the_whole(cast, data):
    cut = data.draw(st.integers(1, len(cast)))
    whole, parts = tallied(cast), [tallied(part) for part in (cast[:cut], cast[cut:]) if part]
    merged = {key: sum(part[key] for part in parts if key in part) for part in parts for key in part}
    assert same(whole, merged)


@given(ballots)
def test_every_count_is_what_reading_ballot_by_ballot_gives(cast):
    counted: Occurrences[tuple[str, str]] = Occurrences()
    for ballot, _unit in cast:
        read = LAYOUT.decode(ballot)
        for item in QUESTIONNAIRE.items:
            answer = read.answers.get(item.key)
            given_codes = answer if isinstance(answer, tuple) else (answer,) if item.scale is not None else ("text",)
            if item.key in read.routed_past:
                counted[item.key, "routed"] += 1
            elif answer is None:
                counted[item.key, "blank"] += 1
            else:
                counted.update((item.key, str(code)) for code in given_codes)
    total = sum(tallied(cast).values())[2:]
    for column, value in zip(TALLY.columns, total.tolist(), strict=True):
        if column.kind == "item" and column.role in {"option", "blank", "routed"}:
            assert value == counted[str(column.item), column.option or column.role]


@given(ballots)
def test_a_person_has_a_mean_with_half_of_the_asked_for_items(cast):
    persons = score_sum = 0
    for ballot, _unit in cast:
        given_answers = LAYOUT.decode(ballot).answers
        scores = [
            int(score)
            for key in ("one", "two", "three")
            if key in given_answers and (score := QUESTIONNAIRE.item(key).score_of(str(given_answers[key]))) is not None
        ]
        if len(scores) >= 2:
            persons, score_sum = persons + 1, score_sum + sum(scores)
    total = sum(tallied(cast).values())[2:][TALLY.area_slice("a")].reshape(-1, 3)
    assert total[:, 0].sum() == persons
    assert total[:, 1].sum() == score_sum


@given(ballots)
def test_whatever_is_cast_is_well_formed(cast):
    assert well_formed(LAYOUT, rows(cast)).all()


@given(ballots, st.integers(0, LAYOUT.size - 1), st.integers(1, 255))
def test_an_altered_byte_is_malformed_to_the_columns_exactly_when_it_is_to_the_reader(cast, at, change):
    altered = bytearray(cast[0][0])
    altered[at] ^= change
    plain = np.frombuffer(bytes(altered), dtype=np.uint8).reshape(1, -1)
    try:
        LAYOUT.decode(bytes(altered))
        readable = True
    except ValueError:
        readable = False
    # Texts are read one by one after the columns have been checked.
    accepted = bool(well_formed(LAYOUT, plain)[0])
    if accepted and has_text(LAYOUT, plain)[0]:
        try:
            LAYOUT.texts(bytes(altered))
        except ValueError:
            accepted = False
    assert accepted == readable
