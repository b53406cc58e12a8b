"""The publication rules of a cycle in words, with the values that no cycle may go below."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.i18n import gettext as _
from shared.model.policy import INTERNAL, PUBLIC, UNIT_AUDIENCE, default_policy, rules_for
from shared.presentation import numbers, words

_AUDIENCES = (INTERNAL, UNIT_AUDIENCE, PUBLIC)


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """What a rule asks for; ``floor`` is the least that is allowed, where the cycle asks for more."""

    text: str
    floor: str = ""


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A rule for officers, units and the public, in this order."""

    label: str
    values: tuple[PolicyValue, ...]


def policy_rows(policy: Mapping[str, Any]) -> tuple[PolicyRow, ...]:
    """Return the rules of ``policy``."""
    least = default_policy()
    rows = (
        (_("Answers behind a figure"), "min_answers", "pupil"),
        (_("Answers behind a figure, staff and principals"), "min_answers", "staff"),
        (_("Answers behind a distribution"), "min_distribution", "pupil"),
        (_("Answers in a group before free text is shown"), "min_text", "pupil"),
    )
    counted = tuple(
        PolicyRow(label, tuple(_number(policy, least, one, name, respondent) for one in _AUDIENCES))
        for label, name, respondent in rows
    )
    return counted + tuple(_rate(policy, least, respondent) for respondent in ("pupil", "guardian", "staff"))


def _number(
    policy: Mapping[str, Any], least: Mapping[str, Any], audience: str, name: str, respondent: str
) -> PolicyValue:
    if name == "min_text" and audience == PUBLIC:
        return PolicyValue(_("never shown"))
    value, floor = (getattr(rules_for(one, audience, respondent), name) for one in (policy, least))
    return PolicyValue(numbers.count(value), numbers.count(floor) if value != floor else "")


def _rate(policy: Mapping[str, Any], least: Mapping[str, Any], respondent: str) -> PolicyRow:
    value, floor = (rules_for(one, PUBLIC, respondent).min_response_rate for one in (policy, least))
    public = PolicyValue(numbers.percent(value), numbers.percent(floor) if value != floor else "")
    label = _("Response rate: %(respondents)s") % {"respondents": words.respondents(respondent).lower()}
    return PolicyRow(label, (PolicyValue("–"), PolicyValue("–"), public))
