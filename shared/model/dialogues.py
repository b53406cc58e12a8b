"""Quality dialogues: rounds with slots, one dialogue per unit, and the measures agreed in them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.model.accounts import Account
from shared.model.base import Base
from shared.model.cycles import Cycle
from shared.model.organisation import Unit, one_of

ROUND_STATES = ("draft", "offered", "closed")
DIALOGUE_STATES = ("offered", "booked", "held", "confirmed", "concluded", "declined")
MEASURE_STATES = ("planned", "ongoing", "done", "dropped")
GUEST_KINDS = ("area_head", "leadership", "other")


class DialogueRound(Base):
    """A season of quality dialogues about a cycle's results, offered to all its units; booked until ``book_by``."""

    __tablename__ = "dialogue_round"
    __table_args__ = (CheckConstraint(one_of("state", ROUND_STATES), name="state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    cycle_id: Mapped[int] = mapped_column(ForeignKey(Cycle.id))
    introduction: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(20))
    book_by: Mapped[datetime]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(100))
    offered_at: Mapped[datetime | None]


class DialogueSlot(Base):
    """A time at which officials can meet one unit, at a place, by a link, or both."""

    __tablename__ = "dialogue_slot"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("place != '' OR link != ''", name="place_or_link"),
        Index("ix_dialogue_slot_round_id_starts_at", "round_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey(DialogueRound.id))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(String(200), default="")
    link: Mapped[str] = mapped_column(String(300), default="")

    officials: Mapped[list[SlotOfficial]] = relationship(lazy="raise", order_by="SlotOfficial.account_id")


class SlotOfficial(Base):
    """An official who takes part in whatever dialogue is booked at a slot."""

    __tablename__ = "slot_official"

    slot_id: Mapped[int] = mapped_column(ForeignKey(DialogueSlot.id), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True, index=True)


class Dialogue(Base):
    """One unit's dialogue in a round. A slot belongs to at most one dialogue: the database itself refuses a second.

    ``uid`` and ``sequence`` are those of its calendar event (RFC 5545, 5546): every change raises the sequence.
    ``minutes_version`` counts changes of the minutes; a confirmation holds for the version it names.
    """

    __tablename__ = "dialogue"
    __table_args__ = (
        UniqueConstraint("round_id", "unit_id"),
        CheckConstraint(one_of("state", DIALOGUE_STATES), name="state"),
        CheckConstraint("state NOT IN ('booked', 'held') OR slot_id IS NOT NULL", name="booked_has_slot"),
        CheckConstraint("state NOT IN ('offered', 'declined') OR slot_id IS NULL", name="unbooked_has_no_slot"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey(DialogueRound.id))
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id), index=True)
    state: Mapped[str] = mapped_column(String(20))
    slot_id: Mapped[int | None] = mapped_column(ForeignKey(DialogueSlot.id), unique=True)
    uid: Mapped[str] = mapped_column(String(100), unique=True)
    sequence: Mapped[int] = mapped_column(default=0)
    booked_at: Mapped[datetime | None]
    booked_by: Mapped[str] = mapped_column(String(100), default="")
    decline_reason: Mapped[str] = mapped_column(String(500), default="")
    preparation: Mapped[str] = mapped_column(Text, default="")
    """The principal's analysis as ``admin_portal.dialogues.preparation`` writes it; "" before the first draft."""
    preparation_shared_at: Mapped[datetime | None]
    """When the principal let the officials read the preparation; None while it is a private draft."""
    minutes: Mapped[str] = mapped_column(Text, default="")
    minutes_version: Mapped[int] = mapped_column(default=0)
    held_at: Mapped[datetime | None]
    unit_confirmed_version: Mapped[int] = mapped_column(default=0)
    unit_confirmed_at: Mapped[datetime | None]
    unit_confirmed_by: Mapped[str] = mapped_column(String(100), default="")
    municipality_confirmed_version: Mapped[int] = mapped_column(default=0)
    municipality_confirmed_at: Mapped[datetime | None]
    municipality_confirmed_by: Mapped[str] = mapped_column(String(100), default="")
    concluded_at: Mapped[datetime | None]


class DialogueGuest(Base):
    """Somebody invited to a dialogue beside officials and principal: an independent owner's own area head, say."""

    __tablename__ = "dialogue_guest"
    __table_args__ = (
        UniqueConstraint("dialogue_id", "email"),
        CheckConstraint(one_of("kind", GUEST_KINDS), name="kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dialogue_id: Mapped[int] = mapped_column(ForeignKey(Dialogue.id))
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(200))


class Measure(Base):
    """An action agreed for a unit: why, by whom, until when, seen by which indicator, with what expected effect.

    ``questionnaire``, ``area`` and ``item`` name the indicator of the survey that it aims at, empty for another one,
    which ``indicator`` then says in words.
    """

    __tablename__ = "measure"
    __table_args__ = (CheckConstraint(one_of("state", MEASURE_STATES), name="state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id), index=True)
    dialogue_id: Mapped[int | None] = mapped_column(ForeignKey(Dialogue.id), index=True)
    cycle_id: Mapped[int | None] = mapped_column(ForeignKey(Cycle.id))
    title: Mapped[str] = mapped_column(String(200))
    cause: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(String(200))
    due_on: Mapped[date] = mapped_column(Date, index=True)
    questionnaire: Mapped[str] = mapped_column(String(100), default="")
    area: Mapped[str] = mapped_column(String(100), default="")
    item: Mapped[str] = mapped_column(String(100), default="")
    indicator: Mapped[str] = mapped_column(String(300))
    expected_effect: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(100))
    reminded: Mapped[str] = mapped_column(String(10), default="")
    """The last reminder of its date that was written: "", ``soon`` (before the date) or ``late`` (after it)."""

    @property
    def open(self) -> bool:
        """Whether something is still to be done."""
        return self.state in {"planned", "ongoing"}

    def late(self, today: date) -> bool:
        """Whether it should have been done before ``today``."""
        return self.open and self.due_on < today


class MeasureNote(Base):
    """What happened to a measure: a word on its progress, and the state it was given."""

    __tablename__ = "measure_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    measure_id: Mapped[int] = mapped_column(ForeignKey(Measure.id), index=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(100))
    state: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text, default="")
