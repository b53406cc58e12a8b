"""Reads how far the collection windows of a cycle have come: codes, the count, unreadable ballots, releases."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import case, exists, func, select
from sqlalchemy.orm import Session

from admin_portal.home.facts import WindowFacts
from shared.model.codes import Code
from shared.model.counting import CountSlice
from shared.model.cycles import CollectionWindow, Cycle, FrameGroup, Questionnaire, SealGroup
from shared.model.releases import Release


def read_windows(session: Session, cycle: Cycle, now: datetime) -> tuple[WindowFacts, ...]:
    """Return the windows of ``cycle`` as they stand at ``now``, in the order in which they open."""
    windows = session.scalars(
        select(CollectionWindow)
        .where(CollectionWindow.cycle_id == cycle.id)
        .order_by(CollectionWindow.opens_at, CollectionWindow.id)
    ).all()
    standing = select(Release).where(Release.cycle_id == cycle.id, Release.withdrawn_at.is_(None))
    releases = session.scalars(standing).all()
    own = _own_collection(session, cycle)
    missing = _without_codes(session, windows)
    counts = _counts(session, [window.id for window in windows if window.state == "closed"])
    return tuple(
        _facts(window, releases, now, own=own, missing=missing, count=counts.get(window.id, (0, 0, 0)))
        for window in windows
    )


def _facts(
    window: CollectionWindow,
    releases: Iterable[Release],
    now: datetime,
    *,
    own: set[int],
    missing: set[int],
    count: tuple[int, int, int],
) -> WindowFacts:
    covering = [release for release in releases if window.key in release.windows]
    slices, done, unreadable = count
    return WindowFacts(
        key=window.key,
        state=window.state,
        opens_at=window.opens_at,
        closes_at=window.closes_at,
        last_moment=window.last_moment,
        file_only=window.id not in own,
        closed_at=window.closed_at,
        counted_at=window.counted_at,
        slices=slices,
        slices_done=done,
        unreadable=unreadable,
        loss_accepted=bool(window.loss_accepted),
        codes_missing=window.id in missing,
        released_at=min((one.embargo_until for one in covering if one.in_effect(now)), default=None),
        embargo_until=min((one.embargo_until for one in covering if not one.in_effect(now)), default=None),
    )


def _own_collection(session: Session, cycle: Cycle) -> set[int]:
    """Return the windows that take answers from people, not only from files."""
    wanted = select(Questionnaire.window_id).where(
        Questionnaire.cycle_id == cycle.id, Questionnaire.code_model != "import"
    )
    return set(session.scalars(wanted.distinct()))


def _without_codes(session: Session, windows: Iterable[CollectionWindow]) -> set[int]:
    """Return the windows for which codes are missing: planned ones without any, open ones with a questionnaire without.

    Whom a questionnaire asks is certain only from the opening on.
    """
    planned = [window.id for window in windows if window.state in {"planned", "opening"}]
    under_way = [window.id for window in windows if window.state == "open"]
    by_code = (Questionnaire.code_model != "import") & Questionnaire.window_id.in_([*planned, *under_way])
    # In the order of the index, or PostgreSQL reads the whole table to find that there are none.
    of_it = select(Code.window_id).where(Code.questionnaire_id == Questionnaire.id)
    has_codes = of_it.order_by(Code.questionnaire_id, Code.group_id).limit(1).scalar_subquery().is_not(None)
    has_people = exists().where(FrameGroup.questionnaire_id == Questionnaire.id, FrameGroup.headcount > 0)
    rows = session.execute(select(Questionnaire.window_id, has_codes, has_people).where(by_code)).all()
    issued = {window_id for window_id, codes, _people in rows if codes}
    return {
        window_id
        for window_id, codes, people in rows
        if not codes and (people if window_id in under_way else window_id not in issued)
    }


def _counts(session: Session, closed: list[int]) -> dict[int, tuple[int, int, int]]:
    """Return, for each closed window, its slices, how many are counted, and the ballots that could not be read."""
    if not closed:
        return {}
    unreadable = session.execute(
        select(SealGroup.window_id, func.coalesce(func.sum(SealGroup.unreadable), 0))
        .where(SealGroup.window_id.in_(closed))
        .group_by(SealGroup.window_id)
    )
    lost = {window: int(number or 0) for window, number in unreadable}
    slices = session.execute(
        select(CountSlice.window_id, func.count(), func.sum(case((CountSlice.done, 1), else_=0)))
        .where(CountSlice.window_id.in_(closed))
        .group_by(CountSlice.window_id)
    )
    return {window: (int(number), int(done), lost.get(window, 0)) for window, number, done in slices}
