"""What the questionnaires of a cycle are called, where only their keys are at hand."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.i18n import active_language
from shared.model.batteries import BatteryVersion
from shared.model.cycles import Cycle, Questionnaire, QuestionnaireBattery
from shared.presentation.words import asked
from shared.questionnaire.definition import in_language


def questionnaire_names(session: Session, cycle: Cycle) -> dict[str, str]:
    """Return by key what each questionnaire of ``cycle`` is called: who answers, and its first battery's title."""
    rows = session.execute(
        select(Questionnaire.key, Questionnaire.respondent, BatteryVersion.document)
        .join(QuestionnaireBattery, QuestionnaireBattery.questionnaire_id == Questionnaire.id)
        .join(BatteryVersion, BatteryVersion.id == QuestionnaireBattery.battery_id)
        .where(Questionnaire.cycle_id == cycle.id)
        .order_by(Questionnaire.id, QuestionnaireBattery.position.desc())
    )
    return {
        key: asked(respondent, in_language(document["title"], active_language())) for key, respondent, document in rows
    }
