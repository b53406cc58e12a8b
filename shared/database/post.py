"""Writes the post: letters that are sent once, lines in people's inboxes, and who must be told about a unit."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from shared.clock import Clock
from shared.database.engine import Database
from shared.model.accounts import PLACE_OF_ROLE, Account, Assignment
from shared.model.events import MAIL_WRITTEN, publish
from shared.model.organisation import Unit
from shared.model.post import Mail, Notice

CONFIDENTIAL = "confidential/"
"""Begins the occasion of a letter that only its recipient may read: it is never shown, and emptied once it is sent."""

KEPT_FOR = timedelta(days=90)
"""How long recipient and words of a letter are kept; that there was one stays."""

UNUSABLE = "address"
"""The error of a letter whose address nothing can be sent to; it is kept as failed, so that somebody sees it."""

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
"""An address of plain characters: nothing in it could begin another header or recipient."""

_LONGEST_ADDRESS = 200
_LONGEST_SUBJECT = 300
_FORGOTTEN_AT_ONCE = 500


def write_mail(  # noqa: PLR0913  a letter has these parts
    session: Session,
    *,
    occasion: str,
    recipient: str,
    language: str,
    subject: str,
    body: str,
    at: datetime,
    calendar: str = "",
    method: str = "",
) -> Mail | None:
    """Write a letter that is sent after this transaction is committed; None when this ``occasion`` has its letter.

    None also without a ``recipient``. Line breaks in the subject become blanks; a recipient that is no address makes a
    letter that has failed already. ``body`` is plain text without figures, ``calendar`` an iCalendar object with its
    iTIP ``method``.
    """
    told = select(Mail.id).where(Mail.occasion.in_((occasion, _forgotten(occasion))))
    if not recipient.strip() or session.scalar(told) is not None:
        return None
    sound = is_address(recipient.strip())
    mail = Mail(
        occasion=occasion,
        message_id=uuid4().hex,
        recipient=" ".join(recipient.split())[:_LONGEST_ADDRESS],
        language=language,
        subject=" ".join(subject.split())[:_LONGEST_SUBJECT],
        body=body,
        calendar=calendar,
        method=method,
        state="queued" if sound else "failed",
        created_at=at,
        error="" if sound else UNUSABLE,
    )
    session.add(mail)
    session.flush()
    if sound:
        publish(session, MAIL_WRITTEN, at=at, mail_id=mail.id)
    return mail


def is_address(text: str) -> bool:
    """Whether ``text`` is an e-mail address that any mail server takes."""
    return len(text) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


def notify(
    session: Session,
    *,
    account_id: int,
    occasion: str,
    kind: str,
    parameters: Mapping[str, Any],
    link: str,
    at: datetime,
) -> None:
    """Put a line into an account's inbox, once for each ``occasion``; ``link`` is a path of the portal.

    Which sentence ``kind`` makes of the ``parameters`` stands in ``admin_portal/post/sentences.py``. Raises
    ``ValueError`` for a link that leads elsewhere.
    """
    if not link.startswith("/") or link.startswith("//") or "\\" in link:
        raise ValueError("a notice leads to a page of the portal")
    known = select(Notice.id).where(Notice.account_id == account_id, Notice.occasion == occasion)
    if session.scalar(known) is not None:
        return
    session.add(
        Notice(
            account_id=account_id,
            occasion=occasion,
            kind=kind,
            parameters=dict(parameters),
            link=link,
            created_at=at,
        )
    )
    session.flush()


def forget_old_letters(database: Database, clock: Clock) -> int:
    """Empty the letters that are done with and older than ``KEPT_FOR``, and return how many they were.

    They name people, and their occasions do too: a hash of these is kept, so that nobody is told again.
    """
    over = Mail.created_at < clock.now() - KEPT_FOR, Mail.recipient != "", Mail.state != "queued"
    with database.glance() as session:
        if session.scalar(select(Mail.id).where(*over).limit(1)) is None:
            return 0
    with database.begin() as session:
        letters = session.scalars(select(Mail).where(*over).limit(_FORGOTTEN_AT_ONCE)).all()
        for mail in letters:
            mail.occasion = _forgotten(mail.occasion)
            mail.recipient = mail.body = mail.calendar = ""
    return len(letters)


def _forgotten(occasion: str) -> str:
    return f"forgotten/{hashlib.sha256(occasion.encode()).hexdigest()}"


def accounts_with(session: Session, role: str, *, unit: Unit | None = None) -> list[Account]:
    """Return the active accounts that hold ``role``, over ``unit`` if one is given, in the order of their names.

    A role over units, districts or providers concerns a unit by itself, its district or its provider; a role over the
    municipality concerns every unit.
    """
    holding = select(Assignment.account_id).where(Assignment.role == role, _over(role, unit))
    wanted = select(Account).where(Account.active, Account.id.in_(holding)).order_by(Account.name, Account.id)
    return list(session.scalars(wanted))


def _over(role: str, unit: Unit | None) -> ColumnElement[bool]:
    if unit is None:
        return true()
    places = {
        "": true(),
        "unit": Assignment.unit_id == unit.id,
        "district": Assignment.district_id == unit.district_id,
        "provider": Assignment.provider_id == unit.provider_id,
    }
    return places[PLACE_OF_ROLE[role]]
