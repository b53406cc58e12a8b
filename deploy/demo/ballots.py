"""The ballots to be cast: each simulated respondent with a code of the codes file, and the moment it is sent."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from deploy.demo.answers import Asked
from deploy.demo.plans import PlannedCycle, PlannedWindow
from shared.errors import SikteError
from shared.i18n import gettext as _
from shared.questionnaire.definition import Answers, Item, Questionnaire
from shared.questionnaire.routing import asked_items

CODE_COLUMNS = ("questionnaire", "unit_code", "group_code", "person_ref")
ROUNDS = 8
LEAST_OVER_HTTP = 8
QUITTERS = 3
LATE_SHARE = 0.01
"""How many send in the grace, of those who began before the end."""


@dataclass(frozen=True, slots=True)
class Sender:
    """A respondent with a code: ``url`` opens it; ``codes`` is the questionnaire's code model."""

    url: str
    codes: str
    questionnaire: Questionnaire
    answers: Answers
    begins_before: timedelta

    @property
    def code(self) -> str:
        """The code itself, the end of its address."""
        return self.url.rsplit("/", 1)[-1]

    @property
    def shared(self) -> bool:
        """Whether others of the unit have the same code."""
        return self.codes == "per_unit"


@dataclass(frozen=True, slots=True)
class Round:
    """What happens at one moment: who sends through the use case, and who page by page over HTTP."""

    at: datetime
    window: str
    direct: tuple[Sender, ...] = ()
    over_http: tuple[Sender, ...] = ()
    quitters: tuple[Sender, ...] = ()


class CodesFile:
    """The codes of a cycle as ``codes issue --out`` wrote them; each single one is handed out once."""

    def __init__(self, path: Path) -> None:
        self._urls: dict[tuple[str, ...], list[str]] = defaultdict(list)
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                self._urls[tuple(row[column] for column in CODE_COLUMNS)].append(row["url"])

    def take(self, asked: Asked, row: Mapping[str, str]) -> str:
        """Return the address of an unused code for a respondent, or of the unit's shared one."""
        if asked.codes == "per_unit":
            return self._shared(asked.key, row["unit_code"])
        urls = self._urls[asked.key, row["unit_code"], row["group_code"], row["person"]]
        if not urls:
            text = _("No code is left for a respondent of %(key)s in unit %(unit)s.")
            raise SikteError(text % {"key": asked.key, "unit": row["unit_code"]})
        return urls.pop()

    def left(self, questionnaire: str) -> list[str]:
        """Return the addresses of the codes nobody has taken."""
        return [url for key, urls in self._urls.items() if key[0] == questionnaire for url in urls]

    def _shared(self, questionnaire: str, unit: str) -> str:
        for key, urls in self._urls.items():
            if key[:2] == (questionnaire, unit) and urls:
                return urls[0]
        text = _("Unit %(unit)s has no shared code for %(key)s.")
        raise SikteError(text % {"unit": unit, "key": questionnaire})


def plan_rounds(
    cycle: PlannedCycle, answers: Mapping[str, pd.DataFrame], codes: CodesFile, *, over_http: int, seed: int
) -> list[Round]:
    """Return all rounds of a cycle in the order of time: eight a window, and one in its grace.

    About ``over_http`` respondents, some of every questionnaire, answer page by page in the middle of the window.
    """
    rng = np.random.default_rng([seed, 815])
    shares = _over_http(answers, over_http)
    rounds: list[Round] = []
    for window in cycle.windows:
        direct: list[Sender] = []
        by_page: list[Sender] = []
        quitters: list[Sender] = []
        for asked in cycle.asked:
            if asked.window == window.key and asked.key in answers:
                senders = _senders(asked, answers[asked.key], codes, rng)
                chosen = _pages_apart(senders, shares[asked.key])
                by_page.extend(senders[index] for index in chosen)
                direct.extend(sender for index, sender in enumerate(senders) if index not in chosen)
                quitters.extend(_quitters(asked, senders, codes))
        rng.shuffle(direct)
        rounds.extend(_spread(window, direct, by_page, quitters))
    return sorted(rounds, key=lambda one: one.at)


def answers_of(questionnaire: Questionnaire, row: Mapping[str, str]) -> Answers:
    """Return what a row of the responses format answers; an empty cell is a blank."""
    answers: Answers = {}
    for item in questionnaire.items:
        cell = row.get(item.key, "")
        if cell:
            answers[item.key] = _typed(item, cell)
    return answers


def _typed(item: Item, cell: str) -> str | int | tuple[str, ...]:
    if item.type == "multiple":
        return tuple(cell.split("|"))
    return int(cell) if item.type == "number" else cell


def _over_http(answers: Mapping[str, pd.DataFrame], total: int) -> dict[str, int]:
    """Share ``total`` out over the questionnaires by size, none below a few; the largest takes what rounding leaves."""
    ballots = sum(len(frame) for frame in answers.values())
    least = min(LEAST_OVER_HTTP, total // max(1, len(answers)))
    rest = total - least * len(answers)
    shares = {key: min(len(frame), least + rest * len(frame) // max(1, ballots)) for key, frame in answers.items()}
    largest = max(answers, key=lambda key: len(answers[key]))
    shares[largest] = min(len(answers[largest]), shares[largest] + total - sum(shares.values()))
    return shares


def _senders(asked: Asked, frame: pd.DataFrame, codes: CodesFile, rng: np.random.Generator) -> list[Sender]:
    minutes = rng.integers(2, 15, len(frame))
    order = rng.permutation(len(frame))
    records = frame.iloc[order].to_dict("records")
    rows = [{str(key): value for key, value in record.items()} for record in records]
    return [
        Sender(
            url=codes.take(asked, row),
            codes=asked.codes,
            questionnaire=asked.questionnaire,
            answers=answers_of(asked.questionnaire, row),
            begins_before=timedelta(minutes=int(before)),
        )
        for row, before in zip(rows, minutes, strict=True)
    ]


def _pages_apart(senders: Sequence[Sender], wanted: int) -> set[int]:
    """Return who answers page by page: nobody who changed their mind about a page already sent."""
    chosen: set[int] = set()
    for index, sender in enumerate(senders):
        if len(chosen) == wanted:
            break
        asked = {item.key for item in asked_items(sender.questionnaire, sender.answers, {})}
        if asked.issuperset(sender.answers):
            chosen.add(index)
    return chosen


def _quitters(asked: Asked, senders: Sequence[Sender], codes: CodesFile) -> list[Sender]:
    """Return a few who begin with a code of their own and stop half way; their answers are another's beginning."""
    if asked.codes == "per_unit":
        return []
    return [replace(sender, url=url) for sender, url in zip(senders[:QUITTERS], codes.left(asked.key), strict=False)]


def _spread(
    window: PlannedWindow, direct: list[Sender], by_page: list[Sender], quitters: list[Sender]
) -> Iterator[Round]:
    late = max(1, round(len(direct) * LATE_SHARE)) if direct else 0
    early, last = direct[late:], direct[:late]
    span = window.closes - window.opens
    for number in range(ROUNDS):
        at = window.opens + span * (number + 0.5) / ROUNDS
        part = tuple(early[number::ROUNDS])
        if number == ROUNDS // 2:
            yield Round(at, window.key, part, tuple(by_page), tuple(quitters))
        else:
            yield Round(at, window.key, part)
    # Everybody begins at least two minutes before sending, so a minute after the end all are within the grace.
    yield Round(window.closes + timedelta(minutes=1), window.key, tuple(last))
