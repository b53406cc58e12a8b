"""Response counts at quarter hours: what all but the officer see, late and in lumps, and what a day brought."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, delete, exists, func, insert, literal, null, or_, select
from sqlalchemy.orm import Session

from shared.clock import Clock, local
from shared.database.engine import Database
from shared.model.base import Instant
from shared.model.codes import Code
from shared.model.cycles import CollectionWindow, FrameGroup, Questionnaire, SealGroup
from shared.model.monitoring import ResponseCount
from shared.model.urn import Ballot

QUARTER = timedelta(minutes=15)
DELAY = QUARTER
"""How old a count is at least before anybody but the officer sees it."""
PUNCTUAL = timedelta(minutes=1)
"""A count later than this after its quarter hour is not taken: it would be younger than it says."""

WITHOUT_GROUPS = frozenset({"per_unit", "import"})
"""Code models whose answers belong to no group until they are counted."""


class _Due(NamedTuple):
    questionnaire_id: int
    code_model: str


def take_response_counts(database: Database, clock: Clock) -> int:
    """Count the ballots of the open windows once in each quarter hour, and drop what is no longer kept.

    Returns how many questionnaires it did something for. A quarter hour that was missed stays missing: the counts
    before and after it say what is known.
    """
    now = clock.now()
    quarter = quarter_of(now)
    with database.glance() as session:
        due = _due(session, quarter) if now - quarter < PUNCTUAL else []
        over = _counted_with_groups(session)
    for one in due:
        with database.begin() as session:
            _take(session, one, quarter)
    for questionnaire_id in over:
        with database.begin() as session:
            session.execute(delete(ResponseCount).where(_of_groups(questionnaire_id)))
    return len(due) + len(over)


def quarter_of(now: datetime) -> datetime:
    """Return the quarter hour that has begun at ``now``."""
    return now.astimezone(UTC).replace(minute=now.minute // 15 * 15, second=0, microsecond=0)


def newest_visible(session: Session, questionnaire_id: int, now: datetime) -> datetime | None:
    """Return the quarter hour whose counts of a questionnaire may be seen at ``now`` by others than the officer."""
    wanted = select(func.max(ResponseCount.taken_at)).where(
        *_of_one_unit(questionnaire_id), ResponseCount.taken_at <= now - DELAY
    )
    return session.scalar(wanted)


def _due(session: Session, quarter: datetime) -> list[_Due]:
    taken = exists().where(
        ResponseCount.questionnaire_id == Questionnaire.id,
        ResponseCount.unit_id == _some_unit(Questionnaire.id),
        ResponseCount.taken_at == quarter,
    )
    rows = session.execute(
        select(Questionnaire.id, Questionnaire.code_model)
        .join(CollectionWindow, CollectionWindow.id == Questionnaire.window_id)
        .where(CollectionWindow.state == "open", ~taken)
        .where(exists().where(FrameGroup.questionnaire_id == Questionnaire.id))
        .order_by(Questionnaire.id)
    )
    return [_Due(*row) for row in rows]


def _counted_with_groups(session: Session) -> list[int]:
    kept = exists().where(
        ResponseCount.questionnaire_id == Questionnaire.id,
        ResponseCount.unit_id == _some_unit(Questionnaire.id),
        ResponseCount.group_id.is_not(None),
    )
    counted = (
        select(Questionnaire.id)
        .join(CollectionWindow, CollectionWindow.id == Questionnaire.window_id)
        .where(CollectionWindow.state == "counted", kept)
    )
    return list(session.scalars(counted.order_by(Questionnaire.id)))


def _take(session: Session, due: _Due, quarter: datetime) -> None:
    questionnaire_id = due.questionnaire_id
    previous = session.scalar(
        select(func.max(ResponseCount.taken_at)).where(
            *_of_one_unit(questionnaire_id), ResponseCount.taken_at <= quarter
        )
    )
    if previous == quarter:
        return
    names = ["questionnaire_id", "unit_id", "group_id", "taken_at", "answered"]
    moment = literal(quarter, Instant())
    units = (
        select(SealGroup.questionnaire_id, SealGroup.unit_id, null(), moment, func.count(Ballot.seal_group_id))
        .outerjoin(Ballot, Ballot.seal_group_id == SealGroup.id)
        .where(SealGroup.questionnaire_id == questionnaire_id)
        .group_by(SealGroup.questionnaire_id, SealGroup.unit_id)
    )
    session.execute(insert(ResponseCount).from_select(names, units))
    if due.code_model not in WITHOUT_GROUPS:
        answered = and_(
            Code.questionnaire_id == FrameGroup.questionnaire_id,
            Code.group_id == FrameGroup.group_id,
            Code.state == "answered",
        )
        groups = (
            select(
                FrameGroup.questionnaire_id,
                FrameGroup.unit_id,
                FrameGroup.group_id,
                moment,
                func.count(Code.group_id),
            )
            .outerjoin(Code, answered)
            .where(FrameGroup.questionnaire_id == questionnaire_id)
            .group_by(FrameGroup.questionnaire_id, FrameGroup.unit_id, FrameGroup.group_id)
        )
        session.execute(insert(ResponseCount).from_select(names, groups))
    if previous is not None:
        _prune(session, questionnaire_id, previous)


def _prune(session: Session, questionnaire_id: int, previous: datetime) -> None:
    """Keep the count just taken and the one before; of those before that, a unit's last of each Swedish day."""
    day = local(previous).replace(hour=0, minute=0, second=0, microsecond=0)
    dropped = or_(
        ResponseCount.group_id.is_not(None),
        ResponseCount.taken_at >= day,
    )
    session.execute(
        delete(ResponseCount).where(
            ResponseCount.questionnaire_id == questionnaire_id, ResponseCount.taken_at < previous, dropped
        )
    )


def _some_unit(questionnaire_id: object) -> ColumnElement[int]:
    """Return a unit that has the questionnaire: all its units are counted together, so one tells, by the index."""
    units = select(FrameGroup.unit_id).where(FrameGroup.questionnaire_id == questionnaire_id)
    return units.limit(1).scalar_subquery()


def _of_one_unit(questionnaire_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        ResponseCount.questionnaire_id == questionnaire_id,
        ResponseCount.unit_id == _some_unit(questionnaire_id),
        ResponseCount.group_id.is_(None),
    )


def _of_groups(questionnaire_id: int) -> ColumnElement[bool]:
    return and_(ResponseCount.questionnaire_id == questionnaire_id, ResponseCount.group_id.is_not(None))
