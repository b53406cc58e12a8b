"""Items know their scores, mirrored where reversed; questionnaires know their items, areas and languages."""

from __future__ import annotations

from fractions import Fraction

import pytest

from shared.errors import NotFound, Refused
from shared.questionnaire.definition import Area, Item, Option, Questionnaire, Scale, in_language
from tests.unit.questionnaire.samples import choice, of_items, questionnaire, scale, school, text


def test_a_wording_falls_back_to_swedish_then_english_then_any():
    assert in_language({"sv": "ja", "en": "yes", "nb": "jo"}, "nb") == "jo"
    assert in_language({"sv": "ja", "en": "yes"}, "nb") == "ja"
    assert in_language({"da": "jo", "en": "yes"}, "nb") == "yes"
    assert in_language({"da": "jo"}, "nb") == "jo"
    assert in_language({}, "nb") == ""


def test_an_unreversed_item_scores_as_its_scale_says():
    item = choice("a", scale("10", "20/3", "10/3", "0"))
    assert [item.score_of(code) for code in "4321"] == [10, Fraction(20, 3), Fraction(10, 3), 0]
    assert item.positive_codes == ("4",)


def test_a_reversed_item_mirrors_scores_and_positive_along_the_scored_options():
    options = (*scale("10", "5", "0").options, Option("9", text("Vet ej"), None, "dont_know"))
    item = choice("a", Scale("s", options, ("3", "2")), flipped=True)
    assert [item.score_of(code) for code in "321"] == [0, 5, 10]
    assert item.score_of("9") is None
    assert item.positive_codes == ("1", "2")


def test_uneven_weights_are_mirrored_not_subtracted():
    """Linköping prints 100-66-33-0 and 0-33-66-100 for its reversed item: 66 becomes 33, not 34."""
    item = choice("a", scale("100", "66", "33", "0"), flipped=True)
    assert [item.score_of(code) for code in "4321"] == [0, 33, 66, 100]


def test_a_questionnaire_finds_items_and_areas_in_order():
    found = questionnaire()
    assert found.item("trygg").area == "trygghet"
    assert [(area.key, [item.key for item in items]) for _battery, area, items in found.areas] == [
        ("trygghet", ["trygg", "vagar", "raster"]),
        ("stimulans", ["latta"]),
    ]
    assert "trygg" in found
    with pytest.raises(NotFound):
        found.item("saknas")


def test_only_languages_that_are_complete_are_offered():
    assert questionnaire().languages == ("sv", "en")
    half = Item("b", "text", {"sv": "B", "en": "B"})
    assert of_items(Item("a", "text", {"sv": "A"}), half).languages == ("sv",)


def test_duplicate_items_and_areas_are_refused():
    with pytest.raises(Refused, match="valkommen") as refused:
        Questionnaire("elev", "pupil", (school(), school()))
    assert refused.value.code == "duplicate_item"
    areas = (Area("a", text("A")), Area("a", text("A")))
    with pytest.raises(Refused) as refused:
        of_items(choice("x", scale("1", "0")), areas=areas)
    assert refused.value.code == "duplicate_area"


def test_equal_questionnaires_are_one_key_of_a_cache():
    assert questionnaire() == questionnaire()
    assert len({questionnaire(), questionnaire()}) == 1
