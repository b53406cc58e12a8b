"""Every route × role × place × state of a cycle: nobody gets further than the policy says."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response
from sqlalchemy import select

from admin_portal.access.guard import OPEN, needs
from admin_portal.access.policy import Permission
from admin_portal.app import create_app
from admin_portal.publishing.publication import publish_cycle
from admin_portal.publishing.releasing import make_release
from shared.database.engine import open_database
from shared.i18n import speaking
from shared.model.accounts import Account, PortalSession
from shared.model.cycles import Cycle
from shared.model.dialogues import Dialogue, DialogueRound, DialogueSlot, Measure
from shared.model.organisation import Unit
from tests.support import tiny_cycle
from tests.support.house import House, make_house
from tests.support.matrix import ROLES, Case, Unfilled, cases
from tests.support.migrated import migrated_file
from tests.support.portal_site import Portal, Visitor, make_portal

STATES = ("scheduled", "open", "ready", "released", "published")
VALUES = {
    "cycles.key": tiny_cycle.CYCLE,
    "cycles.source": tiny_cycle.CYCLE,
    "batteries.key": "skr",
    "dialogues.key": "vinter",
    "fingerprint": "nothing",
    "cycle_key": tiny_cycle.CYCLE,
    "cycle": tiny_cycle.CYCLE,
    "round": "vinter",
    "round_key": "vinter",
    "battery": "skr",
    "battery_key": "skr",
    "version": "1",
    "window": "skola",
    "window_key": "skola",
    "number": "1",
    "account_id": "1",
    "assignment_id": "1",
    "slot_id": "1",
    "dialogue_id": "1",
    "guest_id": "1",
    "measure_id": "1",
    "uid": "nothing",
    "token": "nothing",
    "digest": "0" * 64,
    "name": "nothing",
    "path": "nothing",
    "fmt": "csv",
    "language": "sv",
    "questionnaire": "elev",
    "question": "trygg",
    "area": "trygghet",
    "item": "trygg",
}
"""What a route's arguments are filled with where they name no place. A route that lacks one fails: add it here."""


@dataclass(frozen=True)
class Worlds:
    """The same municipality in each state of its cycle: a database file of each."""

    house: House
    folder: Path

    def keep(self, state: str) -> None:
        """Keep the database as it is now."""
        with contextlib.closing(sqlite3.connect(str(self.house.database.engine.url.database))) as connection:
            connection.execute("VACUUM INTO ?", [str(self.folder / f"{state}.db")])

    def enter(self, state: str, folder: Path) -> Portal:
        """Return the portal over a copy of the world in ``state``."""
        file = folder / f"{state}.db"
        shutil.copyfile(self.folder / f"{state}.db", file)
        container = replace(self.house.container, database=open_database(f"sqlite:///{file}"))
        return make_portal(House(container, self.house.clock))


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    """A cycle led from before its opening to its publication, kept at each state on the way."""
    folder = tmp_path_factory.mktemp("worlds")
    house = make_house(folder / "home", f"sqlite:///{migrated_file(folder)}")
    made = Worlds(house, folder)
    with speaking("en"), pytest.MonkeyPatch.context() as patch:
        opening = tiny_cycle.open_windows

        def keep_and_open(*given: Any, **named: Any) -> object:
            made.keep("scheduled")
            return opening(*given, **named)

        patch.setattr(tiny_cycle, "open_windows", keep_and_open)
        cycle = tiny_cycle.TinyCycle(house, folder)
    answers = {"trygg": "4", "orolig": "2", "sex": "flicka"}
    groups = {"A": "5A", "B": "5A", "C": "5A"}
    cycle.answer((unit, group, answers) for unit, group in groups.items() for _number in range(15))
    made.keep("open")
    cycle.count()
    _add_dialogues(house)
    made.keep("ready")
    common = {"cycle_key": tiny_cycle.CYCLE, "reason": "", "actor": "test"}
    make_release(house.database, house.clock, windows=None, embargo_until=None, **common)
    house.run_deliveries()
    made.keep("released")
    publish_cycle(house.database, house.clock, goes_public_at=None, unaudited=True, **common)
    made.keep("published")
    yield made
    house.database.dispose()


def _add_dialogues(house: House) -> None:
    """Put a round with a dialogue and a measure for each unit into the database."""
    now = house.clock.now()
    with house.database.begin() as session:
        cycle_id = session.scalars(select(Cycle.id)).one()
        session.add(
            DialogueRound(
                key="vinter",
                title="Vinter",
                cycle_id=cycle_id,
                state="offered",
                book_by=now + timedelta(days=90),
                created_at=now,
                created_by="test",
                offered_at=now,
            )
        )
        session.add(
            DialogueSlot(
                round_id=1, starts_at=now + timedelta(days=9), ends_at=now + timedelta(days=9, hours=1), place="Salen"
            )
        )
        for unit in session.scalars(select(Unit).order_by(Unit.code)):
            session.add(Dialogue(round_id=1, unit_id=unit.id, state="offered", uid=f"{unit.code}@example.se"))
            session.add(
                Measure(
                    unit_id=unit.id,
                    title="Rastvakter",
                    cause="Otrygga raster",
                    owner="Rektor",
                    state="planned",
                    due_on=now.date() + timedelta(days=200),
                    indicator="Trygghet",
                    expected_effect="Tryggare raster",
                    created_at=now,
                    created_by="test",
                )
            )


