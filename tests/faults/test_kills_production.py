"""Production under a storm of kills: nothing acknowledged is lost or doubled, and every cycle gets its results."""

from __future__ import annotations

import pytest

from tests.conftest import unavailable
from tests.support.faults.production import production
from tests.support.faults.storm import VICTIMS, Storm, schedule
from tests.support.faults.words import say
from tests.support.processes import MissingProgram

SEED = 20261121
SECONDS = 45.0
KILLS = 10
CYCLES = 60


def test_ten_kills_each_of_worker_relay_redis_and_postgresql_lose_and_double_nothing():
    plan = schedule(SEED, seconds=SECONDS, kills=KILLS)
    try:
        with production() as instance:
            report = Storm(instance, seed=SEED, cycles=CYCLES).rage(plan)
    except MissingProgram as missing:
        unavailable(missing)
        return
    say(f"seed {SEED}", *report.lines())
    assert report.faults == []
    assert all(report.kills[victim] >= KILLS for victim in VICTIMS)
    assert report.into_work["worker"] >= 3, "kills that miss all work prove little"
    assert report.cycles >= 3
    assert report.acknowledged >= 100


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_gives_the_same_schedule(seed):
    plan = schedule(seed, seconds=10, kills=10)
    assert plan == schedule(seed, seconds=10, kills=10)
    assert plan != schedule(seed + 100, seconds=10, kills=10)
    assert all(sum(kill.victim == victim for kill in plan) == 10 for victim in VICTIMS)
