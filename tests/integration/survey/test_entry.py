"""The way in: which code opens what, and that refusals tell nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from shared.model.codes import Code
from shared.model.cycles import CollectionWindow, Questionnaire
from shared.sealing.codes import display, lookup_hash, new_code
from tests.support.survey_site import PEPPER
from tests.support.visitor import Visitor


def change_code(site, code, **values):
    with site.database.begin() as session:
        session.execute(update(Code).where(Code.lookup == lookup_hash(PEPPER, code)).values(**values))


def change_window(site, key, **values):
    with site.database.begin() as session:
        session.execute(update(CollectionWindow).where(CollectionWindow.key == key).values(**values))


def test_a_code_opens_its_introduction_with_unit_deadline_and_promise(site, visitor):
    visitor.enter(site.codes["elev"][0])
    assert (visitor.page, visitor.status, visitor.address) == ("introduction", 200, "/introduction")
    assert "Ekskolan" in visitor.text
    assert "tisdag 20 oktober kl. 16.00 (svensk tid)" in visitor.text
    assert "Dina svar är anonyma" in visitor.text


@pytest.mark.parametrize("respondent", ["staff", "principal"])
def test_adults_at_work_are_promised_what_holds_for_every_audience(site, visitor, respondent):
    with site.database.begin() as session:
        session.execute(update(Questionnaire).where(Questionnaire.key == "personal").values(respondent=respondent))
    assert "färre än 5 svar; enheten ser dem från 7." in visitor.enter(site.codes["personal"][0]).text


@pytest.mark.parametrize("kind", ["elev", "barn", "vh"])
def test_everybody_is_promised_the_smallest_number_that_any_audience_sees(site, visitor, kind):
    assert "Ingen ser resultat från färre än 5 svar." in visitor.enter(site.codes[kind][0]).text


def test_a_deadline_of_another_year_names_the_year(site, visitor):
    change_window(site, "skola", closes_at=datetime(2027, 1, 12, 15, 0, tzinfo=UTC))
    assert "tisdag 12 januari 2027 kl. 16.00" in visitor.enter(site.codes["elev"][0]).text


def test_the_preview_speaks_of_conditions_only_when_there_are_any(site, visitor):
    words = "ställs bara efter ett visst svar"
    assert words in visitor.enter(site.codes["elev"][0]).text
    assert words not in visitor.enter(site.codes["barn"][0]).text


@pytest.mark.parametrize("dress", [display, str.lower, lambda code: f" {code[:4]} {code[4:]}\t"])
def test_a_code_may_be_typed_sloppily(site, visitor, dress):
    assert visitor.enter(dress(site.codes["elev"][0])).page == "introduction"


def test_a_scanned_code_is_filled_in_and_leaves_the_address(site, visitor):
    code = site.codes["vh"][0]
    visitor.get(f"/s/{code}")
    assert (visitor.page, visitor.address) == ("code", "/")
    assert visitor.fields()["code"] == code
    assert visitor.press().page == "introduction"


def test_every_scanned_code_gets_the_same_answer_without_a_look_up(site, visitor):
    site.database.dispose()
    answers = {
        (response.status_code, response.headers["Location"], response.text)
        for code in (site.codes["elev"][0], new_code(), "nonsense")
        for response in [visitor.client.get(f"/s/{code}", base_url=visitor.url)]
    }
    assert len(answers) == 1


def test_unknown_malformed_and_void_codes_get_the_same_page(site):
    change_code(site, site.codes["elev"][0], state="void")
    visitors = [Visitor(site.app).enter(code) for code in (new_code(), "ABC", "<b>", site.codes["elev"][0])]
    assert {(v.page, v.status, v.text) for v in visitors} == {(visitors[0].page, 404, visitors[0].text)}
    assert visitors[0].page == "refused"
    assert visitors[0].title.startswith("Fel: ")


def test_a_refused_code_can_be_mended_on_the_spot(site, visitor):
    visitor.enter("ABC")
    assert visitor.press(code=site.codes["elev"][0]).page == "introduction"


def test_an_empty_field_is_an_error_linked_to_the_field(visitor):
    visitor.enter("")
    assert (visitor.page, visitor.status) == ("code", 422)
    assert [link.get("href") for link in visitor.main.iter("a")] == ["#code"]
    assert visitor.title.startswith("Fel: ")


def test_an_early_code_says_when_it_opens(site, visitor):
    visitor.enter(site.codes["elev-senare"][0])
    assert (visitor.page, visitor.status) == ("refused", 403)
    assert "onsdag 14 oktober kl. 8.00 (svensk tid)" in visitor.text


def test_a_late_code_is_no_longer_valid_before_and_after_the_count(site, visitor):
    code = site.codes["elev"][0]
    site.clock.instant = datetime(2026, 10, 20, 14, 0, tzinfo=UTC)
    visitor.enter(code)
    assert (visitor.page, visitor.status) == ("refused", 410)
    assert "Koden gäller inte längre" in visitor.text
    nothing_but_hash_and_window = {"questionnaire_id": None, "unit_id": None, "group_id": None}
    change_code(site, code, **nothing_but_hash_and_window)
    change_window(site, "skola", state="counted")
    assert "Koden gäller inte längre" in visitor.enter(code).text


def test_a_used_code_opens_the_receipt_again_on_any_device(site, visitor):
    code = site.codes["vh"][0]
    visitor.begin(code).to_the_end().press("send")
    other = Visitor(site.app).enter(code)
    assert other.page == "receipt"
    assert "Varje barn har ett svar" in other.text


def test_without_a_code_every_page_leads_to_the_code_page(visitor):
    for address in ("/introduction", "/questions/1", "/check", "/receipt"):
        assert visitor.get(address).page == "code"
        assert visitor.status == 200


def test_a_form_left_for_half_a_day_asks_for_its_code_and_keeps_its_answers(site, visitor):
    code = site.codes["elev"][0]
    visitor.begin(code).press(trygg="3")
    site.clock.advance(timedelta(hours=13))
    visitor.get("/questions/1")
    assert visitor.page == "code"
    assert "Du har varit borta en stund" in visitor.text
    visitor.enter(code)
    assert "Välkommen tillbaka" in visitor.text
    assert visitor.get("/questions/1").fields()["trygg"] == "3"


def test_a_shared_code_gives_each_opening_a_form_of_its_own(site, ballots):
    (code,) = site.codes["personal-alla"]
    for choice in ("1", "4"):
        visitor = Visitor(site.app).enter(code)
        assert "utesluta att någon svarar två gånger" in visitor.text
        assert visitor.press().to_the_end(trygg=choice).press("send").page == "receipt"
    assert ballots() == 2
    with site.database.read() as session:
        states = session.execute(select(Code.kind, Code.state).where(Code.kind != "single").order_by(Code.kind)).all()
    assert [tuple(state) for state in states] == [("form", "answered"), ("form", "answered"), ("shared", "issued")]


def test_a_shared_code_can_be_used_again_on_the_same_device_without_showing_the_first_answers(site, visitor):
    (code,) = site.codes["personal-alla"]
    visitor.begin(code).press(trygg="1")
    visitor.begin(code)
    assert visitor.page == "questions"
    assert "trygg" not in visitor.fields()


def test_a_withdrawn_shared_code_makes_no_form(site, visitor):
    (code,) = site.codes["personal-alla"]
    visitor.enter(code)
    change_code(site, code, state="void")
    assert visitor.press().page == "refused"


def test_a_class_of_one_unit_and_a_guardians_child_in_another_answer_on_one_device(site, visitor, ballots):
    visitor.begin(site.codes["elev"][0]).to_the_end(trygg="4").press("send")
    assert visitor.page == "receipt"
    assert visitor.press().page == "code"
    for code in site.codes["vh"][:2]:
        visitor.enter(code)
        assert "Förskolan Kotten" in visitor.text
        assert "konfidentiella" in visitor.text
        visitor.press().to_the_end(trygg="4").press("send")
        assert "Svara för nästa barn" in visitor.text
        assert visitor.press().page == "code"
        assert visitor.fields()["code"] == ""
    assert ballots() == 3


def test_the_introduction_previews_every_question(site, visitor):
    visitor.enter(site.codes["elev"][0])
    assert "Se alla 13 frågor först" in visitor.text
    assert "Det är arbetsro på lektionerna." in visitor.text
    assert "Stämmer helt och hållet · Stämmer ganska bra" in visitor.text


def test_children_get_their_own_words_and_one_question_a_page_with_faces(site, visitor):
    visitor.enter(site.codes["barn"][0])
    assert "Till dig som läser" in visitor.text
    visitor.press()
    assert visitor.values("tycker") == ["ja", "ibland", "nej", "vet"]
    assert len(list(visitor.main.iter("img"))) == 3
    assert "Fråga 1 av 2" in visitor.text


def test_after_a_childs_receipt_the_next_child_is_offered(site, visitor):
    visitor.begin(site.codes["barn"][0]).to_the_end().press("send")
    assert "Nästa barn" in visitor.text
    assert visitor.press().page == "code"


@pytest.mark.parametrize("model", ["elev", "personal-alla"])
def test_after_the_count_a_receipt_is_late_like_every_code(site, visitor, model):
    code = site.codes[model][0]
    visitor.enter(code).press().to_the_end().press("send")
    assert visitor.page == "receipt"
    with site.database.begin() as session:
        session.execute(delete(Code).where(Code.kind == "form"))
        session.execute(update(Code).values(state="closed", sealed=None))
        opened = CollectionWindow.public_key.is_not(None)
        session.execute(update(CollectionWindow).where(opened).values(state="counted"))
    for shown in (visitor.get("/receipt"), Visitor(site.app).enter(code)):
        assert (shown.page, shown.status) == ("refused", 410)
        assert "Koden gäller inte längre" in shown.text


def test_a_form_sent_after_the_count_is_late(site, visitor):
    visitor.begin(site.codes["elev"][0])
    target, fields = visitor.target, visitor.fields() | {"trygg": "1", "action": "next"}
    change_code(site, site.codes["elev"][0], state="closed", sealed=None)
    change_window(site, "skola", state="counted")
    assert visitor.post(target, fields).status == 410
    assert "Ditt svar kom inte med" in visitor.text
    assert "Koden gäller inte längre" in visitor.enter(site.codes["elev"][0]).text


def test_a_withdrawn_code_is_late_too_after_the_count(site, visitor):
    """All codes of a counted window are alike."""
    change_code(site, site.codes["elev"][0], state="closed", sealed=None)
    change_window(site, "skola", state="counted")
    assert visitor.enter(site.codes["elev"][0]).status == 410