@pytest.fixture(params=STATES)
def portal(request: pytest.FixtureRequest, worlds: Worlds, tmp_path: Path) -> Iterator[Portal]:
    """The portal in each state of the cycle."""
    entered = worlds.enter(request.param, tmp_path)
    yield entered
    entered.house.database.dispose()


@pytest.fixture
def published(worlds: Worlds, tmp_path: Path) -> Iterator[Portal]:
    """The portal once everything is public."""
    entered = worlds.enter("published", tmp_path)
    yield entered
    entered.house.database.dispose()


def people(portal: Portal) -> dict[str, Visitor]:
    return {name: portal.visitor(role) for name, role in ROLES.items()}


def visits(portal: Portal) -> list[Case]:
    target = portal.account(("leadership", "A"))
    return list(cases(portal.app, VALUES | {"account_id": str(target)}))


def signed_in_anew(portal: Portal, visitor: Visitor) -> Visitor:
    """Undo what an earlier post did to the session: signing out is one of the routes."""
    with portal.house.database.begin() as session:
        for found in session.scalars(select(PortalSession).where(PortalSession.account_id == visitor.account_id)):
            found.revoked_at = None
        session.get_one(Account, visitor.account_id).active = True
    visitor.client.set_cookie(portal.services.cookie_name, visitor.session_token)
    return visitor


def surprise(case: Case, who: str, response: Response) -> str:
    return case.surprise(who, response.status_code, response.headers.get("Location", ""))


def test_every_page_opens_for_those_who_may_and_for_no_other_place(portal):
    visitors = people(portal)
    surprises = []
    for case in visits(portal):
        for who, visitor in visitors.items():
            if case.method == "GET" and (case.allowed(who) or case.kind):
                surprises.append(surprise(case, who, visitor.get(case.path)))
    assert len(surprises) > 100
    assert [found for found in surprises if found] == []


def test_a_form_that_says_nothing_breaks_nothing(portal):
    visitors = people(portal)
    surprises = []
    for case in visits(portal):
        for who, visitor in visitors.items():
            if case.method != "GET" and case.permission != OPEN and case.allowed(who):
                answer = signed_in_anew(portal, visitor).post(case.path)
                surprises.append(surprise(case, who, answer))
    assert len(surprises) > 100
    assert [found for found in surprises if found] == []


def test_nobody_reads_or_does_more_than_the_policy_gives(published):
    visitors = people(published)
    surprises = []
    for case in visits(published):
        for who, visitor in visitors.items():
            if case.permission != OPEN and not case.allowed(who):
                answer = visitor.get(case.path) if case.method == "GET" else visitor.post(case.path)
                surprises.append(surprise(case, who, answer))
    assert len(surprises) > 200
    assert [found for found in surprises if found] == []


def test_who_is_not_or_no_longer_signed_in_is_led_to_the_sign_in_page(published):
    disabled = published.visitor("officer")
    with published.house.database.begin() as session:
        session.get_one(Account, disabled.account_id).active = False
    stranger = published.app.test_client()
    surprises = []
    for case in visits(published):
        data = {"token": disabled.token} if case.method == "POST" else None
        if case.permission != OPEN:
            surprises.append(surprise(case, "nobody", stranger.open(case.path, method=case.method, data=data)))
            surprises.append(surprise(case, "disabled", disabled.client.open(case.path, method=case.method, data=data)))
    assert [found for found in surprises if found] == []


def test_no_form_is_taken_without_its_token(published):
    officer, other = published.visitor("officer"), published.visitor("officer")
    posting = [case for case in visits(published) if case.method == "POST"]
    assert len(posting) > 20
    for case in posting:
        for data in ({}, {"token": ""}, {"token": "x"}, {"token": other.token}):
            assert officer.client.post(case.path, data=data).status_code == 400, (case, data)
        foreign = {"Sec-Fetch-Site": "cross-site"}
        assert officer.post(case.path, headers=foreign).status_code == 400, case


def test_every_page_comes_with_the_headers_that_protect_it(published):
    officer = published.visitor("officer")
    for case in visits(published):
        if case.method == "GET":
            headers = officer.get(case.path).headers
            policy = headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy, case
            assert "unsafe" not in policy, case
            assert headers["X-Frame-Options"] == "DENY", case
            assert headers["X-Content-Type-Options"] == "nosniff", case
            assert case.path.startswith("/public") or headers["Cache-Control"] == "no-store", case


def test_a_route_that_forgets_the_unit_would_be_found(published):
    careless = _with_route(published, "/results/<cycle_key>/careless/<code>")
    careless.set_cookie(published.services.cookie_name, published.visitor(("principal", "A")).session_token)
    found = [
        surprise(case, "principal", careless.get(case.path))
        for case in cases(careless.application, VALUES)
        if "careless" in case.path
    ]
    assert [text for text in found if text] == [
        f"principal: GET /results/{tiny_cycle.CYCLE}/careless/C (see_results) gave 200"
    ]


def test_a_route_whose_arguments_are_unknown_fails_the_matrix(published):
    careless = _with_route(published, "/somewhere/<unheard_of>")
    with pytest.raises(Unfilled, match="unheard_of"):
        list(cases(careless.application, VALUES))


def _with_route(portal: Portal, rule: str):
    app: Flask = create_app(portal.services)
    app.add_url_rule(rule, "careless", needs(Permission.SEE_RESULTS)(lambda **_given: "figures"))
    return app.test_client()
