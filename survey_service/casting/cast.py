"""Casting: one transaction marks the code answered and lays the sealed ballot in the urn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from shared.database.locks import share_window
from shared.database.questionnaires import load
from shared.database.urn import seal_ballot
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.codes import Code
from shared.model.cycles import CollectionWindow, takes_ballot
from shared.model.urn import Ballot, Draft
from shared.questionnaire.validation import check_answers

if TYPE_CHECKING:
    from datetime import datetime

    from shared.clock import Clock
    from shared.database.box_keys import BoxKeys
    from shared.database.engine import Database
    from shared.questionnaire.routing import Answers
    from survey_service.casting.forms import Form

CAST = "cast"
ALREADY = "already"

# Built once: building them anew for every ballot cost a fifth of casting's time (docs/performance.md, 3).
_MARK_ANSWERED = (
    update(Code).where(Code.id == bindparam("code_id"), Code.state == "issued").values(state="answered", sealed=None)
)
_CODE_STATE = select(Code.state).where(Code.id == bindparam("code_id"))
_WINDOW_NOW = select(CollectionWindow.state, CollectionWindow.closes_at, CollectionWindow.grace_minutes).where(
    CollectionWindow.id == bindparam("window_id")
)
_LAY_IN_URN = insert(Ballot)
_DELETE_DRAFT = delete(Draft).where(Draft.code_id == bindparam("code_id"))


def cast(
    database: Database, clock: Clock, box_keys: BoxKeys, *, form: Form, answers: Answers, begun_at: datetime
) -> str:
    """Seal ``answers`` and lay them in the urn; returns ``cast``, or ``already`` when this code has answered before.

    Sending twice is harmless: the second time changes nothing. Raises ``Refused``: ``window_closed`` after the end (and
    the grace of a form begun before it), ``code_void`` for a withdrawn code, ``invalid_answers`` naming the item.
    """
    # A session takes a connection only when it reads something, which a known questionnaire does not.
    with Session(database.engine) as session:
        loaded = load(session, form.questionnaire_id)
    ballot = seal_ballot(
        loaded,
        box_keys,
        seal_group_id=form.seal_group_id,
        answers=check_answers(loaded.definition, answers, form.context),
        roster=form.segments,
        context=form.context,
    )
    with database.connect() as connection:
        share_window(connection, form.window_id)
        if not _mark_answered(connection, form):
            return _refuse_or_already(connection, form)
        _refuse_when_closed(connection, form, now=clock.now(), begun_at=begun_at)
        connection.execute(_LAY_IN_URN, ballot)
        connection.execute(_DELETE_DRAFT, {"code_id": form.code_id})
    return CAST


def _mark_answered(connection: Connection, form: Form) -> bool:
    return connection.execute(_MARK_ANSWERED, {"code_id": form.code_id}).rowcount == 1


def _refuse_or_already(connection: Connection, form: Form) -> str:
    state = connection.scalar(_CODE_STATE, {"code_id": form.code_id})
    if state == "answered":
        return ALREADY
    if state == "closed":  # the window has been counted meanwhile
        raise _window_closed()
    raise Refused("code_void", _("This code cannot be used. Ask whoever gave it to you for a new one."), status=410)


def _refuse_when_closed(connection: Connection, form: Form, *, now: datetime, begun_at: datetime) -> None:
    """Read the state after the lock is held: whoever closes the window has waited for us, or we see it closed."""
    window = connection.execute(_WINDOW_NOW, {"window_id": form.window_id}).one()
    if not takes_ballot(window, now=now, begun_at=begun_at):
        raise _window_closed()


def _window_closed() -> Refused:
    return Refused("window_closed", _("The survey has closed. Your answers were not sent."), status=410)
