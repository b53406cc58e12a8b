"""The envelope of a posted form: the fields every form of ours has around its own content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from shared.web.forms.token import FIELD, Forged

LANGUAGE_ACTION = "language-"
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Envelope:
    """``action`` is the button pressed ("" for the Enter key), ``clear`` the item whose answer shall go."""

    token: str
    action: str
    clear: str

    @property
    def language(self) -> str:
        """The language asked for by this post, or ""."""
        return self.action.removeprefix(LANGUAGE_ACTION) if self.action.startswith(LANGUAGE_ACTION) else ""


class EnvelopeSchema(Schema):
    """The envelope alone; what stands between it is read by the page that asked for it."""

    class Meta:
        """Controls of the page itself are not ours to judge here."""

        unknown = EXCLUDE

    token = fields.String(required=True, validate=validate.Length(max=_LONGEST * 2))
    action = fields.String(load_default="", validate=validate.Length(max=_LONGEST))
    clear = fields.String(load_default="", validate=validate.Length(max=_LONGEST))

    @post_load
    def make(self, data: dict[str, str], **_options: Any) -> Envelope:
        """Return the frozen envelope."""
        return Envelope(**data)


FIELDS = frozenset({FIELD, "action", "clear"})
_SCHEMA = EnvelopeSchema()


def read_envelope() -> Envelope:
    """Return the envelope of the posted form; raises ``Forged`` when it is not one of ours."""
    try:
        envelope: Envelope = _SCHEMA.load(request.form.to_dict())
    except ValidationError:
        # From None: the validation error carries the posted values.
        raise Forged from None
    return envelope
