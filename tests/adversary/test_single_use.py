"""A code answers once, however often and however much at once it is sent."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from shared.model.counting import FreeText
from shared.model.events import COUNT_BALLOTS, FINISH_WINDOW
from shared.model.urn import Ballot
from survey_service.casting.cast import ALREADY, CAST
from tests.support.adversary import deliveries, scene
from tests.support.adversary.collection import Collection, close
from tests.support.adversary.population import Size

AT_ONCE = 8


def test_a_code_sent_eight_times_at_once_counts_exactly_once(kind, request, tmp_path, seed):
    size = Size(groups=8 if kind == "sqlite" else 40, drafts=False)
    with (
        scene.sqlite(tmp_path, size, seed)
        if kind == "sqlite"
        else scene.postgresql(request.getfixturevalue("logging_server"), tmp_path, size, seed)
    ) as operator:
        world = operator.world
        collection = Collection(world)
        forms = {person.number: collection.form_of(person) for person in world.casters}
        sent = [(person, process % 2, forms[person.number]) for person in world.casters for process in range(AT_ONCE)]
        with ThreadPoolExecutor(AT_ONCE) as writers:
            outcomes = list(writers.map(lambda one: (one[0].number, collection.send(*one)), sent))
        assert Counter(outcomes) == Counter(
            {(person.number, word): times for person in world.casters for word, times in ((CAST, 1), (ALREADY, 7))}
        )
        with world.database.read() as session:
            assert session.scalar(select(func.count()).select_from(Ballot)) == len(world.casters)
        assert close(world) == len(world.casters)
        deliveries.run(world.database, world.clock, world.keys, consumers=[COUNT_BALLOTS, FINISH_WINDOW])
        with world.database.read() as session:
            texts = list(session.scalars(select(FreeText.body).where(FreeText.item_key == "first")))
        assert sorted(texts) == sorted(str(person.answers["first"]) for person in world.casters)
