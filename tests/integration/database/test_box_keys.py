"""Box keys in memory: one in use per window, one thread to forget it, none left of those before."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

from sqlalchemy import func, select

from shared.database import box_keys
from shared.database.box_keys import BoxKeys
from shared.model.urn import BoxKey
from shared.sealing.boxes import new_key_pair
from tests.support.faults.world import build_organisation, plan_cycle
from tests.support.house import MOMENT


def test_a_process_that_casts_much_has_one_thread_per_window_and_forgets_at_last(house, monkeypatch):
    build_organisation(house.database, units=1)
    closes_at = MOMENT + timedelta(hours=1)
    window_id = plan_cycle(house.database, "prov-2026", opens_at=MOMENT, closes_at=closes_at).window_id
    monkeypatch.setattr(box_keys, "MAXIMUM_BALLOTS", 1)
    monkeypatch.setattr(box_keys, "LIFETIME_SECONDS", 0.5)
    before = threading.active_count()
    keys, public_key = BoxKeys(house.database), new_key_pair().public
    used = {keys.current(window_id, public_key)[0] for _ in range(10)}
    time.sleep(0.05)  # a cancelled timer wakes and ends
    assert len(used) == 10
    assert threading.active_count() == before + 1
    with house.database.read() as session:
        assert session.scalar(select(func.count()).select_from(BoxKey)) == 10
    time.sleep(0.7)
    assert threading.active_count() == before
    assert keys._in_use == {}
