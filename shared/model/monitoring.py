"""Response counts as they were at quarter hours, so that a principal sees them late and in lumps, never a person's."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from shared.model.base import Base
from shared.model.cycles import Questionnaire
from shared.model.organisation import Unit, UnitGroup


class ResponseCount(Base):
    """How many ballots of a unit (``group_id`` None) or of a group had been cast at ``taken_at``, a quarter hour.

    Groups keep their last two quarter hours only, units also the last one of each day; a counted window keeps no group.
    """

    __tablename__ = "response_count"
    __table_args__ = (
        Index("ix_response_count_questionnaire_id_unit_id_taken_at", "questionnaire_id", "unit_id", "taken_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    questionnaire_id: Mapped[int] = mapped_column(ForeignKey(Questionnaire.id))
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    group_id: Mapped[int | None] = mapped_column(ForeignKey(UnitGroup.id))
    taken_at: Mapped[datetime]
    answered: Mapped[int]
