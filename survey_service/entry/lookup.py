"""What a typed code opens. The same work for every code that opens nothing: one hash, one query."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.model.codes import Code
from shared.model.cycles import CollectionWindow, takes_ballot
from shared.sealing.codes import lookup_hash, normalise
from survey_service.questionnaire.standing import LATE, REFUSED, Diverted

OPEN = "open"
ANSWERED = "answered"
EARLY = "early"

_NO_CODE = "0" * 13


@dataclass(frozen=True, slots=True)
class Entry:
    """What a code opens: ``outcome``, and for a code that exists its id, kind and window's times."""

    outcome: str
    code_id: UUID | None = None
    kind: str = ""
    opens_at: datetime | None = None


def look_up(session: Session, pepper: bytes, typed: str, *, now: datetime, begun: dict[UUID, datetime]) -> Entry:
    """Return what ``typed`` opens at ``now``; ``begun`` says when this device began its forms (for the grace).

    A malformed code is looked up too, under a hash that no code has, so that it takes as long as an unknown one.
    """
    code = normalise(typed)
    wanted = lookup_hash(pepper, code or _NO_CODE)
    row = session.execute(
        select(Code.id, Code.kind, Code.state, CollectionWindow)
        .join(CollectionWindow, CollectionWindow.id == Code.window_id)
        .where(Code.lookup == (wanted if code else os.urandom(len(wanted))))
    ).one_or_none()
    if row is None or row.state == "void":
        return Entry(REFUSED)
    window: CollectionWindow = row.CollectionWindow
    return Entry(_outcome(row.state, window, now, begun.get(row.id, now)), row.id, row.kind, window.opens_at)


def _outcome(state: str, window: CollectionWindow, now: datetime, begun_at: datetime) -> str:
    if window.state == "counted":
        return LATE
    if state == "answered":
        return ANSWERED
    if window.state in {"planned", "opening"}:
        return EARLY
    return OPEN if takes_ballot(window, now=now, begun_at=begun_at) else LATE


def make_form_code(session: Session, shared_code_id: UUID, *, now: datetime, begun_at: datetime) -> UUID:
    """Store a form of its own for one respondent of a shared code and return its id; it answers once, like any code.

    Raises ``Diverted`` when the shared code was withdrawn meanwhile or its window has closed.
    """
    shared = session.get_one(Code, shared_code_id)
    if shared.state == "void":
        raise Diverted(REFUSED)
    if not takes_ballot(session.get_one(CollectionWindow, shared.window_id), now=now, begun_at=begun_at):
        raise Diverted(LATE)
    own = Code(
        id=uuid4(),
        window_id=shared.window_id,
        kind="form",
        state="issued",
        questionnaire_id=shared.questionnaire_id,
        unit_id=shared.unit_id,
        group_id=shared.group_id,
        segments=shared.segments,
    )
    session.add(own)
    session.flush()
    return own.id
