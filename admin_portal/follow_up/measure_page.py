"""What the pages of one measure show: all that was agreed, its indicator then and now, its history, and its form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor, Permission, permits
from admin_portal.access.scope import place_of, units_within
from admin_portal.follow_up.indicators import (
    Group,
    IndicatorView,
    aimed_at,
    indicator_groups,
    indicator_view,
    newest_cycle,
    unit_rounds,
)
from admin_portal.follow_up.listing import MeasureLine, line_of
from admin_portal.follow_up.measures import changeable, find_measure, stamp_of
from admin_portal.follow_up.people import names_of
from admin_portal.forms import EMPTY, Form
from admin_portal.results.series import Round
from shared.clock import local
from shared.errors import NotFound
from shared.i18n import gettext as _
from shared.model.cycles import Cycle
from shared.model.dialogues import MEASURE_STATES, Dialogue, DialogueRound, Measure, MeasureNote
from shared.model.organisation import Unit
from shared.presentation.numbers import day_and_time
from shared.presentation.words import measure_state

MOST_EARLIER = 20
_FIELDS = ("title", "cause", "owner", "due_on", "target", "indicator", "expected_effect")


@dataclass(frozen=True, slots=True)
class Note:
    """One entry of a measure's history."""

    when: str
    who: str
    state_word: str
    text: str


@dataclass(frozen=True, slots=True)
class MeasurePage:
    """The page of a measure."""

    line: MeasureLine
    cause: str
    expected_effect: str
    indicator: IndicatorView
    dialogue: str
    """The path of the dialogue's minutes, "" outside any."""
    round: str
    notes: tuple[Note, ...]
    may_note: bool
    may_change: bool
    state: str
    states: tuple[tuple[str, str], ...]
    form: Form


@dataclass(frozen=True, slots=True)
class MeasureForm:
    """The form of a measure: ``typed`` first, what it is (``values``) else."""

    action: str
    back: str
    unit: str
    heading: str
    round_key: str
    round: str
    groups: tuple[Group, ...]
    values: Mapping[str, str]
    stamp: str
    form: Form
    conflict: str = ""


@dataclass(frozen=True, slots=True)
class UnitChoice:
    """The page on which the unit of a new measure is chosen."""

    units: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FollowedMeasure:
    """A measure beside the figure it aims at."""

    line: MeasureLine
    indicator: IndicatorView


def readable_measure(session: Session, actor: Actor, permission: Permission, measure_id: int) -> tuple[Measure, Unit]:
    """Return a measure within the scope; raises ``NotFound`` for any other, as if there were none."""
    measure, unit = find_measure(session, measure_id)
    if not permits(actor, permission, place_of(unit)):
        raise NotFound(_("There is no such measure. All of them: Measures."))
    return measure, unit


def show_measure(session: Session, actor: Actor, measure_id: int, now: datetime, form: Form = EMPTY) -> MeasurePage:
    """Return the page of a measure for ``actor``."""
    measure, unit = readable_measure(session, actor, Permission.SEE_MEASURES, measure_id)
    dialogue, round_ = _dialogue_of(session, measure)
    writes = permits(actor, Permission.WRITE_MEASURES, place_of(unit))
    then = None if measure.cycle_id is None else session.get(Cycle, measure.cycle_id)
    return MeasurePage(
        line=line_of(measure, unit.name, local(now).date()),
        cause=measure.cause,
        expected_effect=measure.expected_effect,
        indicator=indicator_view(measure, then, unit_rounds(session, actor=actor, unit=unit, now=now)),
        dialogue="" if round_ is None else f"/dialogues/{round_.key}/{unit.code}/minutes",
        round="" if round_ is None else round_.title,
        notes=_notes(session, measure),
        may_note=writes,
        may_change=writes and changeable(measure, dialogue),
        state=measure.state,
        states=tuple((state, measure_state(state)) for state in MEASURE_STATES),
        form=form,
    )


