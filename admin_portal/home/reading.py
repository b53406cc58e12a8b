"""Reads what the year page knows out of the database: the cycle's year, and the part of it in the reader's reach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor, Permission
from admin_portal.access.scope import sees_all_units, units_within
from admin_portal.home.choice import title_of
from admin_portal.home.facts import MeasureFacts, OwnDialogue, OwnFacts, RoundFacts, YearFacts
from admin_portal.home.windows import read_windows
from shared.clock import local
from shared.model.accounts import LEADERSHIP, OWNER, Sharing
from shared.model.batteries import BatteryVersion
from shared.model.cycles import CollectionWindow, Cycle, SealGroup
from shared.model.dialogues import Dialogue, DialogueRound, DialogueSlot, Measure
from shared.model.events import Delivery
from shared.model.organisation import PublicationAgreement, Unit
from shared.model.post import Mail
from shared.model.releases import Publication
from shared.model.results import latest_result_set

DIALOGUES_LOOKED_AT = 100
_UNFINISHED = ("planned", "ongoing")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Who reads, when; ``everywhere`` for an officer."""

    actor: Actor
    now: datetime
    everywhere: bool

    def within(self, permission: Permission) -> ColumnElement[bool]:
        """Return the condition on ``Unit`` for what the reader may do there."""
        return units_within(self.actor, permission)


def read_year(
    session: Session, actor: Actor, cycle: Cycle | None, *, now: datetime, may_publish: bool
) -> tuple[YearFacts, OwnFacts]:
    """Return the year of ``cycle`` as ``actor`` may know it, and the actor's own part of it."""
    reader = _Reader(actor, now, sees_all_units(actor, Permission.SEE_RATES))
    units = _number(session, select(func.count()).select_from(Unit).where(Unit.active))
    batteries = _number(session, select(func.count(BatteryVersion.key.distinct())))
    if cycle is None:
        return YearFacts(now=now, units=units, batteries=batteries), OwnFacts()
    windows = read_windows(session, cycle, now)
    results = latest_result_set(session, cycle)
    counted = {window.key for window in windows if window.state == "counted"}
    published_at, goes_public_at = _publications(session, cycle, now)
    held_round = _newest_round(session, cycle, reader)
    measures = _measures(session, reader)
    year = YearFacts(
        now=now,
        cycle=cycle.key,
        title=title_of(cycle),
        state=cycle.state,
        windows=windows,
        units=units,
        batteries=batteries,
        ready_at=results.created_at if results is not None and counted <= set(results.windows) else None,
        published_at=published_at,
        goes_public_at=goes_public_at,
        may_publish=may_publish,
        failed_letters=_failed_letters(session) if reader.everywhere else 0,
        stuck=_stuck(session) if reader.everywhere else 0,
        round=None if held_round is None else _round(session, held_round, reader),
        measures=measures,
    )
    return year, _own(session, year, cycle, held_round, reader, measures)


def _own(
    session: Session,
    year: YearFacts,
    cycle: Cycle,
    held_round: DialogueRound | None,
    reader: _Reader,
    measures: MeasureFacts,
) -> OwnFacts:
    dialogues = () if held_round is None else _dialogues(session, held_round, reader)
    if reader.everywhere:
        return OwnFacts(dialogues=dialogues, measures=measures)
    asked = _windows_of_own(session, cycle, reader)
    released = {window.key for window in year.windows if window.released_at is not None}
    open_ones = {window.key for window in year.windows if window.state == "open"}
    units = session.execute(
        select(Unit.code, Unit.name)
        .where(reader.within(Permission.SEE_UNITS), Unit.active)
        .order_by(Unit.name)
        .limit(2)
    )
    return OwnFacts(
        units=tuple((code, name) for code, name in units),
        collecting=bool(asked & open_ones),
        released=bool(asked & released),
        shared=bool(asked & released) and _is_shared(session, cycle, reader.actor),
        dialogues=dialogues,
        measures=measures,
        without_agreement=_without_agreement(session, reader) if reader.actor.has(OWNER) else 0,
    )


def _windows_of_own(session: Session, cycle: Cycle, reader: _Reader) -> set[str]:
    """Return the windows in which units in reach are asked."""
    units = select(Unit.id).where(reader.within(Permission.SEE_RESULTS))
    asked = exists().where(SealGroup.window_id == CollectionWindow.id, SealGroup.unit_id.in_(units))
    wanted = select(CollectionWindow.key).where(CollectionWindow.cycle_id == cycle.id, asked)
    return set(session.scalars(wanted))


