"""Summaries stored with a result set say what its documents say, and spare lists and checklists opening them."""

from __future__ import annotations

import json
import zlib

from sqlalchemy import delete, select, update

from shared.model.results import ResultDocument, ResultSummary, summarised
from tests.support.portal_site import make_portal
from tests.support.publishing import release
from tests.support.result_pages import main_of


def pages(cycle) -> dict[str, str]:
    """Return what an officer sees of the newest result set without opening a unit."""
    release(cycle)
    officer = make_portal(cycle.house).visitor("officer")
    paths = (f"/cycles/{cycle.key}/release", f"/cycles/{cycle.key}/publish", f"/results/{cycle.key}/units")
    answers = {path: officer.get(path) for path in paths}
    assert {answer.status_code for answer in answers.values()} == {200}
    return {path: main_of(answer).split('name="token"')[0] for path, answer in answers.items()}


def test_each_unit_has_a_summary_of_its_document_for_each_audience(cycle):
    with cycle.house.database.read() as session:
        documents = session.scalars(select(ResultDocument).where(ResultDocument.level == "unit")).all()
        stored = session.scalars(select(ResultSummary)).all()
        summaries = {(one.result_set_id, one.audience, one.unit_code): one.content for one in stored}
    tables = {
        (one.result_set_id, one.audience, one.node_code): json.loads(zlib.decompress(one.body)) for one in documents
    }
    assert summaries
    assert summaries == {name: summarised(table["columns"], table["rows"]) for name, table in tables.items()}


def test_checklists_and_the_list_of_units_open_no_document_of_a_unit(cycle):
    with cycle.house.database.begin() as session:
        session.execute(update(ResultDocument).where(ResultDocument.level == "unit").values(body=b"not to be opened"))
    assert "values are hidden" in pages(cycle)[f"/cycles/{cycle.key}/release"]


def test_a_result_set_from_before_summaries_gives_the_same_pages(cycle):
    with cycle.house.database.begin() as session:
        session.execute(delete(ResultSummary))
    opened = pages(cycle)
    assert "values are hidden" in opened[f"/cycles/{cycle.key}/release"]
    assert "Skola A" in opened[f"/results/{cycle.key}/units"]


def test_a_summary_counts_rows_and_keeps_rates_and_certain_differences():
    columns = ["questionnaire", "segment", "battery", "area", "item", "compare_to", "difference", "certain"]
    columns += ["status", "reason", "invited", "answered", "response_rate"]
    rate = ["elev", None, None, None, None, None, None, None, "shown", None, 20, 10, 0.5]
    index = ["elev", None, "b", "trygghet", None, None, None, None, "hidden", "too_few", None, None, None]
    higher = ["elev", None, "b", "trygghet", None, "rest", 0.5, True, "shown", None, None, None, None]
    in_an_area = ["elev", None, "b", "trygghet", "trygg", "rest", -0.5, True, "shown", None, None, None, None]
    alone = ["elev", None, "b", None, "annat", "rest", -0.5, True, "shown", None, None, None, None]
    girls = ["elev", "sex", "b", None, "annat", "rest", 0.5, True, "hidden", "too_few", None, None, None]
    summary = summarised(columns, [rate, index, higher, in_an_area, alone, girls])
    assert summary == {
        "counts": {"elev": {"shown": 4, "too_few": 2}},
        "rates": [
            {
                "questionnaire": "elev",
                "reason": None,
                "invited": 20,
                "answered": 10,
                "response_rate": 0.5,
                "shown": True,
            }
        ],
        "certain": [
            {"questionnaire": "elev", "area": "trygghet", "item": None, "higher": True},
            {"questionnaire": "elev", "area": None, "item": "annat", "higher": False},
        ],
    }
