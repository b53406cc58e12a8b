"""Forms: whose code, which questions, and where the ballot will lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select

from shared.errors import NotFound
from shared.i18n import gettext as _
from shared.model.codes import Code
from shared.model.cycles import FrameGroup, SealGroup
from shared.model.organisation import Unit
from shared.questionnaire.definition import context_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Form:
    """One code's questionnaire, frozen when the window opened."""

    code_id: UUID
    window_id: int
    questionnaire_id: int
    unit_id: int
    unit_type: str
    year: str
    seal_group_id: int
    segments: Mapping[str, str]

    @property
    def context(self) -> dict[str, str]:
        """What ``show_if`` may ask about the respondent's unit and year."""
        return context_of(self.unit_type, self.year)


_SEAL_GROUP_OF_UNIT = (
    select(func.min(SealGroup.id))
    .where(SealGroup.questionnaire_id == Code.questionnaire_id, SealGroup.unit_id == Code.unit_id)
    .scalar_subquery()
)
_FORM = (
    select(
        Code.window_id,
        Code.questionnaire_id,
        Code.unit_id,
        Code.segments,
        Unit.unit_type,
        func.coalesce(FrameGroup.year, "").label("year"),
        func.coalesce(FrameGroup.seal_group_id, _SEAL_GROUP_OF_UNIT).label("seal_group_id"),
    )
    .join(Unit, Unit.id == Code.unit_id)
    .outerjoin(
        FrameGroup,
        (FrameGroup.questionnaire_id == Code.questionnaire_id) & (FrameGroup.group_id == Code.group_id),
    )
    .where(Code.id == bindparam("code"))
)


def open_form(session: Session, code_id: UUID) -> Form:
    """Return the form of a code whose window has been opened; raises ``NotFound`` when nothing can be answered with it.

    A code without a group (one for a whole unit), or one whose group came after the frame was frozen, votes into the
    unit's seal group.
    """
    row = session.execute(_FORM, {"code": code_id}).one_or_none()
    if row is None or row.questionnaire_id is None or row.seal_group_id is None:
        raise NotFound(_("Nothing can be answered with this code."))
    return _form(code_id, row)


def _form(code_id: UUID, row: Row[*tuple[Any, ...]]) -> Form:
    segments = {name: str(value) for name, value in (row.segments or {}).items()}
    return Form(
        code_id=code_id,
        window_id=row.window_id,
        questionnaire_id=row.questionnaire_id,
        unit_id=row.unit_id,
        unit_type=row.unit_type,
        year=row.year,
        seal_group_id=row.seal_group_id,
        segments={**segments, "year": row.year},
    )
