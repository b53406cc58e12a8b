"""Releases results to the units: numbered, under embargo until their time, corrected by a new release with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.publishing.announcing import announce_release
from admin_portal.publishing.rules import checked_reason, checked_time, chosen_windows, lock_cycle
from shared.clock import Clock
from shared.database.engine import Database
from shared.errors import NotFound, Refused
from shared.i18n import gettext as _
from shared.model.audit import record
from shared.model.cycles import Cycle, find_windows
from shared.model.releases import UNAUDITED, Publication, Release
from shared.model.results import ResultSet, latest_result_set


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """What a release would be: its number, of which result set and windows, from when, and which one it corrects."""

    number: int
    result_set_id: int
    result_set: int
    windows: tuple[str, ...]
    embargo_until: datetime
    corrects: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class ReleaseMade:
    """A release as it was made; ``announced`` says whether its units are being told already."""

    id: int
    cycle: str
    plan: ReleasePlan
    announced: bool

    @property
    def number(self) -> int:
        """Its number within the cycle."""
        return self.plan.number


def make_release(
    database: Database,
    clock: Clock,
    *,
    cycle_key: str,
    windows: Sequence[str] | None,
    embargo_until: datetime | None,
    reason: str,
    actor: str,
) -> ReleaseMade:
    """Release the latest result set of a cycle to the units, for ``windows`` (None: all that were not released yet).

    Units see it from ``embargo_until`` on (None: now); without embargo they are told at once, else when the clock says
    so. Raises ``Refused`` and ``NotFound`` as ``plan_release`` does.
    """
    now = clock.now()
    with database.begin() as session:
        cycle = lock_cycle(session, cycle_key)
        plan = plan_release(session, cycle, windows=windows, embargo_until=embargo_until, reason=reason, now=now)
        release = _written(session, cycle, plan, now=now, actor=actor)
        details = {
            "number": plan.number,
            "windows": list(plan.windows),
            "result_set": plan.result_set,
            "embargo_until": plan.embargo_until.isoformat(),
            "reason": plan.reason,
            "protection": UNAUDITED,
        }
        record(session, at=now, actor=actor, action="release.made", subject=cycle.key, **details)
        announced = plan.embargo_until <= now
        if announced:
            announce_release(session, release.id, now, actor=actor)
        return ReleaseMade(release.id, cycle.key, plan, announced)


def withdraw_release(database: Database, clock: Clock, *, cycle_key: str, number: int, actor: str) -> None:
    """Take a release back before its embargo ends: then no unit has ever seen it.

    Raises ``NotFound``, and ``Refused``: ``already_seen`` afterwards, ``withdrawn`` the second time, ``in_use`` while a
    publication rests on it.
    """
    now = clock.now()
    with database.begin() as session:
        cycle = lock_cycle(session, cycle_key)
        release = find_release(session, cycle, number)
        _refuse_late(release, now)
        resting = session.scalars(select(Publication).where(Publication.cycle_id == cycle.id))
        waiting = [one.number for one in resting if one.withdrawn_at is None and str(number) in one.releases]
        if waiting:
            text = _("Publication %(publication)d rests on release %(number)d. Withdraw that publication first.")
            raise Refused("in_use", text % {"publication": waiting[0], "number": number})
        release.withdrawn_at = now
        record(session, at=now, actor=actor, action="release.withdrawn", subject=cycle.key, number=number)


def plan_release(
    session: Session,
    cycle: Cycle,
    *,
    windows: Sequence[str] | None,
    embargo_until: datetime | None,
    reason: str,
    now: datetime,
) -> ReleasePlan:
    """Return what would be released, without doing it.

    Raises ``NotFound`` for an unknown window, and ``Refused``: ``no_results`` or ``not_counted`` before there are
    figures of them all, ``waiting`` while a release of one of them waits, ``nothing_new``, or for time and reason.
    """
    latest = _latest(session, cycle)
    earlier = releases_of(session, cycle)
    chosen = _chosen(session, cycle, latest, earlier, windows)
    _refuse_waiting(earlier, chosen, now)
    covering = newest_covering(earlier, chosen)
    if len(covering) == len(chosen) and all(one.result_set_id == latest.id for one in covering.values()):
        text = _("Release %(number)d already holds this: the figures have not been computed anew since.")
        raise Refused("nothing_new", text % {"number": max(one.number for one in covering.values())})
    corrects = max((one.number for one in covering.values()), default=None)
    return ReleasePlan(
        number=max((one.number for one in all_releases(session, cycle)), default=0) + 1,
        result_set_id=latest.id,
        result_set=latest.number,
        windows=chosen,
        embargo_until=checked_time(embargo_until, now),
        corrects=corrects,
        reason=checked_reason(reason, corrects=corrects),
    )


def all_releases(session: Session, cycle: Cycle) -> list[Release]:
    """Return the releases of ``cycle``, oldest first, withdrawn ones among them."""
    return list(session.scalars(select(Release).where(Release.cycle_id == cycle.id).order_by(Release.number)))


def releases_of(session: Session, cycle: Cycle) -> list[Release]:
    """Return the releases of ``cycle`` that were not withdrawn, oldest first."""
    return [release for release in all_releases(session, cycle) if release.withdrawn_at is None]


def newest_covering(releases: Sequence[Release], windows: Sequence[str]) -> dict[str, Release]:
    """Return for each of ``windows`` that ``releases`` (oldest first) cover the newest one that does."""
    return {key: release for release in releases for key in release.windows if key in windows}


def find_release(session: Session, cycle: Cycle, number: int) -> Release:
    """Return the release ``number`` of ``cycle``; raises ``NotFound`` with the numbers there are."""
    releases = {release.number: release for release in all_releases(session, cycle)}
    if number not in releases:
        known = ", ".join(map(str, releases)) or _("none yet")
        text = _("Cycle %(cycle)s has no release %(number)d. Releases: %(known)s.")
        raise NotFound(text % {"cycle": cycle.key, "number": number, "known": known})
    return releases[number]


def _written(session: Session, cycle: Cycle, plan: ReleasePlan, *, now: datetime, actor: str) -> Release:
    release = Release(
        cycle_id=cycle.id,
        number=plan.number,
        result_set_id=plan.result_set_id,
        windows=list(plan.windows),
        embargo_until=plan.embargo_until,
        reason=plan.reason,
        protection=UNAUDITED,
        created_at=now,
        created_by=actor,
    )
    session.add(release)
    session.flush()
    return release


def _latest(session: Session, cycle: Cycle) -> ResultSet:
    latest = latest_result_set(session, cycle)
    if latest is None:
        text = _("Cycle %(cycle)s has no results yet: none of its windows has been counted. Nothing can be released.")
        raise Refused("no_results", text % {"cycle": cycle.key})
    return latest


def _chosen(
    session: Session, cycle: Cycle, latest: ResultSet, earlier: Sequence[Release], wanted: Sequence[str] | None
) -> tuple[str, ...]:
    states = {window.key: window.state for window in find_windows(session, cycle, None)}
    if wanted is None:
        covered = newest_covering(earlier, latest.windows)
        # What was never released goes first: a correction of the rest is a decision of its own.
        wanted = [key for key in latest.windows if key not in covered] or latest.windows
    chosen = chosen_windows(states, wanted)
    for key in chosen:
        if states[key] != "counted" or key not in latest.windows:
            text = _("Window %(window)s has no figures yet: it must be counted and computed before it is released.")
            raise Refused("not_counted", text % {"window": key})
    return chosen


def _refuse_waiting(earlier: Sequence[Release], chosen: Sequence[str], now: datetime) -> None:
    for release in earlier:
        if not release.in_effect(now) and set(release.windows) & set(chosen):
            text = _("Release %(number)d of the same windows waits for its time. Withdraw it first, then release anew.")
            raise Refused("waiting", text % {"number": release.number})


def _refuse_late(release: Release, now: datetime) -> None:
    if release.withdrawn_at is not None:
        raise Refused("withdrawn", _("Release %(number)d is withdrawn already.") % {"number": release.number})
    if release.in_effect(now):
        text = _("Release %(number)d is in effect: units have seen it. Correct it with a new release and a reason.")
        raise Refused("already_seen", text % {"number": release.number})
