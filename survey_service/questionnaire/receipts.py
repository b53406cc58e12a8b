"""The receipt: what is true of an answer that is in the urn."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.model.codes import Code
from shared.model.cycles import Questionnaire
from shared.model.organisation import Unit, UnitGroup
from shared.questionnaire.routing import page_size
from survey_service.questionnaire.standing import LATE, Diverted


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """Whose receipt it is."""

    respondent: str
    code_model: str
    unit: str
    young: bool


def receipt_view(session: Session, code_id: UUID) -> ReceiptView | None:
    """Return the receipt of a code, None while it has not answered.

    Raises ``Diverted`` after the count: then nobody can tell any more whether this code, or this form, has answered.
    """
    row = session.execute(
        select(
            Code.state,
            Questionnaire.respondent,
            Questionnaire.code_model,
            Unit.name,
            Unit.unit_type,
            UnitGroup.year,
        )
        .outerjoin(Questionnaire, Questionnaire.id == Code.questionnaire_id)
        .outerjoin(Unit, Unit.id == Code.unit_id)
        .outerjoin(UnitGroup, UnitGroup.id == Code.group_id)
        .where(Code.id == code_id)
    ).one_or_none()
    if row is None or row.state == "closed":
        raise Diverted(LATE)
    if row.state != "answered":
        return None
    respondent = row.respondent or ""
    return ReceiptView(
        respondent=respondent,
        code_model=row.code_model or "",
        unit=row.name or "",
        young=page_size(respondent, row.year or "", row.unit_type or "") == 1,
    )
