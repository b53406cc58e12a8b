"""Reads a cycle from its YAML file: windows, questionnaires, segments and policy, each fault with line and remedy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from admin_portal.cycles.policy import read_policy
from admin_portal.cycles.times import read_time
from shared.i18n import gettext as _
from shared.model.cycles import CODE_MODELS
from shared.questionnaire.definition import RESPONDENTS, UNIT_TYPES
from shared.questionnaire.yaml_reader import FaultList, Place, read_yaml

DEFAULT_GRACE_MINUTES = 30
MAX_GRACE_MINUTES = 24 * 60
MAX_QUESTIONNAIRES = 100
_YEAR_LENGTH = 20


@dataclass(frozen=True, slots=True)
class WindowPlan:
    """A window as written; times are UTC."""

    key: str
    place: Place
    opens_at: datetime | None
    closes_at: datetime | None
    grace_minutes: int


@dataclass(frozen=True, slots=True)
class QuestionnairePlan:
    """A questionnaire as written; ``unit_types`` and ``years`` None mean all. ``batteries`` keep their places."""

    key: str
    place: Place
    respondent: str
    unit_types: tuple[str, ...] | None
    years: tuple[str, ...] | None
    batteries: tuple[tuple[str, Place], ...]
    code_model: str
    window: str


@dataclass(frozen=True, slots=True)
class CyclePlan:
    """A cycle as written, checked as far as the file alone allows."""

    key: str
    title: dict[str, str]
    windows: tuple[WindowPlan, ...]
    questionnaires: tuple[QuestionnairePlan, ...]
    segments: tuple[tuple[str, Place], ...]
    policy: dict[str, Any]
    sensitive_items: tuple[tuple[str, Place], ...]


def read_cycle(text: str, faults: FaultList) -> CyclePlan:
    """Return the cycle of a file, noting faults; raises ``FileFaults`` at once when the text is no YAML."""
    top = read_yaml(text, faults)
    places = top.mapping(required=("key", "title", "windows", "questionnaires"), optional=("segments", "policy"))
    windows = _windows(places.get("windows"))
    policy, sensitive = read_policy(places.get("policy"))
    plan = CyclePlan(
        key=(places["key"].key() if "key" in places else None) or "",
        title=places["title"].text() if "title" in places else {},
        windows=windows,
        questionnaires=_questionnaires(places.get("questionnaires"), windows),
        segments=_segments(places.get("segments")),
        policy=policy,
        sensitive_items=tuple(zip(policy["sensitive_items"], sensitive, strict=True)),
    )
    _check_windows_used(plan)
    return plan


def _windows(place: Place | None) -> tuple[WindowPlan, ...]:
    if place is None:
        return ()
    found = place.mapping(optional=None)
    if not found and place.is_mapping:
        place.fault(_("The cycle has no window."), _("Add one with opens and closes."))
    return tuple(_window(key, entry) for key, entry in found.items())


def _window(key: str, place: Place) -> WindowPlan:
    place.is_key(key)
    places = place.mapping(required=("opens", "closes"), optional=("grace_minutes",))
    opens = read_time(places.get("opens"), closes=False)
    closes = read_time(places.get("closes"), closes=True)
    if opens and closes and closes <= opens:
        places["closes"].fault(_("The window closes before it opens."), _("Correct one of the times."))
        closes = None
    grace = places["grace_minutes"].integer(0, MAX_GRACE_MINUTES) if "grace_minutes" in places else None
    return WindowPlan(key, place, opens, closes, DEFAULT_GRACE_MINUTES if grace is None else grace)


def _questionnaires(place: Place | None, windows: tuple[WindowPlan, ...]) -> tuple[QuestionnairePlan, ...]:
    entries = place.entries() if place is not None else []
    if place is not None and not 0 < len(entries) <= MAX_QUESTIONNAIRES:
        problem = _("A cycle has from 1 to %(limit)d questionnaires.") % {"limit": MAX_QUESTIONNAIRES}
        place.fault(problem, _("Add or remove some."))
    plans: list[QuestionnairePlan] = []
    for entry in entries[:MAX_QUESTIONNAIRES]:
        plan = _questionnaire(entry, tuple(window.key for window in windows))
        if plan.key and plan.key in {earlier.key for earlier in plans}:
            entry.fault(_("Questionnaire %(key)s is given twice.") % {"key": plan.key}, _("Rename or remove one."))
        plans.append(plan)
    return tuple(plans)


def _questionnaire(place: Place, windows: tuple[str, ...]) -> QuestionnairePlan:
    places = place.mapping(
        required=("key", "respondent", "unit_types", "batteries", "codes", "window"), optional=("years",)
    )
    respondent = places["respondent"].one_of(*RESPONDENTS) if "respondent" in places else None
    codes = places["codes"].one_of(*CODE_MODELS) if "codes" in places else None
    if codes == "per_child" and respondent not in {"guardian", None}:
        problem = _("per_child is for guardians only: it gives the guardians of one child one code.")
        places["codes"].fault(problem, _("Use slips or personal, or the respondent guardian."))
    return QuestionnairePlan(
        key=(places["key"].key() if "key" in places else None) or "",
        place=place,
        respondent=respondent or "",
        unit_types=_all_or_words(places.get("unit_types"), UNIT_TYPES),
        years=_years(places.get("years")),
        batteries=_batteries(places.get("batteries")),
        code_model=codes or "",
        window=(places["window"].one_of(*windows) if "window" in places else None) or "",
    )


def _is_all(place: Place) -> bool:
    return getattr(place.node, "value", None) == "all"


def _all_or_words(place: Place | None, allowed: tuple[str, ...]) -> tuple[str, ...] | None:
    if place is None or _is_all(place):
        return None
    entries = place.entries()
    if not entries:
        place.fault(_("The list is empty."), _("Name at least one unit type, or write all."))
    return tuple(word for entry in entries if (word := entry.one_of(*allowed)) is not None)


def _years(place: Place | None) -> tuple[str, ...] | None:
    if place is None or _is_all(place):
        return None
    entries = place.entries()
    years: list[str] = []
    for entry in entries:
        year = entry.string() or ""
        if len(year) > _YEAR_LENGTH or "|" in year:
            entry.fault(_("This is no year label."), _("Write it as in groups.csv, for example 5."))
        years.append(year)
    if not entries:
        place.fault(_("The list is empty."), _("Name at least one year, or leave years out."))
    return tuple(years)


def _batteries(place: Place | None) -> tuple[tuple[str, Place], ...]:
    entries = place.entries() if place is not None else []
    if place is not None and not entries:
        place.fault(_("The questionnaire has no battery."), _("Name at least one battery."))
    named = [(entry.string() or "", entry) for entry in entries]
    for position, (key, entry) in enumerate(named):
        if key and key in [earlier for earlier, _place in named[:position]]:
            entry.fault(_("Battery %(key)s is named twice.") % {"key": key}, _("Remove one of them."))
    return tuple(named)


def _segments(place: Place | None) -> tuple[tuple[str, Place], ...]:
    named = [(entry.key() or "", entry) for entry in (place.entries() if place is not None else [])]
    for position, (key, entry) in enumerate(named):
        if key and key in [earlier for earlier, _place in named[:position]]:
            entry.fault(_("Segment %(key)s is named twice.") % {"key": key}, _("Remove one of them."))
    return tuple(named)


def _check_windows_used(plan: CyclePlan) -> None:
    used = {questionnaire.window for questionnaire in plan.questionnaires}
    for window in plan.windows:
        if window.key not in used:
            problem = _("No questionnaire belongs to window %(key)s.") % {"key": window.key}
            window.place.fault(problem, _("Name it in a questionnaire, or remove it."))
