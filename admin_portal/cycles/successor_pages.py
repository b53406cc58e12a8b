"""The steps of a new cycle as pages: times, questions with what they do to the trend, and a last look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_datetime
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_portal.batteries.differences import BatteryChange, compare_batteries
from admin_portal.cycles.creation import CreatedCycle
from admin_portal.cycles.frame import covered
from admin_portal.cycles.policy_words import PolicyRow, policy_rows
from admin_portal.cycles.successor import (
    LEFT_OUT,
    CycleDraft,
    QuestionnaireDraft,
    WindowDraft,
    fields_of,
    source_questionnaires,
)
from admin_portal.forms import Form
from shared.errors import Fault
from shared.i18n import active_language
from shared.i18n import gettext as _
from shared.model.batteries import BatteryVersion, latest_version
from shared.model.cycles import CODE_MODELS, Cycle, Questionnaire
from shared.model.organisation import Unit, UnitGroup
from shared.presentation import numbers, words
from shared.questionnaire.battery_file import from_document
from shared.questionnaire.definition import in_language

TIMES, QUESTIONS, CHECK, CREATE = "times", "questions", "check", "create"


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the way and whether it is this one."""

    label: str
    current: bool


@dataclass(frozen=True, slots=True)
class BatteryFate:
    """What becomes of a battery: its version before and now, and the change where they differ."""

    title: str
    before: int
    now: int
    change: BatteryChange | None


@dataclass(frozen=True, slots=True)
class QuestionnaireStep:
    """A questionnaire in the step of questions, and in the last look."""

    key: str
    field: str
    respondents: str
    where: str
    window: str
    codes: str
    code_words: str
    batteries: tuple[BatteryFate, ...]
    reach: str

    @property
    def left_out(self) -> bool:
        """Whether it is not asked this time."""
        return self.codes == LEFT_OUT


@dataclass(frozen=True, slots=True)
class WindowStep:
    """A window: in the step of times as typed, in the last look in words."""

    key: str
    opens: str
    closes: str
    grace: str


@dataclass(frozen=True, slots=True)
class SuccessorPage:
    """A step: ``hidden`` are the fields of the other steps, carried along so that going back loses nothing."""

    step: str
    steps: tuple[Step, ...]
    source: str
    source_title: str
    form: Form
    hidden: tuple[tuple[str, str], ...]
    key: str
    titles: tuple[tuple[str, str], ...]
    windows: tuple[WindowStep, ...]
    questionnaires: tuple[QuestionnaireStep, ...]
    code_models: tuple[tuple[str, str], ...]
    segments: tuple[str, ...] = ()
    policy: tuple[PolicyRow, ...] = ()
    warnings: tuple[str, ...] = ()
    replaced: bool = False


def step_of(field: str) -> str:
    """Return the step that a field of the form stands in."""
    return QUESTIONS if field.startswith("codes-") else TIMES


def newest_versions(session: Session, draft: CycleDraft) -> dict[str, BatteryVersion]:
    """Return the newest version of each battery that the draft names."""
    keys = {key for one in draft.questionnaires for key in one.batteries}
    found = {key: latest_version(session, key) for key in keys}
    return {key: version for key, version in found.items() if version is not None}


def faults_by_field(faults: Sequence[Fault], draft: CycleDraft) -> dict[str, str]:
    """Return the faults of the drafted file by the field of the form where they can be mended."""
    return {_field(fault.column, draft): f"{fault.problem} {fault.remedy}" for fault in reversed(faults)}


def _field(path: str, draft: CycleDraft) -> str:
    head, _dot, rest = path.partition(".")
    if head == "windows":
        window, _dot, part = rest.partition(".")
        name = {"closes": "closes", "grace_minutes": "grace"}.get(part, "opens")
        return f"{name}-{window}"
    if head.startswith("questionnaires["):
        number = int(head.removeprefix("questionnaires[").rstrip("]"))
        return f"codes-{draft.asked[number].key}"
    return f"title-{next(iter(draft.title))}" if head == "title" else "key"


