"""Questionnaires read back from published documents mean what they meant when they were asked."""

from __future__ import annotations

import pytest

from admin_portal.public.definitions import asked_of
from admin_portal.public.questions import polarity
from admin_portal.publishing.texts import _battery
from shared.questionnaire.battery_file import parse_battery
from tests.support.tiny_cycle import BATTERY


@pytest.fixture
def asked():
    battery = parse_battery(BATTERY, "skr.yaml")
    document = {
        "key": "elev",
        "respondent": "pupil",
        "code_model": "per_unit",
        "unit_types": ["grundskola"],
        "years": None,
        "batteries": [_battery(battery)],
    }
    return battery, asked_of(document)


def test_scores_and_positive_codes_survive(asked):
    battery, read = asked
    for item in battery.items:
        again = next(one for one in read.batteries[0].items if one.key == item.key)
        assert again.positive_codes == item.positive_codes
        assert [again.score_of(option.code) for option in item.options] == [
            item.score_of(option.code) for option in item.options
        ]
        assert (again.show_if, again.reversed, again.text) == (item.show_if, item.reversed, item.text)
    assert read.shared_code
    assert read.target == ((), ("grundskola",))


def test_the_good_end_of_a_reversed_question_is_its_last(asked):
    _battery_read, read = asked
    items = {item.key: item for item in read.batteries[0].items}

    straight, turned = items["trygg"], items["orolig"]

    assert next(polarity(straight, option) for option in straight.scored_options) == "positive"
    assert next(polarity(turned, option) for option in turned.scored_options) == "negative"
    missing = [option for option in straight.options if option.missing]
    assert {polarity(straight, option) for option in missing} <= {"missing"}