def _publications(session: Session, cycle: Cycle, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return since when the newest publication in effect is public, and when a waiting one will be."""
    standing = select(Publication).where(Publication.cycle_id == cycle.id, Publication.withdrawn_at.is_(None))
    found = session.scalars(standing.order_by(Publication.number)).all()
    public = [one.goes_public_at for one in found if one.in_effect(now)]
    waiting = [one.goes_public_at for one in found if not one.in_effect(now)]
    return (public[-1] if public else None), (waiting[-1] if waiting else None)


def _newest_round(session: Session, cycle: Cycle, reader: _Reader) -> DialogueRound | None:
    wanted = select(DialogueRound).where(DialogueRound.cycle_id == cycle.id).order_by(DialogueRound.id.desc()).limit(1)
    if not reader.everywhere:
        wanted = wanted.where(DialogueRound.state != "draft")
    return session.scalar(wanted)


def _round(session: Session, held_round: DialogueRound, reader: _Reader) -> RoundFacts:
    rows = session.execute(
        select(Dialogue.state, func.count())
        .join(Unit, Unit.id == Dialogue.unit_id)
        .where(Dialogue.round_id == held_round.id, reader.within(Permission.SEE_DIALOGUES))
        .group_by(Dialogue.state)
    )
    states = {state: int(number) for state, number in rows}
    return RoundFacts(held_round.key, held_round.title, held_round.state, held_round.book_by, states)


def _dialogues(session: Session, held_round: DialogueRound, reader: _Reader) -> tuple[OwnDialogue, ...]:
    """Return the dialogues in reach; of an officer's many only those that wait for minutes."""
    wanted = (
        select(Dialogue, Unit.code, Unit.name, DialogueSlot.starts_at)
        .join(Unit, Unit.id == Dialogue.unit_id)
        .outerjoin(DialogueSlot, DialogueSlot.id == Dialogue.slot_id)
        .where(Dialogue.round_id == held_round.id, reader.within(Permission.SEE_DIALOGUES))
        .order_by(DialogueSlot.starts_at, Unit.name)
        .limit(DIALOGUES_LOOKED_AT)
    )
    if reader.everywhere:
        over = and_(Dialogue.state == "booked", DialogueSlot.starts_at < reader.now)
        wanted = wanted.where(or_(over, Dialogue.state == "held"))
    return tuple(
        OwnDialogue(
            round=held_round.key,
            unit=code,
            unit_name=name,
            state=dialogue.state,
            book_by=held_round.book_by,
            starts_at=starts_at,
            shared=dialogue.preparation_shared_at is not None,
            minutes=dialogue.minutes_version > 0,
            unit_confirmed=0 < dialogue.minutes_version == dialogue.unit_confirmed_version,
            municipality_confirmed=0 < dialogue.minutes_version == dialogue.municipality_confirmed_version,
        )
        for dialogue, code, name, starts_at in session.execute(wanted)
    )


def _measures(session: Session, reader: _Reader) -> MeasureFacts:
    """Return the measures in reach, whichever cycle they came out of: one from last year can be late too."""
    unfinished = Measure.state.in_(_UNFINISHED)
    late = and_(unfinished, Measure.due_on < local(reader.now).date())
    total, left, overdue = session.execute(
        select(func.count(), func.sum(case((unfinished, 1), else_=0)), func.sum(case((late, 1), else_=0)))
        .select_from(Measure)
        .join(Unit, Unit.id == Measure.unit_id)
        .where(reader.within(Permission.SEE_MEASURES))
    ).one()
    return MeasureFacts(int(total), int(left or 0), int(overdue or 0))


def _without_agreement(session: Session, reader: _Reader) -> int:
    """Return how many independent units in reach no agreement speaks of today."""
    units = session.scalars(
        select(Unit).where(reader.within(Permission.AGREE_TO_PUBLICATION), Unit.active, Unit.regi == "independent")
    ).all()
    providers = {unit.provider_id for unit in units}
    agreements = session.scalars(
        select(PublicationAgreement).where(PublicationAgreement.provider_id.in_(providers))
    ).all()
    today = local(reader.now).date()
    return sum(not any(agreement.covers(unit, today) for agreement in agreements) for unit in units)


def _is_shared(session: Session, cycle: Cycle, actor: Actor) -> bool:
    units = [held.unit_id for held in actor.held if held.role == LEADERSHIP]
    standing = exists().where(Sharing.unit_id.in_(units), Sharing.cycle_id == cycle.id, Sharing.revoked_at.is_(None))
    return bool(session.scalar(select(standing)))


def _failed_letters(session: Session) -> int:
    return _number(session, select(func.count()).select_from(Mail).where(Mail.state == "failed"))


def _stuck(session: Session) -> int:
    quarantined = Delivery.done_at.is_(None) & Delivery.quarantined_at.is_not(None)
    return _number(session, select(func.count()).select_from(Delivery).where(quarantined))


def _number(session: Session, query: object) -> int:
    return int(session.scalar(query) or 0)  # type: ignore[call-overload]  # any SELECT of one number
