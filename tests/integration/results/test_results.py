"""A tiny cycle from files to result rows, on both databases: every figure by hand, and a random one by pandas."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import delete, func, select, update

from admin_portal.cycles.collection import accept_loss
from admin_portal.results.rows import result_rows
from analytics_worker.results import compute as computing
from analytics_worker.results.compute import compute_results
from shared.errors import NotFound, Refused
from shared.events import claims
from shared.model.cycles import CollectionWindow
from shared.model.events import COMPUTE_RESULTS, Delivery, Event, publish
from shared.model.organisation import District, Municipality, Provider, PublicationAgreement
from shared.model.results import ROW_COLUMNS, ResultDocument, ResultSet, ResultSummary
from shared.model.urn import Ballot
from tests.support.house import Unsettled
from tests.support.sources import row
from tests.support.tiny_cycle import CYCLE

ANSWERS = [
    *[("A", "5A", {"trygg": "4", "orolig": "1", "sex": "flicka"})] * 8,
    *[("A", "5A", {"trygg": "1", "orolig": "1", "varfor": "skäl", "sex": "pojke"})] * 8,
    *[("A", "8A", {"trygg": "3", "sex": "flicka"})] * 10,
    *[("B", "5A", {"trygg": "9", "sex": "pojke"})] * 6,
    *[("B", "5A", {"trygg": "2", "sex": "flicka"})] * 18,
    *[("C", "5A", {"orolig": "4", "sex": "pojke"})] * 15,
]
TRYGG = {"area": "trygghet", "item": "trygg"}


def rows(cycle, **options):
    with cycle.house.database.read() as session:
        return result_rows(session, CYCLE, **options)


def test_a_cycle_gives_the_figures_worked_out_by_hand(cycle):
    cycle.answer(ANSWERS)
    cycle.count()
    found = rows(cycle)
    assert tuple(found[0]) == ROW_COLUMNS
    response = row(found, level="unit", node_code="A", battery=None)
    assert (response["invited"], response["answered"], response["response_rate"]) == (45, 26, round(26 / 45, 6))
    item = row(found, level="unit", node_code="A", **TRYGG)
    # 8 x 10, 8 x 0, 10 x 20/3 over 26.
    assert (item["n"], item["index"], item["share_positive"]) == (26, 5.6, round(18 / 26, 6))
    assert item["distribution"] == {"4": 8, "3": 10, "2": 0, "1": 8, "9": 0}
    area = row(found, level="unit", node_code="A", area="trygghet")
    # Means: 8 x 10, 8 x 5, 10 x 20/3.
    assert (area["n"], area["index"]) == (26, 7.2)
    pooled = row(found, level="municipality", weighting="respondents", **TRYGG)
    assert (pooled["n"], pooled["n_dont_know"], pooled["n_blank"]) == (44, 6, 15)
    assert (pooled["share_positive"], pooled["answered"], pooled["invited"]) == (round(18 / 44, 6), 65, 105)
    frame = row(found, level="municipality", weighting="frame", **TRYGG)
    # Cells: A year 5 (20, 1/2), A year 8 (25, 1), B (30, 0); C has no valid answer and leaves.
    assert frame["share_positive"] == round((20 * 0.5 + 25) / 75, 6)


def test_a_respondent_routed_past_is_neither_blank_nor_asked(cycle):
    cycle.answer(ANSWERS)
    cycle.count()
    text = row(rows(cycle), level="unit", node_code="A", item="varfor")
    assert (text["n"], text["n_blank"]) == (8, 0)


def test_the_public_sees_no_owner_without_agreement_and_cannot_subtract(cycle):
    cycle.answer(ANSWERS)
    cycle.count()
    found = rows(cycle, audience="public")
    reasons = {one["reason"] for one in found if one["node_code"] in {"C", "I"}}
    assert reasons == {"no_agreement"}
    assert row(found, level="provider", node_code="K", battery=None, weighting="frame")["reason"] == "complementary"


def test_an_agreement_opens_an_owners_figures(cycle):
    with cycle.house.database.begin() as session:
        owner = session.scalars(select(Provider).where(Provider.code == "I")).one()
        session.add(PublicationAgreement(provider_id=owner.id, publish=True, valid_from=date(2026, 1, 1)))
    cycle.answer(ANSWERS)
    cycle.count()
    found = row(rows(cycle, audience="public"), level="unit", node_code="C", battery=None)
    assert (found["status"], found["answered"], found["response_rate"]) == ("shown", 15, 0.5)


def compute_again(cycle):
    """Ask for the results anew, as after a change of rules."""
    house = cycle.house
    with house.database.begin() as session:
        publish(session, "window.counted", at=house.clock.now(), window_id=cycle.window.id)
    house.run_deliveries()


def documents(database, number):
    with database.read() as session:
        wanted = select(ResultDocument).join(ResultSet).where(ResultSet.number == number)
        return {(one.audience, one.level, one.node_code): one.body for one in session.scalars(wanted)}


def test_the_same_tallies_give_the_same_bytes_under_a_new_number(cycle):
    cycle.answer(ANSWERS)
    cycle.count()
    compute_again(cycle)
    first, second = (documents(cycle.house.database, number) for number in (1, 2))
    assert first
    assert first == second
    with cycle.house.database.read() as session:
        sets = list(session.scalars(select(ResultSet).order_by(ResultSet.number)))
        ready = session.scalar(select(func.count()).select_from(Event).where(Event.type == "results.ready"))
    assert sets[0].provenance == sets[1].provenance
    assert [one.windows for one in sets] == [["skola"], ["skola"]]
    assert ready == 2


def test_a_result_set_says_which_ballots_it_is_without_and_why(cycle):
    cycle.answer(ANSWERS)
    cycle.close()
    with cycle.house.database.begin() as session:
        spoilt = session.scalars(select(Ballot.id).limit(2)).all()
        session.execute(update(Ballot).where(Ballot.id.in_(spoilt)).values(box=b"spoilt"))
    with pytest.raises(Unsettled):
        cycle.house.run_deliveries()
    database, clock, keys = cycle.house.database, cycle.house.clock, cycle.house.keys
    accept_loss(database, clock, keys, cycle_key=CYCLE, window_key="skola", reason="A damaged page.", actor="test")
    cycle.house.run_deliveries()
    with database.read() as session:
        provenance = session.scalars(select(ResultSet.provenance)).one()
    assert provenance["losses"] == {"skola": {"unreadable": 2, "reason": "A damaged page."}}


def test_a_district_may_have_the_longest_name_in_a_county_of_several_municipalities(cycle):
    cycle.answer(ANSWERS)
    name = "Ö" * 200
    with cycle.house.database.begin() as session:
        session.execute(update(District).where(District.name == "Norr").values(name=name))
        session.add(Municipality(code="0002", name="Norrby kommun"))
    cycle.count()
    found = rows(cycle)
    assert (
        row(found, level="district", node_code=f"0001/{name}", battery=None, weighting="respondents")["answered"] == 50
    )


def test_a_window_counted_while_computing_is_not_left_out(cycle, monkeypatch):
    cycle.answer(ANSWERS)
    cycle.count()
    house = cycle.house
    with house.database.begin() as session:
        event = publish(session, "window.counted", at=house.clock.now(), window_id=cycle.window.id)
        delivery_id = session.scalars(select(Delivery.id).where(Delivery.event_id == event.id)).one()
        later = CollectionWindow(
            cycle_id=cycle.window.cycle_id,
            key="senare",
            opens_at=cycle.window.opens_at,
            closes_at=cycle.window.closes_at,
            grace_minutes=0,
            state="closed",
            public_key=b"k" * 32,
        )
        session.add(later)
    packed = computing._packed
    runs = []

    def slow(inputs):
        runs.append(inputs.windows)
        with house.database.begin() as session:
            session.execute(update(CollectionWindow).where(CollectionWindow.key == "senare").values(state="counted"))
        return packed(inputs)

    monkeypatch.setattr(computing, "_packed", slow)
    claim = claims.take(house.database, delivery_id)
    assert claim is not None
    compute_results(claim, database=house.database, clock=house.clock)
    assert runs == [("skola",), ("skola", "senare")]
    with house.database.read() as session:
        assert session.scalars(select(ResultSet.windows).order_by(ResultSet.number.desc())).first() == [
            "skola",
            "senare",
        ]


def test_results_before_the_count_say_what_to_do(cycle):
    with pytest.raises(Refused, match="sikte cycle close skola-2026 --wait"):
        rows(cycle)
    with pytest.raises(NotFound, match="skola-2026"), cycle.house.database.read() as session:
        result_rows(session, "mmis-1999")
    with pytest.raises(Refused, match="unit, provider, district, municipality"):
        rows(cycle, level="class")
    with pytest.raises(Refused, match="internal, unit, public"):
        rows(cycle, audience="press")


def test_a_quarantined_computation_is_done_again_by_a_retry(cycle):
    cycle.answer(ANSWERS)
    cycle.count()
    house = cycle.house
    with house.database.begin() as session:
        session.execute(delete(ResultSummary))
        session.execute(delete(ResultDocument))
        session.execute(delete(ResultSet))
        session.execute(update(Delivery).where(Delivery.consumer == COMPUTE_RESULTS).values(done_at=None, attempts=0))
    house.run_deliveries()
    assert len(rows(cycle, level="municipality")) > 0


def random_answers(random):
    groups = [("A", "5A", 20), ("A", "8A", 25), ("B", "5A", 30), ("C", "5A", 30)]
    for unit, group, headcount in groups:
        for _person in range(int(random.integers(headcount // 2, headcount + 1))):
            answers = {
                "sex": str(random.choice(["flicka", "pojke", ""])),
                "trygg": str(random.choice(["4", "3", "2", "1", "9", ""], p=[0.3, 0.2, 0.15, 0.15, 0.1, 0.1])),
                "orolig": str(random.choice(["4", "3", "2", "1", "9", ""])),
            }
            yield unit, group, answers


@pytest.mark.parametrize("seed", [3, 11])
def test_a_random_cycle_equals_a_recount_by_pandas(cycle, seed):
    file = cycle.answer(random_answers(np.random.default_rng(seed)))
    cycle.count()
    sent = pd.read_csv(file, dtype=str, keep_default_na=False)
    sent["year"] = sent["group_code"].str[0]
    score = {"4": 10.0, "3": 20 / 3, "2": 10 / 3, "1": 0.0}
    sent["trygg_score"] = sent["trygg"].map(score)
    sent["orolig_score"] = 10 - sent["orolig"].map(score)
    sent["area"] = sent[["trygg_score", "orolig_score"]].mean(axis=1)
    compared = 0
    for one in rows(cycle):
        if one["status"] == "hidden" or one["compare_to"] or one["weighting"] == "frame" or one["battery"] is None:
            continue
        members = {"A": ["A"], "B": ["B"], "C": ["C"], "K": ["A", "B"], "I": ["C"], "Norr": ["A", "B"], "Syd": ["C"]}
        part = sent[sent["unit_code"].isin(members.get(one["node_code"], ["A", "B", "C"]))]
        if one["segment"]:
            part = part[part[one["segment"]] == one["segment_value"]]
        scores = part[f"{one['item']}_score"] if one["item"] else part["area"]
        if one["item"] == "varfor":
            continue
        assert (one["answered"], one["n"]) == (len(part), scores.count())
        assert one["index"] == pytest.approx(scores.mean(), abs=0.05 + 1e-9)
        if one["item"]:
            assert one["n_dont_know"] == (part[one["item"]] == "9").sum()
            assert one["n_blank"] == (part[one["item"]] == "").sum()
            assert one["share_positive"] == pytest.approx((scores > 5).sum() / scores.count(), abs=5e-7)
            assert one["distribution"] == {code: int((part[one["item"]] == code).sum()) for code in "43219"}
        compared += 1
    assert compared > 50


def test_the_command_prints_the_published_format(cycle, monkeypatch):
    from click.testing import CliRunner  # noqa: PLC0415  only this test needs a command line

    from deploy.cli.main import cli  # noqa: PLC0415

    cycle.answer(ANSWERS)
    cycle.count()
    monkeypatch.setattr("deploy.bootstrap.build", lambda _settings: cycle.house.container)
    monkeypatch.setenv("SIKTE_HOME", str(cycle.house.container.settings.home))
    run = CliRunner().invoke(cli, ["results", CYCLE, "--level", "municipality", "--format", "json"])
    assert run.exit_code == 0, run.output
    printed = json.loads(run.stdout)
    assert printed == rows(cycle, level="municipality")
    as_csv = CliRunner().invoke(cli, ["results", CYCLE, "--level", "unit", "--format", "csv", "--locale", "sv"])
    assert as_csv.stdout.lstrip("\ufeff").splitlines()[0] == ";".join(ROW_COLUMNS)
    assert "0,577778" in as_csv.stdout
    missing = CliRunner().invoke(cli, ["results", "nothing"])
    assert missing.exit_code == 1
