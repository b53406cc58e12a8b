"""Offers: each unit of the round's cycle gets a dialogue to book, its principal a letter."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from admin_portal.dialogues.finding import find_round
from shared.clock import Clock
from shared.database.engine import Database
from shared.database.locks import take_dialogues
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.audit import record
from shared.model.cycles import FrameGroup, Questionnaire
from shared.model.dialogues import Dialogue, DialogueRound, DialogueSlot
from shared.model.events import DIALOGUE_OFFERED, publish
from shared.model.organisation import Unit


def units_to_offer(session: Session, round_: DialogueRound) -> list[Unit]:
    """Return the active units that took part in the round's cycle and have no dialogue in it, by name."""
    in_cycle = exists().where(
        FrameGroup.unit_id == Unit.id,
        FrameGroup.questionnaire_id == Questionnaire.id,
        Questionnaire.cycle_id == round_.cycle_id,
    )
    has_one = exists().where(Dialogue.unit_id == Unit.id, Dialogue.round_id == round_.id)
    return list(session.scalars(select(Unit).where(Unit.active, in_cycle, ~has_one).order_by(Unit.name, Unit.code)))


def offer_dialogues(
    database: Database, clock: Clock, *, round_key: str, actor: str, leave_out: Collection[str] = ()
) -> int:
    """Offer a dialogue to every unit of the cycle that has none in the round, but those of ``leave_out`` (codes).

    Returns how many; a later call offers to units left out or added since. Raises ``Refused`` for a closed round, one
    without times to come, and when nobody is left.
    """
    now = clock.now()
    with database.begin() as session:
        take_dialogues(session.connection())
        round_ = find_round(session, round_key, lock=True)
        _check(session, round_, clock)
        chosen = [unit for unit in units_to_offer(session, round_) if unit.code not in leave_out]
        if not chosen:
            text = _("There is no unit to offer a dialogue to: all of the cycle's have one, or are left out.")
            raise Refused("nobody", text, status=422)
        for unit in chosen:
            dialogue = Dialogue(round_id=round_.id, unit_id=unit.id, state="offered", uid=f"{uuid.uuid4()}@sikte")
            session.add(dialogue)
            session.flush()
            publish(session, DIALOGUE_OFFERED, at=now, dialogue_id=dialogue.id, sequence=0)
        round_.state = "offered"
        round_.offered_at = round_.offered_at or now
        record(session, at=now, actor=actor, action="dialogue.offered", subject=round_key, units=len(chosen))
    return len(chosen)


def _check(session: Session, round_: DialogueRound, clock: Clock) -> None:
    if round_.state == "closed":
        raise Refused("round_closed", _("This round is closed. Open it again to offer dialogues."))
    if round_.book_by <= clock.now():
        raise Refused("book_by", _("The last day to book has passed. Give the round a later one first."))
    ahead = select(func.count()).where(DialogueSlot.round_id == round_.id, DialogueSlot.starts_at > clock.now())
    if not session.scalar(ahead):
        raise Refused("no_slots", _("The round has no times to choose among. Add times first."))
