"""What remains of the ballots after counting: slices, columnar blocks, free text and tallies."""

from __future__ import annotations

from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from shared.model.base import Base
from shared.model.cycles import CollectionWindow, Questionnaire
from shared.model.organisation import Unit, one_of

FREE_TEXT_STATES = ("unscreened", "published", "edited", "withheld")


class CountSlice(Base):
    """A part of a window's count: whole unit × questionnaire pairs of one questionnaire, counted in one transaction."""

    __tablename__ = "count_slice"

    window_id: Mapped[int] = mapped_column(ForeignKey(CollectionWindow.id), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    questionnaire_id: Mapped[int] = mapped_column(ForeignKey(Questionnaire.id))
    control_total: Mapped[int]
    done: Mapped[bool] = mapped_column(default=False)


class Block(Base):
    """The shuffled answers of one unit × questionnaire as columns: the ballot layout's fixed part, one byte a cell.

    ``cells`` is column-major, ``rows`` bytes a column. No codes, no times, no order.
    """

    __tablename__ = "block"

    questionnaire_id: Mapped[int] = mapped_column(ForeignKey(Questionnaire.id), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id), primary_key=True)
    slice_number: Mapped[int]
    rows: Mapped[int]
    cells: Mapped[bytes] = mapped_column(LargeBinary)


class FreeText(Base):
    """One free-text answer, shuffled by itself and joined to nothing but its question and unit."""

    __tablename__ = "free_text"
    __table_args__ = (CheckConstraint(one_of("state", FREE_TEXT_STATES), name="state"), {"sqlite_with_rowid": False})

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    questionnaire_id: Mapped[int] = mapped_column(ForeignKey(Questionnaire.id), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    slice_number: Mapped[int]
    item_key: Mapped[str] = mapped_column(String(100))
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20), default="unscreened")


class Tally(Base):
    """The atoms: integer counts of one unit × questionnaire × finest breakdown cell, which add up in any order.

    ``cell`` holds the breakdown values in the order of the sorted breakdown names, joined by ``|``; empty is unknown.
    ``counts`` are little-endian 64-bit integers in the order of ``shared.questionnaire.scoring.TallyLayout``.
    """

    __tablename__ = "tally"

    questionnaire_id: Mapped[int] = mapped_column(ForeignKey(Questionnaire.id), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id), primary_key=True)
    cell: Mapped[str] = mapped_column(String(500), primary_key=True)
    slice_number: Mapped[int]
    ballots: Mapped[int]
    blank_ballots: Mapped[int]
    counts: Mapped[bytes] = mapped_column(LargeBinary)
