"""Runs the demonstration's years through the use cases of the portal, the site and the worker, to a day in February."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from admin_portal.batteries.library import import_battery
from admin_portal.cycles.code_file import write_codes
from admin_portal.cycles.codes import issue_codes
from admin_portal.cycles.creation import create_cycle
from admin_portal.cycles.responses import import_responses
from admin_portal.organisation.roster import import_roster
from deploy import bootstrap
from deploy.bootstrap import Container
from deploy.clock import Deadlines
from deploy.demo import truth
from deploy.demo.answers import Simulation, simulate
from deploy.demo.ballots import CodesFile, Round, plan_rounds
from deploy.demo.casting import Polling, Tally
from deploy.demo.home import offset_for, take_home, write_marker
from deploy.demo.municipality import make_roster
from deploy.demo.people import Person, make_accounts
from deploy.demo.plans import CURRENT, TRIAL, PlannedCycle, planned_cycle
from deploy.demo.progress import Progress, decimal
from deploy.demo.sizes import Size
from deploy.demo.winter import Season, Winter
from deploy.embedded import settle
from shared.clock import STOCKHOLM, FixedClock
from shared.config import Settings
from shared.database.box_keys import BoxKeys
from shared.database.lifecycle import close_window, request_opening
from shared.errors import SettingsError, SikteError
from shared.events.quarantine import list_deliveries
from shared.i18n import gettext as _
from shared.model.cycles import CollectionWindow, find_cycle, find_windows

ACTOR = "demo"
TODAY = datetime(2027, 2, 9, 10, 0, tzinfo=STOCKHOLM)
"""The morning on which the demonstration is looked at: half of the winter's dialogues are held."""
RELEASED = (12, 1)
PUBLISHED = (3, 1)
"""The days on which earlier years' results reached the units, and in the spring after it everyone."""
RELEASED_NOW = datetime(2026, 11, 18, 8, 0, tzinfo=STOCKHOLM)
PUBLISHED_NOW = datetime(2027, 1, 7, 8, 0, tzinfo=STOCKHOLM)

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Built:
    """A finished demonstration: its container, what was cast, and codes that a visitor may try."""

    container: Container
    tally: Tally
    trial_codes: Mapping[str, str]
    imported: Mapping[str, int]
    people: Sequence[Person]
    season: Season


