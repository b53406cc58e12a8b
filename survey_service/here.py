"""The form that this request is about: the code in use and where its respondent stands."""

from __future__ import annotations

from sqlalchemy.orm import Session

from survey_service.cookies import current_visit
from survey_service.questionnaire.standing import Diverted, Standing, read_standing
from survey_service.services import services
from survey_service.visit import Current

START = "start"
EXPIRED = "expired"


def current_code() -> Current:
    """Return the code in use; raises ``Diverted`` to the code page when there is none."""
    visit = current_visit()
    if visit.current is None:
        raise Diverted(EXPIRED if visit.expired else START)
    return visit.current


def standing_in(session: Session, *, alone: bool = False) -> Standing:
    """Return where this request's respondent stands; ``alone`` holds the code's row until the transaction ends."""
    current = current_code()
    draft = current_visit().drafts.get(current.code_id)
    return read_standing(session, current, draft, now=services().clock.now(), alone=alone)


def standing_now() -> Standing:
    """Return where this request's respondent stands, only reading."""
    with services().database.glance() as session:
        return standing_in(session)
