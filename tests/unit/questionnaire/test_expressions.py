"""Conditions mean what formats.md says, and say where they cannot be understood."""

from __future__ import annotations

import pytest

from shared.questionnaire.definition import Answers
from shared.questionnaire.expressions import (
    And,
    Answered,
    Comparison,
    ExpressionError,
    Membership,
    Not,
    Or,
    evaluate,
    names,
    parse,
)

CONTEXT = {"unit_type": "grundskola", "year": "5"}


def holds(source: str, answers: Answers | None = None) -> bool:
    return evaluate(parse(source), answers or {}, CONTEXT)


def test_and_binds_stronger_than_or_and_not_strongest():
    a, b, c = Comparison("a", "==", "1"), Membership("b", ("1", "2")), Answered("c")
    assert parse("a == 1 or b in [1, 2] and not answered(c)") == Or((a, And((b, Not(c)))))
    assert parse("(a == 1 or b in [1,2]) and answered(c)") == And((Or((a, b)), c))


def test_names_are_collected():
    assert names(parse('a == 1 and (not answered(b) or unit_type == "x")')) == {"a", "b", "unit_type"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("trygg == 1", True),
        ("trygg == 01", False),
        ('trygg == "1"', True),
        ("trygg != 2", True),
        ("trygg in [2, 3]", False),
        ("trygg in [2, 1]", True),
        ("trygg < 2", True),
        ("trygg > 1", False),
        ("timmar > 9", True),
        ("timmar == 10", True),
        ("timmar < 9.5", False),
        ("year > 4 and unit_type == grundskola", True),
        ("year == F", False),
        ("val == b", True),
        ("val in [c, a]", True),
        ("val == c", False),
        ("val != c", True),
        ("answered(val) and not answered(blank)", True),
        ("not trygg == 1", False),
    ],
)
def test_conditions_are_evaluated(source: str, *, expected: bool):
    assert holds(source, {"trygg": "1", "timmar": 10, "val": ("a", "b")}) is expected


@pytest.mark.parametrize("source", ["x == 1", "x != 1", "x < 1", "x > 1", "x in [1]", "answered(x)"])
def test_an_unanswered_name_makes_any_comparison_false(source: str):
    assert holds(source) is False
    assert holds(f"not {source}") is True


def test_an_empty_year_is_unanswered():
    assert evaluate(parse("year != 5"), {}, {"unit_type": "forskola", "year": ""}) is False


def test_words_that_are_no_numbers_are_neither_smaller_nor_larger():
    assert not holds("a < 5 or a > 5", {"a": "F"})
    assert not holds("a < x or a > x", {"a": "1"})


@pytest.mark.parametrize(
    "source",
    [
        "",
        "trygg",
        "trygg =",
        "trygg = 1",
        "trygg >= 1",
        "trygg in 1",
        "trygg in []",
        "trygg in [1",
        "trygg in [1,]",
        "(trygg == 1",
        "trygg == 1)",
        "trygg == 1 answered(x)",
        "answered trygg",
        "answered()",
        "not",
        "trygg == and",
        "1 == trygg",
        "trygg == 1 && x == 2",
        'trygg == "1',
        "__import__('os')",
        "a == 1 or",
        "(" * 100 + "a == 1" + ")" * 100,
        "a == " + "1" * 2000,
    ],
)
def test_what_is_no_condition_is_refused(source: str):
    with pytest.raises(ExpressionError):
        parse(source)


def test_the_message_says_where():
    with pytest.raises(ExpressionError, match="character 10 "):
        parse("trygg in 1")
    with pytest.raises(ExpressionError, match="Character 7 "):
        parse("trygg >= 1")
