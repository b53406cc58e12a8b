"""Rounds of quality dialogues: created for a cycle, changed, closed, and opened again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.dialogues.finding import find_round
from shared.clock import STOCKHOLM, Clock
from shared.database.engine import Database
from shared.database.locks import take_dialogues
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.audit import record
from shared.model.cycles import find_cycle
from shared.model.dialogues import DialogueRound

MOST_TITLE = 200
MOST_INTRODUCTION = 4000
RESERVED_KEYS = frozenset({"rounds"})
"""Words that stand at a round's place in an address."""
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MOST_KEY = 60
_LAST_MINUTE = time(23, 59)
_PLAIN: Mapping[int, str] = str.maketrans({"ø": "o", "æ": "ae"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPlan:
    """What an officer says of a round; ``book_by`` is the last moment at which principals book by themselves."""

    title: str
    book_by: datetime
    introduction: str = ""


def last_moment_of(day: date) -> datetime:
    """Return the last minute of a Swedish day: what "book by 18 December" means."""
    return datetime.combine(day, _LAST_MINUTE, STOCKHOLM)


def create_round(
    database: Database, clock: Clock, *, plan: RoundPlan, cycle_key: str, actor: str, key: str = ""
) -> str:
    """Create a round about a cycle's results and return its key, made of the title unless given.

    Raises ``Refused`` for a plan that cannot hold, and for a key in use; ``NotFound`` for an unknown cycle.
    """
    now = clock.now()
    _check(plan)
    if plan.book_by <= now:
        raise Refused("book_by", _("The last day to book has passed. Choose a later one."), status=422)
    with database.begin() as session:
        cycle = find_cycle(session, cycle_key)
        chosen = _checked_key(session, key) if key else _free_key(session, plan.title)
        session.add(
            DialogueRound(
                key=chosen,
                title=plan.title,
                cycle_id=cycle.id,
                introduction=plan.introduction,
                state="draft",
                book_by=plan.book_by,
                created_at=now,
                created_by=actor,
            )
        )
        session.flush()
        record(session, at=now, actor=actor, action="dialogue.round_created", subject=chosen, cycle=cycle_key)
    return chosen


def change_round(database: Database, clock: Clock, *, round_key: str, plan: RoundPlan, actor: str) -> None:
    """Change title, introduction and last day of a round. Raises ``Refused`` for a plan that cannot hold."""
    _check(plan)
    with database.begin() as session:
        round_ = find_round(session, round_key, lock=True)
        round_.title, round_.introduction, round_.book_by = plan.title, plan.introduction, plan.book_by
        book_by = plan.book_by.isoformat()
        record(
            session, at=clock.now(), actor=actor, action="dialogue.round_changed", subject=round_key, book_by=book_by
        )


def close_round(database: Database, clock: Clock, *, round_key: str, actor: str) -> None:
    """End the booking of a round; booked dialogues stay as they are. Raises ``Refused`` unless it is offered."""
    _turn(database, clock, round_key, actor, before="offered", after="closed")


def reopen_round(database: Database, clock: Clock, *, round_key: str, actor: str) -> None:
    """Let a closed round be booked again. Raises ``Refused`` unless it is closed."""
    _turn(database, clock, round_key, actor, before="closed", after="offered")


def _turn(database: Database, clock: Clock, round_key: str, actor: str, *, before: str, after: str) -> None:
    with database.begin() as session:
        take_dialogues(session.connection())
        round_ = find_round(session, round_key, lock=True)
        if round_.state != before:
            text = _("This round is in another state by now. Load its page again to see how it stands.")
            raise Refused("round_state", text)
        round_.state = after
        action = "dialogue.round_closed" if after == "closed" else "dialogue.round_reopened"
        record(session, at=clock.now(), actor=actor, action=action, subject=round_key)


def _check(plan: RoundPlan) -> None:
    if not plan.title.strip() or len(plan.title) > MOST_TITLE:
        text = _("Give the round a title of at most %(length)d characters.")
        raise Refused("title", text % {"length": MOST_TITLE}, status=422)
    if len(plan.introduction) > MOST_INTRODUCTION:
        text = _("Write an introduction of at most %(length)d characters.")
        raise Refused("introduction", text % {"length": MOST_INTRODUCTION}, status=422)


def _checked_key(session: Session, key: str) -> str:
    if not _KEY.fullmatch(key) or len(key) > _MOST_KEY or key in RESERVED_KEYS:
        text = _("%(key)s cannot be a round's name in addresses. Use small letters a–z, digits and hyphens.")
        raise Refused("key", text % {"key": key}, status=422)
    if _taken(session, key):
        raise Refused("key", _("There is a round %(key)s already. Choose another name.") % {"key": key})
    return key


def _free_key(session: Session, title: str) -> str:
    """Return a key made of ``title``: "Kvalitetsdialoger våren 2027" becomes kvalitetsdialoger-varen-2027."""
    plain = unicodedata.normalize("NFKD", title.lower().translate(_PLAIN)).encode("ascii", "ignore").decode()
    base = "-".join(re.findall(r"[a-z0-9]+", plain))[:_MOST_KEY].strip("-") or "dialogue"
    key, number = base, 1
    while key in RESERVED_KEYS or _taken(session, key):
        number += 1
        key = f"{base}-{number}"
    return key


def _taken(session: Session, key: str) -> bool:
    return session.scalar(select(DialogueRound.id).where(DialogueRound.key == key)) is not None
