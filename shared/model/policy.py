"""The publication rules of a cycle: the format's values, which a cycle may tighten and never loosen, by audience."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

INTERNAL = "internal"
UNIT_AUDIENCE = "unit"
PUBLIC = "public"

MINIMUMS: Mapping[str, Mapping[str, int]] = {
    INTERNAL: {"min_answers": 5},
    UNIT_AUDIENCE: {"min_answers": 5, "min_distribution": 10, "staff_min_answers": 7, "text_min_answers": 10},
    PUBLIC: {"min_answers": 10, "min_distribution": 20},
}
"""Defaults and floors at once, by audience."""
RESPONSE_RATES: Mapping[str, float] = {"pupil": 0.5, "staff": 0.5, "guardian": 0.3}
"""Below these rates figures are not public; defaults and floors. Who is not named has no such gate."""

_LIKE_STAFF = {"principal": "staff"}
"""A principal is one of the staff in all rules."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What one audience may see of one kind of respondent. ``screened_text_only``: free text waits for screening."""

    min_answers: int
    min_distribution: int
    min_text: int
    min_response_rate: float
    needs_agreement: bool
    screened_text_only: bool


def default_policy() -> dict[str, Any]:
    """Return the policy of a cycle whose file says nothing."""
    policy: dict[str, Any] = {audience: dict(values) for audience, values in MINIMUMS.items()}
    policy[PUBLIC]["min_response_rate"] = dict(RESPONSE_RATES)
    policy["sensitive_items"] = []
    return policy


def response_floor(respondent: str) -> float:
    """Return the response rate below which no policy may publish figures of this kind of respondent, 0 for none."""
    return RESPONSE_RATES.get(_LIKE_STAFF.get(respondent, respondent), 0.0)


def rules_for(policy: Mapping[str, Any], audience: str, respondent: str) -> Rules:
    """Return the rules of ``audience`` for ``respondent``: the format's values, where the policy is not stricter."""
    given = policy.get(audience, {})
    least = {name: max(floor, int(given.get(name, floor))) for name, floor in MINIMUMS[audience].items()}
    kind = _LIKE_STAFF.get(respondent, respondent)
    answers = max(least["min_answers"], least.get("staff_min_answers", 0) if kind == "staff" else 0)
    rates = given.get("min_response_rate", {}) if audience == PUBLIC else {}
    floor = response_floor(respondent) if audience == PUBLIC else 0.0
    return Rules(
        min_answers=answers,
        min_distribution=max(answers, least.get("min_distribution", 0)),
        min_text=max(answers, least.get("text_min_answers", 0)),
        min_response_rate=max(floor, *(float(rates.get(name, 0.0)) for name in (kind, respondent))),
        needs_agreement=audience == PUBLIC,
        screened_text_only=audience != INTERNAL,
    )
