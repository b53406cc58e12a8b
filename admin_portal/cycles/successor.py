"""A new cycle drafted from an earlier one: the same plan, a year on, on the same weekdays of the same weeks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from shared.clock import local
from shared.model.batteries import BatteryVersion
from shared.model.cycles import CollectionWindow, Cycle, Questionnaire, QuestionnaireBattery, find_windows
from shared.questionnaire.battery_file import from_document
from shared.questionnaire.definition import LANGUAGE_OF_RECORD

LEFT_OUT = "none"
"""In the place of a code model: the questionnaire is not asked this time."""
_ROSTER_SEGMENTS = ("sex", "year")
_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")
_LAST_WEEK = 52


@dataclass(frozen=True, slots=True)
class WindowDraft:
    """A window: Swedish times as a form writes them (``2026-09-14T08:00``) and minutes of grace, as typed."""

    key: str
    opens: str
    closes: str
    grace: str


@dataclass(frozen=True, slots=True)
class QuestionnaireDraft:
    """A questionnaire of the source; ``codes`` is its code model, or ``LEFT_OUT``."""

    key: str
    respondent: str
    unit_types: tuple[str, ...] | None
    years: tuple[str, ...] | None
    batteries: tuple[str, ...]
    codes: str
    window: str


@dataclass(frozen=True, slots=True)
class CycleDraft:
    """A cycle as somebody is about to create it from ``source``."""

    source: str
    key: str
    title: Mapping[str, str]
    windows: tuple[WindowDraft, ...]
    questionnaires: tuple[QuestionnaireDraft, ...]
    segments: tuple[str, ...]
    policy: Mapping[str, Any]

    @property
    def asked(self) -> tuple[QuestionnaireDraft, ...]:
        """The questionnaires that are not left out."""
        return tuple(one for one in self.questionnaires if one.codes != LEFT_OUT)

    def document(self, *, items: frozenset[str] | None = None) -> dict[str, Any]:
        """Return the cycle in the shape of its file.

        Windows nobody is asked in are left out, and so are segments and sensitive items that are none of ``items``.
        """
        used = {one.window for one in self.asked}
        policy = {name: value for name, value in self.policy.items() if name != "sensitive_items"}
        sensitive = [name for name in self.policy.get("sensitive_items", ()) if items is None or name in items]
        return {
            "key": self.key,
            "title": {language: text for language, text in self.title.items() if text},
            "windows": {one.key: _window(one) for one in self.windows if one.key in used},
            "questionnaires": [_questionnaire(one) for one in self.asked],
            "segments": [one for one in self.segments if items is None or one in items or one in _ROSTER_SEGMENTS],
            "policy": {**policy, "sensitive_items": sensitive},
        }

    def as_yaml(self, *, items: frozenset[str] | None = None) -> str:
        """Return the cycle's file."""
        return yaml.safe_dump(self.document(items=items), allow_unicode=True, sort_keys=False)


def _window(draft: WindowDraft) -> dict[str, object]:
    grace = int(draft.grace) if draft.grace.isdecimal() and len(draft.grace) < 10 else draft.grace  # noqa: PLR2004  digits
    return {"opens": draft.opens, "closes": draft.closes, "grace_minutes": grace}


def _questionnaire(draft: QuestionnaireDraft) -> dict[str, object]:
    document: dict[str, object] = {
        "key": draft.key,
        "respondent": draft.respondent,
        "unit_types": "all" if draft.unit_types is None else list(draft.unit_types),
        "batteries": list(draft.batteries),
        "codes": draft.codes,
        "window": draft.window,
    }
    return document if draft.years is None else {**document, "years": list(draft.years)}