class Year:
    """One demonstration being built."""

    def __init__(self, settings: Settings, size: Size, seed: int, progress: Progress) -> None:
        self._size, self._seed, self._progress = size, seed, progress
        self._clock = FixedClock(TODAY)
        self._container = replace(bootstrap.build(settings), clock=self._clock)
        self._truth = settings.home / "truth"
        self._deadlines = Deadlines(self._container.database, self._clock)
        self._imported: dict[str, int] = {}
        self._people: list[Person] = []
        self._winter = Winter(self._container, self._clock, self._keep_and_settle, actor=ACTOR)

    def run(self) -> Built:
        """Build everything; raises ``SikteError`` when any step of the real pipeline refuses."""
        bootstrap.prepare(self._container)
        for key in self._size.earlier_cycles:
            self._earlier_cycle(planned_cycle(key))
        if self._size.earlier_cycles:
            self._winter.look_back(planned_cycle(CURRENT).year)
        tally = self._current_cycle(planned_cycle(CURRENT))
        season = self._winter_of(CURRENT)
        trial_codes = self._trial_cycle(planned_cycle(TRIAL))
        return Built(self._container, tally, trial_codes, self._imported, self._people, season)

    def _earlier_cycle(self, cycle: PlannedCycle) -> None:
        """Run a cycle of the past whose answers come from a file."""
        last = max(window.closes for window in cycle.windows)
        self._clock.instant = last + 3 * _DAY
        self._create(cycle, with_persons=False)
        answers = self._simulate(cycle, named=False)
        responses = self._truth / f"responses-{cycle.key}.csv"
        truth.write_responses(responses, answers, self._seed)
        self._imported[cycle.key] = sum(len(frame) for frame in answers.values())
        with self._progress.step(
            _("%(cycle)s: %(count)s answers imported from a file, windows closed")
            % {"cycle": cycle.key, "count": decimal(self._imported[cycle.key], 0)}
        ):
            self._open_all(cycle)
            import_responses(
                self._container.database,
                self._clock,
                BoxKeys(self._container.database),
                cycle_key=cycle.key,
                path=responses,
                actor=ACTOR,
                dry_run=False,
            )
            self._close_all(cycle)
        with self._progress.step(_("%(cycle)s: counted, keys destroyed, results computed") % {"cycle": cycle.key}):
            self._settle()
        with self._progress.step(_("%(cycle)s: released to the units, published") % {"cycle": cycle.key}):
            self._winter.release(cycle.key, until=datetime(cycle.year, *RELEASED, 8, tzinfo=STOCKHOLM))
            self._winter.publish(cycle.key, at=datetime(cycle.year + 1, *PUBLISHED, 8, tzinfo=STOCKHOLM))

    def _current_cycle(self, cycle: PlannedCycle) -> Tally:
        """Run the autumn: codes, two windows, ballots sent over weeks, deadlines kept by the clock."""
        self._clock.instant = min(window.opens for window in cycle.windows) - 20 * _DAY
        self._create(cycle, with_persons=True)
        with self._progress.step(_("Accounts: each role, and every principal of the register")):
            self._people = make_accounts(self._container, actor=ACTOR)
            self._settle()
        answers = self._simulate(cycle, named=True)
        truth.write_responses(self._truth / f"responses-{cycle.key}.csv", answers, self._seed)
        codes = self._codes(cycle)
        rounds = plan_rounds(cycle, answers, codes, over_http=self._size.over_http, seed=self._seed)
        polling = Polling(self._container)
        polling.read_codes()
        ballots = sum(len(frame) for frame in answers.values())
        label = _("%(cycle)s: %(count)s ballots cast, %(pages)s of them page by page over HTTP")
        by_page = sum(len(one.over_http) for one in rounds)
        with self._progress.step(
            label % {"cycle": cycle.key, "count": decimal(ballots, 0), "pages": decimal(by_page, 0)}
        ):
            for one in rounds:
                self._hold(one, polling)
        with self._progress.step(_("%(cycle)s: counted, keys destroyed, results computed") % {"cycle": cycle.key}):
            self._clock.instant = max(window.closes for window in cycle.windows) + timedelta(hours=1)
            self._keep_deadlines()
        return polling.done

    def _winter_of(self, cycle_key: str) -> Season:
        """Tell the schools, hold dialogues, and show the public what it may see."""
        with self._progress.step(_("%(cycle)s: released to the units, who are told by letter") % {"cycle": cycle_key}):
            self._winter.release(cycle_key, until=RELEASED_NOW)
        with self._progress.step(_("Dialogues offered, booked, moved, declined")):
            self._winter.offer(cycle_key)
            season = self._winter.book()
        with self._progress.step(_("%(cycle)s: published on the public site") % {"cycle": cycle_key}):
            self._winter.publish(cycle_key, at=PUBLISHED_NOW)
        with self._progress.step(_("Dialogues prepared and held, minutes confirmed, measures agreed")):
            self._winter.hold(TODAY)
            self._clock.instant = TODAY
            self._keep_and_settle()
        return season

    def _keep_and_settle(self) -> None:
        """Do what the clock would do now, and all the work that waits."""
        self._deadlines.run_once()
        self._settle()

    def _hold(self, one: Round, polling: Polling) -> None:
        self._clock.instant = one.at
        self._keep_deadlines()
        polling.cast_directly(one.direct)
        if one.over_http:
            polling.answer_over_http(one.over_http, one.quitters)

    def _trial_cycle(self, cycle: PlannedCycle) -> dict[str, str]:
        """Leave a small window open, and return one unanswered code of each of its questionnaires."""
        self._clock.instant = TODAY
        with self._progress.step(_("%(cycle)s: a small window that stays open, for you to answer") % {"cycle": TRIAL}):
            folder = truth.write_cycle(
                self._truth, cycle, make_roster(self._size, self._seed, cycle.year, with_persons=True)
            )
            create_cycle(self._container.database, self._clock, folder / "cycle.yaml", actor=ACTOR, dry_run=False)
            codes = self._codes(cycle, say=False)
            self._keep_deadlines()
        return {
            asked.key: codes.left(asked.key)[0].rsplit("/", 1)[-1] for asked in cycle.asked if codes.left(asked.key)
        }

    def _create(self, cycle: PlannedCycle, *, with_persons: bool) -> None:
        """Write the cycle's files to ``truth/`` and import them as a person would: roster, batteries, cycle."""
        roster = make_roster(self._size, self._seed, cycle.year, with_persons=with_persons)
        if not with_persons:
            roster.agreements.clear()
        folder = truth.write_cycle(self._truth, cycle, roster)
        label = _("%(cycle)s: %(units)s units, %(persons)s persons, %(batteries)s batteries imported")
        parts = {
            "cycle": cycle.key,
            "units": decimal(len(roster.units), 0),
            "persons": decimal(len(roster.persons), 0),
            "batteries": decimal(len(cycle.batteries), 0),
        }
        with self._progress.step(label % parts):
            database = self._container.database
            import_roster(database, self._clock, folder / "roster", actor=ACTOR, dry_run=False)
            for path in sorted((folder / "batteries").iterdir()):
                import_battery(database, self._clock, path, actor=ACTOR, dry_run=False)
            create_cycle(database, self._clock, folder / "cycle.yaml", actor=ACTOR, dry_run=False)

    def _simulate(self, cycle: PlannedCycle, *, named: bool) -> dict[str, pd.DataFrame]:
        roster = make_roster(self._size, self._seed, cycle.year, with_persons=named)
        simulation = Simulation(self._seed, cycle.year, roster)
        frames = {asked.key: simulate(simulation, asked, named=named) for asked in cycle.asked}
        return {key: frame for key, frame in frames.items() if not frame.empty}

    def _codes(self, cycle: PlannedCycle, *, say: bool = True) -> CodesFile:
        """Issue the codes and read them from the file that the portal writes; the file itself is not kept."""
        container = self._container
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "codes.csv"
            progress = self._progress if say else Progress(lambda _line: None)
            with progress.step(_("%(cycle)s: codes issued") % {"cycle": cycle.key}):
                issue_codes(
                    container.database,
                    self._clock,
                    code_pepper=container.code_pepper,
                    cycle_key=cycle.key,
                    actor=ACTOR,
                )
                write_codes(
                    container.database,
                    self._clock,
                    container.keys,
                    cycle_key=cycle.key,
                    survey_url=container.settings.survey_url,
                    path=path,
                    actor=ACTOR,
                )
            return CodesFile(path)

    def _open_all(self, cycle: PlannedCycle) -> None:
        with self._container.database.begin() as session:
            for window in find_windows(session, find_cycle(session, cycle.key), None):
                request_opening(session, window, now=self._clock.now(), actor=ACTOR)
        self._settle()

    def _close_all(self, cycle: PlannedCycle) -> None:
        with self._container.database.read() as session:
            windows = [window.id for window in find_windows(session, find_cycle(session, cycle.key), None)]
        for window_id in windows:
            with self._container.database.begin() as session:
                window = session.get_one(CollectionWindow, window_id)
                close_window(session, window, now=self._clock.now(), actor=ACTOR)

    def _keep_deadlines(self) -> None:
        """Do what the clock would: open and close what is due, and all that follows from it."""
        if self._deadlines.run_once():
            self._settle()

    def _settle(self) -> None:
        settle(self._container)
        with self._container.database.read() as session:
            stuck = list_deliveries(session, "quarantined")
        if stuck:
            text = _("The demonstration stopped: %(consumer)s failed (%(error)s).")
            raise SikteError(text % {"consumer": stuck[0]["consumer"], "error": stuck[0]["error"]})


