"""What one browser carries between pages, in one sealed cookie: language, the code in use, keys of drafts."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.sealing.boxes import new_key
from survey_service.casting.forms import Form

IDLE = timedelta(hours=12)
"""A form left alone for longer asks for its code again: the device may be a shared one."""

DEVICE_REMEMBERS = timedelta(days=60)
_MOST_DRAFTS = 6
_RENEWED_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Current:
    """The code in use. ``form`` is None for a code that has answered, and for a shared code before its form is made."""

    code_id: UUID
    kind: str
    begun_at: datetime
    idle_until: datetime
    form: Form | None = None

    @property
    def subject(self) -> str:
        """Whom a form's token is given to."""
        return self.code_id.hex

    def renewed(self, now: datetime) -> Current:
        """Return it with the idle time starting again, the same object while that would change little."""
        if self.idle_until - now > IDLE - _RENEWED_AFTER:
            return self
        return replace(self, idle_until=now + IDLE)


@dataclass(frozen=True, slots=True)
class DraftKey:
    """The key of one draft, which exists in this cookie only, and when its form was begun."""

    key: bytes = field(repr=False)
    begun_at: datetime


@dataclass(slots=True)
class Visit:
    """The cookie's content. ``language`` is "" until chosen; ``typed`` fills in the code field once."""

    language: str = ""
    typed: str = field(default="", repr=False)
    current: Current | None = None
    drafts: dict[UUID, DraftKey] = field(default_factory=dict)
    expired: bool = False

    def take(self, current: Current) -> None:
        """Make ``current`` the code in use; its form gets a draft key, the one it had if this device has seen it."""
        known = self.drafts.pop(current.code_id, None) or DraftKey(new_key(), current.begun_at)
        if current.form is not None:
            self.drafts[current.code_id] = known
        for oldest in list(self.drafts)[:-_MOST_DRAFTS]:
            del self.drafts[oldest]
        self.current = replace(current, begun_at=known.begun_at)
        self.typed = ""

    def answered(self) -> None:
        """Forget the draft key of a form that is sent; what it sealed can never be opened again."""
        if self.current is not None:
            self.drafts.pop(self.current.code_id, None)
            self.current = replace(self.current, form=None)

    def leave(self) -> None:
        """Put the form aside: its code is asked for again before anybody sees it."""
        self.current = None


def read_visit(content: dict[str, Any] | None, now: datetime) -> Visit:
    """Return the visit a cookie holds; one that cannot be read, say from an older release, starts afresh."""
    if content is None:
        return Visit()
    try:
        current = _read_current(content.get("c"))
        drafts = {
            UUID(code_id): DraftKey(base64.b64decode(key), datetime.fromisoformat(begun_at))
            for code_id, (key, begun_at) in content.get("d", {}).items()
        }
        visit = Visit(str(content.get("l", "")), str(content.get("t", "")), current, drafts)
    except (KeyError, TypeError, ValueError, binascii.Error):
        return Visit()
    if current is not None and current.idle_until < now:
        visit.current, visit.expired = None, True
    return visit


def write_visit(visit: Visit) -> dict[str, Any]:
    """Return the cookie's content, ready to be sealed."""
    content: dict[str, Any] = {}
    if visit.language:
        content["l"] = visit.language
    if visit.typed:
        content["t"] = visit.typed
    if visit.current is not None:
        content["c"] = _write_current(visit.current)
    if visit.drafts:
        content["d"] = {
            code_id.hex: [base64.b64encode(draft.key).decode(), draft.begun_at.isoformat()]
            for code_id, draft in visit.drafts.items()
        }
    return content


def _write_current(current: Current) -> list[Any]:
    form = current.form
    fields = form and [
        form.window_id,
        form.questionnaire_id,
        form.unit_id,
        form.unit_type,
        form.year,
        form.seal_group_id,
        dict(form.segments),
    ]
    return [
        current.code_id.hex,
        current.kind,
        current.begun_at.isoformat(),
        current.idle_until.isoformat(),
        fields,
    ]


def _read_current(content: Any) -> Current | None:
    if content is None:
        return None
    code_id, kind, begun_at, idle_until, fields = content
    identity = UUID(code_id)
    return Current(
        code_id=identity,
        kind=kind,
        begun_at=datetime.fromisoformat(begun_at),
        idle_until=datetime.fromisoformat(idle_until),
        form=Form(identity, *fields) if fields else None,
    )
