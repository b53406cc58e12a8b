"""What the page of a unit's dialogue shows: how far it has come, when and where, who takes part, what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor, Permission, permits
from admin_portal.access.scope import place_of
from admin_portal.dialogues.booking import demand_open, free_slots
from admin_portal.dialogues.finding import Found
from admin_portal.dialogues.overview import KIND_OF_STATE
from admin_portal.dialogues.round_page import SLOTS_PER_PAGE, Pager, officials_of, paged
from admin_portal.forms import Form
from shared.clock import local
from shared.database.participants import GUEST, OFFICIAL, Participant, participants
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.accounts import AREA_HEAD, PRINCIPAL
from shared.model.dialogues import GUEST_KINDS, DialogueSlot
from shared.presentation.calendar import CalendarEvent, calendar_file
from shared.presentation.moments import day_in_words, hours_in_words, in_words, span_in_words
from shared.presentation.words import dialogue_state

STEPS = ("offered", "booked", "held", "confirmed", "concluded")


@dataclass(frozen=True, slots=True)
class Step:
    """A state on the way; ``done`` are those behind, ``current`` is where the dialogue is."""

    word: str
    done: bool
    current: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who takes part; ``email`` only for those who invite; ``guest_id`` set for a guest who can be removed."""

    name: str
    role: str
    email: str
    guest_id: int | None


@dataclass(frozen=True, slots=True)
class DialoguePage:
    """The page of a dialogue; ``may_*`` say which actions this reader is shown."""

    address: str
    round_key: str
    round: str
    unit: str
    state: str
    state_word: str
    kind: str
    steps: tuple[Step, ...]
    when: str
    place: str
    link: str
    begun: bool
    book_by: str
    introduction: str
    people: tuple[Person, ...]
    decline_reason: str
    closed_because: str
    """Why no time can be chosen by this reader now, "" when one can."""
    may_book: bool
    may_choose: bool
    may_cancel: bool
    may_decline: bool
    may_reopen: bool
    may_invite: bool
    doors: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FreeTime:
    """A time that can be chosen."""

    id: int
    hours: str
    place: str
    officials: str


@dataclass(frozen=True, slots=True)
class FreeDay:
    """The times that can be chosen on a day."""

    name: str
    times: tuple[FreeTime, ...]


@dataclass(frozen=True, slots=True)
class TimePage:
    """The page on which a time is chosen; ``fault`` says why the last choice was not taken."""

    address: str
    round: str
    unit: str
    now_booked: str
    book_by: str
    days: tuple[FreeDay, ...]
    pager: Pager
    fault: str


@dataclass(frozen=True, slots=True)
class ChangePage:
    """A page that asks before something is changed: the dialogue's names and time."""

    address: str
    round: str
    unit: str
    when: str
    form: Form


@dataclass(frozen=True, slots=True)
class GuestPage:
    """The form of an invitation."""

    address: str
    round: str
    unit: str
    kinds: tuple[tuple[str, str], ...]
    invited_at_once: bool
    form: Form


def show_dialogue(
    session: Session, found: Found, actor: Actor, now: datetime, doors: tuple[tuple[str, str], ...]
) -> DialoguePage:
    """Return the page of a dialogue for ``actor``; ``doors`` are the further pages that exist, with their names."""
    dialogue, round_, unit = found.dialogue, found.round, found.unit
    slot = slot_of(session, found)
    books = permits(actor, Permission.BOOK_DIALOGUE, place_of(unit))
    invites = permits(actor, Permission.INVITE_GUESTS, place_of(unit)) and dialogue.state in {"offered", "booked"}
    officer = permits(actor, Permission.MANAGE_ROUNDS)
    changeable = slot is None or officer or slot.starts_at > now
    closed = _closed_because(found, now, officer=officer)
    return DialoguePage(
        address=address_of(found),
        round_key=round_.key if officer else "",
        round=round_.title,
        unit=unit.name,
        state=dialogue.state,
        state_word=dialogue_state(dialogue.state),
        kind=KIND_OF_STATE[dialogue.state],
        steps=_steps(dialogue.state),
        when="" if slot is None else span_in_words(slot.starts_at, slot.ends_at),
        place="" if slot is None else slot.place,
        link="" if slot is None else slot.link,
        begun=slot is not None and slot.starts_at <= now,
        book_by=in_words(round_.book_by, now),
        introduction=round_.introduction,
        people=tuple(_person(one, invites=invites) for one in participants(session, dialogue, unit)),
        decline_reason=dialogue.decline_reason if books else "",
        closed_because=closed if books else "",
        may_book=books and dialogue.state == "offered" and not closed,
        may_choose=books and dialogue.state == "booked" and changeable and not closed,
        may_cancel=books and dialogue.state == "booked" and changeable,
        may_decline=books and dialogue.state in {"offered", "booked"} and changeable,
        may_reopen=books and dialogue.state == "declined" and not closed,
        may_invite=invites,
        doors=doors,
    )


