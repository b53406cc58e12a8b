"""Finds rounds, slots and dialogues by the names that addresses and commands use."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.errors import NotFound
from shared.i18n import gettext as _
from shared.model.dialogues import Dialogue, DialogueRound, DialogueSlot
from shared.model.organisation import Unit


@dataclass(frozen=True, slots=True)
class Found:
    """A unit's dialogue with its round and unit."""

    round: DialogueRound
    dialogue: Dialogue
    unit: Unit

    @property
    def subject(self) -> str:
        """What the audit log calls it."""
        return f"{self.round.key}/{self.unit.code}"


def find_round(session: Session, key: str, *, lock: bool = False) -> DialogueRound:
    """Return the round named ``key``; raises ``NotFound`` with the names that exist."""
    wanted = select(DialogueRound).where(DialogueRound.key == key)
    found = session.scalar(wanted.with_for_update() if lock else wanted)
    if found is None:
        known = ", ".join(session.scalars(select(DialogueRound.key).order_by(DialogueRound.key))) or _("none yet")
        text = _("There is no round of dialogues %(key)s. Rounds: %(known)s.")
        raise NotFound(text % {"key": key, "known": known})
    return found


def find_dialogue(session: Session, round_key: str, unit_code: str, *, lock: bool = False) -> Found:
    """Return the dialogue of the unit ``unit_code`` in a round, its row locked if asked; raises ``NotFound``."""
    round_ = find_round(session, round_key)
    wanted = (
        select(Dialogue, Unit)
        .join(Unit, Unit.id == Dialogue.unit_id)
        .where(Dialogue.round_id == round_.id, Unit.code == unit_code)
    )
    row = session.execute(wanted.with_for_update(of=Dialogue) if lock else wanted).one_or_none()
    if row is None:
        text = _("No dialogue is offered to unit %(unit)s in %(round)s. An officer can offer one in the round.")
        raise NotFound(text % {"unit": unit_code, "round": round_.title})
    return Found(round_, row[0], row[1])


def find_slot(session: Session, round_: DialogueRound, slot_id: int, *, lock: bool = True) -> DialogueSlot:
    """Return a slot of ``round_``; raises ``NotFound`` when it was taken away meanwhile, or is another round's."""
    wanted = select(DialogueSlot).where(DialogueSlot.id == slot_id, DialogueSlot.round_id == round_.id)
    slot = session.scalar(wanted.with_for_update() if lock else wanted)
    if slot is None:
        raise NotFound(_("This time does not exist any longer. Choose another one."))
    return slot
