"""A casting process keeps no key of a closed window: its memory is a file that an operator may read, too."""

from __future__ import annotations

import time

from shared.database import box_keys
from tests.support.adversary import scene
from tests.support.adversary.collection import Collection
from tests.support.adversary.population import Size


def test_a_box_key_is_forgotten_when_its_time_is_over_though_nobody_casts(tmp_path, seed, monkeypatch):
    monkeypatch.setattr(box_keys, "LIFETIME_SECONDS", 0.3)
    with scene.sqlite(tmp_path, Size(groups=1, members=12, drafts=False), seed) as operator:
        collection = Collection(operator.world)
        assert collection.send(operator.world.casters[0]) == "cast"
        assert len(collection.box_keys[0]._in_use) == 1
        time.sleep(0.6)
        assert collection.box_keys[0]._in_use == {}
        assert collection.send(operator.world.casters[1]) == "cast"
