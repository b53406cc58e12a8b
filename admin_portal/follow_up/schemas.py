"""The forms of measures: what each field holds, and which field mends a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import request
from marshmallow import ValidationError

from admin_portal.follow_up.indicators import target_of
from admin_portal.follow_up.listing import Filter
from admin_portal.follow_up.measures import MOST_INDICATOR, MOST_OWNER, MOST_TEXT, MOST_TITLE, MeasurePlan
from admin_portal.forms import Form, FormSchema, at_most, field, one_of, required
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.dialogues import MEASURE_STATES

_MOST_SEARCHED = 100
_LONGEST_PAGE = 6


class DayField(field.Field[Any]):
    """A day as the browser's calendar writes it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        del attr, data, kwargs
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            raise ValidationError(_("Choose a day.")) from None


class MeasureSchema(FormSchema):
    """A measure; ``round`` names the dialogue's round for a new one, ``stamp`` what was opened for a changed one."""

    title = field.String(required=True, validate=[required(), at_most(MOST_TITLE)])
    cause = field.String(required=True, validate=[required(), at_most(MOST_TEXT)])
    owner = field.String(required=True, validate=[required(), at_most(MOST_OWNER)])
    due_on = DayField(required=True)
    target = field.String(load_default="", validate=at_most(MOST_INDICATOR))
    indicator = field.String(load_default="", validate=at_most(MOST_INDICATOR))
    expected_effect = field.String(required=True, validate=[required(), at_most(MOST_TEXT)])
    round = field.String(load_default="", validate=at_most(MOST_TITLE))
    stamp = field.String(load_default="", validate=at_most(MOST_TITLE))


class NoteSchema(FormSchema):
    """How a measure goes."""

    state = field.String(required=True, validate=one_of(MEASURE_STATES))
    text = field.String(load_default="", validate=at_most(MOST_TEXT))


def plan_of(data: Mapping[str, Any]) -> MeasurePlan:
    """Return the measure that a sound form describes; what was chosen goes before own words."""
    target = target_of(data["target"])
    return MeasurePlan(
        title=data["title"],
        cause=data["cause"],
        owner=data["owner"],
        due_on=data["due_on"],
        expected_effect=data["expected_effect"],
        target=target,
        indicator="" if target.value else data["indicator"],
    )


def blamed(form: Form, refused: Refused) -> Form:
    """Return ``form`` with a refusal at its field; raises it on when no field can mend it."""
    if refused.code not in {*MeasureSchema().fields, *NoteSchema().fields}:
        raise refused
    return form.with_fault(refused.code, str(refused))


def filter_of_request() -> Filter:
    """Return the filter that the address asks for."""
    asked = {name: request.args.get(name, "").strip()[:_MOST_SEARCHED] for name in ("q", "district", "unit")}
    state, number = request.args.get("state", ""), request.args.get("page", "")
    return Filter(
        **asked,
        state=state if state in MEASURE_STATES else "",
        late="yes" if request.args.get("late") == "yes" else "",
        page=int(number) if number.isascii() and number.isdigit() and len(number) <= _LONGEST_PAGE else 1,
    )
