"""A battery file is read exactly as formats.md shows it, written back, and compared by fingerprints."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from shared.questionnaire.battery_file import (
    fingerprint,
    from_document,
    parse_battery,
    to_document,
    to_yaml,
    trend_fingerprint,
)
from tests.unit.questionnaire.samples import SCHOOL, school


def test_the_format_is_read():
    battery = school()
    trygg = battery.items[1]
    assert (battery.key, battery.respondent, battery.index_max) == ("skr-7", "pupil", Fraction(10))
    assert [option.code for option in trygg.options] == ["4", "3", "2", "1", "9"]
    assert [option.score for option in trygg.options] == [10, Fraction(20, 3), Fraction(10, 3), 0, None]
    assert trygg.options[4].missing == "dont_know"
    assert trygg.options[4].label == {"sv": "Vet ej", "en": "Don't know"}
    assert trygg.positive_codes == ("4", "3")
    assert battery.items[4].positive_codes == ("1", "2")
    assert battery.areas[0].min_items is None
    assert battery.items[5].show_if == "trygg in [1, 2]"
    assert (battery.items[5].max_length, battery.items[7].maximum) == (500, 24)


def test_words_that_yaml_takes_for_booleans_stay_words():
    sex = school().items[8]
    assert sex.options[2].code == "no"
    assert sex.options[2].label["en"] == "No"


def test_leading_zeros_of_codes_survive():
    battery = parse_battery(SCHOOL.replace("code: 9", "code: 09"), "f")
    assert battery.items[1].options[4].code == "09"


def test_a_byte_order_mark_is_accepted():
    assert parse_battery("\ufeff" + SCHOOL, "f") == school()


def test_a_decimal_score_is_exact():
    battery = parse_battery(SCHOOL.replace("score: 20/3", "score: 6.67"), "f")
    assert battery.items[1].options[1].score == Fraction(667, 100)


def test_a_document_passes_through_json_and_back_also_with_keys_reordered():
    document = json.loads(json.dumps(to_document(school()), sort_keys=True))
    assert from_document(document) == school()
    assert to_yaml(from_document(document)) == to_yaml(school())


def test_a_document_holds_plain_values_and_exact_fractions():
    options = to_document(school())["scales"]["agree4"]["options"]
    assert [option.get("score") for option in options] == [10, "20/3", "10/3", 0, None]
    assert [option["code"] for option in options] == ["4", "3", "2", "1", "9"]


def test_yaml_is_read_back_to_an_equal_battery():
    assert parse_battery(to_yaml(school()), "f") == school()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Jag vågar fråga.", "Jag törs fråga."),
        ("en: I dare to ask.", "en: I dare ask."),
        ("score: 20/3", "score: 6.67"),
        ("{code: flicka", "{code: f"),
        ('"trygg in [1, 2]"', '"trygg in [1]"'),
        ("positive: [4, 3]", "positive: [4]"),
        ("share_of: substantive", "share_of: answered"),
        ("min_items: half", "min_items: 3"),
        ("{sv: Vilka, en: Which}", "{sv: Vilka, en: Which, nb: Hvilke}"),
    ],
)
def test_whatever_is_seen_changes_the_fingerprint(before: str, after: str):
    assert before in SCHOOL
    assert fingerprint(parse_battery(SCHOOL.replace(before, after), "f")) != fingerprint(school())


def test_names_that_nobody_sees_do_not_change_the_fingerprint():
    renamed = SCHOOL.replace("agree4", "instammer").replace("key: skr-7", "key: skr-sju")
    assert fingerprint(parse_battery(renamed, "f")) == fingerprint(school())
    assert len(fingerprint(school())) == 64


def test_the_order_of_items_changes_the_fingerprint_and_the_trend():
    lines = SCHOOL.splitlines(keepends=True)
    at = next(index for index, line in enumerate(lines) if "key: vagar" in line)
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    moved = parse_battery("".join(lines), "f")
    assert fingerprint(moved) != fingerprint(school())
    assert trend_fingerprint(moved, "trygghet") != trend_fingerprint(school(), "trygghet")
    assert trend_fingerprint(moved, "stimulans") == trend_fingerprint(school(), "stimulans")


@pytest.mark.parametrize(
    ("before", "after", "breaks"),
    [
        ("Jag vågar fråga.", "Jag törs fråga.", True),
        ("Stämmer ganska bra", "Stämmer bra", True),
        ("score: 20/3", "score: 6.67", True),
        ("positive: [4, 3]", "positive: [4]", True),
        ("min_items: half", "min_items: 3", True),
        ("en: I dare to ask.", "en: I dare ask.", False),
        ("sv: Trygghet", "sv: Trygghet och ro", False),
        ("{sv: Frivilligt}", "{sv: Helt frivilligt}", False),
        ("Uppgifterna är för lätta.", "Uppgifterna är lätta.", False),
    ],
)
def test_a_trend_breaks_by_wording_options_and_scores_of_its_own_area(before: str, after: str, *, breaks: bool):
    assert before in SCHOOL
    changed = trend_fingerprint(parse_battery(SCHOOL.replace(before, after), "f"), "trygghet")
    assert (changed != trend_fingerprint(school(), "trygghet")) is breaks
