"""The collection: parallel writers save drafts, send, send twice, and one of them dies in the middle of sending."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

from sqlalchemy import select

from shared.database.box_keys import BoxKeys
from shared.database.lifecycle import close_window
from shared.database.questionnaires import load
from shared.model.cycles import CollectionWindow
from shared.model.urn import Draft
from survey_service.casting.cast import ALREADY, CAST, cast
from survey_service.casting.forms import Form, open_form
from survey_service.questionnaire.drafts import seal_draft, store_draft
from tests.support.adversary.population import Respondent, World

REPOSITORY = Path(__file__).parents[3]
KILLED = 9
_PROCESSES = 2
TWICE = 0.08
_THINKING = 0.004


class Collection:
    """Two casting processes' worth of box keys, shared by all writers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.box_keys = [BoxKeys(world.database) for _ in range(_PROCESSES)]
        self._log = threading.Lock()
        self._begun: set[int] = set()

    def arrive(self, some: list[Respondent]) -> None:
        """Let ``some`` answer in random order, as many at once as there are writers."""
        order = list(some)
        self.world.random.shuffle(order)
        seeds = [self.world.random.random() for _ in order]
        with ThreadPoolExecutor(self.world.size.writers) as writers:
            list(writers.map(self._answer, order, seeds))

    def begin(self, some: list[Respondent]) -> None:
        """Let ``some`` answer half and pause."""
        with ThreadPoolExecutor(self.world.size.writers) as writers:
            list(writers.map(self._pause, some))
        self._begun |= {person.number for person in some}

    def die_while_sending(self, person: Respondent) -> None:
        """Send in a process of its own that is killed between the code's mark and the commit."""
        url = self.world.database.engine.url.render_as_string(hide_password=False)
        given = json.dumps({"url": url, "code_id": str(person.code_id), "answers": person.answers})
        command = [sys.executable, "-m", "tests.support.adversary.crash"]
        ended = subprocess.run(command, input=given, text=True, cwd=REPOSITORY, check=False, capture_output=True)
        if ended.returncode != -KILLED:
            raise AssertionError(ended.stderr[-2000:])

    def _answer(self, person: Respondent, seed: float) -> None:
        chance = Random(seed)
        if self.world.size.drafts or not person.sends:
            if person.number not in self._begun:
                self._pause(person)
                time.sleep(chance.uniform(0, _THINKING))
            self._save(person, person.answers)
        time.sleep(chance.uniform(0, _THINKING))
        if person.sends:
            self._send(person, chance)

    def _pause(self, person: Respondent) -> None:
        self._save(person, {"second": person.abandoned, "first": person.answers["first"]})

    def _send(self, person: Respondent, chance: Random) -> None:
        with self._log:
            self.world.access_log.append(person.number)
        times = 2 if chance.random() < TWICE else 1
        outcomes = [self.send(person, chance.randrange(_PROCESSES)) for _ in range(times)]
        if outcomes != [CAST, ALREADY][:times]:
            raise AssertionError(outcomes)

    def form_of(self, person: Respondent) -> Form:
        """Open the person's form."""
        with self.world.database.read() as session:
            return open_form(session, person.code_id)

    def send(self, person: Respondent, process: int = 0, form: Form | None = None) -> str:
        """Cast once, as the site does."""
        world = self.world
        return cast(
            world.database,
            world.clock,
            self.box_keys[process],
            form=form or self.form_of(person),
            answers=person.answers,
            begun_at=world.clock.now(),
        )

    def _save(self, person: Respondent, answers: dict) -> None:
        with self.world.database.begin() as session:
            definition = load(session, self.world.questionnaire_id).definition
            exists = session.scalar(select(Draft.code_id).where(Draft.code_id == person.code_id)) is not None
            box = seal_draft(definition, person.code_id, person.draft_key, answers)
            store_draft(session, person.code_id, box, exists=exists)


def close(world: World) -> int:
    """Close the window; return the number of ballots in the urn."""
    with world.database.begin() as session:
        window = session.get_one(CollectionWindow, world.window_id)
        closed = close_window(session, window, now=world.clock.now(), actor="test", slice_ballots=world.slice_ballots)
        return closed.ballots
