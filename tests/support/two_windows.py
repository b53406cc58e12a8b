"""A cycle of two windows, pupils and guardians, at three schools: answered in full, counted window by window."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from admin_portal.batteries.library import import_battery
from admin_portal.cycles.collection import close_windows, open_windows
from admin_portal.cycles.creation import create_cycle
from admin_portal.cycles.recomputation import request_results
from admin_portal.cycles.responses import import_responses
from admin_portal.organisation.agreement_rows import AgreementRow
from admin_portal.organisation.agreements import set_agreement
from admin_portal.organisation.roster import import_roster
from analytics_worker.results.compute import compute_results
from shared.database.box_keys import BoxKeys
from shared.database.engine import Database
from shared.events.claims import Claim, take
from shared.model.cycles import Cycle
from shared.model.events import COMPUTE_RESULTS, Delivery
from shared.model.results import ResultSet
from tests.support.house import House
from tests.support.tiny_cycle import ACTOR, BATTERY, UNITS

CYCLE = "tva-2026"
NOVEMBER = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
CYCLE_FILE = """
key: {key}
title: {{sv: Två fönster {year}, en: Two windows {year}}}
windows:
  skola: {{opens: {year}-10-13T08:00, closes: {year}-11-06T16:00, grace_minutes: 30}}
  hem: {{opens: {year}-10-13T08:00, closes: {year}-11-13T16:00, grace_minutes: 30}}
questionnaires:
  - {{key: elev, respondent: pupil, unit_types: [grundskola], batteries: [skr], codes: import, window: skola}}
  - {{key: vh, respondent: guardian, unit_types: [grundskola], batteries: [hem], codes: import, window: hem}}
segments: [sex]
"""
GROUPS = """
unit_code,group_code,name,respondent,year,headcount
A,5A,5A,pupil,5,30
B,5A,5A,pupil,5,30
C,5A,5A,pupil,5,30
A,5A,5A,guardian,,30
B,5A,5A,guardian,,30
C,5A,5A,guardian,,30
"""
ADDRESSES = {"A": "rektor.a@example.se", "B": "rektor.b@example.se"}


class TwoWindows:
    """The cycle in a house's database, both windows open, and what a test does with it."""

    def __init__(self, house: House, folder: Path, *, year: int = 2026) -> None:
        self.house, self._folder = house, folder
        self.key = CYCLE.replace("2026", str(year))
        self._year = year

    def begin(self, *, agreed: bool = False, other_answers: bool = False) -> TwoWindows:
        """Import roster and batteries, open both windows, answer; ``agreed``: the independent owner has said yes.

        With ``other_answers`` as many answer, and say other things.
        """
        roster = self._folder / "roster"
        roster.mkdir(parents=True, exist_ok=True)
        (roster / "units.csv").write_text("".join(_with_addresses()), "utf-8")
        (roster / "groups.csv").write_text(GROUPS.lstrip(), "utf-8")
        database, clock = self.house.database, self.house.clock
        import_roster(database, clock, roster, actor=ACTOR)
        for key, text in (("skr", BATTERY), ("hem", _guardians())):
            import_battery(database, clock, self._file(f"{key}.yaml", text), actor=ACTOR)
        if agreed:
            self.agree(publish=True)
        file = self._file("cycle.yaml", CYCLE_FILE.format(key=self.key, year=self._year))
        create_cycle(database, clock, file, actor=ACTOR)
        open_windows(database, clock, cycle_key=self.key, window_key=None, actor=ACTOR)
        self.house.run_deliveries()
        self.answer(other=other_answers)
        return self

    def agree(self, *, publish: bool) -> None:
        """Note the independent owner's word on publication."""
        word = AgreementRow(0, "I", "", publish, None, None, "")
        set_agreement(self.house.database, self.house.clock, word=word, actor=ACTOR)

    def count(self, window: str | None = None) -> None:
        """Close one window, or both, and do all that follows; then it is late in November."""
        close_windows(self.house.database, self.house.clock, cycle_key=self.key, window_key=window, actor=ACTOR)
        self.house.run_deliveries()
        if self.house.clock.now() < NOVEMBER:
            self.house.clock.advance(NOVEMBER - self.house.clock.now())

    def recompute(self) -> None:
        """Compute the results anew: a result set with the next number. Nothing else that waits is done."""
        database, clock = self.house.database, self.house.clock
        request_results(database, clock, cycle_key=self.key, actor=ACTOR)
        for claim in claimed(database, COMPUTE_RESULTS):
            compute_results(claim, database=database, clock=clock)

    def wait(self, **step: float) -> None:
        """Let time go by; nothing else happens."""
        self.house.clock.advance(timedelta(**step))

    @property
    def state(self) -> str:
        """The cycle's state as it is now."""
        with self.house.database.read() as session:
            return session.scalars(select(Cycle.state).where(Cycle.key == self.key)).one()

    @property
    def sets(self) -> list[int]:
        """The ids of the cycle's result sets, oldest first."""
        with self.house.database.read() as session:
            of = select(ResultSet.id).join(Cycle, Cycle.id == ResultSet.cycle_id).where(Cycle.key == self.key)
            return list(session.scalars(of.order_by(ResultSet.number)))

    def _file(self, name: str, text: str) -> Path:
        path = self._folder / name
        path.write_text(text.lstrip(), "utf-8")
        return path

    def answer(self, *, other: bool = False) -> None:
        """Cast answers of all schools to both questionnaires through files."""
        database = self.house.database
        for questionnaire, items in (("elev", ("trygg", "orolig", "varfor")), ("vh", ("nojd", "undrar", "skal"))):
            path = self._folder / f"{questionnaire}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["unit_code", "group_code", "questionnaire", "sex", *items])
                writer.writerows(
                    [unit, "5A", questionnaire, sex, *cells, ""] for unit, sex, cells in _answers(other=other)
                )
            import_responses(
                database, self.house.clock, BoxKeys(database), cycle_key=self.key, path=path, actor=ACTOR, add=True
            )


def claimed(database: Database, consumer: str) -> Iterator[Claim]:
    """Claim, one after another, the deliveries that wait for ``consumer``, as its worker would."""
    with database.read() as session:
        waiting = select(Delivery.id).where(Delivery.consumer == consumer, Delivery.done_at.is_(None))
        numbers = session.scalars(waiting.order_by(Delivery.id)).all()
    for number in numbers:
        claim = take(database, number)
        if claim is not None:
            yield claim


def _answers(*, other: bool) -> Iterator[tuple[str, str, tuple[str, str]]]:
    step = 2 if other else 1
    for place, unit in enumerate("ABC"):
        for number in range(26):
            sex = "flicka" if number % 2 else "pojke"
            yield unit, sex, (str(4 - (step * number + place) % 4), str(1 + number * step % (2 + place)))


def _guardians() -> str:
    renamed: Mapping[str, str] = {
        "key: skr": "key: hem",
        "respondent: pupil": "respondent: guardian",
        "key: trygghet": "key: hemma",
        "area: trygghet": "area: hemma",
        "key: trygg,": "key: nojd,",
        "key: orolig,": "key: undrar,",
        "key: varfor": "key: skal",
        "trygg in": "nojd in",
    }
    text = BATTERY
    for old, new in renamed.items():
        text = text.replace(old, new)
    return text


def _with_addresses() -> Iterator[str]:
    for line in UNITS.lstrip().splitlines(keepends=True):
        columns = line.rstrip("\n").split(",")
        address = ADDRESSES.get(columns[2])
        yield ",".join([*columns[:-1], address]) + "\n" if address else line
