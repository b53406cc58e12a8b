"""Every fault of a battery file is named once, with line, path and remedy, and none hides another."""

from __future__ import annotations

import pytest

from shared.errors import Fault, FileFaults
from shared.questionnaire.battery_file import parse_battery
from tests.unit.questionnaire.samples import SCHOOL


def faults_of(source: str) -> tuple[Fault, ...]:
    with pytest.raises(FileFaults) as refused:
        parse_battery(source, "battery.yaml")
    return refused.value.faults


def changed(before: str, after: str) -> str:
    assert before in SCHOOL
    return SCHOOL.replace(before, after, 1)


def line_of(fragment: str, source: str) -> int:
    return source[: source.index(fragment)].count("\n") + 1


# (what is replaced, by what, path of the fault, words of its problem)
FAULTS = [
    ("key: skr-7\n", "key: Skr 7\n", "key", "not allowed"),
    ("key: skr-7\n", "", "", "key is missing"),
    ("key: skr-7\n", "key: skr-7\nversion: 2\n", "version", "not known"),
    ("key: skr-7\n", "key: skr-7\nkey: skr-8\n", "key", "given twice"),
    ("key: skr-7\n", "key: [a]\n", "key", "A value is expected"),
    ("index_max: 10\n", "index_max: 7\n", "index_max", "not allowed"),
    ("respondent: pupil", "respondent: parent", "respondent", "not allowed"),
    ("{sv: Elevernas syn på skolan, en", "{en", "title", "Swedish text is missing"),
    ("{sv: Elevernas syn på skolan, en: Pupils on their school}", "Elevernas syn", "title", "wording by language"),
    ("{sv: Elevernas syn på", "{svenska: Nej, sv: Elevernas syn på", "title.svenska", "not known"),
    ("  agree4:\n", "  Agree 4:\n", "scales.Agree 4", "not allowed"),
    ("code: 3,", "code: 4,", "scales.agree4.options[1]", "given twice"),
    ("code: 3,", "code: 3|4,", "scales.agree4.options[1].code", "not allowed"),
    ("code: 3, score", "score", "scales.agree4.options[1]", "code is missing"),
    ("score: 20/3", "score: 20/0", "scales.agree4.options[1].score", "divides by zero"),
    ("score: 20/3", "score: abc", "scales.agree4.options[1].score", "no number"),
    ("score: 20/3", "score: -1", "scales.agree4.options[1].score", "no number"),
    ("score: 10, ", "score: 11, ", "scales.agree4.options[0].score", "larger than index_max"),
    ("score: 10/3", "score: 7", "scales.agree4.options[2]", "best to worst"),
    ("score: 10/3, ", "", "scales.agree4.options[2]", "neither score nor missing"),
    ("missing: dont_know", "missing: dont_know, score: 0", "scales.agree4.options[4]", "has no score"),
    ("positive: [4, 3]", "positive: [4, 7]", "scales.agree4.positive[1]", "no substantive option"),
    ("positive: [4, 3]", "positive: [4, 9]", "scales.agree4.positive[1]", "no substantive option"),
    ("positive: [4, 3]", "positive: [4, 4]", "scales.agree4.positive[1]", "given twice"),
    ("    positive: [4, 3]\n", "", "scales.agree4", "which options are positive"),
    ("positive: [4, 3]", "positive: 4", "scales.agree4.positive", "list is expected"),
    ("share_of: substantive", "share_of: all", "scales.agree4.share_of", "not allowed"),
    ("index: true", "index: yes", "areas[0].index", "Neither true nor false"),
    ("min_items: half", "min_items: 4", "areas[0]", "larger than the area's number"),
    ("min_items: half", "min_items: most", "areas[0].min_items", "whole number"),
    ("{key: stimulans,", "{key: trygghet,", "areas[1]", "given twice"),
    ("{key: stimulans,", "{key: tomt, title: {sv: T}}\n  - {key: stimulans,", "areas[1]", "none of its items"),
    ("{key: latta, area: stimulans", "{key: latta, area: annat", "items[4].area", "not defined"),
    ("area: stimulans, scale: agree4", "area: stimulans, scale: agree5", "items[4].scale", "not defined"),
    ("area: stimulans, scale: agree4", "area: stimulans", "items[4]", "scale is missing"),
    ("key: vagar", "key: trygg", "items[2]", "given twice"),
    ("key: vagar", "key: vågar", "items[2].key", "not allowed"),
    ("key: vagar", "key: unit_code", "items[2].key", "another meaning"),
    ("key: vagar", "key: clear", "items[2].key", "another meaning"),
    ("key: vagar", "key: token", "items[2].key", "another meaning"),
    ("type: number", "type: slider", "items[7].type", "not allowed"),
    ("max_length: 500", "max_length: 4001", "items[5].max_length", "whole number"),
    ("max_length: 500", "maximum: 500", "items[5].maximum", "not known"),
    ("minimum: 0", "minimum: 25", "items[7].minimum", "larger than the maximum"),
    ("{key: sex, scale: sex,", "{key: sex, scale: sex, reversed: true,", "items[8].reversed", "no scores to turn"),
    ('"trygg in [1, 2]"', '"trygg in 1"', "items[5].show_if", "[ was expected"),
    ('"trygg in [1, 2]"', '"tryggare == 1"', "items[5].show_if", "no item of this battery"),
    ('"trygg in [1, 2]"', '"sex == flicka"', "items[5].show_if", "comes later"),
    ('"trygg in [1, 2]"', '"answered(varfor)"', "items[5].show_if", "names the item itself"),
    ('"trygg in [1, 2]"', '"trygg == 7"', "items[5].show_if", "never is"),
    ('"trygg in [1, 2]"', '"unit_type == skola"', "items[5].show_if", "never is"),
    ('"trygg in [1, 2]"', '"answered(valkommen)"', "items[5].show_if", "a note"),
    ("key: sex, scale: sex", 'key: sex, scale: sex, show_if: "varfor == ja"', "items[8].show_if", "free text"),
]