def show_times(session: Session, found: Found, now: datetime, page: int, fault: str = "") -> TimePage:
    """Return the page of the times that the unit can choose among."""
    wanted = free_slots(found, now)
    number = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    pager = paged(page, number)
    shown = wanted.offset((pager.page - 1) * SLOTS_PER_PAGE).limit(SLOTS_PER_PAGE)
    slots = list(session.scalars(shown))
    return TimePage(
        address_of(found),
        found.round.title,
        found.unit.name,
        _when(session, found),
        in_words(found.round.book_by, now),
        _free_days(session, slots),
        pager,
        fault,
    )


def show_change(session: Session, found: Found, form: Form) -> ChangePage:
    """Return what a page says that asks before the dialogue is changed."""
    return ChangePage(address_of(found), found.round.title, found.unit.name, _when(session, found), form)


def guest_page(found: Found, form: Form) -> GuestPage:
    """Return the form of an invitation; an independent unit's own area head is the likeliest guest."""
    order = GUEST_KINDS if found.unit.regi == "independent" else ("leadership", "other")
    kinds = tuple((kind, guest_kind(kind)) for kind in order)
    booked = found.dialogue.state == "booked"
    return GuestPage(address_of(found), found.round.title, found.unit.name, kinds, booked, form)


def calendar_of(session: Session, found: Found, *, portal_url: str, stamp: datetime) -> str | None:
    """Return the dialogue as a calendar file, None while no time is booked."""
    slot = slot_of(session, found)
    if slot is None:
        return None
    link = f"{portal_url}{address_of(found)}"
    text = _("Quality dialogue about %(unit)s.") % {"unit": found.unit.name}
    event = CalendarEvent(
        uid=found.dialogue.uid,
        sequence=found.dialogue.sequence,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        summary=_("Quality dialogue: %(unit)s") % {"unit": found.unit.name},
        description=f"{text}\n{link}",
        place=", ".join(part for part in (slot.place, slot.link) if part),
        link=link,
    )
    return calendar_file(event, stamp=stamp)


def slot_of(session: Session, found: Found) -> DialogueSlot | None:
    """Return the slot that the dialogue has, None while no time is booked."""
    return None if found.dialogue.slot_id is None else session.get_one(DialogueSlot, found.dialogue.slot_id)


def address_of(found: Found) -> str:
    """Return the path of the dialogue's page."""
    return f"/dialogues/{found.round.key}/{found.unit.code}"


def guest_kind(code: str) -> str:
    """Return what a kind of guest is called."""
    words = {
        "area_head": _("Area head of the owner"),
        "leadership": _("Leadership group member"),
        "other": _("Other guest"),
    }
    return words.get(code, code)


def _steps(state: str) -> tuple[Step, ...]:
    at = STEPS.index(state) if state in STEPS else -1
    return tuple(Step(dialogue_state(word), place < at, place == at) for place, word in enumerate(STEPS))


def _person(one: Participant, *, invites: bool) -> Person:
    roles = {
        PRINCIPAL: _("Principal"),
        OFFICIAL: _("Official, Pedagogcentrum"),
        AREA_HEAD: _("Area head"),
        GUEST: guest_kind(one.guest_kind),
    }
    return Person(one.name or one.email, roles[one.role], one.email if invites else "", one.guest_id)


def _closed_because(found: Found, now: datetime, *, officer: bool) -> str:
    try:
        demand_open(found, now, officer=officer)
    except Refused as refused:
        return str(refused)
    return ""


def _when(session: Session, found: Found) -> str:
    slot = slot_of(session, found)
    return "" if slot is None else span_in_words(slot.starts_at, slot.ends_at)


def _free_days(session: Session, slots: list[DialogueSlot]) -> tuple[FreeDay, ...]:
    names = officials_of(session, slots)
    days = []
    for _date, some in groupby(slots, key=lambda slot: local(slot.starts_at).date()):
        of_day = list(some)
        times = tuple(
            FreeTime(
                slot.id,
                hours_in_words(slot.starts_at, slot.ends_at),
                slot.place or _("Video meeting"),
                names.get(slot.id, ""),
            )
            for slot in of_day
        )
        days.append(FreeDay(day_in_words(of_day[0].starts_at), times))
    return tuple(days)
