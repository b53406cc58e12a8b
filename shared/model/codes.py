"""Invitation codes: who may answer what, once."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from shared.model.base import Base
from shared.model.cycles import CollectionWindow, Questionnaire
from shared.model.organisation import Unit, UnitGroup, one_of

CODE_KINDS = ("single", "shared", "form")
CODE_STATES = ("issued", "answered", "void", "closed")


class Code(Base):
    """A code as a keyed hash. It carries no time, so that no order can be read from it.

    ``single`` answers once. ``shared`` (one for a whole unit) never is answered itself: every form opened with it is a
    ``form`` of its own, which answers once and has no hash. ``sealed`` is the code sealed to the dispatch key until
    answered or closed. After the count only hash and window stay, so that a late code still gets its own page: every
    code is then ``closed``, for whoever has a file of codes and the pepper must not read here who has answered.
    """

    __tablename__ = "code"
    __table_args__ = (
        CheckConstraint(one_of("kind", CODE_KINDS), name="kind"),
        CheckConstraint(one_of("state", CODE_STATES), name="state"),
        CheckConstraint("kind != 'shared' OR state != 'answered'", name="shared_never_answered"),
        CheckConstraint("state = 'issued' OR sealed IS NULL", name="sealed_only_while_issued"),
        CheckConstraint("(kind = 'form') = (lookup IS NULL)", name="form_has_no_hash"),
        Index("ix_code_questionnaire_id_group_id_state", "questionnaire_id", "group_id", "state"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    window_id: Mapped[int] = mapped_column(ForeignKey(CollectionWindow.id), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    lookup: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    questionnaire_id: Mapped[int | None] = mapped_column(ForeignKey(Questionnaire.id))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey(Unit.id))
    group_id: Mapped[int | None] = mapped_column(ForeignKey(UnitGroup.id))
    person_ref: Mapped[str | None] = mapped_column(String(100))
    """The person's reference, or the child's where guardians of one child share a code."""
    segments: Mapped[dict[str, Any] | None]
    """The roster's values of the breakdowns (``{"sex": …}``), sealed into the ballot."""
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class DispatchKey(Base):
    """The public half of the dispatch key, which issued codes are sealed to; the other lies under ``SIKTE_KEYS``."""

    __tablename__ = "dispatch_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary(32))
    pepper_check: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """A constant's keyed hash under the pepper that codes were last issued with: a lost pepper is noticed by it."""


def code_context(code_id: UUID) -> bytes:
    """Return what binds a sealed code to its row."""
    return f"sikte/issued-code/1/{code_id}".encode()
