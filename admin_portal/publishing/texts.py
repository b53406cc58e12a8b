"""The texts of a questionnaire as a published document: what was asked, with which options, scored how."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.model.batteries import BatteryVersion
from shared.model.cycles import Questionnaire, QuestionnaireBattery
from shared.questionnaire.definition import Battery, Item, Option
from shared.questionnaire.documents import from_document


def questionnaire_document(session: Session, questionnaire: Questionnaire) -> dict[str, Any]:
    """Return a questionnaire's batteries, areas, items and scales; wordings by language, scores as exact fractions."""
    documents = session.scalars(
        select(BatteryVersion.document)
        .join(QuestionnaireBattery, QuestionnaireBattery.battery_id == BatteryVersion.id)
        .where(QuestionnaireBattery.questionnaire_id == questionnaire.id)
        .order_by(QuestionnaireBattery.position)
    )
    return {
        "key": questionnaire.key,
        "respondent": questionnaire.respondent,
        "code_model": questionnaire.code_model,
        "unit_types": questionnaire.unit_types,
        "years": questionnaire.years,
        "batteries": [_battery(from_document(document)) for document in documents],
    }


def _battery(battery: Battery) -> dict[str, Any]:
    asked = [item for item in battery.items if item.type != "note"]
    areas = [
        {
            "key": area.key,
            "title": dict(area.title),
            "index": area.index,
            "min_items": area.min_items,
            "items": [_item(item) for item in asked if item.area == area.key],
        }
        for area in battery.areas
    ]
    return {
        "key": battery.key,
        "title": dict(battery.title),
        "index_max": int(battery.index_max),
        "areas": areas,
        "items": [_item(item) for item in asked if item.area is None],
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "key": item.key,
        "text": dict(item.text),
        "type": item.type,
        "reversed": item.reversed,
        "show_if": item.show_if or "",
        "positive": list(item.positive_codes),
        "share_of": item.scale.share_of if item.scale else "",
        "options": [_option(option) for option in item.options],
    }


def _option(option: Option) -> dict[str, Any]:
    return {
        "code": option.code,
        "label": dict(option.label),
        "missing": option.missing or "",
        "score": None if option.score is None else str(option.score),
    }
