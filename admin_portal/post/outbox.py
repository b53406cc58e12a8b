"""The letters that were written: how far each has come, and sending those again that were not taken."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from shared.clock import Clock
from shared.database.engine import Database
from shared.database.post import CONFIDENTIAL, is_address
from shared.errors import NotFound, Refused
from shared.i18n import gettext as _
from shared.model import audit
from shared.model.events import MAIL_WRITTEN, publish
from shared.model.post import MAIL_STATES, Mail

PAGE = 50
_COUNTED = select(Mail.state, func.count().label("letters")).group_by(Mail.state)


def count_letters(session: Session) -> dict[str, int]:
    """Return how many letters are in each state."""
    counted = {row.state: row.letters for row in session.execute(_COUNTED)}
    return {state: counted.get(state, 0) for state in MAIL_STATES}


def find_letters(session: Session, state: str, page: int) -> list[Mail]:
    """Return a page of the letters in ``state`` ("": all), newest first; one more than a page when there are more."""
    wanted = select(Mail).where(_in(state)).order_by(Mail.id.desc())
    return list(session.scalars(wanted.offset((page - 1) * PAGE).limit(PAGE + 1)))


def find_letter(session: Session, number: int) -> Mail:
    """Return a letter; raises ``NotFound``."""
    mail = session.get(Mail, number)
    if mail is None:
        raise NotFound(_("There is no letter %(number)d.") % {"number": number})
    return mail


def may_be_read(mail: Mail, *, caught: bool) -> bool:
    """Whether an officer may read what a letter says: not what only its recipient may, unless it never leaves."""
    return caught or not mail.occasion.startswith(CONFIDENTIAL)


def send_again(database: Database, clock: Clock, *, number: int, actor: str) -> None:
    """Let a letter that has failed be sent again. Raises ``NotFound`` or ``Refused``."""
    now = clock.now()
    with database.begin() as session:
        mail = session.scalar(select(Mail).where(Mail.id == number).with_for_update())
        if mail is None:
            raise NotFound(_("There is no letter %(number)d.") % {"number": number})
        if mail.state != "failed":
            raise Refused("not_failed", _("This letter has been sent, or will be by itself."))
        if not is_address(mail.recipient):
            text = _("There is no address to send it to. Mend it where it was entered, and tell them yourself.")
            raise Refused("no_address", text)
        _queue(session, mail, now)
        audit.record(session, at=now, actor=actor, action="mail.sent_again", subject=f"mail {number}")


def send_all_again(database: Database, clock: Clock, *, actor: str) -> int:
    """Let all letters that have failed, and have an address, be sent again; return how many those are."""
    now = clock.now()
    with database.begin() as session:
        failed = session.scalars(select(Mail).where(Mail.state == "failed").order_by(Mail.id).with_for_update()).all()
        sendable = [mail for mail in failed if is_address(mail.recipient)]
        for mail in sendable:
            _queue(session, mail, now)
        if sendable:
            audit.record(
                session, at=now, actor=actor, action="mail.sent_again", subject="mail failed", letters=len(sendable)
            )
    return len(sendable)


def _queue(session: Session, mail: Mail, now: datetime) -> None:
    mail.state, mail.error = "queued", ""
    session.flush()
    publish(session, MAIL_WRITTEN, at=now, mail_id=mail.id)


def _in(state: str) -> ColumnElement[bool]:
    return Mail.state == state if state in MAIL_STATES else true()
