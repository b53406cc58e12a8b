"""What has been released and published of a cycle, withdrawn and superseded ones too: numbered, kept, never changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.publishing.planning import all_publications
from admin_portal.publishing.releasing import all_releases
from shared.clock import local
from shared.model.cycles import Cycle
from shared.model.releases import Publication, Release, current_publication, released_windows
from shared.model.results import ResultSet

EDITION_COLUMNS = ("cycle", "number", "state", "windows", "from", "starts", "reason", "made", "by", "protection")
WAITING, IN_EFFECT, SUPERSEDED, WITHDRAWN = STATES = ("waiting", "in_effect", "superseded", "withdrawn")


@dataclass(frozen=True, slots=True)
class Edition:
    """A release or a publication; ``sources`` are the result set of the one, the releases of the other."""

    number: int
    state: str
    windows: tuple[str, ...]
    sources: tuple[int, ...]
    starts: datetime
    reason: str
    made_at: datetime
    made_by: str
    protection: str

    def as_row(self, cycle: Cycle) -> dict[str, object]:
        """Return it in ``EDITION_COLUMNS``; times are Swedish."""
        return {
            "cycle": cycle.key,
            "number": self.number,
            "state": self.state,
            "windows": ", ".join(self.windows),
            "from": ", ".join(map(str, self.sources)),
            "starts": f"{local(self.starts):%Y-%m-%d %H:%M}",
            "reason": self.reason,
            "made": f"{local(self.made_at):%Y-%m-%d %H:%M}",
            "by": self.made_by,
            "protection": self.protection,
        }


def releases_made(session: Session, cycle: Cycle, now: datetime) -> list[Edition]:
    """Return the releases of ``cycle``, newest first."""
    effective = {release.id for release in released_windows(session, cycle, now).values()}
    sets = {row[0]: row[1] for row in session.execute(select(ResultSet.id, ResultSet.number))}
    return [
        _edition(one, (sets[one.result_set_id],), one.embargo_until, _state(one, effective, now))
        for one in reversed(all_releases(session, cycle))
    ]


def publications_made(session: Session, cycle: Cycle, now: datetime) -> list[Edition]:
    """Return the publications of ``cycle``, newest first."""
    current = current_publication(session, cycle, now)
    effective = {current.id} if current else set()
    return [
        _edition(one, map(int, one.releases), one.goes_public_at, _state(one, effective, now))
        for one in reversed(all_publications(session, cycle))
    ]


def _edition(one: Release | Publication, sources: Iterable[int], starts: datetime, state: str) -> Edition:
    return Edition(
        number=one.number,
        state=state,
        windows=tuple(one.windows),
        sources=tuple(sources),
        starts=starts,
        reason=one.reason,
        made_at=one.created_at,
        made_by=one.created_by,
        protection=one.protection,
    )


def _state(one: Release | Publication, effective: set[int], now: datetime) -> str:
    if one.withdrawn_at is not None:
        return WITHDRAWN
    if not one.in_effect(now):
        return WAITING
    return IN_EFFECT if one.id in effective else SUPERSEDED
