"""Pages, drafts, check and receipt: nothing is lost, nothing is counted twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from shared.database.engine import open_database
from shared.model.codes import Code
from shared.model.cycles import CollectionWindow
from shared.model.tables import metadata
from shared.model.urn import Ballot, Draft
from shared.sealing.codes import lookup_hash
from survey_service.questionnaire import drafts, saving
from tests.support.survey_site import PEPPER, build_house
from tests.support.visitor import Visitor


def boxes(site):
    with site.database.read() as session:
        return list(session.scalars(select(Draft.box)))


def test_the_whole_journey_ends_with_one_sealed_ballot_and_no_draft(site, visitor, ballots):
    visitor.begin(site.codes["elev"][0])
    assert "Sida 1 av 2" in visitor.text
    visitor.press(trygg="2", mal="9")
    visitor.press(varfor="Det är stökigt.", platser=["gard", "matsal"], vanner="3")
    assert visitor.page == "check"
    for words in ("Stämmer ganska dåligt", "Vet ej", "Det är stökigt.", "Skolgården, Matsalen", "Inget svar"):
        assert words in visitor.text
    visitor.press("send")
    assert (visitor.page, ballots(), boxes(site)) == ("receipt", 1, [])
    assert "Det är förseglat" in visitor.text


def test_what_was_saved_is_there_when_going_back(site, visitor):
    visitor.begin(site.codes["elev"][0]).press(trygg="2", ro="1")
    visitor.press("back", varfor="Halv mening", vanner="7")
    assert (visitor.fields()["trygg"], visitor.fields()["ro"]) == ("2", "1")
    visitor.press()
    assert (visitor.fields()["varfor"], visitor.fields()["vanner"]) == ("Halv mening", "7")


def test_an_answer_can_be_taken_back_without_javascript(site, visitor):
    visitor.begin(site.codes["elev"][0]).press(trygg="2", ro="1")
    visitor.get("/questions/1")
    visitor.post(visitor.address, visitor.fields() | {"clear": "trygg"})
    assert visitor.address == "/questions/1"
    assert "trygg" not in visitor.fields()
    assert visitor.fields()["ro"] == "1"


def test_a_follow_up_is_asked_only_after_its_answer(site, visitor):
    visitor.begin(site.codes["elev"][0]).press(trygg="4")
    assert "Vill du berätta mer?" not in visitor.text
    visitor.get("/questions/1").press(trygg="1")
    assert "Vill du berätta mer?" in visitor.text


def test_a_change_from_the_check_page_returns_there(site, visitor):
    visitor.begin(site.codes["elev"][0]).to_the_end(trygg="4")
    link = next(link.get("href") for link in visitor.main.iter("a") if link.get("href").endswith("#trygg"))
    visitor.get(link.partition("#")[0]).press(trygg="3")
    assert visitor.page == "check"
    assert "Stämmer ganska bra" in visitor.text


def test_pause_locks_the_form_and_the_same_code_goes_on_where_it_was(site, visitor):
    code = site.codes["elev"][0]
    visitor.begin(code).press(trygg="4")
    visitor.press("pause", vanner="5")
    assert visitor.page == "code"
    assert "Dina svar är sparade" in visitor.text
    assert visitor.get("/questions/1").page == "code"
    visitor.enter(code)
    assert "Välkommen tillbaka" in visitor.text
    visitor.press()
    assert (visitor.address, visitor.fields()["vanner"]) == ("/questions/2", "5")
    assert visitor.press().page == "check"
    assert "Stämmer helt och hållet" in visitor.text


@pytest.mark.parametrize(
    ("way", "address"),
    [
        (["pause"], "/questions/1"),
        (["language-en", "pause"], "/questions/1"),
        (["next"], "/questions/2"),
        (["next", "back"], "/questions/1"),
        (["next", "next"], "/check"),
    ],
)
def test_a_form_is_resumed_on_the_page_where_its_respondent_was(site, visitor, way, address):
    code = site.codes["elev"][0]
    visitor.begin(code).press(way[0], trygg="4")
    for action in way[1:]:
        visitor.press(action)
    assert visitor.begin(code).address == address


def test_a_form_paused_on_its_last_question_is_resumed_there_with_its_answer(site, visitor):
    code = site.codes["barn"][0]
    visitor.begin(code).press(tycker="ja").press("pause", kompisar="nej")
    assert visitor.begin(code).address == "/questions/2"
    assert visitor.fields()["kompisar"] == "nej"


def test_a_draft_that_does_not_say_where_is_resumed_at_the_first_blank_question(site, visitor, monkeypatch):
    code = site.codes["elev"][0]
    monkeypatch.setattr(saving, "seal_draft", lambda *arguments: drafts.seal_draft(*arguments[:4]))
    visitor.begin(code).press(trygg="4")
    assert visitor.begin(code).address == "/questions/1"


def test_a_shared_form_offers_no_pause(site, visitor):
    visitor.begin(site.codes["personal-alla"][0])
    assert "pausa" not in visitor.text


def test_a_draft_of_another_device_is_given_up_only_after_saying_so(site, visitor):
    code = site.codes["vh"][0]
    visitor.begin(code).press(trygg="4")
    other = Visitor(site.app).enter(code)
    assert "börjat användas på en annan enhet" in other.text
    assert visitor.get("/questions/1").fields()["trygg"] == "4"
    other.press()
    assert other.page == "questions"
    assert "trygg" not in other.fields()
    other.press(trygg="1")
    late = visitor.post("/questions/1", {})
    assert late.page == "refused"
    assert visitor.get("/questions/2").page == "introduction"
    assert "börjat användas på en annan enhet" in visitor.text


def test_sending_from_a_device_that_cannot_open_the_draft_sends_nothing(site, visitor, ballots):
    code = site.codes["vh"][0]
    visitor.begin(code).to_the_end(trygg="4")
    Visitor(site.app).begin(code).press(trygg="1")
    assert visitor.press("send").page == "introduction"
    assert ballots() == 0


def test_drafts_have_one_length_and_another_sealing_each_time(site, visitor):
    visitor.begin(site.codes["elev"][0]).press()
    short = boxes(site)[0]
    visitor.get("/questions/1").press(trygg="1")
    visitor.press(varfor="å" * 200, vanner="99", platser=["gard"])
    long = boxes(site)[0]
    assert len(short) == len(long)
    assert short != long
    assert "å".encode() * 20 not in long


def test_two_tabs_never_lose_each_others_page(site, visitor):
    visitor.begin(site.codes["elev"][0]).press(trygg="1")
    second = visitor.fields() | {"varfor": "Andra fliken", "action": "next"}
    visitor.get("/questions/1")
    first = visitor.fields() | {"ro": "2", "action": "next"}
    visitor.post("/questions/2", second)
    visitor.post("/questions/1", first)
    assert visitor.get("/questions/1").fields()["ro"] == "2"
    assert visitor.get("/questions/2").fields()["varfor"] == "Andra fliken"


def test_a_tab_that_was_open_before_erases_no_choice_of_another(site, visitor):
    stale = visitor.begin(site.codes["elev"][0]).fields() | {"action": "next"}
    visitor.press(trygg="2")
    visitor.post("/questions/1", stale | {"ro": "3"})
    fields = visitor.get("/questions/1").fields()
    assert (fields["trygg"], fields["ro"]) == ("2", "3")
    second = visitor.get("/questions/2").fields() | {"action": "next"}
    visitor.post("/questions/1", stale | {"trygg": "4"})
    visitor.post("/questions/1", stale | {"trygg": "1"})
    without = {name: value for name, value in second.items() if name not in {"varfor", "platser", "vanner"}}
    visitor.get("/questions/2").press(varfor="Kvar", platser=["gard"], vanner="3")
    visitor.post("/questions/2", without)
    fields = visitor.get("/questions/2").fields()
    assert (fields["varfor"], fields["platser"], fields["vanner"]) == ("Kvar", ["gard"], "3")


def test_ticks_and_texts_are_taken_back_by_emptying_them(site, visitor):
    visitor.begin(site.codes["elev"][0]).press(trygg="1")
    visitor.press("language-en", varfor="Ord", platser=["gard", "matsal"], vanner="3")
    assert visitor.fields()["platser"] == ["gard", "matsal"]
    visitor.press("language-sv", varfor="", platser="", vanner="")
    assert (visitor.fields()["varfor"], visitor.fields()["platser"], visitor.fields()["vanner"]) == ("", "", "")


def test_sending_twice_reloading_and_going_back_all_lead_to_the_receipt(site, visitor, ballots):
    visitor.begin(site.codes["elev"][0])
    first_page = visitor.fields()
    visitor.to_the_end(trygg="4")
    check = visitor.fields() | {"action": "send"}
    for _turn in range(2):
        assert visitor.post("/check", check).page == "receipt"
    for address in ("/receipt", "/questions/1", "/check", "/introduction"):
        assert visitor.get(address).page == "receipt"
    assert visitor.post("/questions/1", first_page | {"trygg": "1"}).page == "receipt"
    assert (visitor.status, ballots(), boxes(site)) == (200, 1, [])


def test_the_second_of_two_devices_that_send_gets_the_receipt(site, ballots):
    code = site.codes["vh"][0]
    one, other = Visitor(site.app), Visitor(site.app)
    one.begin(code).to_the_end()
    other.begin(code).to_the_end()
    assert one.enter(code).press().page == "questions"
    one.to_the_end(trygg="1").press("send")
    assert other.press("send").page == "receipt"
    assert ballots() == 1


def test_a_page_of_another_childs_form_is_not_saved_into_this_one(site, visitor):
    visitor.begin(site.codes["vh"][0])
    first_child = visitor.fields() | {"trygg": "1", "action": "next"}
    visitor.begin(site.codes["vh"][1])
    assert visitor.post("/questions/1", first_child).page == "refused"
    assert visitor.status == 400
    assert "trygg" not in visitor.get("/questions/1").fields()


def test_the_draft_of_the_first_child_waits_while_the_second_is_answered(site, visitor):
    visitor.begin(site.codes["vh"][0]).press(trygg="3")
    visitor.begin(site.codes["vh"][1]).to_the_end(trygg="1").press("send")
    visitor.enter(site.codes["vh"][0])
    assert visitor.get("/questions/1").fields()["trygg"] == "3"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"vanner": "många"}, "Skriv ett heltal med siffror."),
        ({"vanner": "100"}, "Skriv ett heltal från 0 till 99."),
        ({"varfor": "x" * 201}, "Skriv högst 200 tecken."),
    ],
)
def test_what_cannot_be_taken_is_said_at_the_field_and_keeps_what_was_typed(site, visitor, values, words):
    visitor.begin(site.codes["elev"][0]).press(trygg="1")
    visitor.press(platser="gard", **values)
    ((key, typed),) = values.items()
    assert (visitor.page, visitor.status) == ("questions", 422)
    assert visitor.title.startswith("Fel: ")
    assert words in visitor.text
    assert f"#{key}" in [link.get("href") for link in visitor.main.iter("a")]
    assert visitor.fields()[key] == typed
    assert visitor.fields()["platser"] == ["gard"]
    assert visitor.get("/questions/2").fields()["platser"] == ["gard"]


def test_switching_language_keeps_answers_page_and_faults(site, visitor):
    visitor.begin(site.codes["elev"][0]).press(trygg="1")
    visitor.press("language-en", varfor="Some words", platser="gard")
    assert visitor.address == "/questions/2"
    assert visitor.tree.get("lang") == "en"
    assert "Would you like to tell us more?" in visitor.text
    assert (visitor.fields()["varfor"], visitor.fields()["platser"]) == ("Some words", ["gard"])
    visitor.press("language-sv", vanner="abc")
    assert visitor.status == 422
    assert visitor.fields()["vanner"] == "abc"
    assert "Skriv ett heltal med siffror." in visitor.text


def test_a_text_without_translation_names_its_own_language(site, visitor):
    visitor.begin(site.codes["elev"][0]).press(trygg="1")
    visitor.press("language-en")
    labels = {"".join(label.itertext()).strip(): label.get("lang") for label in visitor.main.iter("label")}
    assert (labels["The library"], labels["Matsalen"]) == (None, "sv")


def test_the_browsers_language_is_the_first_choice(site, visitor):
    assert visitor.get("/", **{"Accept-Language": "en-GB,en;q=0.9"}).tree.get("lang") == "en"
    assert visitor.get("/", **{"Accept-Language": "fi"}).tree.get("lang") == "sv"


def test_a_form_begun_before_the_end_may_be_sent_in_the_grace(site, visitor, ballots):
    visitor.begin(site.codes["elev"][0])
    with site.database.begin() as session:
        ends = site.clock.now() + timedelta(minutes=5)
        session.execute(update(CollectionWindow).where(CollectionWindow.key == "skola").values(closes_at=ends))
    site.clock.advance(timedelta(minutes=20))
    visitor.press(trygg="2")
    assert "Enkäten har stängt, men eftersom du hade börjat" in visitor.text
    assert Visitor(site.app).enter(site.codes["elev"][1]).page == "refused"
    visitor.to_the_end().press("send")
    assert (visitor.page, ballots()) == ("receipt", 1)


def test_after_the_grace_nothing_is_taken_and_the_words_say_so(site, visitor, ballots):
    visitor.begin(site.codes["elev"][0]).to_the_end(trygg="2")
    site.clock.advance(timedelta(days=30))
    assert visitor.press("send").page == "code"
    visitor.enter(site.codes["elev"][0])
    assert "Koden gäller inte längre" in visitor.text
    assert ballots() == 0


def test_a_window_closed_early_ends_open_forms(site, visitor, ballots):
    visitor.begin(site.codes["elev"][0]).to_the_end(trygg="2")
    with site.database.begin() as session:
        session.execute(update(CollectionWindow).where(CollectionWindow.key == "skola").values(state="closed"))
    visitor.press("send")
    assert (visitor.page, visitor.status, ballots()) == ("refused", 410, 0)
    assert "Ditt svar kom inte med" in visitor.text
    assert "Koden gäller inte längre" in visitor.enter(site.codes["elev"][0]).text


def test_a_code_withdrawn_meanwhile_is_refused(site, visitor):
    code = site.codes["personal"][0]
    visitor.begin(code)
    with site.database.begin() as session:
        session.execute(update(Code).where(Code.lookup == lookup_hash(PEPPER, code)).values(state="void"))
    assert visitor.press(trygg="1").page == "refused"


def test_no_page_of_forty_items_holds_more_than_twelve_kilobytes(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'sikte.db'}")
    metadata.create_all(database.engine)
    site = build_house(database, repeat=4)
    visitor = Visitor(site.app).enter(site.codes["elev"][0])
    sizes = [len(visitor.response.data)]
    visitor.press()
    while visitor.page == "questions":
        sizes.append(len(visitor.response.data))
        first = {name: "2" for name in ("trygg", "ro", "rast") if visitor.values(name)}
        visitor.press(**first)
    sizes.append(len(visitor.response.data))
    database.dispose()
    assert visitor.page == "check"
    assert max(sizes) <= 12 * 1024


def test_a_page_of_questions_costs_one_query(site, visitor):
    visitor.begin(site.codes["elev"][0]).press(trygg="2")
    statements = []
    event.listen(site.database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    visitor.get("/questions/1")
    assert len([statement for statement in statements if statement.startswith("SELECT")]) <= 2


def test_ballots_of_one_questionnaire_are_equally_long(site):
    for code, choice in zip(site.codes["elev"][:2], ("1", "4"), strict=True):
        Visitor(site.app).begin(code).to_the_end(trygg=choice, ro=choice).press("send")
    with site.database.read() as session:
        assert len({len(box) for box in session.scalars(select(Ballot.box))}) == 1