def propose(session: Session, source: Cycle, *, now: datetime) -> CycleDraft:
    """Return the draft of the cycle after ``source``: so many years on that its last window has not closed yet."""
    windows = find_windows(session, source, None)
    last = max(window.closes_at for window in windows)
    years = 1
    while _moved(local(last), years) <= local(now).replace(tzinfo=None):
        years += 1
    title = {language: _next(text, years) for language, text in source.title.items()}
    return CycleDraft(
        source=source.key,
        key=_next(source.key, years) if _YEAR.search(source.key) else f"{source.key[:90]}-2",
        title={LANGUAGE_OF_RECORD: title.get(LANGUAGE_OF_RECORD, ""), **title},
        windows=tuple(_window_after(window, years) for window in windows),
        questionnaires=tuple(_plan(one, windows) for one in source_questionnaires(session, source)),
        segments=tuple(source.segments),
        policy=source.policy,
    )


def source_questionnaires(session: Session, source: Cycle) -> list[Questionnaire]:
    """Return the questionnaires of a cycle in order, with their batteries."""
    batteries = selectinload(Questionnaire.batteries).options(joinedload(QuestionnaireBattery.battery))
    own = select(Questionnaire).where(Questionnaire.cycle_id == source.id).order_by(Questionnaire.id)
    return list(session.scalars(own.options(batteries)))


def items_of(versions: Mapping[str, BatteryVersion], draft: CycleDraft) -> frozenset[str]:
    """Return the keys of all items that the draft asks."""
    keys = {key for one in draft.asked for key in one.batteries if key in versions}
    return frozenset(item.key for key in keys for item in from_document(versions[key].document).items)


def _plan(row: Questionnaire, windows: list[CollectionWindow]) -> QuestionnaireDraft:
    return QuestionnaireDraft(
        key=row.key,
        respondent=row.respondent,
        unit_types=None if row.unit_types is None else tuple(row.unit_types),
        years=None if row.years is None else tuple(row.years),
        batteries=tuple(link.battery.key for link in row.batteries),
        codes=row.code_model,
        window=next(window.key for window in windows if window.id == row.window_id),
    )


def _window_after(window: CollectionWindow, years: int) -> WindowDraft:
    opens, closes = (_moved(local(moment), years) for moment in (window.opens_at, window.closes_at))
    return WindowDraft(window.key, f"{opens:%Y-%m-%dT%H:%M}", f"{closes:%Y-%m-%dT%H:%M}", str(window.grace_minutes))


def _moved(moment: datetime, years: int) -> datetime:
    """Return the same weekday and hour in the week of the same number, ``years`` later: schools plan by weeks."""
    year, week, weekday = moment.isocalendar()
    try:
        day = date.fromisocalendar(year + years, week, weekday)
    except ValueError:
        # The later year has no week 53.
        day = date.fromisocalendar(year + years, _LAST_WEEK, weekday) + timedelta(weeks=1)
    return datetime.combine(day, moment.time())


def _next(text: str, years: int) -> str:
    """Return ``text`` with the years in it moved on."""
    return _YEAR.sub(lambda found: str(int(found[0]) + years), text)


def with_values(draft: CycleDraft, values: Mapping[str, str]) -> CycleDraft:
    """Return ``draft`` with what its form's fields say; see ``fields_of``."""
    windows = tuple(
        replace(
            window,
            opens=values[f"opens-{window.key}"],
            closes=values[f"closes-{window.key}"],
            grace=values[f"grace-{window.key}"],
        )
        for window in draft.windows
    )
    questionnaires = tuple(replace(one, codes=values[f"codes-{one.key}"]) for one in draft.questionnaires)
    title = {language: values[f"title-{language}"] for language in draft.title}
    return replace(draft, key=values["key"], title=title, windows=windows, questionnaires=questionnaires)


def fields_of(draft: CycleDraft) -> dict[str, str]:
    """Return the fields of a draft's form with their values."""
    values = {"key": draft.key}
    values |= {f"title-{language}": text for language, text in draft.title.items()}
    for window in draft.windows:
        values[f"opens-{window.key}"] = window.opens
        values[f"closes-{window.key}"] = window.closes
        values[f"grace-{window.key}"] = window.grace
    return values | {f"codes-{one.key}": one.codes for one in draft.questionnaires}
