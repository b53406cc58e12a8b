"""The forms of rounds, times, bookings and guests: what each field holds, and where a refusal belongs in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Any

from marshmallow import ValidationError, fields

from admin_portal.dialogues.booking import MOST_REASON
from admin_portal.dialogues.guests import MOST_TEXT
from admin_portal.dialogues.rounds import MOST_INTRODUCTION, MOST_TITLE
from admin_portal.dialogues.slots import MOST_LINK, MOST_PLACE
from admin_portal.forms import Form, FormSchema, at_most, field, one_of, read_form, required
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.dialogues import GUEST_KINDS

MOST_CHOSEN = 400
MOST_MINUTES = 1440


class _Read(fields.Field[Any]):
    """A field read by a function; what it cannot read is told in the sentence given."""

    def __init__(self, read: Callable[[str], Any], sentence: Callable[[], str]) -> None:
        super().__init__(required=True)
        self._read, self._sentence = read, sentence

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        del attr, data, kwargs
        try:
            return self._read(str(value))
        except ValueError:
            raise ValidationError(self._sentence()) from None


def _day() -> _Read:
    return _Read(date.fromisoformat, lambda: _("Choose a day."))


def _hour() -> _Read:
    return _Read(_time, lambda: _("Write an hour such as 09:00."))


def _number(sentence: Callable[[], str]) -> _Read:
    return _Read(_count, sentence)


def _time(value: str) -> time:
    read = datetime.strptime(value.replace(".", ":"), "%H:%M")  # noqa: DTZ007  an hour of any day
    return read.time()


def _count(value: str) -> int:
    if not value.isascii() or not value.isdigit() or int(value) > MOST_MINUTES:
        raise ValueError(value)
    return int(value)


def _identity(value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 9:  # noqa: PLR2004  as many digits as an id may have
        raise ValueError(value)
    return int(value)


def _several(part: _Read) -> Any:
    return field.List(part, validate=at_most(MOST_CHOSEN), load_default=list)


class ChangedRoundForm(FormSchema):
    """A round's title, last day to book and introduction."""

    title = field.String(required=True, validate=[required(), at_most(MOST_TITLE)])
    last_day = _day()
    introduction = field.String(load_default="", validate=at_most(MOST_INTRODUCTION))


class RoundForm(ChangedRoundForm):
    """A new round, with the cycle it is about."""

    cycle = field.String(required=True, validate=required())


class _PlaceForm(FormSchema):
    officials = _several(_Read(_identity, lambda: _("Choose one of those offered.")))
    place = field.String(load_default="", validate=at_most(MOST_PLACE))
    link = field.String(load_default="", validate=at_most(MOST_LINK))


class SeriesForm(_PlaceForm):
    """Times in a row."""

    first_day = _day()
    last_day = _day()
    weekdays = _several(_Read(_identity, lambda: _("Choose one of those offered.")))
    begins = _hour()
    ends = _hour()
    minutes = _number(lambda: _("Write how many minutes a dialogue lasts."))
    pause = _number(lambda: _("Write how many minutes there are between two dialogues; 0 for none."))


class SlotForm(_PlaceForm):
    """One time."""

    day = _day()
    begins = _hour()
    ends = _hour()


class OfferForm(FormSchema):
    """The codes of units that get no offer now."""

    leave_out = field.List(field.String(), load_default=list)


class ChoiceForm(FormSchema):
    """The time chosen."""

    slot = _Read(_identity, lambda: _("Choose one of the times."))


class ReasonForm(FormSchema):
    """Why a dialogue is declined."""

    reason = field.String(required=True, validate=[required(), at_most(MOST_REASON)])


class GuestForm(FormSchema):
    """Whom to invite."""

    kind = field.String(required=True, validate=one_of(GUEST_KINDS))
    name = field.String(required=True, validate=[required(), at_most(MOST_TEXT)])
    email = field.String(required=True, validate=[required(), at_most(MOST_TEXT)])


class NothingForm(FormSchema):
    """A form that is only its button."""


FIELD_OF: Mapping[str, str] = MappingProxyType(
    {
        "title": "title",
        "introduction": "introduction",
        "book_by": "last_day",
        "days": "last_day",
        "minutes": "minutes",
        "no_times": "weekdays",
        "many_times": "last_day",
        "hour": "begins",
        "hours": "ends",
        "clash": "officials",
        "officials": "officials",
        "place": "place",
        "link": "link",
        "kind": "kind",
        "name": "name",
        "email": "email",
        "invited": "email",
        "many_guests": "email",
        "reason": "reason",
        "nobody": "leave_out",
    }
)
"""The field that mends what a use case refused, by the refusal's code."""


def demand_bare() -> None:
    """Raise ``Refused`` (422) for a form with fields where only a button was."""
    if not read_form(NothingForm).sound:
        raise Refused("form", _("This page has no such field. Load it again."), status=422)


def blamed(form: Form, refused: Refused, **other: str) -> Form:
    """Return ``form`` with a refusal at its field; raises it on when no field can mend it."""
    name = other.get(refused.code) or FIELD_OF.get(refused.code)
    if name is None:
        raise refused
    return form.with_fault(name, str(refused))
