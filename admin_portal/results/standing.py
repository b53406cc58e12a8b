"""Says whose figures a page shows and since when: the releases they come from, or that only officers see them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor
from admin_portal.results.reading import effective_releases, reads_internally
from shared.i18n import gettext as _
from shared.model.cycles import CollectionWindow, Cycle
from shared.model.releases import UNAUDITED, Release
from shared.model.results import latest_result_set
from shared.presentation import numbers


def standing(session: Session, actor: Actor, cycle: Cycle, now: datetime) -> tuple[str, ...]:
    """Return the lines that say which release is shown, why it corrects an earlier one, and how it is protected."""
    releases = effective_releases(session, cycle, now)
    return tuple(_lines(session, actor, cycle, releases))


def _lines(session: Session, actor: Actor, cycle: Cycle, releases: tuple[Release, ...]) -> Iterator[str]:
    if reads_internally(actor):
        yield _for_officers(session, cycle, releases)
    windows = set(session.scalars(select(CollectionWindow.key).where(CollectionWindow.cycle_id == cycle.id)))
    yield from (_release(release, windows) for release in releases)
    if any(release.protection == UNAUDITED for release in releases):
        yield _("The figures are protected by thresholds and their siblings only; no audit has attacked them yet.")


def _for_officers(session: Session, cycle: Cycle, releases: tuple[Release, ...]) -> str:
    latest = latest_result_set(session, cycle)
    number = latest.number if latest else 0
    if not releases:
        return _(
            "You see the officers' figures (computation %(number)d). They are not released: no unit sees them."
        ) % {"number": number}
    return _("You see the officers' figures (computation %(number)d), exact; units see what is released.") % {
        "number": number
    }


def _release(release: Release, windows: set[str]) -> str:
    """Return the release in words; its windows are named where it does not cover the whole cycle."""
    name = _("Release %(number)d, %(day)s") % {"number": release.number, "day": numbers.day(release.embargo_until)}
    if set(release.windows) < windows:
        name = f"{name} ({', '.join(release.windows)})"
    if not release.reason:
        return f"{name}."
    return _("%(release)s: corrected because %(why)s.") % {"release": name, "why": release.reason.rstrip(".")}
