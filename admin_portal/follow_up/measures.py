"""Measures: written in a dialogue or by the unit itself, fixed when the agreement is signed, followed until closed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_portal.dialogues.finding import Found, find_dialogue
from admin_portal.dialogues.minutes import change_agreement, close_dialogue
from admin_portal.follow_up.indicators import Target, indicator_words, newest_cycle
from shared.clock import Clock, local
from shared.database.engine import Database
from shared.errors import NotFound, Refused
from shared.i18n import gettext as _
from shared.model.audit import record
from shared.model.cycles import Cycle
from shared.model.dialogues import MEASURE_STATES, Dialogue, DialogueRound, Measure, MeasureNote
from shared.model.organisation import Unit

MOST_TITLE = MOST_OWNER = 200
MOST_INDICATOR = 300
MOST_TEXT = 2000
SOON = timedelta(days=14)
"""How long before its date a measure's principal is reminded of it."""

_LATEST = timedelta(days=5 * 366)
_LARGEST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurePlan:
    """What is to be done: why, by whom, until when, seen by which indicator, with what effect.

    ``target`` names the indicator among the survey's, or ``indicator`` says another one in words.
    """

    title: str
    cause: str
    owner: str
    due_on: date
    expected_effect: str
    target: Target = field(default_factory=Target)
    indicator: str = ""


def add_measure(
    database: Database, clock: Clock, *, unit_code: str, plan: MeasurePlan, actor: str, round_key: str = ""
) -> int:
    """Write a measure of a unit, in its dialogue of ``round_key`` or outside any; return its id.

    Raises ``Refused`` (422) with the name of the faulty field as code, or ``agreement_signed`` when the dialogue's
    agreement can take no more.
    """
    with database.begin() as session:
        now = clock.now()
        unit = session.scalars(select(Unit).where(Unit.code == unit_code)).first()
        if unit is None:
            raise NotFound(_("There is no unit %(code)s.") % {"code": unit_code})
        found = find_dialogue(session, round_key, unit_code, lock=True) if round_key else None
        _demand_open(found)
        cycle = session.get(Cycle, found.round.cycle_id) if found is not None else newest_cycle(session, unit)
        measure = Measure(
            unit_id=unit.id,
            dialogue_id=None if found is None else found.dialogue.id,
            cycle_id=None if cycle is None else cycle.id,
            state="planned",
            created_at=now,
            created_by=actor,
        )
        _write(session, measure, plan, unit, cycle, today=_today(now))
        session.add(measure)
        session.flush()
        session.add(MeasureNote(measure_id=measure.id, at=now, actor=actor, state="planned"))
        _note(session, measure, found, actor, now, "measure.added")
        return measure.id


def change_measure(
    database: Database, clock: Clock, *, measure_id: int, plan: MeasurePlan, actor: str, stamp: str
) -> None:
    """Write a measure anew; one in a dialogue is thereby to be confirmed again.

    ``stamp`` is that of the measure which was opened. Raises ``Refused``: ``stale`` (409), ``fixed`` when its
    agreement is signed or, outside a dialogue, when it has begun; the name of the faulty field (422).
    """
    with database.begin() as session:
        now = clock.now()
        measure, unit, found = hold_measure(session, measure_id)
        if not changeable(measure, None if found is None else found.dialogue):
            raise Refused("fixed", _("This measure is agreed and fixed. Add a note on it instead."))
        if stamp != stamp_of(measure):
            raise Refused("stale", _("The measure was changed after you opened it. What it is now is shown below."))
        cycle = None if measure.cycle_id is None else session.get(Cycle, measure.cycle_id)
        _write(session, measure, plan, unit, cycle, today=_today(now))
        text = _("The measure was rewritten.")
        session.add(MeasureNote(measure_id=measure.id, at=now, actor=actor, state=measure.state, text=text))
        _note(session, measure, found, actor, now, "measure.changed")


def note_measure(database: Database, clock: Clock, *, measure_id: int, state: str, text: str, actor: str) -> None:
    """Note how a measure goes, and its state. When the last one of a signed agreement is closed, so is the dialogue.

    Raises ``Refused`` (422): ``state``, ``text`` when nothing is said, or a dropped one has no reason.
    """
    with database.begin() as session:
        now = clock.now()
        measure, unit, found = hold_measure(session, measure_id)
        _check_note(measure, state, text.strip())
        measure.state = state
        session.add(MeasureNote(measure_id=measure.id, at=now, actor=actor, state=state, text=text.strip()))
        session.flush()
        subject = f"{unit.code}/{measure.id}"
        record(session, at=now, actor=actor, action="measure.noted", subject=subject, state=state)
        if found is not None and found.dialogue.state == "confirmed" and not _left(session, found):
            close_dialogue(session, found, actor=actor, now=now)


def hold_measure(session: Session, measure_id: int) -> tuple[Measure, Unit, Found | None]:
    """Return a measure with its unit and dialogue, their rows locked, the dialogue's first; raises ``NotFound``."""
    measure, unit = find_measure(session, measure_id)
    found = None
    if measure.dialogue_id is not None:
        dialogue = session.get_one(Dialogue, measure.dialogue_id, with_for_update=True)
        found = Found(session.get_one(DialogueRound, dialogue.round_id), dialogue, unit)
    session.refresh(measure, with_for_update=True)
    return measure, unit, found


