"""Whatever is written and confirmed in whatever order: signed means both have confirmed exactly what stands there."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_portal.dialogues.minutes import MUNICIPALITY, SIDES, UNIT, change_agreement, confirmed_version, settle_side
from shared.model.dialogues import Dialogue

MOVES = st.lists(st.sampled_from(("write", UNIT, MUNICIPALITY)), max_size=12)
MOMENT = datetime(2027, 1, 20, 9, 0, tzinfo=UTC)


@given(MOVES)
def test_an_agreement_is_signed_exactly_when_both_have_confirmed_the_newest_version(moves):
    dialogue = Dialogue(state="held", minutes="Ord", minutes_version=1, unit_confirmed_version=0)
    dialogue.municipality_confirmed_version = 0
    seen = {UNIT: False, MUNICIPALITY: False}
    for move in moves:
        if dialogue.state == "confirmed":
            break
        if move == "write":
            change_agreement(dialogue)
            seen = dict.fromkeys(seen, False)
        else:
            settle_side(dialogue, move, dialogue.minutes_version, f"user:{SIDES.index(move)}", MOMENT)
            seen[move] = True
    assert (dialogue.state == "confirmed") == all(seen.values())
    for side in SIDES:
        assert (confirmed_version(dialogue, side) == dialogue.minutes_version) == seen[side]


@pytest.mark.parametrize("state", ["booked", "confirmed", "concluded"])
def test_only_a_held_dialogues_agreement_gets_versions(state):
    dialogue = Dialogue(state=state, minutes_version=3)
    change_agreement(dialogue)
    assert dialogue.minutes_version == 3
