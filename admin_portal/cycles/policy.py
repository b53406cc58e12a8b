"""Reads the publication policy of a cycle file: each value is the format's own or a stricter one."""

from __future__ import annotations

import re
from typing import Any

from shared.i18n import gettext as _
from shared.model.policy import MINIMUMS, default_policy, response_floor
from shared.questionnaire.definition import RESPONDENTS
from shared.questionnaire.yaml_reader import Place

_MAXIMUM = 10_000
_SHARE = re.compile(r"[01](\.\d{1,4})?", re.ASCII)


def read_policy(place: Place | None) -> tuple[dict[str, Any], list[Place]]:
    """Return the policy written at ``place`` over the defaults, and the places of the sensitive items it names."""
    policy = default_policy()
    if place is None:
        return policy, []
    places = place.mapping(optional=(*MINIMUMS, "sensitive_items"))
    for audience, minimums in MINIMUMS.items():
        if audience in places:
            further = ("min_response_rate",) if audience == "public" else ()
            values = places[audience].mapping(optional=(*minimums, *further))
            for name, floor in minimums.items():
                policy[audience][name] = _minimum(values.get(name), floor)
            if "min_response_rate" in values:
                policy["public"]["min_response_rate"].update(_rates(values["min_response_rate"]))
    sensitive = places["sensitive_items"].entries() if "sensitive_items" in places else []
    policy["sensitive_items"] = [entry.string() or "" for entry in sensitive]
    return policy, sensitive


def _minimum(place: Place | None, floor: int) -> int:
    if place is None:
        return floor
    value = place.integer(0, _MAXIMUM)
    if value is not None and value < floor:
        _too_loose(place, value, floor)
    return floor if value is None else value


def _rates(place: Place) -> dict[str, float]:
    rates: dict[str, float] = {}
    for respondent, entry in place.mapping(optional=RESPONDENTS).items():
        value, floor = entry.string(), response_floor(respondent)
        if value is None or not _SHARE.fullmatch(value) or float(value) > 1:
            entry.fault(_("A share from 0 to 1 is expected here."), _("Write a number such as 0.5."))
        elif float(value) < floor:
            _too_loose(entry, float(value), floor)
        else:
            rates[respondent] = float(value)
    return rates


def _too_loose(place: Place, value: float, floor: float) -> None:
    problem = _("%(value)g is below %(floor)g: the rules that protect people may be tightened, never loosened.")
    place.fault(problem % {"value": value, "floor": floor}, _("Write %(floor)g or more.") % {"floor": floor})
