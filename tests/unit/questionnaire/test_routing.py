"""Items are routed past as their conditions say, and pages keep their numbers whatever is routed past."""

from __future__ import annotations

import pytest

from shared.questionnaire.definition import Item, Questionnaire
from shared.questionnaire.routing import Page, asked_items, next_page, page_at, page_size, pages, previous_page
from tests.unit.questionnaire.samples import choice, of_items, questionnaire, scale, text

CONTEXT = {"unit_type": "grundskola", "year": "5"}
SCALE = scale("10", "5", "0")


def keys(items: tuple[Item, ...]) -> list[str]:
    return [item.key for item in items]


def chain() -> Questionnaire:
    """Return a, then b if a is 1, then c if b is 1."""
    return of_items(
        choice("a", SCALE),
        choice("b", SCALE, show_if="a == 1"),
        choice("c", SCALE, show_if="b == 1"),
        choice("d", SCALE),
    )


def test_items_without_condition_are_asked():
    assert keys(asked_items(questionnaire(), {}, CONTEXT)) == [
        "valkommen", "trygg", "vagar", "raster", "latta", "platser", "timmar", "sex",
    ]  # fmt: skip


def test_an_answer_opens_the_item_that_depends_on_it():
    assert "varfor" in keys(asked_items(questionnaire(), {"trygg": "1"}, CONTEXT))
    assert "varfor" not in keys(asked_items(questionnaire(), {"trygg": "4"}, CONTEXT))


def test_an_answer_to_an_item_routed_past_does_not_count_later():
    assert keys(asked_items(chain(), {"a": "1", "b": "1"}, CONTEXT)) == ["a", "b", "c", "d"]
    assert keys(asked_items(chain(), {"a": "2", "b": "1"}, CONTEXT)) == ["a", "d"]


def test_conditions_may_look_at_the_unit():
    found = of_items(choice("a", SCALE, show_if="unit_type == forskola"), choice("b", SCALE, show_if="year in [4, 5]"))
    assert keys(asked_items(found, {}, CONTEXT)) == ["b"]


def test_pages_hold_so_many_items_and_notes_go_with_what_follows():
    found = pages(questionnaire(), {}, CONTEXT, per_page=2)
    assert [(page.number, keys(page.items)) for page in found] == [
        (1, ["valkommen", "trygg", "vagar"]),
        (2, ["raster", "latta"]),
        (3, ["platser"]),
        (4, ["timmar", "sex"]),
    ]
    note = Item("n", "note", text("N"))
    assert [
        keys(page.items) for page in pages(of_items(choice("a", SCALE), note, choice("b", SCALE)), {}, {}, per_page=1)
    ] == [
        ["a"],
        ["n", "b"],
    ]


def test_an_item_that_depends_on_the_same_page_begins_a_new_one():
    found = pages(chain(), {"a": "1", "b": "1"}, CONTEXT, per_page=10)
    assert [(page.number, keys(page.items)) for page in found] == [(1, ["a"]), (2, ["b"]), (3, ["c", "d"])]


def test_a_page_keeps_its_number_and_empty_pages_are_skipped():
    found = pages(chain(), {"a": "2"}, CONTEXT, per_page=10)
    assert [(page.number, keys(page.items)) for page in found] == [(1, ["a"]), (3, ["d"])]


def test_a_battery_begins_a_new_page():
    one, two = of_items(choice("a", SCALE)), of_items(choice("b", SCALE))
    both = Questionnaire("q", "pupil", (*one.batteries, *two.batteries))
    assert [keys(page.items) for page in pages(both, {}, CONTEXT, per_page=10)] == [["a"], ["b"]]


def test_stepping_between_pages():
    found = (Page(1, ()), Page(3, ()), Page(4, ()))
    assert next_page(found, 0) == found[0]
    assert next_page(found, 1) == found[1]
    assert next_page(found, 4) is None
    assert previous_page(found, 3) == found[0]
    assert previous_page(found, 1) is None
    assert page_at(found, 3) == found[1]
    assert page_at(found, 2) is None


@pytest.mark.parametrize(
    ("respondent", "year", "unit_type", "expected"),
    [
        ("child", "", "forskola", 1),
        ("pupil", "F", "grundskola", 1),
        ("pupil", "f-klass", "forskoleklass", 1),
        ("pupil", "3", "grundskola", 1),
        ("pupil", "åk 2", "grundskola", 1),
        ("pupil", "4", "grundskola", 10),
        ("pupil", "10", "grundskola", 10),
        ("pupil", "", "grundskola", 10),
        ("pupil", "8", "anpassad_grundskola", 1),
        ("pupil", "8 anpassad", "", 1),
        ("guardian", "2", "grundskola", 10),
        ("staff", "", "anpassad_grundskola", 10),
    ],
)
def test_the_young_get_one_item_a_page(respondent: str, year: str, unit_type: str, expected: int):
    assert page_size(respondent, year, unit_type) == expected
