"""What a ballot says of its segments: a value the breakdown knows, the roster's before the respondent's own."""

from __future__ import annotations

import pytest

from shared.database.questionnaires import Loaded
from shared.database.urn import segment_values
from shared.questionnaire.definition import Answers, Questionnaire
from tests.unit.questionnaire.samples import SCHOOL, parse_battery

WORDS = ("flicka", "pojke")
CODES = ("f", "p")


def loaded(sexes: tuple[str, ...]) -> Loaded:
    return Loaded(
        id=1,
        key="elev",
        respondent="pupil",
        code_model="slips",
        window_id=1,
        cycle_id=1,
        definition=Questionnaire("elev", "pupil", (parse_battery(SCHOOL, "battery.yaml"),)),
        breakdowns={"year": ("5",), "sex": sexes},
        layout=None,
        public_key=None,
    )


@pytest.mark.parametrize(
    ("sexes", "roster", "answers", "expected"),
    [
        (WORDS, {"sex": "flicka"}, {"sex": "pojke"}, "flicka"),
        (CODES, {"sex": "flicka"}, {"sex": "p"}, "p"),
        (CODES, {"sex": "flicka"}, {}, ""),
        (WORDS, {"sex": ""}, {"sex": "pojke"}, "pojke"),
        (WORDS, {}, {"sex": ("flicka", "pojke")}, ""),
    ],
    ids=["roster first", "codes of the item", "neither known", "roster silent", "several answers"],
)
def test_a_segment_takes_the_first_value_its_breakdown_knows(
    sexes: tuple[str, ...], roster: dict[str, str], answers: Answers, expected: str
):
    assert segment_values(loaded(sexes), {"year": "5", **roster}, answers) == {"year": "5", "sex": expected}
