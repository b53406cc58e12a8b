"""Posted pages, cells and whole sets of answers are taken or refused without ever repeating what was answered."""

from __future__ import annotations

import traceback

import pytest

from shared.errors import Refused
from shared.questionnaire.definition import Answer, Answers
from shared.questionnaire.validation import check_answers, read_cell, read_page
from tests.unit.questionnaire.samples import questionnaire

CONTEXT = {"unit_type": "grundskola", "year": "5"}
SECRET = "hemligt-svar"


def post(**values: list[str]) -> tuple[Answers, dict[str, str]]:
    return read_page(questionnaire().items, lambda key: values.get(key, []))


def test_a_page_is_read_and_blanks_are_left_out():
    answers, errors = post(trygg=["4"], vagar=[""], platser=["pojke", "flicka"], timmar=[" 7 "], varfor=[" hej\r\ndå "])
    assert answers == {"trygg": "4", "platser": ("flicka", "pojke"), "timmar": 7, "varfor": "hej\ndå"}
    assert errors == {}


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("trygg", [SECRET]),
        ("trygg", ["4", "3"]),
        ("platser", ["flicka", SECRET]),
        ("timmar", [SECRET]),
        ("timmar", ["25"]),
        ("timmar", ["-1"]),
        ("timmar", ["1.5"]),
        ("timmar", ["9" * 5000]),
        ("timmar", ["٣"]),
        ("varfor", [SECRET * 100]),
    ],
)
def test_a_value_that_does_not_fit_gives_a_message_without_it(key: str, values: list[str]):
    answers, errors = post(**{key: values}, vagar=["3"])
    assert answers == {"vagar": "3"}
    assert list(errors) == [key]
    assert SECRET not in errors[key]


@pytest.mark.parametrize(("written", "number"), [("1 2", 12), ("\u22120", 0), ("+3", 3), ("2\u00a00", 20)])
def test_numbers_may_be_written_with_spaces_and_signs(written: str, number: int):
    assert post(timmar=[written]) == ({"timmar": number}, {})


def test_texts_lose_control_characters_and_are_composed():
    assert post(varfor=["a\x00\x07\ud800 bra\u0308\x9b"])[0] == {"varfor": "a brä"}
    assert post(varfor=["\x00 \r\n"]) == ({}, {})


def test_a_text_of_exactly_the_limit_is_taken():
    assert post(varfor=["\U0001f600" * 500])[1] == {}
    assert list(post(varfor=["\U0001f600" * 501])[1]) == ["varfor"]


def test_cells_are_read_like_pages():
    items = questionnaire()
    assert read_cell(items.item("trygg"), "4") == "4"
    assert read_cell(items.item("trygg"), " 4 ") == "4"
    assert read_cell(items.item("trygg"), "") is None
    assert read_cell(items.item("platser"), "pojke| flicka") == ("flicka", "pojke")
    assert read_cell(items.item("platser"), "") is None
    assert read_cell(items.item("timmar"), "8") == 8
    assert read_cell(items.item("varfor"), "a|b") == "a|b"
    assert read_cell(items.item("valkommen"), "") is None


@pytest.mark.parametrize("key", ["trygg", "platser", "timmar", "valkommen"])
def test_a_faulty_cell_names_what_is_allowed(key: str):
    with pytest.raises(ValueError, match=r"4, 3, 2, 1, 9|flicka, pojke, no|whole number|no question") as refused:
        read_cell(questionnaire().item(key), SECRET)
    assert SECRET not in str(refused.value)


def test_answers_are_checked_and_those_routed_past_are_dropped():
    given: Answers = {"varfor": "text", "trygg": "4", "platser": ("pojke", "flicka"), "timmar": 0}
    assert check_answers(questionnaire(), given, CONTEXT) == {
        "trygg": "4",
        "platser": ("flicka", "pojke"),
        "timmar": 0,
    }
    assert check_answers(questionnaire(), {**given, "trygg": "1"}, CONTEXT)["varfor"] == "text"


def test_blanks_are_no_answers():
    assert check_answers(questionnaire(), {"trygg": "", "platser": (), "varfor": " "}, CONTEXT) == {}


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("trygg", SECRET),
        ("trygg", 4),
        ("trygg", ("4",)),
        ("platser", "flicka"),
        ("platser", (SECRET,)),
        ("timmar", "7"),
        ("timmar", 25),
        ("timmar", True),
        ("varfor", SECRET * 100),
        ("varfor", 1),
        ("valkommen", SECRET),
        (SECRET, "4"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_without_naming_it(key: str, answer: Answer):
    with pytest.raises(Refused) as refused:
        check_answers(questionnaire(), {key: answer}, CONTEXT)
    assert refused.value.code == "invalid_answers"
    assert SECRET not in str(refused.value)
    assert refused.value.__context__ is None
    assert "ValueError" not in "".join(traceback.format_exception(refused.value))
