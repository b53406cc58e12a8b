"""Dialogues and times as rows, for the command line."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_portal.dialogues.finding import find_round
from admin_portal.dialogues.round_page import officials_of
from shared.clock import local
from shared.errors import NotFound
from shared.i18n import gettext as _
from shared.model.accounts import Account
from shared.model.dialogues import Dialogue, DialogueRound, DialogueSlot
from shared.model.organisation import Unit

DIALOGUE_COLUMNS = ("round", "unit_code", "unit", "state", "starts_at", "place", "link", "decline_reason")
SLOT_COLUMNS = ("id", "starts_at", "ends_at", "place", "link", "officials", "unit_code", "state")
ROUND_COLUMNS = ("round", "title", "state", "book_by", "units", "booked")


def list_rounds(session: Session) -> list[dict[str, object]]:
    """Return the rounds, newest first, with how many units they are offered to and how many have a time."""
    rows = session.execute(
        select(DialogueRound, func.count(Dialogue.id), func.count(Dialogue.slot_id))
        .outerjoin(Dialogue, Dialogue.round_id == DialogueRound.id)
        .group_by(DialogueRound.id)
        .order_by(DialogueRound.id.desc())
    )
    return [
        {
            "round": round_.key,
            "title": round_.title,
            "state": round_.state,
            "book_by": local(round_.book_by).isoformat(),
            "units": units,
            "booked": booked,
        }
        for round_, units, booked in rows
    ]


def list_dialogues(session: Session, round_key: str) -> list[dict[str, object]]:
    """Return the dialogues of a round by time, those without one last."""
    round_ = find_round(session, round_key)
    rows = session.execute(
        select(Dialogue, Unit, DialogueSlot)
        .join(Unit, Unit.id == Dialogue.unit_id)
        .outerjoin(DialogueSlot, DialogueSlot.id == Dialogue.slot_id)
        .where(Dialogue.round_id == round_.id)
        .order_by(DialogueSlot.starts_at.is_(None), DialogueSlot.starts_at, Unit.code)
    )
    return [
        {
            "round": round_key,
            "unit_code": unit.code,
            "unit": unit.name,
            "state": dialogue.state,
            "decline_reason": dialogue.decline_reason,
            **_meeting(slot),
        }
        for dialogue, unit, slot in rows
    ]


def _meeting(slot: DialogueSlot | None) -> dict[str, object]:
    if slot is None:
        return {"starts_at": "", "place": "", "link": ""}
    return {"starts_at": local(slot.starts_at).isoformat(), "place": slot.place, "link": slot.link}


def list_slots(session: Session, round_key: str) -> list[dict[str, object]]:
    """Return the times of a round with their ids and who has them."""
    round_ = find_round(session, round_key)
    rows = session.execute(
        select(DialogueSlot, Dialogue.state, Unit.code)
        .outerjoin(Dialogue, Dialogue.slot_id == DialogueSlot.id)
        .outerjoin(Unit, Unit.id == Dialogue.unit_id)
        .where(DialogueSlot.round_id == round_.id)
        .order_by(DialogueSlot.starts_at, DialogueSlot.id)
    ).all()
    names = officials_of(session, [slot for slot, _state, _code in rows])
    return [
        {
            "id": slot.id,
            "starts_at": local(slot.starts_at).isoformat(),
            "ends_at": local(slot.ends_at).isoformat(),
            "place": slot.place,
            "link": slot.link,
            "officials": names.get(slot.id, ""),
            "unit_code": code or "",
            "state": state or "free",
        }
        for slot, state, code in rows
    ]


def officials_by_address(session: Session, addresses: Iterable[str]) -> tuple[int, ...]:
    """Return the accounts with these e-mail addresses; raises ``NotFound`` naming the first that has none."""
    found = []
    for address in addresses:
        account_id = session.scalar(select(Account.id).where(Account.email == address.strip().lower()))
        if account_id is None:
            text = _("There is no account %(email)s. Accounts: sikte user list")
            raise NotFound(text % {"email": address})
        found.append(account_id)
    return tuple(found)
