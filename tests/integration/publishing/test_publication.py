"""Publications: copies of public rows and nothing else, of what units see by then, immutable, refused unaudited."""

from __future__ import annotations

import hashlib
import json
import zlib
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from admin_portal.results.rows import result_rows
from shared.errors import NotFound, Refused
from shared.model.audit import AuditEntry
from shared.model.events import PUBLICATION_MADE, RESULTS_PUBLISHED
from shared.model.releases import Publication, PublicEdition, PublishedDocument, canonical
from shared.model.results import ROW_COLUMNS
from tests.support.publishing import (
    OFFICER,
    REASON,
    events,
    publish,
    refusal,
    release,
    stored,
    withdraw_published,
)
from tests.support.two_windows import TwoWindows


def documents(cycle: TwoWindows, number: int = 1) -> dict[tuple[str, str], Any]:
    with cycle.house.database.read() as session:
        found = session.scalars(
            select(PublishedDocument)
            .join(Publication, Publication.id == PublishedDocument.publication_id)
            .where(Publication.number == number)
            .order_by(PublishedDocument.position)
        )
        return {(one.kind, one.key): one.content for one in found}


def published_rows(cycle: TwoWindows, number: int = 1) -> list[dict[str, object]]:
    return [row for content in documents(cycle, number).values() for row in content.get("rows", ())]


def by_identity(rows):
    return sorted(rows, key=lambda row: canonical({name: row[name] for name in ROW_COLUMNS}))


def test_what_is_published_are_the_public_rows_and_no_others(cycle):
    release(cycle)
    publish(cycle)

    with cycle.house.database.read() as session:
        public = result_rows(session, cycle.key, audience="public", release=1)
    assert by_identity(published_rows(cycle)) == by_identity(public)
    assert {row["audience"] for row in public} == {"public"}
    assert any(row["status"] == "shown" for row in public)
    assert any(row["reason"] == "no_agreement" for row in public)


def test_a_document_stands_for_each_place_and_questionnaire(cycle):
    release(cycle)
    made = publish(cycle)

    found = documents(cycle)
    assert list(found)[:3] == [("cycle", ""), ("questionnaire", "elev"), ("questionnaire", "vh")]
    assert list(found)[3:] == [
        ("unit", "A"),
        ("unit", "B"),
        ("unit", "C"),
        ("provider", "I"),
        ("provider", "K"),
        ("district", "Norr"),
        ("district", "Syd"),
        ("municipality", "0001"),
    ]
    assert made.documents == len(found)
    head = found["cycle", ""]
    assert (head["number"], head["reason"], head["windows"], head["releases"]) == (1, "", ["skola", "hem"], [1])
    assert [unit["code"] for unit in head["units"]] == ["A", "B", "C"]
    assert set(head["units"][0]) == {"code", "name", "unit_type", "regi", "provider", "district"}
    item = found["questionnaire", "elev"]["batteries"][0]["areas"][0]["items"][1]
    assert (item["key"], item["reversed"], item["positive"]) == ("orolig", True, ["1", "2"])
    assert [option["score"] for option in item["options"]][:2] == ["10", "20/3"]


def test_only_released_windows_become_public(cycle):
    release(cycle, ["hem"])
    publish(cycle)

    assert {row["questionnaire"] for row in published_rows(cycle)} == {"vh"}
    assert ("questionnaire", "elev") not in documents(cycle)
    assert cycle.state == "ready", "the pupils' window is neither released nor published"


def test_nothing_becomes_public_before_units_see_it(cycle):
    with refusal("not_released"):
        publish(cycle)
    release(cycle, embargo=timedelta(days=2))
    with refusal("not_released"):
        publish(cycle, at=timedelta(days=2, seconds=-1))

    made = publish(cycle, at=timedelta(days=2))

    assert not made.announced
    assert events(cycle, PUBLICATION_MADE) == [{"publication_id": made.id}], "pages are made ahead of time"
    assert events(cycle, RESULTS_PUBLISHED) == []


