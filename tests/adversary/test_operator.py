"""An operator with every file, table, log and remaining secret cannot say who answered what."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pytest

from tests.support.adversary import population, scene
from tests.support.adversary.attacks import Report
from tests.support.adversary.holdings import repeated_nonces
from tests.support.adversary.scene import Operator
from tests.support.adversary.search import remains_of_the_urn, searched
from tests.support.adversary.sqlite import SqliteOperator


def opened(kind: str, request: pytest.FixtureRequest, folder, seed: int) -> AbstractContextManager[Operator]:
    folder.mkdir()
    if kind == "sqlite":
        return scene.sqlite(folder, population.SQLITE, seed)
    return scene.postgresql(request.getfixturevalue("logging_server"), folder, population.POSTGRESQL, seed)


def test_an_operator_with_everything_links_nobody_and_finds_no_answer_astray(
    kind, request, tmp_path, seed, show, subtests
):
    with opened(kind, request, tmp_path / "scene", seed) as operator:
        world = operator.world
        scene.collect(operator)
        keys = [row["sealed"] for row in operator.holdings.snapshots["closed"].tables["box_key"]]
        window_key = world.keys.window_key(world.window_id)
        slices = scene.count(operator)
        report = scene.attacked(operator, seed)
        show(f"{kind}, {slices} slices, {report.table()}")
        findings = searched(operator, tmp_path / "scene", window_key, keys)
        show(f"{kind}, {findings.bytes_searched:,} bytes searched; answers stand in {dict(findings.allowed)}")

        with subtests.test("every serial is counted exactly once, in at least eight slices"):
            texts = [row["body"] for row in operator.holdings.snapshots["after"].tables["free_text"]]
            sent = [text for person in world.casters for text in (person.answers["first"], person.answers["second"])]
            assert sorted(texts) == sorted(sent)
            assert slices >= 8
        with subtests.test("the attacker is armed: who cast which sealed box is known"):
            assert report.box_owners_known == 1.0
            assert len(report.outcomes) >= 100
        with subtests.test("no nonce is used twice"):
            assert repeated_nonces(operator.holdings) == 0
        with subtests.test("answers stand in free_text only, and only after the count; drafts, codes and keys nowhere"):
            assert findings.allowed["free_text"] >= 2 * len(world.casters)
            assert not findings.forbidden
        if isinstance(operator, SqliteOperator):
            with subtests.test("nothing of the urn is left in the file or its log"):
                assert remains_of_the_urn(operator) == 0
    with subtests.test("the best attack does no better than luck"):
        assert not confirmed(report, kind, request, tmp_path, seed)


def confirmed(report: Report, kind: str, request: pytest.FixtureRequest, folder, seed: int) -> list[str]:
    """Return the attacks that did better than luck twice: once in 740 runs it is only luck."""
    suspects = {outcome.attack for outcome in report.over()}
    if not suspects:
        return []
    with opened(kind, request, folder / "again", seed + 1) as operator:
        scene.collect(operator)
        scene.count(operator)
        again = scene.attacked(operator, seed + 1)
    return sorted(suspects & {outcome.attack for outcome in again.over()})
