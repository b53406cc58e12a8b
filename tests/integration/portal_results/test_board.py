"""The board's page: published documents alone, five sentences from stored decisions, every missing unit named."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import event

from admin_portal.publishing.publication import publish_cycle
from shared.model.results import ResultDocument
from tests.support.result_pages import FIGURE, main_of, release, strictly

# What is asked of the database is tested on both kinds in test_embargo.py; here it is about pages.
pytestmark = pytest.mark.parametrize("counted_house", ["sqlite"], indirect=True)
SENTENCE = re.compile(r"<li>(.*?)</li>", re.DOTALL)


def publish(cycle, **options):
    publish_cycle(
        cycle.house.database,
        cycle.house.clock,
        cycle_key=cycle.key,
        goes_public_at=options.get("goes_public_at"),
        reason=options.get("reason", ""),
        actor="test",
        unaudited=True,
    )


def sentences(page):
    part = page[page.index('class="sentences"') : page.index('id="charts"')]
    return [" ".join(text.split()) for text in SENTENCE.findall(part)]


def test_before_the_publication_the_board_sees_nothing_and_is_told_when(cycle, portal):
    release(cycle)
    publish(cycle, goes_public_at=cycle.house.clock.now() + timedelta(minutes=20))
    board = portal.visitor("board_reader")
    answer = board.get("/board")
    strictly(answer)
    assert not FIGURE.search(main_of(answer))
    assert "Nothing is published yet" in main_of(answer)
    cycle.house.clock.advance(timedelta(minutes=20))
    assert FIGURE.search(main_of(board.get("/board")))


@pytest.fixture
def page(cycle, portal):
    """The board's page once the cycle is public."""
    release(cycle)
    publish(cycle)
    answer = portal.visitor("board_reader").get("/board")
    strictly(answer)
    return main_of(answer)


def test_the_board_reads_five_sentences_and_three_charts(page):
    found = sentences(page)
    assert len(found) == 5
    assert found[0].startswith("1 of 3 units have published results; of 1 independent ones 0")
    assert "pupils" in found[1]
    assert "do not say why" in found[4]
    part = page[page.index('id="charts"') : page.index('id="missing"')]
    assert part.count("<h3>") == 3
    assert "<svg" in part


def test_an_independent_unit_without_agreement_is_named_as_missing(page):
    missing = page[page.index('id="missing"') : page.index('id="published"')]
    lines = missing.split("<tr>")
    assert [line for line in lines if "Skola C" in line and "has not agreed to publication" in line]
    published = page[page.index('id="published"') : page.index('id="method"')]
    for name in ("Skola A", "Skola B", "Skola C"):
        assert (name in missing) != (name in published)


def test_the_method_stands_on_the_page(page):
    assert "Benjamini" in page
    assert "no audit has attacked them yet" in page


def test_the_boards_page_reads_no_result_document(cycle, portal):
    release(cycle)
    publish(cycle)
    read = []

    def note(target, _context):
        read.append(target.node_code)

    event.listen(ResultDocument, "load", note)
    try:
        assert portal.visitor("board_reader").get("/board").status_code == 200
    finally:
        event.remove(ResultDocument, "load", note)
    assert read == []


def test_who_may_not_see_board_pages_is_refused(cycle, portal):
    assert portal.visitor("auditor").get("/board").status_code == 403
    assert portal.visitor(("leadership", "A")).get("/board").status_code == 403
    assert cycle.state != "published"
