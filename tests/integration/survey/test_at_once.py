"""Several requests at the same moment: two tabs, a double click, a class that presses Send together; drafts' length."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from shared.model.urn import Draft
from shared.questionnaire.battery_file import parse_battery
from shared.questionnaire.definition import Questionnaire
from shared.sealing.boxes import OVERHEAD, BoxKey, new_key
from survey_service.questionnaire.drafts import Opened, draft_size, open_draft, seal_draft
from tests.support.survey_site import battery_yaml
from tests.support.visitor import Visitor


def same_device(site, visitor):
    """Return another tab of the visitor's browser: a thread of its own with the same cookie."""
    tab = Visitor(site.app)
    cookie = visitor.client.get_cookie("sikte-survey", domain="127.0.0.1")
    tab.client.set_cookie("sikte-survey", cookie.value, domain="127.0.0.1")
    return tab


def test_two_tabs_that_save_at_the_same_moment_both_keep_their_page(site, visitor):
    visitor.begin(site.codes["elev"][0]).press(trygg="1")
    forms = {2: visitor.fields(), 1: visitor.get("/questions/1").fields()}
    tabs = {number: same_device(site, visitor) for number in forms}

    def save(turn, number):
        value = {1: {"ro": str(1 + turn % 4)}, 2: {"vanner": str(turn)}}[number]
        return tabs[number].post(f"/questions/{number}", forms[number] | value | {"action": "next"}).status

    with ThreadPoolExecutor(2) as pool:
        for turn in range(8):
            assert list(pool.map(save, (turn, turn), (1, 2))) == [200, 200]
            assert visitor.get("/questions/1").fields()["ro"] == str(1 + turn % 4)
            assert visitor.get("/questions/2").fields()["vanner"] == str(turn)


def test_the_first_save_of_two_tabs_makes_one_draft(site, visitor):
    visitor.begin(site.codes["elev"][0])
    form = visitor.fields() | {"action": "next"}
    tabs = [same_device(site, visitor) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda tab: tab.post("/questions/1", form | {"trygg": "1"}).status, tabs))
    assert statuses == [200] * 4
    with site.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Draft)) == 1


def test_a_double_click_on_send_is_one_ballot_and_only_receipts(site, visitor, ballots):
    visitor.begin(site.codes["elev"][0]).to_the_end(trygg="1")
    form = visitor.fields() | {"action": "send"}
    tabs = [same_device(site, visitor) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        pages = list(pool.map(lambda tab: tab.post("/check", form).page, tabs))
    assert (pages, ballots()) == (["receipt"] * 4, 1)


def test_a_group_that_presses_send_together_is_stored_whole(site, ballots):
    pupils = [Visitor(site.app).begin(code).to_the_end(trygg="2") for code in site.codes["elev"]]
    with ThreadPoolExecutor(len(pupils)) as pool:
        pages = list(pool.map(lambda pupil: pupil.press("send").page, pupils))
    assert pages == ["receipt"] * len(pupils)
    assert ballots() == len(pupils)


def battery(max_length):
    text = battery_yaml("elev", "pupil").replace("max_length: 200", f"max_length: {max_length}")
    return Questionnaire("elev", "pupil", (parse_battery(text, "elev.yaml"),))


@pytest.mark.parametrize("character", ["a", '"', "\\", "\n", "å", "😀", "\u2028"])
@pytest.mark.parametrize("max_length", [200, 1000, 4000])
def test_every_draft_of_a_questionnaire_has_the_same_length(character, max_length):
    definition, code_id, key = battery(max_length), uuid4(), new_key()
    longest = {item.key: item.options[-1].code for item in definition.items if item.type == "choice"}
    longest |= {"varfor": character * max_length, "platser": ("bibliotek", "gard", "matsal"), "vanner": -1_000_000}
    for answers, page in (({}, 0), (longest, 999)):
        box = seal_draft(definition, code_id, key, answers, page)
        assert len(box) == draft_size(definition) + OVERHEAD
        assert open_draft(definition, code_id, key, box) == Opened(answers, page)


def test_a_draft_opens_with_its_own_key_and_code_only():
    definition, code_id, key = battery(200), uuid4(), new_key()
    box = seal_draft(definition, code_id, key, {"trygg": "1"})
    assert open_draft(definition, code_id, new_key(), box) is None
    assert open_draft(definition, uuid4(), key, box) is None
    assert open_draft(definition, code_id, None, box) is None


def test_a_draft_from_before_pages_were_kept_still_opens():
    definition, code_id, key = battery(200), uuid4(), new_key()
    box = BoxKey(key).seal(b'{"trygg":"1"}'.ljust(2048), b"sikte/draft/1/" + code_id.bytes)
    assert open_draft(definition, code_id, key, box) == Opened({"trygg": "1"})