def new_form(session: Session, unit: Unit, round_key: str, form: Form) -> MeasureForm:
    """Return the empty form of a measure of ``unit``, in its dialogue of ``round_key`` if one is named."""
    round_ = session.scalar(select(DialogueRound).where(DialogueRound.key == round_key)) if round_key else None
    cycle = newest_cycle(session, unit) if round_ is None else session.get(Cycle, round_.cycle_id)
    return MeasureForm(
        action=f"/measures/new/{unit.code}",
        back="/measures" if round_ is None else f"/dialogues/{round_.key}/{unit.code}/minutes",
        unit=unit.name,
        heading=_("New measure"),
        round_key="" if round_ is None else round_.key,
        round="" if round_ is None else round_.title,
        groups=indicator_groups(session, unit, cycle),
        values=dict.fromkeys(_FIELDS, ""),
        stamp="",
        form=form,
    )


def change_form(session: Session, measure: Measure, unit: Unit, form: Form, conflict: str = "") -> MeasureForm:
    """Return the form of a measure as it is; ``conflict`` says that it changed after it was opened."""
    cycle = None if measure.cycle_id is None else session.get(Cycle, measure.cycle_id)
    own_words = not measure.questionnaire
    values = {
        "title": measure.title,
        "cause": measure.cause,
        "owner": measure.owner,
        "due_on": measure.due_on.isoformat(),
        "target": aimed_at(measure).value,
        "indicator": measure.indicator if own_words else "",
        "expected_effect": measure.expected_effect,
    }
    return MeasureForm(
        action=f"/measures/{measure.id}/edit",
        back=f"/measures/{measure.id}",
        unit=unit.name,
        heading=_("Change the measure"),
        round_key="",
        round="",
        groups=indicator_groups(session, unit, cycle),
        values=values,
        stamp=stamp_of(measure),
        form=form,
        conflict=conflict,
    )


def units_to_choose(session: Session, actor: Actor) -> UnitChoice:
    """Return the units that ``actor`` may write measures of."""
    within = units_within(actor, Permission.WRITE_MEASURES)
    rows = session.execute(select(Unit.code, Unit.name).where(within, Unit.active).order_by(Unit.name, Unit.code))
    return UnitChoice(tuple((code, name) for code, name in rows))


def agreed_lines(session: Session, dialogue: Dialogue, unit: Unit, today: date) -> tuple[MeasureLine, ...]:
    """Return the measures of a dialogue."""
    wanted = select(Measure).where(Measure.dialogue_id == dialogue.id).order_by(Measure.due_on, Measure.id)
    return tuple(line_of(measure, unit.name, today) for measure in session.scalars(wanted))


def earlier_measures(
    session: Session, dialogue: Dialogue, unit: Unit, rounds: Sequence[Round], today: date
) -> tuple[FollowedMeasure, ...]:
    """Return the unit's measures that were written before this dialogue, newest first, each with its figures."""
    wanted = (
        select(Measure, Cycle)
        .outerjoin(Cycle, Cycle.id == Measure.cycle_id)
        .where(Measure.unit_id == unit.id, Measure.dialogue_id.is_distinct_from(dialogue.id))
        .order_by(Measure.created_at.desc(), Measure.id.desc())
        .limit(MOST_EARLIER)
    )
    return tuple(
        FollowedMeasure(line_of(measure, unit.name, today), indicator_view(measure, then, rounds))
        for measure, then in session.execute(wanted)
    )


def _dialogue_of(session: Session, measure: Measure) -> tuple[Dialogue | None, DialogueRound | None]:
    if measure.dialogue_id is None:
        return None, None
    dialogue = session.get_one(Dialogue, measure.dialogue_id)
    return dialogue, session.get_one(DialogueRound, dialogue.round_id)


def _notes(session: Session, measure: Measure) -> tuple[Note, ...]:
    notes = session.scalars(
        select(MeasureNote).where(MeasureNote.measure_id == measure.id).order_by(MeasureNote.id.desc())
    ).all()
    names = names_of(session, (note.actor for note in notes))
    return tuple(Note(day_and_time(note.at), names[note.actor], measure_state(note.state), note.text) for note in notes)
