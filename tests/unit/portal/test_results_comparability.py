"""Series break where comparing would be false, each time for a stated reason, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from shared.i18n import speaking
from shared.questionnaire.comparability import (
    Edition,
    break_text,
    breaks,
    meaning_of_area,
    meaning_of_item,
)
from shared.questionnaire.definition import Area, Battery, Item, Option, Scale

YES = Option("2", {"sv": "Ja", "en": "Yes"}, Fraction(10))
NO = Option("1", {"sv": "Nej", "en": "No"}, Fraction(0))
DONT_KNOW = Option("9", {"sv": "Vet ej"}, None, "dont_know")
SCALE = Scale("ja", (YES, NO, DONT_KNOW), positive=("2",))
SAFE = Item("trygg", "choice", {"sv": "Jag är trygg.", "en": "I am safe."}, area="trygghet", scale=SCALE)
CALM = Item("lugn", "choice", {"sv": "Det är lugnt."}, area="trygghet", scale=SCALE)
AREA = Area("trygghet", {"sv": "Trygghet"})
BATTERY = Battery("skr", {"sv": "Skolan"}, "pupil", Fraction(10), (AREA,), (SAFE, CALM), (SCALE,))
TARGET = (("grundskola",), ("5", "8"))


def of_item(item=SAFE, battery=BATTERY, target=TARGET, *, shared_code=False):
    return meaning_of_item(battery, item, target=target, shared_code=shared_code)


def of_area(items=(SAFE, CALM), area=AREA, battery=BATTERY, target=TARGET, *, shared_code=False):
    return meaning_of_area(battery, area, items, target=target, shared_code=shared_code)


def broken_by(before, after, years=(2025, 2026), shown=(True, True)):
    """Return the reason for which the second of two editions does not continue the first."""
    days = [date(year, 9, 15) for year in years]
    return breaks([Edition(days[0], before, shown[0]), Edition(days[1], after, shown[1])])[1]


def scaled(*options, **changes):
    return replace(SAFE, scale=replace(SCALE, options=options or SCALE.options, **changes))


def test_the_same_question_goes_on():
    assert broken_by(of_item(), of_item()) == ""
    assert broken_by(of_area(), of_area()) == ""


def test_a_first_edition_breaks_nothing_and_no_edition_gives_none():
    assert breaks([Edition(date(2026, 9, 1), of_item())]) == ("",)
    assert breaks([]) == ()


@pytest.mark.parametrize(
    "changed",
    [
        scaled(replace(YES, label={"sv": "Jo"}), NO, DONT_KNOW),
        scaled(replace(YES, score=Fraction(9)), NO, DONT_KNOW),
        scaled(replace(YES, code="3"), NO, DONT_KNOW),
        scaled(YES, NO),
        scaled(NO, YES, DONT_KNOW),
        scaled(YES, NO, replace(DONT_KNOW, missing="not_understood")),
        scaled(positive=("2", "1")),
        scaled(share_of="answered"),
        replace(SAFE, reversed=True),
        replace(SAFE, type="multiple"),
    ],
)
def test_another_scale_is_a_break_for_the_item_and_for_its_area(changed):
    assert broken_by(of_item(), of_item(changed)) == "scale"
    assert broken_by(of_area(), of_area((changed, CALM))) in {"scale", "items"}


def test_another_best_score_is_another_scale():
    hundred = replace(BATTERY, index_max=Fraction(100))
    assert broken_by(of_item(), of_item(battery=hundred)) == "scale"
    assert broken_by(of_area(), of_area(battery=hundred)) == "scale"


def test_another_wording_in_the_language_of_record_is_a_break():
    other = replace(SAFE, text={"sv": "Jag är trygg i skolan.", "en": "I am safe."})
    assert broken_by(of_item(), of_item(other)) == "wording"
    assert broken_by(of_area(), of_area((other, CALM))) == "wording"


def test_a_mended_translation_is_no_break():
    translated = replace(SAFE, text={**SAFE.text, "en": "I feel safe."})
    label = scaled(replace(YES, label={"sv": "Ja", "en": "Yeah"}), NO, DONT_KNOW)
    assert broken_by(of_item(), of_item(translated)) == ""
    assert broken_by(of_item(), of_item(label)) == ""


def test_an_area_with_other_questions_is_a_break():
    assert broken_by(of_area(), of_area((SAFE,))) == "items"
    assert broken_by(of_area(), of_area(area=replace(AREA, min_items=2))) == "items"


def test_the_order_of_an_areas_questions_and_its_title_are_none():
    assert broken_by(of_area(), of_area((CALM, SAFE))) == ""
    assert broken_by(of_area(), of_area(area=replace(AREA, title={"sv": "Trygg och lugn"}))) == ""


def test_an_unscored_question_beside_the_index_is_no_break():
    remark = Item("varfor", "text", {"sv": "Varför?"}, area="trygghet")
    assert broken_by(of_area(), of_area((SAFE, CALM, remark))) == ""


def test_a_question_put_to_others_is_a_break():
    routed = replace(SAFE, show_if="lugn in [1]")
    assert broken_by(of_item(), of_item(routed)) == "asked"


def test_other_years_or_kinds_of_units_are_a_break():
    assert broken_by(of_item(), of_item(target=(("grundskola",), ("5",)))) == "target"


def test_a_shared_code_on_one_side_is_a_break_and_on_both_none():
    assert broken_by(of_item(), of_item(shared_code=True)) == "shared_code"
    assert broken_by(of_item(shared_code=True), of_item(shared_code=True)) == ""


@pytest.mark.parametrize(("years", "reason"), [((2025, 2026), ""), ((2024, 2026), ""), ((2023, 2026), "gap")])
def test_more_than_two_years_between_are_a_break(years, reason):
    assert broken_by(of_item(), of_item(), years=years) == reason


def test_a_hidden_value_breaks_the_series_after_it_only():
    assert broken_by(of_item(), of_item(), shown=(True, False)) == ""
    assert broken_by(of_item(), of_item(), shown=(False, True)) == "hidden"


def test_every_break_is_said_in_words():
    reasons = ("scale", "wording", "items", "asked", "target", "gap", "hidden", "shared_code")
    for language in ("sv", "en"):
        with speaking(language):
            texts = [break_text(reason) for reason in reasons]
            assert all(texts)
            assert len(set(texts)) == len(texts)
    assert break_text("") == ""
