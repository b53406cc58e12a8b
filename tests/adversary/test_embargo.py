"""Embargo by time travel: two municipalities that differ in their answers alone look the same until the moment itself.

Every address of the portal is asked for by every lower tier, in both. Before the embargo ends no answer may depend on
what people answered, not in a single byte; at the moment it ends, units' figures do, and the public's only when theirs
does. The officer, who sees the figures of ready results, shows that the comparison would notice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from deploy import embedded
from shared.i18n import speaking
from shared.model.accounts import Sharing
from shared.model.cycles import find_cycle
from shared.model.organisation import Unit
from tests.support.house import make_house
from tests.support.migrated import migrated_file
from tests.support.portal_site import Portal, Visitor, make_portal
from tests.support.publishing import publish, release
from tests.support.two_windows import TwoWindows

EMBARGO = timedelta(days=3)
UNITS = "/results/tva-2026/units"
TIERS: dict[str, list[str | tuple[str, str]]] = {
    "principal": [("principal", "A")],
    "area head": [("area_head", "Norr")],
    "owner": [("owner", "I")],
    "leadership": [("leadership", "A")],
    "board reader": ["board_reader"],
    "auditor": ["auditor"],
    "nobody": [],
}
VALUES = {
    "key": ("tva-2026", "skr"),
    "cycle_key": ("tva-2026",),
    "source": ("tva-2026",),
    "round_key": ("nothing",),
    "window": ("skola",),
    "code": ("A", "C", "K", "I", "Norr", "Syd"),
    "unit_code": ("A",),
    "fmt": ("csv", "json"),
    "language": ("sv",),
    "path": ("sv/", "sv/units/A/", "sv/municipality/", "sv/open-data/", "sv/data/results.csv"),
    "filename": (),
}
"""What is asked for by the name of an address' argument; others are asked for as 1."""

_OWN = re.compile(rb'(?<=value=")[A-Za-z0-9_=.-]{40,}(?=")|\b[0-9a-f]{64}\b')
"""Form tokens, and the audit log's hashes: sealed or chained anew in each world."""

World = tuple[TwoWindows, Portal]


def make_world(folder: Path, *, other_answers: bool) -> World:
    """Build a municipality whose results are ready and released under embargo; a group sees what its principal sees."""
    folder.mkdir()
    house = make_house(folder / "home", f"sqlite:///{migrated_file(folder)}")
    cycle = TwoWindows(house, folder / "files").begin(agreed=True, other_answers=other_answers)
    cycle.count()
    portal = make_portal(house)
    release(cycle, embargo=EMBARGO)
    principal = portal.account(("principal", "A"))
    with house.database.begin() as session:
        unit = session.query(Unit).where(Unit.code == "A").one()
        session.add(
            Sharing(
                unit_id=unit.id,
                cycle_id=find_cycle(session, cycle.key).id,
                shared_by_id=principal,
                shared_at=house.clock.now(),
            )
        )
    return cycle, portal


@pytest.fixture
def worlds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[World, World]]:
    """Two worlds that differ in their answers alone: one worker thread, so that work is done in the same order."""
    monkeypatch.setattr(embedded, "WORKER_THREADS", 1)
    with speaking("en"):
        made = [make_world(tmp_path / str(number), other_answers=bool(number)) for number in range(2)]
        yield made[0], made[1]
        for cycle, _portal in made:
            cycle.house.database.dispose()


def addresses(portal: Portal) -> list[str]:
    """Return every address of the portal that can be asked for, with each of the values its arguments may have."""
    found = []
    for rule in portal.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint == "static_file":
            continue
        choices = [[(name, value) for value in VALUES.get(name, ("1",))] for name in sorted(rule.arguments)]
        found += [_filled(rule.rule, dict(chosen)) for chosen in product(*choices)]
    return sorted(found)


def _filled(rule: str, values: dict[str, str]) -> str:
    return re.sub(r"<[^>]*?(\w+)>", lambda match: str(values[match[1]]), rule)


def visitor(portal: Portal, tier: str) -> Visitor | None:
    """Return somebody of this tier who has just signed in; nobody needs to."""
    roles = TIERS[tier]
    return portal.visitor(*roles) if roles else None


def answers(portal: Portal, tier: str, under: str = "/") -> dict[str, tuple[int, bytes, str]]:
    """Return what each address that begins with ``under`` answers to somebody of this tier."""
    somebody = visitor(portal, tier)
    client = somebody.client if somebody else portal.app.test_client()
    found = {}
    for address in filter(lambda one: one.startswith(under), addresses(portal)):
        answer = client.get(address)
        found[address] = (answer.status_code, _OWN.sub(b"", answer.data), answer.headers.get("ETag", ""))
    return found


def differing(worlds: tuple[World, World], tier: str, under: str = "/") -> list[str]:
    """Return the addresses that answer differently in the two worlds."""
    one, other = (answers(portal, tier, under) for _cycle, portal in worlds)
    assert one.keys() == other.keys()
    return [address for address in one if one[address] != other[address]]


def travel(worlds: tuple[World, World], **step: float) -> None:
    """Let time go by in both worlds, with their clocks running."""
    for cycle, _portal in worlds:
        cycle.wait(**step)
        cycle.house.run_deadlines()


def test_no_byte_of_a_figure_reaches_a_lower_tier_before_the_embargo_ends(worlds):
    assert differing(worlds, "nobody") == []
    travel(worlds, days=3, seconds=-1)

    for tier in TIERS:
        assert differing(worlds, tier) == [], tier


def test_at_the_moment_itself_units_see_theirs_and_boards_and_the_public_nothing(worlds):
    travel(worlds, days=3)

    assert f"{UNITS}/A" in differing(worlds, "principal", UNITS)
    assert f"{UNITS}/A" in differing(worlds, "area head", UNITS)
    assert f"{UNITS}/C" in differing(worlds, "owner", UNITS)
    assert f"{UNITS}/A" in differing(worlds, "leadership", UNITS)
    for tier in ("board reader", "auditor", "nobody"):
        assert differing(worlds, tier) == [], tier


def test_nobody_sees_figures_of_units_that_are_not_theirs(worlds):
    travel(worlds, days=3)

    for tier, foreign in (("principal", "C"), ("area head", "C"), ("leadership", "C"), ("owner", "A")):
        for _cycle, portal in worlds:
            somebody = visitor(portal, tier)
            assert somebody is not None
            for ending in ("", ".csv", ".json"):
                answer = somebody.get(f"/results/tva-2026/units/{foreign}{ending}")
                assert answer.status_code in {403, 404}, (tier, foreign, ending)


def test_a_waiting_publication_shows_the_public_nothing_before_its_time(worlds):
    travel(worlds, days=3)
    for cycle, _portal in worlds:
        publish(cycle, at=timedelta(days=1))
    travel(worlds, days=1, seconds=-1)

    for tier in ("nobody", "board reader", "auditor"):
        assert differing(worlds, tier) == [], tier


def test_the_comparison_would_notice_a_figure(worlds):
    with_figures = [portal.visitor("officer").get("/results/tva-2026/units/A") for _cycle, portal in worlds]

    assert [answer.status_code for answer in with_figures] == [200, 200]
    assert _OWN.sub(b"", with_figures[0].data) != _OWN.sub(b"", with_figures[1].data)
