"""Questionnaires as the engine sees them, built from stored battery versions and kept in memory once frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select

from shared.errors import NotFound
from shared.i18n import gettext as _
from shared.model.batteries import BatteryVersion
from shared.model.cycles import CollectionWindow, Questionnaire, QuestionnaireBattery
from shared.questionnaire.ballot import Layout
from shared.questionnaire.battery_file import from_document
from shared.questionnaire.definition import Questionnaire as Definition

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Loaded:
    """A questionnaire ready for use. Before opening ``breakdowns``, ``layout`` and ``public_key`` are None."""

    id: int
    key: str
    respondent: str
    code_model: str
    window_id: int
    cycle_id: int
    definition: Definition
    breakdowns: dict[str, tuple[str, ...]] | None
    layout: Layout | None
    public_key: bytes | None


_frozen: WeakKeyDictionary[Engine, dict[int, Loaded]] = WeakKeyDictionary()


def load(session: Session, questionnaire_id: int) -> Loaded:
    """Return a questionnaire; one whose window has been opened never changes and is read once per process."""
    known = _frozen.setdefault(session.get_bind().engine, {})
    loaded = known.get(questionnaire_id)
    if loaded is None:
        loaded = _read(session, questionnaire_id)
        if loaded.layout is not None:
            known[questionnaire_id] = loaded
    return loaded


def _read(session: Session, questionnaire_id: int) -> Loaded:
    row = session.get(Questionnaire, questionnaire_id)
    if row is None:
        raise NotFound(_("There is no such questionnaire."))
    definition = definition_of(session, row)
    breakdowns = {name: tuple(values) for name, values in row.breakdowns.items()} if row.breakdowns else None
    public_key = session.scalar(select(CollectionWindow.public_key).where(CollectionWindow.id == row.window_id))
    return Loaded(
        id=row.id,
        key=row.key,
        respondent=row.respondent,
        code_model=row.code_model,
        window_id=row.window_id,
        cycle_id=row.cycle_id,
        definition=definition,
        breakdowns=breakdowns,
        layout=Layout(definition, breakdowns) if breakdowns is not None else None,
        public_key=public_key,
    )


def definition_of(session: Session, row: Questionnaire) -> Definition:
    """Return the engine's form of a stored questionnaire: its battery versions in order."""
    versions = session.scalars(
        select(BatteryVersion)
        .join(QuestionnaireBattery, QuestionnaireBattery.battery_id == BatteryVersion.id)
        .where(QuestionnaireBattery.questionnaire_id == row.id)
        .order_by(QuestionnaireBattery.position)
    )
    batteries = tuple(from_document(version.document) for version in versions)
    return Definition(key=row.key, respondent=row.respondent, batteries=batteries)
