"""What the page of all dialogues shows: rounds with their progress for officers, one's own dialogues for others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor, Permission, permits
from admin_portal.access.scope import place_of, units_within
from shared.i18n import active_language
from shared.i18n import gettext as _
from shared.model.cycles import Cycle
from shared.model.dialogues import Dialogue, DialogueRound, DialogueSlot
from shared.model.organisation import Unit
from shared.presentation.moments import in_words, span_in_words
from shared.presentation.words import dialogue_state
from shared.questionnaire.definition import in_language

MOST_LINES = 200
KIND_OF_STATE: Mapping[str, str] = {
    "offered": "wait",
    "booked": "good",
    "held": "calm",
    "confirmed": "calm",
    "concluded": "calm",
    "declined": "calm",
}
_AFTER = ("held", "confirmed", "concluded")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a round has come: of ``units`` offered a dialogue so many wait for a time, are booked, held, declined."""

    units: int
    waiting: int
    booked: int
    held: int
    declined: int
    late: bool
    """Whether units still wait although the last day to book has passed."""


@dataclass(frozen=True, slots=True)
class RoundLine:
    """A round in the officers' list."""

    key: str
    title: str
    cycle: str
    state: str
    state_word: str
    book_by: str
    progress: Progress


@dataclass(frozen=True, slots=True)
class DialogueLine:
    """A unit's dialogue in a list; ``step`` is the next thing for this reader to do, "" when there is none."""

    address: str
    unit: str
    round: str
    state_word: str
    kind: str
    when: str
    step: str
    late: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """The page: an officer's rounds, or the dialogues within somebody's scope; ``more`` left out of the list."""

    manages: bool
    rounds: tuple[RoundLine, ...]
    dialogues: tuple[DialogueLine, ...]
    more: int


def overview(session: Session, actor: Actor, now: datetime) -> Overview:
    """Return the page for ``actor``."""
    if permits(actor, Permission.MANAGE_ROUNDS):
        return Overview(manages=True, rounds=_rounds(session, now), dialogues=(), more=0)
    lines, more = _dialogues(session, actor, now)
    return Overview(manages=False, rounds=(), dialogues=lines, more=more)


def progress_of(round_: DialogueRound, states: Mapping[str, int], now: datetime) -> Progress:
    """Return the progress of a round whose dialogues are counted by state."""
    waiting = states.get("offered", 0)
    return Progress(
        units=sum(states.values()),
        waiting=waiting,
        booked=states.get("booked", 0),
        held=sum(states.get(state, 0) for state in _AFTER),
        declined=states.get("declined", 0),
        late=waiting > 0 and round_.book_by < now,
    )


def count_states(session: Session) -> dict[int, Counter[str]]:
    """Return by round how many dialogues are in each state."""
    counted: dict[int, Counter[str]] = {}
    rows = select(Dialogue.round_id, Dialogue.state, func.count()).group_by(Dialogue.round_id, Dialogue.state)
    for round_id, state, number in session.execute(rows):
        counted.setdefault(round_id, Counter())[state] = number
    return counted


def round_state(state: str) -> str:
    """Return what a round's state is called."""
    return {"draft": _("Being prepared"), "offered": _("Can be booked"), "closed": _("Closed")}.get(state, state)


def _rounds(session: Session, now: datetime) -> tuple[RoundLine, ...]:
    states = count_states(session)
    rows = session.execute(
        select(DialogueRound, Cycle)
        .join(Cycle, Cycle.id == DialogueRound.cycle_id)
        .order_by(DialogueRound.created_at.desc(), DialogueRound.id.desc())
    )
    return tuple(
        RoundLine(
            round_.key,
            round_.title,
            in_language(cycle.title, active_language()),
            round_.state,
            round_state(round_.state),
            in_words(round_.book_by, now),
            progress_of(round_, states.get(round_.id, {}), now),
        )
        for round_, cycle in rows
    )


def _dialogues(session: Session, actor: Actor, now: datetime) -> tuple[tuple[DialogueLine, ...], int]:
    within = units_within(actor, Permission.SEE_DIALOGUES)
    number = session.scalar(select(func.count(Dialogue.id)).join(Unit, Unit.id == Dialogue.unit_id).where(within)) or 0
    rows = session.execute(
        select(Dialogue, DialogueRound, Unit, DialogueSlot)
        .join(DialogueRound, DialogueRound.id == Dialogue.round_id)
        .join(Unit, Unit.id == Dialogue.unit_id)
        .outerjoin(DialogueSlot, DialogueSlot.id == Dialogue.slot_id)
        .where(within)
        .order_by(DialogueRound.created_at.desc(), DialogueRound.id.desc(), DialogueSlot.starts_at, Unit.name)
        .limit(MOST_LINES)
    )
    lines = tuple(_line(actor, *row, now=now) for row in rows)
    return lines, number - len(lines)


def _line(
    actor: Actor, dialogue: Dialogue, round_: DialogueRound, unit: Unit, slot: DialogueSlot | None, *, now: datetime
) -> DialogueLine:
    waits = dialogue.state == "offered"
    books = waits and round_.state == "offered" and permits(actor, Permission.BOOK_DIALOGUE, place_of(unit))
    return DialogueLine(
        f"/dialogues/{round_.key}/{unit.code}",
        unit.name,
        round_.title,
        dialogue_state(dialogue.state),
        KIND_OF_STATE[dialogue.state],
        "" if slot is None else span_in_words(slot.starts_at, slot.ends_at),
        _step(round_, now) if books else "",
        waits and round_.book_by < now,
    )


def _step(round_: DialogueRound, now: datetime) -> str:
    if round_.book_by < now:
        return _("The last day to book has passed: ask Pedagogcentrum for a time.")
    return _("Book a time until %(when)s.") % {"when": in_words(round_.book_by, now)}