def successor_page(
    session: Session,
    source: Cycle,
    draft: CycleDraft,
    *,
    step: str,
    faults: Mapping[str, str],
    outcome: CreatedCycle | None = None,
) -> SuccessorPage:
    """Return the page of a step; ``outcome`` is what creating the draft would give, for the last look."""
    values = fields_of(draft)
    return SuccessorPage(
        step=step,
        steps=_steps(step),
        source=source.key,
        source_title=in_language(source.title, active_language()),
        form=Form({}, faults, values),
        hidden=tuple((name, value) for name, value in values.items() if step_of(name) != step),
        key=draft.key,
        titles=tuple(draft.title.items()),
        windows=tuple(_window(one, step) for one in _shown_windows(draft, step)),
        questionnaires=tuple(_questionnaires(session, source, draft)),
        code_models=tuple((model, words.code_model(model)) for model in CODE_MODELS),
        segments=draft.segments,
        policy=policy_rows(draft.policy),
        warnings=outcome.warnings if outcome else (),
        replaced=outcome.replaced if outcome else False,
    )


def _shown_windows(draft: CycleDraft, step: str) -> list[WindowDraft]:
    used = {one.window for one in draft.asked}
    return [window for window in draft.windows if step == TIMES or window.key in used]


def _window(draft: WindowDraft, step: str) -> WindowStep:
    """Return a window as typed, or for the last look, where its times are sound, in words with the weekday."""
    if step != CHECK:
        return WindowStep(draft.key, draft.opens, draft.closes, draft.grace)
    return WindowStep(draft.key, _in_words(draft.opens), _in_words(draft.closes), draft.grace)


def _in_words(wall: str) -> str:
    return format_datetime(datetime.fromisoformat(wall), "EEE d MMM y HH:mm", locale=active_language())


def _steps(step: str) -> tuple[Step, ...]:
    labels = ((TIMES, _("Name and times")), (QUESTIONS, _("Questions")), (CHECK, _("Check and create")))
    return tuple(Step(label, name == step) for name, label in labels)


def _questionnaires(session: Session, source: Cycle, draft: CycleDraft) -> Iterator[QuestionnaireStep]:
    newest = newest_versions(session, draft)
    before = {row.key: row for row in source_questionnaires(session, source)}
    for one in draft.questionnaires:
        old = {link.battery.key: link.battery for link in before[one.key].batteries}
        yield QuestionnaireStep(
            key=one.key,
            field=f"codes-{one.key}",
            respondents=words.respondents(one.respondent),
            where=where(one.unit_types, one.years),
            window=one.window,
            codes=one.codes,
            code_words=words.code_model(one.codes),
            batteries=tuple(_fate(old[key], newest[key]) for key in one.batteries),
            reach=_reach(session, one),
        )


def where(unit_types: Sequence[str] | None, years: Sequence[str] | None) -> str:
    """Return in which units and years a questionnaire is asked."""
    units = _("all kinds of units") if unit_types is None else ", ".join(words.unit_type(one) for one in unit_types)
    if years is None:
        return units
    return _("%(units)s, year %(years)s") % {"units": units, "years": ", ".join(years)}


def _fate(before: BatteryVersion, now: BatteryVersion) -> BatteryFate:
    battery = from_document(now.document)
    same = before.fingerprint == now.fingerprint
    change = None if same else compare_batteries(from_document(before.document), battery)
    return BatteryFate(in_language(battery.title, active_language()), before.version, now.version, change)


def _reach(session: Session, draft: QuestionnaireDraft) -> str:
    """Return how many the questionnaire reaches by today's register."""
    rule = Questionnaire(respondent=draft.respondent, unit_types=_list(draft.unit_types), years=_list(draft.years))
    reached = select(func.count(Unit.id.distinct()), func.count(UnitGroup.id), func.sum(UnitGroup.headcount))
    units, groups, people = session.execute(
        reached.select_from(UnitGroup).join(Unit, Unit.id == UnitGroup.unit_id).where(covered(rule))
    ).one()
    text = _("%(units)s units, %(groups)s groups, %(people)s people")
    return text % {
        "units": numbers.count(units),
        "groups": numbers.count(groups),
        "people": numbers.count(int(people or 0)),
    }


def _list(values: Sequence[str] | None) -> list[str] | None:
    return None if values is None else list(values)
