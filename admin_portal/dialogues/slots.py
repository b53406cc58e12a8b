"""Slots: the times at which officials can meet a unit. No official is ever in two at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from admin_portal.dialogues.finding import find_round, find_slot
from shared.clock import Clock
from shared.database.engine import Database
from shared.database.locks import take_dialogues
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.accounts import OFFICER, Account, Assignment
from shared.model.audit import record
from shared.model.dialogues import Dialogue, DialogueRound, DialogueSlot, SlotOfficial
from shared.presentation.moments import span_in_words

MOST_PLACE = 200
MOST_LINK = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotPlan:
    """A time with its officials (ids of officers' accounts) and a place, a link, or both."""

    starts_at: datetime
    ends_at: datetime
    officials: tuple[int, ...]
    place: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Clash:
    """A planned time at which an official is in another slot already."""

    plan: SlotPlan
    official: str
    round_title: str
    starts_at: datetime
    ends_at: datetime


def add_slots(database: Database, clock: Clock, *, round_key: str, plans: Sequence[SlotPlan], actor: str) -> int:
    """Add all of ``plans`` to a round, or none; return how many.

    Raises ``Refused`` for a time in the past, without officials, or with one who is elsewhere then.
    """
    with database.begin() as session:
        take_dialogues(session.connection())
        round_ = _round_to_change(session, round_key)
        _check(session, plans, clock.now())
        for plan in plans:
            slot = DialogueSlot(round_id=round_.id)
            _write(slot, plan)
            session.add(slot)
            session.flush()
            _set_officials(session, slot, plan.officials)
        record(
            session, at=clock.now(), actor=actor, action="dialogue.slots_added", subject=round_key, number=len(plans)
        )
    return len(plans)


def change_slot(database: Database, clock: Clock, *, round_key: str, slot_id: int, plan: SlotPlan, actor: str) -> None:
    """Change a free slot. Raises ``Refused`` as ``add_slots`` does, and for a booked one (``slot_booked``)."""
    with database.begin() as session:
        slot = _free_slot(session, round_key, slot_id)
        _check(session, [plan], clock.now(), but=slot.id)
        _write(slot, plan)
        _set_officials(session, slot, plan.officials)
        record(session, at=clock.now(), actor=actor, action="dialogue.slot_changed", subject=round_key, slot=slot_id)


def remove_slot(database: Database, clock: Clock, *, round_key: str, slot_id: int, actor: str) -> None:
    """Take a free slot away. Raises ``Refused`` for a booked one: it is moved or cancelled first."""
    with database.begin() as session:
        slot = _free_slot(session, round_key, slot_id)
        _set_officials(session, slot, ())
        session.delete(slot)
        record(session, at=clock.now(), actor=actor, action="dialogue.slot_removed", subject=round_key, slot=slot_id)


def find_clashes(session: Session, plans: Sequence[SlotPlan], *, but: int | None = None) -> list[Clash]:
    """Return where officials of ``plans`` are in two places at once, in other slots (``but`` one) or each other's."""
    if not plans:
        return []
    taken = _engagements(session, plans, but)
    wanted = {official for plan in plans for official in plan.officials}
    names: dict[int, str] = dict(session.execute(select(Account.id, Account.name).where(Account.id.in_(wanted))).all())
    clashes = []
    for plan in plans:
        for official in plan.officials:
            for title, starts_at, ends_at in taken[official]:
                if starts_at < plan.ends_at and plan.starts_at < ends_at:
                    clashes.append(Clash(plan, names.get(official, ""), title, starts_at, ends_at))
            taken[official].append((_("the times being added"), plan.starts_at, plan.ends_at))
    return clashes


def officials_to_choose(session: Session) -> list[Account]:
    """Return the active officers, by name."""
    officers = select(Assignment.account_id).where(Assignment.role == OFFICER)
    return list(session.scalars(select(Account).where(Account.active, Account.id.in_(officers)).order_by(Account.name)))


def _engagements(
    session: Session, plans: Iterable[SlotPlan], but: int | None
) -> defaultdict[int, list[tuple[str, datetime, datetime]]]:
    """Return by official the slots of any round between the first and the last of ``plans``."""
    officials = {official for plan in plans for official in plan.officials}
    first, last = min(plan.starts_at for plan in plans), max(plan.ends_at for plan in plans)
    rows = session.execute(
        select(SlotOfficial.account_id, DialogueRound.title, DialogueSlot.starts_at, DialogueSlot.ends_at)
        .join(DialogueSlot, DialogueSlot.id == SlotOfficial.slot_id)
        .join(DialogueRound, DialogueRound.id == DialogueSlot.round_id)
        .where(
            SlotOfficial.account_id.in_(officials),
            DialogueSlot.starts_at < last,
            DialogueSlot.ends_at > first,
            DialogueSlot.id != (but or 0),
        )
    )
    taken: defaultdict[int, list[tuple[str, datetime, datetime]]] = defaultdict(list)
    for official, title, starts_at, ends_at in rows:
        taken[official].append((title, starts_at, ends_at))
    return taken


def _round_to_change(session: Session, key: str) -> DialogueRound:
    round_ = find_round(session, key, lock=True)
    if round_.state == "closed":
        raise Refused("round_closed", _("This round is closed. Open it again to change its times."))
    return round_


def _free_slot(session: Session, round_key: str, slot_id: int) -> DialogueSlot:
    take_dialogues(session.connection())
    slot = find_slot(session, _round_to_change(session, round_key), slot_id)
    if session.scalar(select(Dialogue.id).where(Dialogue.slot_id == slot.id)) is not None:
        raise Refused("slot_booked", _("This time is booked. Move or cancel the dialogue first."))
    return slot


def _check(session: Session, plans: Sequence[SlotPlan], now: datetime, *, but: int | None = None) -> None:
    officers = {account.id for account in officials_to_choose(session)}
    for plan in plans:
        _check_one(plan, officers, now)
    clashes = find_clashes(session, plans, but=but)
    if clashes:
        text = _("%(official)s is in another time of %(round)s then: %(when)s. Choose other hours or another official.")
        first = clashes[0]
        when = span_in_words(first.starts_at, first.ends_at)
        raise Refused("clash", text % {"official": first.official, "round": first.round_title, "when": when})


def _check_one(plan: SlotPlan, officers: set[int], now: datetime) -> None:
    if plan.ends_at <= plan.starts_at:
        raise Refused("hours", _("A time must end after it begins."), status=422)
    if plan.starts_at <= now:
        raise Refused("slot_past", _("A time has passed already. Choose later days or hours."), status=422)
    if not plan.officials or not set(plan.officials) <= officers:
        raise Refused("officials", _("Choose at least one official who takes part."), status=422)
    if not plan.place and not plan.link:
        raise Refused("place", _("Write where you meet: a place, a link to a video meeting, or both."), status=422)
    if len(plan.place) > MOST_PLACE or len(plan.link) > MOST_LINK:
        raise Refused("place", _("The place or the link is too long. Shorten it."), status=422)
    if plan.link and not is_web_address(plan.link):
        raise Refused("link", _("This is no web address; it begins with https://"), status=422)


def is_web_address(link: str) -> bool:
    """Whether ``link`` is an address that a browser opens, and nothing more."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and link.isprintable() and " " not in link


def _write(slot: DialogueSlot, plan: SlotPlan) -> None:
    slot.starts_at, slot.ends_at, slot.place, slot.link = plan.starts_at, plan.ends_at, plan.place, plan.link


def _set_officials(session: Session, slot: DialogueSlot, officials: Iterable[int]) -> None:
    session.execute(delete(SlotOfficial).where(SlotOfficial.slot_id == slot.id))
    session.add_all(SlotOfficial(slot_id=slot.id, account_id=official) for official in sorted(set(officials)))
    session.flush()
