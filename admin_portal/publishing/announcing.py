"""Says once that a release or a publication takes effect: at once, or when the clock finds that its time has come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shared.clock import Clock
from shared.database.addressees import parts_for, told_units
from shared.database.engine import Database
from shared.model.audit import record
from shared.model.cycles import Cycle, find_windows
from shared.model.events import RESULTS_PUBLISHED, RESULTS_RELEASED, publish
from shared.model.releases import Publication, Release, current_publication, released_windows

ACTOR = "clock"

_log = structlog.get_logger(__name__)


def announce_due(database: Database, clock: Clock) -> int:
    """Announce the releases and publications whose time has come, each in a transaction of its own; return how many."""
    now = clock.now()
    with database.read() as session:
        releases = session.scalars(
            select(Release.id)
            .where(Release.announced_at.is_(None), Release.withdrawn_at.is_(None), Release.embargo_until <= now)
            .order_by(Release.id)
        ).all()
        publications = session.scalars(
            select(Publication.id)
            .where(
                Publication.announced_at.is_(None),
                Publication.withdrawn_at.is_(None),
                Publication.goes_public_at <= now,
            )
            .order_by(Publication.id)
        ).all()
    done = sum(_announced(database, announce_release, number, now) for number in releases)
    return done + sum(_announced(database, announce_publication, number, now) for number in publications)


def announce_release(session: Session, release_id: int, now: datetime, *, actor: str = ACTOR) -> bool:
    """Publish ``results.released`` in this transaction if nobody did before; the cycle is then perhaps released.

    Returns False when another was faster, or it was withdrawn.
    """
    cycle = _cycle_of(session, Release, release_id)
    claimed = (
        update(Release)
        .where(Release.id == release_id, Release.announced_at.is_(None), Release.withdrawn_at.is_(None))
        .values(announced_at=now)
        .returning(Release.number)
    )
    number = session.scalar(claimed)
    if number is None:
        return False
    every = {window.key for window in find_windows(session, cycle, None)}
    if cycle.state == "ready" and every <= set(released_windows(session, cycle, now)):
        cycle.state = "released"
    release = session.get_one(Release, release_id)
    parts = parts_for(told_units(session, cycle.id, release.windows))
    publish(session, RESULTS_RELEASED, at=now, parts=parts, release_id=release_id)
    record(session, at=now, actor=actor, action="release.in_effect", subject=cycle.key, number=number)
    return True


def announce_publication(session: Session, publication_id: int, now: datetime, *, actor: str = ACTOR) -> bool:
    """Publish ``results.published`` in this transaction if nobody did before; the cycle is then perhaps published."""
    cycle = _cycle_of(session, Publication, publication_id)
    claimed = (
        update(Publication)
        .where(Publication.id == publication_id, Publication.announced_at.is_(None), Publication.withdrawn_at.is_(None))
        .values(announced_at=now)
        .returning(Publication.number)
    )
    number = session.scalar(claimed)
    if number is None:
        return False
    every = {window.key for window in find_windows(session, cycle, None)}
    current = current_publication(session, cycle, now)
    if cycle.state in {"ready", "released"} and current is not None and every <= set(current.windows):
        cycle.state = "published"
    publication = session.get_one(Publication, publication_id)
    parts = parts_for(told_units(session, cycle.id, publication.windows))
    publish(session, RESULTS_PUBLISHED, at=now, parts=parts, publication_id=publication_id)
    record(session, at=now, actor=actor, action="publication.in_effect", subject=cycle.key, number=number)
    return True


def _cycle_of(session: Session, kind: type[Release | Publication], number: int) -> Cycle:
    """Return the cycle, locked: it is always the first lock, so that nobody waits for one another in a circle."""
    of = select(kind.cycle_id).where(kind.id == number).scalar_subquery()
    return session.scalars(select(Cycle).where(Cycle.id == of).with_for_update()).one()


def _announced(database: Database, announce: Callable[..., bool], number: int, now: datetime) -> bool:
    with database.begin() as session:
        done = announce(session, number, now)
    if done:
        _log.info("taken effect", what=announce.__name__.removeprefix("announce_"), number=number)
    return done