@pytest.mark.parametrize(("before", "after", "path", "problem"), FAULTS)
def test_a_fault_is_named_with_its_path_its_line_and_a_remedy(before: str, after: str, path: str, problem: str):
    source = changed(before, after)
    found = [fault for fault in faults_of(source) if fault.column == path and problem in fault.problem]
    assert len(found) == 1, [str(fault) for fault in faults_of(source)]
    assert found[0].file == "battery.yaml"
    assert found[0].remedy
    assert found[0].row is not None
    assert 1 <= found[0].row <= source.count("\n") + 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("share_of: substantive", "share_of: all"),
        ("max_length: 500", "max_length: 4001"),
        ("key: vagar", "key: vågar"),
        ("code: 3,", "code: 4|3,"),
        ("type: number", "type: slider"),
    ],
)
def test_one_fault_gives_no_echoes_on_other_lines(before: str, after: str):
    source = changed(before, after)
    assert {fault.row for fault in faults_of(source)} <= {line_of(after, source), line_of("positive", source)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("score: 20/3", "score: 20/0"),
        ("score: 20/3", "score: abc"),
        ("score: 20/3", "score: 66.7"),
        ("score: 20/3", "score: [1]"),
        ("missing: dont_know", "missing: dont_know, score: 5"),
    ],
)
def test_of_a_score_that_cannot_count_the_order_is_not_told(before: str, after: str):
    source = changed(before, after)
    (fault,) = faults_of(source)
    assert fault.row == line_of(after, source)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"Vill du berätta mer?"', "Vill du berätta mer?"),
        ("Jag vågar fråga.", "Vågar du fråga?"),
    ],
)
def test_an_unquoted_question_mark_inside_braces_names_its_line(before: str, after: str):
    source = changed(before, after)
    (fault,) = faults_of(source)
    assert fault.row == line_of(after, source)
    assert "question mark" in fault.problem
    assert "quotes" in fault.remedy


def test_all_lines_with_unquoted_question_marks_are_named_at_once():
    source = changed("Jag vågar fråga.", "Vågar du fråga?").replace("Hur många timmar", "Hur många timmar?")
    assert [fault.row for fault in faults_of(source)] == [line_of("Vågar du", source), line_of("Hur många", source)]


@pytest.mark.parametrize("cut", ["Jag vågar fråga, ibland.", "Jag vågar, nej"])
def test_an_unquoted_comma_inside_braces_names_its_line(cut: str):
    source = changed("Jag vågar fråga.", cut)
    (fault,) = faults_of(source)
    assert fault.row == line_of("Jag vågar", source)
    assert "comma" in fault.problem
    assert "quotes" in fault.remedy


@pytest.mark.parametrize(
    "source",
    [
        "",
        "# bara en kommentar\n",
        "[1, 2]",
        "bara text",
        "a: [1,\nb: 2",
        "a: \x01",
        "[" * 5000,
        "a: 1\n---\nb: 2",
        "&a [*a]",
    ],
)
def test_what_is_no_battery_at_all_is_one_clear_fault_or_the_missing_keys(source: str):
    assert all(fault.problem and fault.remedy for fault in faults_of(source))


def test_a_file_of_two_million_characters_is_refused():
    (fault,) = faults_of("#" * 2_000_000)
    assert "too large" in fault.problem


def test_all_faults_are_reported_in_reading_order():
    source = (
        SCHOOL.replace("score: 20/3", "score: abc")
        .replace("key: vagar", "key: trygg")
        .replace("area: stimulans,", "area: annat,")
    )
    found = faults_of(source)
    assert [fault.row for fault in found] == sorted(fault.row or 0 for fault in found)
    assert {fault.column for fault in found} >= {"scales.agree4.options[1].score", "items[2]", "items[4].area"}


def test_no_items_is_a_fault():
    source = SCHOOL[: SCHOOL.index("areas:")] + "items: []\n"
    assert [fault.column for fault in faults_of(source)] == ["items"]


def test_scores_too_fine_to_sum_exactly_are_refused():
    source = SCHOOL.replace("score: 20/3", "score: 6.666661").replace("score: 10/3", "score: 3.333331")
    assert any("denominator" in fault.problem and fault.column == "areas[0]" for fault in faults_of(source))


@pytest.mark.parametrize(
    ("old", "new"), [("scale: agree4", "scale: agre4"), ("key: trygg,", "key: Trygg!,"), ("score: 20/3", "score: x")]
)
def test_an_item_or_scale_that_cannot_be_read_is_not_held_against_its_area(old: str, new: str):
    assert old in SCHOOL
    found = faults_of(SCHOOL.replace(old, new))
    assert not [fault for fault in found if fault.column.startswith("areas")]
