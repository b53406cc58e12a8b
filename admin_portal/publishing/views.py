"""What the pages of releases and publications show: frozen, in words, made within one reading of the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.forms import Form
from admin_portal.publishing.checklist import Check, letters_check, protection_check, release_checks
from admin_portal.publishing.history import IN_EFFECT, SUPERSEDED, WAITING, WITHDRAWN, Edition
from admin_portal.publishing.inclusion import UnitLine, lines
from admin_portal.publishing.moments import next_morning
from admin_portal.publishing.releasing import newest_covering, releases_of
from shared.database.addressees import told_units
from shared.i18n import active_language
from shared.i18n import gettext as _
from shared.model.accounts import Account
from shared.model.cycles import Cycle, find_windows
from shared.model.releases import Release, released_windows
from shared.model.results import latest_result_set
from shared.presentation.moments import in_words
from shared.presentation.words import protection, window_state
from shared.questionnaire.definition import in_language

NOW, LATER = "now", "at"
MOST_LISTED = 300
"""With more units than this nobody reads them all here, and the page would take a megabyte."""


@dataclass(frozen=True, slots=True)
class WindowChoice:
    """A window that can be chosen, or ``note`` says why it cannot; ``corrects`` is a release of it before this one."""

    key: str
    note: str
    able: bool
    chosen: bool
    corrects: int | None


@dataclass(frozen=True, slots=True)
class ReleasePage:
    """The checklist and the form; ``obstacle`` says why there is no form."""

    key: str
    title: str
    checks: tuple[Check, ...]
    windows: tuple[WindowChoice, ...]
    form: Form
    day: str
    hour: str
    when: str
    obstacle: str = ""

    @property
    def corrects(self) -> bool:
        """Whether any window was released before."""
        return any(window.corrects is not None for window in self.windows)


@dataclass(frozen=True, slots=True)
class UnitLines:
    """The first of the units by name, and how many there are in all."""

    lines: tuple[UnitLine, ...]
    number: int

    @property
    def left(self) -> int:
        """How many are not listed."""
        return self.number - len(self.lines)


@dataclass(frozen=True, slots=True)
class PublishPage:
    """What would become public of which unit, and the form; ``obstacle`` says why there is no form."""

    key: str
    title: str
    windows: tuple[str, ...]
    checks: tuple[Check, ...]
    included: UnitLines
    left_out: UnitLines
    form: Form
    day: str
    hour: str
    when: str
    corrects: int | None = None
    obstacle: str = ""


@dataclass(frozen=True, slots=True)
class EditionLine:
    """A release or publication in a list, in words; ``number`` to withdraw it by while it waits."""

    number: int
    state: str
    kind: str
    windows: str
    sources: str
    starts: str
    made: str
    made_by: str
    reason: str
    protection: str
    waits: bool


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """All releases and publications of a cycle, newest first."""

    key: str
    title: str
    releases: tuple[EditionLine, ...]
    publications: tuple[EditionLine, ...]


def title_of(cycle: Cycle) -> str:
    """Return the cycle's title in the reader's language."""
    return in_language(cycle.title, active_language())


def release_page(session: Session, cycle: Cycle, *, form: Form, chosen: Sequence[str], now: datetime) -> ReleasePage:
    """Return the page on which a release is prepared."""
    latest = latest_result_set(session, cycle)
    windows = _window_choices(session, cycle, chosen, now)
    day, hour = next_morning(now)
    return ReleasePage(
        key=cycle.key,
        title=title_of(cycle),
        checks=release_checks(session, cycle, latest, now) if latest else (),
        windows=windows,
        form=form,
        day=form.typed.get("day", day.isoformat()),
        hour=form.typed.get("hour", f"{hour:%H:%M}"),
        when=form.typed.get("when", LATER),
        obstacle=_obstacle(latest is not None, windows),
    )


def publish_page(
    session: Session, cycle: Cycle, *, form: Form, corrects: int | None, obstacle: str, now: datetime
) -> PublishPage:
    """Return the page on which a publication is prepared, of what units see now; ``obstacle`` ends it there."""
    effective = released_windows(session, cycle, now)
    units = told_units(session, cycle.id, tuple(effective))
    every = lines(session, cycle, effective, now) if effective else ()
    day, hour = next_morning(now)
    return PublishPage(
        key=cycle.key,
        title=title_of(cycle),
        windows=tuple(_source(key, release) for key, release in effective.items()),
        checks=(letters_check(session, units), protection_check()),
        included=_listed([line for line in every if line.included]),
        left_out=_listed([line for line in every if not line.included]),
        form=form,
        day=form.typed.get("day", day.isoformat()),
        hour=form.typed.get("hour", f"{hour:%H:%M}"),
        when=form.typed.get("when", LATER),
        corrects=corrects,
        obstacle=obstacle,
    )


def _listed(units: Sequence[UnitLine]) -> UnitLines:
    return UnitLines(tuple(units[:MOST_LISTED]), len(units))


def history_page(
    session: Session, cycle: Cycle, releases: Sequence[Edition], publications: Sequence[Edition], now: datetime
) -> HistoryPage:
    """Return the page that lists what was released and published."""
    names = {f"user:{row[0]}": row[1] for row in session.execute(select(Account.id, Account.name))}
    from_set, from_release = _("Result set %(numbers)s"), _("Release %(numbers)s")
    return HistoryPage(
        cycle.key,
        title_of(cycle),
        tuple(_line(one, from_set, names, now) for one in releases),
        tuple(_line(one, from_release, names, now) for one in publications),
    )


def _line(one: Edition, sources: str, names: Mapping[str, str], now: datetime) -> EditionLine:
    states = {
        WAITING: ("wait", _("Waits for its time")),
        IN_EFFECT: ("good", _("In effect")),
        SUPERSEDED: ("calm", _("Corrected by a later one")),
        WITHDRAWN: ("calm", _("Withdrawn")),
    }
    kind, state = states[one.state]
    return EditionLine(
        number=one.number,
        state=state,
        kind=kind,
        windows=", ".join(one.windows),
        sources=sources % {"numbers": ", ".join(map(str, one.sources))},
        starts=in_words(one.starts, now),
        made=in_words(one.made_at, now),
        made_by=names.get(one.made_by, one.made_by),
        reason=one.reason,
        protection=protection(one.protection),
        waits=one.state == WAITING,
    )


def _window_choices(session: Session, cycle: Cycle, chosen: Sequence[str], now: datetime) -> tuple[WindowChoice, ...]:
    latest = latest_result_set(session, cycle)
    releases = releases_of(session, cycle)
    windows = find_windows(session, cycle, None)
    covering = newest_covering(releases, [window.key for window in windows])
    found = []
    for window in windows:
        before = covering.get(window.key)
        note, able = _standing(before, latest.id if latest else 0, now)
        if latest is None or window.key not in latest.windows:
            note, able = window_state(window.state), False
        ticked = able and (window.key in chosen if chosen else before is None)
        found.append(WindowChoice(window.key, note, able, ticked, before.number if before and able else None))
    return tuple(found)


def _standing(before: Release | None, result_set_id: int, now: datetime) -> tuple[str, bool]:
    """Return how a counted window stands, and whether it can be released."""
    if before is None:
        return _("Counted, not released yet"), True
    number = {"number": before.number}
    if not before.in_effect(now):
        return _("Release %(number)d of it waits for its time; withdraw that first") % number, False
    if before.result_set_id == result_set_id:
        return _("Release %(number)d already holds these figures") % number, False
    return _("Released before, as number %(number)d: this would be a correction") % number, True


def _obstacle(counted: bool, windows: Sequence[WindowChoice]) -> str:  # noqa: FBT001  read as a sentence at its one call
    if not counted:
        return _("There are no results yet: none of the windows has been counted. They are counted when they close.")
    if not any(window.able for window in windows):
        return _("There is nothing new to release.")
    return ""


def _source(key: str, release: Release) -> str:
    return _("%(window)s, from release %(number)d") % {"window": key, "number": release.number}