def test_each_window_comes_from_the_release_that_is_in_effect_by_then(cycle):
    release(cycle)
    cycle.recompute()
    release(cycle, ["hem"], embargo=timedelta(days=1), reason=REASON)
    publish(cycle, at=timedelta(days=1))

    assert {(row["questionnaire"], row["release"]) for row in published_rows(cycle)} == {("elev", 1), ("vh", 2)}
    assert stored(cycle, Publication, 1).releases == ["1", "2"]


def test_unaudited_figures_are_refused_where_that_is_forbidden_and_the_answer_names_the_remedy(cycle):
    release(cycle)

    with pytest.raises(Refused, match="sikte audit disclosure") as caught:
        publish(cycle, unaudited=False)
    assert caught.value.code == "not_audited"
    assert documents(cycle) == {}


def test_an_owner_who_takes_the_consent_back_stops_the_publication(cycle):
    cycle.agree(publish=True)
    cycle.recompute()
    release(cycle)
    cycle.agree(publish=False)

    with refusal("agreement_changed"):
        publish(cycle)
    assert documents(cycle) == {}


def test_figures_of_an_owner_who_agrees_are_public(cycle):
    cycle.agree(publish=True)
    cycle.recompute()
    release(cycle)
    publish(cycle)

    assert any(row["status"] == "shown" for row in documents(cycle)["unit", "C"]["rows"])


def test_a_correction_is_a_new_publication_with_a_reason_and_the_old_one_stays_byte_for_byte(cycle):
    release(cycle)
    publish(cycle)
    before = documents(cycle, 1)
    with refusal("nothing_new"):
        publish(cycle, reason=REASON)
    cycle.recompute()
    release(cycle, reason=REASON)
    with refusal("no_reason"):
        publish(cycle)

    second = publish(cycle, reason=REASON)

    assert (second.number, second.plan.corrects) == (2, 1)
    assert documents(cycle, 1) == before
    assert documents(cycle, 2)["cycle", ""]["reason"] == REASON


def test_hashes_are_those_of_the_contents(cycle):
    release(cycle)
    publish(cycle)

    with cycle.house.database.read() as session:
        for one in session.scalars(select(PublishedDocument)):
            plain = zlib.decompress(one.body)
            assert hashlib.sha256(plain).hexdigest() == one.sha256
            assert canonical(json.loads(plain)) == plain


def test_the_same_release_gives_the_same_bytes_again(cycle):
    release(cycle)
    cycle.wait(days=1)
    publish(cycle, at=timedelta(days=1))
    withdraw_published(cycle, 1)
    publish(cycle, at=timedelta(days=1))

    first, second = documents(cycle, 1), documents(cycle, 2)
    assert {**first["cycle", ""], "number": 2} == second["cycle", ""]
    assert [canonical(content) for content in list(first.values())[1:]] == [
        canonical(content) for content in list(second.values())[1:]
    ]


def test_a_publication_is_withdrawn_only_before_its_time_and_its_pages_with_it(cycle):
    release(cycle)
    made = publish(cycle, at=timedelta(days=1))
    with cycle.house.database.begin() as session:
        session.add(
            PublicEdition(
                publications=[str(made.id)],
                goes_public_at=made.plan.goes_public_at,
                made_at=cycle.house.clock.now(),
                content_hash="0" * 64,
            )
        )
    with refusal("waiting"):
        publish(cycle, at=timedelta(days=3))

    withdraw_published(cycle, 1)

    with cycle.house.database.read() as session:
        assert session.scalars(select(PublicEdition.withdrawn_at)).one() is not None
    with refusal("withdrawn"):
        withdraw_published(cycle, 1)
    with pytest.raises(NotFound, match="Publications: 1"):
        withdraw_published(cycle, 7)
    publish(cycle)
    with refusal("already_public"):
        withdraw_published(cycle, 2)


def test_publishing_all_windows_makes_the_cycle_published_and_is_audited(cycle):
    release(cycle)
    made = publish(cycle)

    assert cycle.state == "published"
    assert events(cycle, RESULTS_PUBLISHED) == [{"publication_id": made.id}]
    with cycle.house.database.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "publication.made")).one()
    assert (entry.actor, entry.details["content_hash"]) == (OFFICER, stored(cycle, Publication, 1).content_hash)