def find_measure(session: Session, measure_id: int) -> tuple[Measure, Unit]:
    """Return a measure and its unit; raises ``NotFound``."""
    measure = session.get(Measure, measure_id) if measure_id <= _LARGEST_ID else None
    if measure is None:
        raise NotFound(_("There is no such measure. All of them: Measures."))
    return measure, session.get_one(Unit, measure.unit_id)


def changeable(measure: Measure, dialogue: Dialogue | None) -> bool:
    """Whether a measure can still be rewritten: until its agreement is signed; outside a dialogue until it begins."""
    if dialogue is None:
        return measure.state == "planned"
    return dialogue.state in {"booked", "held"}


def stamp_of(measure: Measure) -> str:
    """Return a name for the measure as it is now: a form with another one was opened before a change."""
    content = "\x1f".join(
        str(getattr(measure, name))
        for name in ("title", "cause", "owner", "due_on", "questionnaire", "area", "item", "indicator")
    )
    return hashlib.sha256(f"{content}\x1f{measure.expected_effect}".encode()).hexdigest()[:16]


def _today(now: datetime) -> date:
    return local(now).date()


def _demand_open(found: Found | None) -> None:
    if found is None or found.dialogue.state in {"booked", "held"}:
        return
    if found.dialogue.state in {"confirmed", "concluded"}:
        text = _("The agreement is confirmed by both and fixed. Write the measure outside the dialogue instead.")
        raise Refused("agreement_signed", text)
    raise Refused("agreement_signed", _("Measures are agreed in a dialogue that is booked or held."))


def _write(
    session: Session, measure: Measure, plan: MeasurePlan, unit: Unit, cycle: Cycle | None, *, today: date
) -> None:
    _check(plan, today, unchanged=measure.due_on == plan.due_on)
    words = plan.indicator.strip()
    if plan.target.value:
        words = indicator_words(session, unit, cycle, plan.target)
        if not words:
            raise Refused("target", _("Choose one of the unit's own areas or questions."), status=422)
    if not words:
        text = _("Choose what shows whether it works, or write it in your own words.")
        raise Refused("target", text, status=422)
    if measure.due_on != plan.due_on:
        # A measure that is due within days needs no reminder of what was written just now.
        measure.reminded = "soon" if plan.due_on - SOON <= today else ""
    measure.title, measure.cause, measure.owner = plan.title.strip(), plan.cause.strip(), plan.owner.strip()
    measure.due_on, measure.expected_effect = plan.due_on, plan.expected_effect.strip()
    measure.questionnaire, measure.area, measure.item = plan.target.questionnaire, plan.target.area, plan.target.item
    measure.indicator = words[:MOST_INDICATOR]


def _check(plan: MeasurePlan, today: date, *, unchanged: bool) -> None:
    for code, message in _faults(plan, today, unchanged=unchanged):
        raise Refused(code, message, status=422)


def _faults(plan: MeasurePlan, today: date, *, unchanged: bool) -> Iterator[tuple[str, str]]:
    limits = {"title": MOST_TITLE, "cause": MOST_TEXT, "owner": MOST_OWNER, "expected_effect": MOST_TEXT}
    for name, limit in limits.items():
        value = getattr(plan, name).strip()
        if not value:
            yield name, _("Fill this in.")
        if len(value) > limit:
            yield name, _("Write at most %(length)d characters.") % {"length": limit}
    if len(plan.indicator) > MOST_INDICATOR:
        yield "indicator", _("Write at most %(length)d characters.") % {"length": MOST_INDICATOR}
    if not unchanged and not today <= plan.due_on <= today + _LATEST:
        yield "due_on", _("Choose a day to come, within five years.")


def _check_note(measure: Measure, state: str, text: str) -> None:
    if state not in MEASURE_STATES:
        raise Refused("state", _("Choose one of those offered."), status=422)
    if len(text) > MOST_TEXT:
        raise Refused("text", _("Write at most %(length)d characters.") % {"length": MOST_TEXT}, status=422)
    if state == "dropped" and not text:
        raise Refused("text", _("Write why the measure is dropped."), status=422)
    if state == measure.state and not text:
        raise Refused("text", _("Write how it goes, or choose another state."), status=422)


def _left(session: Session, found: Found) -> int:
    """Return how many measures of the dialogue are not closed yet."""
    of = select(func.count()).where(Measure.dialogue_id == found.dialogue.id)
    return session.scalar(of.where(Measure.state.in_(("planned", "ongoing")))) or 0


def _note(session: Session, measure: Measure, found: Found | None, actor: str, now: datetime, action: str) -> None:
    """Write the decision down; a measure of a dialogue changes its agreement."""
    unit = session.get_one(Unit, measure.unit_id)
    details = {}
    if found is not None:
        change_agreement(found.dialogue)
        details["version"] = found.dialogue.minutes_version
    session.flush()
    record(session, at=now, actor=actor, action=action, subject=f"{unit.code}/{measure.id}", **details)
