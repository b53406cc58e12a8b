"""What the minutes of a dialogue show: their text and version, who has confirmed it, the measures, the next step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor, Permission, permits
from admin_portal.access.scope import place_of
from admin_portal.dialogues.dialogue_page import address_of, slot_of
from admin_portal.dialogues.finding import Found
from admin_portal.dialogues.minutes import MUNICIPALITY, SIDES, UNIT, confirmed_version
from admin_portal.dialogues.overview import KIND_OF_STATE
from admin_portal.follow_up.listing import MeasureLine
from admin_portal.follow_up.measure_page import agreed_lines
from admin_portal.follow_up.people import names_of
from admin_portal.forms import Form
from shared.clock import local
from shared.i18n import gettext as _
from shared.model.dialogues import Dialogue
from shared.presentation.moments import span_in_words
from shared.presentation.numbers import day_and_time
from shared.presentation.words import dialogue_state


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What one side has confirmed: ``good`` the newest version, ``late`` an earlier one only, ``wait`` none."""

    side: str
    name: str
    kind: str
    text: str
    may: bool
    """Whether this reader is shown the button."""


@dataclass(frozen=True, slots=True)
class MinutesPage:
    """The page of the minutes; ``waiting`` says why there are none yet."""

    address: str
    back: str
    unit: str
    round: str
    when: str
    state_word: str
    kind: str
    version: int
    paragraphs: tuple[str, ...]
    waiting: str
    confirmations: tuple[Confirmation, ...]
    measures: tuple[MeasureLine, ...]
    add_measure: str
    may_hold: bool
    may_write: bool
    may_conclude: bool


@dataclass(frozen=True, slots=True)
class MinutesForm:
    """The form of the minutes; with a ``conflict`` ``saved`` is what stands now, beside what was typed."""

    back: str
    unit: str
    round: str
    text: str
    version: int
    confirmed: bool
    form: Form
    conflict: str
    saved: tuple[str, ...]


def show_minutes(session: Session, found: Found, actor: Actor, now: datetime) -> MinutesPage:
    """Return the minutes as ``actor`` is shown them."""
    dialogue, place = found.dialogue, place_of(found.unit)
    slot = slot_of(session, found)
    officer = permits(actor, Permission.WRITE_MINUTES, place)
    begun = slot is not None and slot.starts_at <= now
    agrees = permits(actor, Permission.WRITE_MEASURES, place) and dialogue.state in {"booked", "held"}
    return MinutesPage(
        address=f"{address_of(found)}/minutes",
        back=address_of(found),
        unit=found.unit.name,
        round=found.round.title,
        when="" if slot is None else span_in_words(slot.starts_at, slot.ends_at),
        state_word=dialogue_state(dialogue.state),
        kind=KIND_OF_STATE[dialogue.state],
        version=dialogue.minutes_version,
        paragraphs=paragraphs_of(dialogue.minutes),
        waiting=_waiting(dialogue, begun=begun),
        confirmations=_confirmations(session, found, actor) if dialogue.minutes else (),
        measures=agreed_lines(session, dialogue, found.unit, local(now).date()),
        add_measure=f"/measures/new/{found.unit.code}?round={found.round.key}" if agrees else "",
        may_hold=officer and dialogue.state == "booked" and begun,
        may_write=officer and dialogue.state == "held",
        may_conclude=officer and dialogue.state == "confirmed",
    )


def minutes_form(found: Found, form: Form, conflict: str = "") -> MinutesForm:
    """Return the form of the minutes."""
    dialogue = found.dialogue
    return MinutesForm(
        back=f"{address_of(found)}/minutes",
        unit=found.unit.name,
        round=found.round.title,
        text=dialogue.minutes,
        version=dialogue.minutes_version,
        confirmed=any(confirmed_version(dialogue, side) for side in SIDES),
        form=form,
        conflict=conflict,
        saved=paragraphs_of(dialogue.minutes),
    )


def paragraphs_of(text: str) -> tuple[str, ...]:
    """Return the paragraphs of a text."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _waiting(dialogue: Dialogue, *, begun: bool) -> str:
    if dialogue.minutes:
        return ""
    if dialogue.state == "held":
        return _("The dialogue has been held. Pedagogcentrum writes the minutes; the unit gets a letter then.")
    if dialogue.state == "booked" and begun:
        return _("Pedagogcentrum notes that the dialogue has been held, and then writes the minutes.")
    return _("Minutes are written when the dialogue has been held.")


def _confirmations(session: Session, found: Found, actor: Actor) -> tuple[Confirmation, ...]:
    dialogue, place = found.dialogue, place_of(found.unit)
    by = {UNIT: dialogue.unit_confirmed_by, MUNICIPALITY: dialogue.municipality_confirmed_by}
    at = {UNIT: dialogue.unit_confirmed_at, MUNICIPALITY: dialogue.municipality_confirmed_at}
    needed = {UNIT: Permission.CONFIRM_FOR_UNIT, MUNICIPALITY: Permission.CONFIRM_FOR_MUNICIPALITY}
    names = names_of(session, (one for one in by.values() if one))
    labels = {UNIT: _("The unit's principal"), MUNICIPALITY: "Pedagogcentrum"}
    found_ones = []
    for side in SIDES:
        version, when = confirmed_version(dialogue, side), at[side]
        current = version == dialogue.minutes_version
        parts = {"version": version, "who": names.get(by[side], ""), "when": day_and_time(when) if when else ""}
        text = _("Has not confirmed yet.")
        if version:
            text = _("Version %(version)d confirmed by %(who)s, %(when)s.") % parts
        if version and not current:
            text += " " + _("The agreement has changed since: it must be confirmed again.")
        kind = "good" if current else "late" if version else "wait"
        may = dialogue.state == "held" and not current and permits(actor, needed[side], place)
        found_ones.append(Confirmation(side, labels[side], kind, text, may))
    return tuple(found_ones)
