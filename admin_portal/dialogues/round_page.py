"""What the pages of one round show an officer: its progress, its times by day, and the units without a time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from admin_portal.dialogues.offers import units_to_offer
from admin_portal.dialogues.overview import KIND_OF_STATE, Progress, progress_of, round_state
from admin_portal.forms import Form
from shared.clock import local
from shared.i18n import active_language
from shared.i18n import gettext as _
from shared.model.accounts import PRINCIPAL, Account, Assignment
from shared.model.cycles import Cycle
from shared.model.dialogues import Dialogue, DialogueRound, DialogueSlot, SlotOfficial
from shared.model.organisation import Unit
from shared.presentation.moments import day_in_words, hours_in_words, in_words
from shared.presentation.words import dialogue_state, regi
from shared.questionnaire.definition import in_language

SLOTS_PER_PAGE = 60
MOST_WAITING = 100


@dataclass(frozen=True, slots=True)
class SlotLine:
    """A time; ``unit`` and ``state_word`` are "" while it is free."""

    id: int
    hours: str
    place: str
    link: str
    officials: str
    unit: str
    unit_code: str
    state_word: str
    past: bool


@dataclass(frozen=True, slots=True)
class Day:
    """The times of a day."""

    name: str
    slots: tuple[SlotLine, ...]


@dataclass(frozen=True, slots=True)
class WaitingUnit:
    """A unit without a time: not booked yet, or declined."""

    code: str
    name: str
    regi: str
    state_word: str
    kind: str
    principal: str


@dataclass(frozen=True, slots=True)
class Pager:
    """Which page of a list is shown, counted from 1; 0 for an end where there is no further page."""

    page: int
    pages: int
    earlier: int
    later: int


@dataclass(frozen=True, slots=True)
class RoundPage:
    """The page of a round."""

    key: str
    title: str
    cycle: str
    introduction: str
    state: str
    state_word: str
    book_by: str
    progress: Progress
    slots: int
    free: int
    short: int
    """How many free times to come are missing for the units that wait; 0 when there are enough."""
    to_offer: int
    days: tuple[Day, ...]
    pager: Pager
    waiting: tuple[WaitingUnit, ...]
    more_waiting: int


@dataclass(frozen=True, slots=True)
class UnitChoice:
    """A unit that can be offered a dialogue; ``reachable`` whether a letter about it finds a principal."""

    code: str
    name: str
    regi: str
    reachable: bool
    left_out: bool


@dataclass(frozen=True, slots=True)
class OfferPage:
    """The page on which dialogues are offered."""

    key: str
    title: str
    book_by: str
    free: int
    units: tuple[UnitChoice, ...]
    unreachable: int
    form: Form


def show_round(session: Session, round_: DialogueRound, now: datetime, page: int) -> RoundPage:
    """Return the page of ``round_``, with the page numbered ``page`` of its times."""
    states: Counter[str] = Counter()
    counting = select(Dialogue.state, func.count()).where(Dialogue.round_id == round_.id).group_by(Dialogue.state)
    for state, count in session.execute(counting):
        states[state] = count
    number = session.scalar(select(func.count()).where(DialogueSlot.round_id == round_.id)) or 0
    free = _free_to_come(session, round_, now)
    pager = paged(page, _worth_showing(session, round_, now))
    waiting = _waiting(session, round_)
    progress = progress_of(round_, states, now)
    return RoundPage(
        round_.key,
        round_.title,
        in_language(session.get_one(Cycle, round_.cycle_id).title, active_language()),
        round_.introduction,
        round_.state,
        round_state(round_.state),
        in_words(round_.book_by, now),
        progress,
        number,
        free,
        max(0, progress.waiting - free),
        len(units_to_offer(session, round_)),
        _days(session, round_, now, pager),
        pager,
        waiting,
        max(0, progress.waiting + progress.declined - len(waiting)),
    )


def paged(page: int, number: int, size: int = SLOTS_PER_PAGE) -> Pager:
    """Return the pager of a list of ``number`` things, ``page`` brought within its ends."""
    pages = max(1, -(-number // size))
    shown = min(max(1, page), pages)
    return Pager(shown, pages, shown - 1, shown + 1 if shown < pages else 0)


def officials_of(session: Session, slots: Iterable[DialogueSlot]) -> dict[int, str]:
    """Return by slot the names of its officials."""
    names: defaultdict[int, list[str]] = defaultdict(list)
    rows = (
        select(SlotOfficial.slot_id, Account.name)
        .join(Account, Account.id == SlotOfficial.account_id)
        .where(SlotOfficial.slot_id.in_([slot.id for slot in slots]))
        .order_by(Account.name)
    )
    for slot_id, name in session.execute(rows):
        names[slot_id].append(name)
    return {slot_id: ", ".join(some) for slot_id, some in names.items()}


def show_offer(session: Session, round_: DialogueRound, form: Form, now: datetime) -> OfferPage:
    """Return the page of the units that a dialogue can be offered to."""
    left_out = frozenset(form.data.get("leave_out", ()))
    with_account = frozenset(session.scalars(select(Assignment.unit_id).where(Assignment.role == PRINCIPAL)))
    units = tuple(
        UnitChoice(
            unit.code,
            unit.name,
            regi(unit.regi),
            bool(unit.principal_email) or unit.id in with_account,
            unit.code in left_out,
        )
        for unit in units_to_offer(session, round_)
    )
    book_by, free = in_words(round_.book_by, now), _free_to_come(session, round_, now)
    return OfferPage(round_.key, round_.title, book_by, free, units, sum(not unit.reachable for unit in units), form)


def _free_to_come(session: Session, round_: DialogueRound, now: datetime) -> int:
    taken = select(Dialogue.slot_id).where(Dialogue.slot_id.is_not(None))
    free = select(func.count()).where(
        DialogueSlot.round_id == round_.id, DialogueSlot.starts_at > now, DialogueSlot.id.not_in(taken)
    )
    return session.scalar(free) or 0


def _taken_or_to_come(now: datetime) -> ColumnElement[bool]:
    """Return the condition on times, beside their dialogues: one that has passed unused is of no use to anybody."""
    return or_(DialogueSlot.starts_at > now, Dialogue.id.is_not(None))


def _worth_showing(session: Session, round_: DialogueRound, now: datetime) -> int:
    counting = select(func.count(DialogueSlot.id)).outerjoin(Dialogue, Dialogue.slot_id == DialogueSlot.id)
    return session.scalar(counting.where(DialogueSlot.round_id == round_.id, _taken_or_to_come(now))) or 0


def _days(session: Session, round_: DialogueRound, now: datetime, pager: Pager) -> tuple[Day, ...]:
    wanted = (
        select(DialogueSlot, Dialogue, Unit)
        .outerjoin(Dialogue, Dialogue.slot_id == DialogueSlot.id)
        .outerjoin(Unit, Unit.id == Dialogue.unit_id)
        .where(DialogueSlot.round_id == round_.id, _taken_or_to_come(now))
        .order_by(DialogueSlot.starts_at, DialogueSlot.id)
        .offset((pager.page - 1) * SLOTS_PER_PAGE)
        .limit(SLOTS_PER_PAGE)
    )
    rows: Sequence[tuple[DialogueSlot, Dialogue | None, Unit | None]] = [
        (slot, dialogue, unit) for slot, dialogue, unit in session.execute(wanted)
    ]
    names = officials_of(session, [slot for slot, _dialogue, _unit in rows])
    by_day = groupby(rows, key=lambda row: local(row[0].starts_at).date())
    return tuple(_day([_slot(*row, names=names, now=now) for row in some]) for _date, some in by_day)


def _day(lines: list[tuple[datetime, SlotLine]]) -> Day:
    return Day(day_in_words(lines[0][0]), tuple(line for _starts, line in lines))


def _slot(
    slot: DialogueSlot, dialogue: Dialogue | None, unit: Unit | None, *, names: dict[int, str], now: datetime
) -> tuple[datetime, SlotLine]:
    return slot.starts_at, SlotLine(
        slot.id,
        hours_in_words(slot.starts_at, slot.ends_at),
        slot.place,
        slot.link,
        names.get(slot.id, ""),
        "" if unit is None else unit.name,
        "" if unit is None else unit.code,
        "" if dialogue is None else dialogue_state(dialogue.state),
        slot.starts_at <= now,
    )


def _waiting(session: Session, round_: DialogueRound) -> tuple[WaitingUnit, ...]:
    rows = session.execute(
        select(Unit, Dialogue.state)
        .join(Dialogue, Dialogue.unit_id == Unit.id)
        .where(Dialogue.round_id == round_.id, Dialogue.state.in_(("offered", "declined")))
        .order_by(Dialogue.state.desc(), Unit.name, Unit.code)
        .limit(MOST_WAITING)
    )
    return tuple(
        WaitingUnit(
            unit.code,
            unit.name,
            regi(unit.regi),
            _("Not booked") if state == "offered" else dialogue_state(state),
            KIND_OF_STATE[state],
            ", ".join(word for word in (unit.principal_name, unit.principal_email) if word),
        )
        for unit, state in rows
    )