def build_demonstration(settings: Settings, size: Size, seed: int, progress: Progress) -> Built:
    """Build a demonstration in the home of ``settings``, replacing an earlier one.

    Raises ``Refused`` for a folder that holds anything else, and ``SettingsError`` where the settings point elsewhere.
    """
    _refuse_other_places(settings)
    if take_home(settings.home):
        progress.say(_("The earlier demonstration in %(home)s is replaced.") % {"home": settings.home})
    built = Year(settings, size, seed, progress).run()
    offset = offset_for(TODAY, datetime.now(UTC))
    write_marker(
        settings.home,
        {
            "clock_offset_seconds": int(offset.total_seconds()),
            "complete": True,
            "cycle": CURRENT,
            "seed": seed,
            "size": size.name,
        },
    )
    return built


def _refuse_other_places(settings: Settings) -> None:
    """A demonstration must never write into a real instance; one in production always names its database."""
    if settings.database_url:
        text = _("A demonstration keeps its own database, in embedded mode. Unset SIKTE_DATABASE_URL and SIKTE_MODE.")
        raise SettingsError(text)
    if settings.keys != settings.home / "keys":
        raise SettingsError(_("A demonstration keeps its own keys. Unset SIKTE_KEYS."))
    if settings.smtp_url:
        raise SettingsError(_("A demonstration sends no letters to anybody. Unset SIKTE_SMTP_URL."))
    if settings.clock_offset:
        raise SettingsError(_("A demonstration moves its clock itself. Unset SIKTE_CLOCK_OFFSET."))


__all__ = ["ACTOR", "TODAY", "Built", "Year", "build_demonstration"]
