"""Reads a posted form by its schema: clean data, or for each faulty field a sentence and what was typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from marshmallow import RAISE, Schema, ValidationError
from marshmallow import fields as field

from shared.i18n import gettext as _

Check = Callable[[Any], None]
"""A validator: raises ``ValidationError`` in the language of the moment it is asked, not of the import."""

ENVELOPE = frozenset({"token", "action"})
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Characters that nobody types: letters and calendars break on them, and PostgreSQL keeps no NUL."""


class FormSchema(Schema):
    """The base of the portal's forms: what it does not name is refused."""

    class Meta:
        """Unknown fields are errors: a form holds what its page gave it."""

        unknown = RAISE


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it came: ``data`` when sound, else ``faults`` by field; ``typed`` is shown again either way."""

    data: Mapping[str, Any]
    faults: Mapping[str, str]
    typed: Mapping[str, str]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.faults

    def with_fault(self, name: str, message: str) -> Form:
        """Return the form with a fault that only the use case could find."""
        return Form(self.data, {**self.faults, name: message}, self.typed)


EMPTY = Form({}, {}, {})


def read_form(
    schema: type[FormSchema], *, several: frozenset[str] = frozenset(), secret: frozenset[str] = frozenset()
) -> Form:
    """Return the posted form judged by ``schema``; fields of ``several`` come as lists. Blanks at both ends go.

    Fields of ``secret`` (passwords) are taken exactly as they came, and are not shown again.
    """
    posted = {name: value for name, value in request.form.items() if name not in ENVELOPE}
    typed = {name: value for name, value in posted.items() if name not in secret}
    given: dict[str, Any] = {name: value.strip() for name, value in typed.items() if name not in several}
    given |= {name: value for name, value in posted.items() if name in secret}
    given |= {name: request.form.getlist(name) for name in several}
    broken = {
        name: _("This holds characters that cannot be kept. Write it anew.")
        for name, values in request.form.lists()
        if name not in ENVELOPE | secret and _CONTROLS.search("".join(values))
    }
    if broken:
        return Form({}, broken, typed)
    try:
        return Form(schema().load(given), {}, typed)
    except ValidationError as error:
        messages: dict[str, Any] = error.normalized_messages()  # type: ignore[no-untyped-call]  # marshmallow 4.4
        return Form({}, {name: _first(message) for name, message in messages.items()}, typed)


def pressed() -> str:
    """Return the value of the button ``action`` that sent the form, or ""."""
    return request.form.get("action", "")


def required(message: Callable[[], str] | None = None) -> Check:
    """Return a validator against an empty field; ``message`` gives the sentence on what to write (default: fill it in).

    Validators are made once, with their schema; what they say is said in the language of whoever sends the form.
    """

    def check(value: Any) -> None:
        if not value:
            raise ValidationError(message() if message else _("Fill this in."))

    return check


def at_most(length: int) -> Check:
    """Return a validator of a text's length."""

    def check(value: Any) -> None:
        if len(value) > length:
            raise ValidationError(_("Write at most %(length)d characters.") % {"length": length})

    return check


def one_of(words: Iterable[object]) -> Check:
    """Return a validator that a choice is one of those offered."""
    allowed = list(words)

    def check(value: Any) -> None:
        if value not in allowed:
            raise ValidationError(_("Choose one of those offered."))

    return check


def _first(message: Any) -> str:
    while isinstance(message, (dict, list)):
        message = next(iter(message.values() if isinstance(message, dict) else message), "")
    return _in_our_words(str(message))


def _in_our_words(message: str) -> str:
    """Return the sentence for what the library finds by itself."""
    known = {
        "Missing data for required field.": _("Fill this in."),
        "Unknown field.": _("This page has no such field. Load it again."),
    }
    return known.get(message, message)


__all__ = ["EMPTY", "Form", "FormSchema", "at_most", "field", "one_of", "pressed", "read_form", "required"]
