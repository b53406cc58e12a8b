"""The consumer that sends a letter: once, or later when the server is away, or kept as failed when it is refused."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from analytics_worker.mail.messages import compose
from analytics_worker.mail.transport import Rejected, Transport, Unsent
from shared.clock import Clock
from shared.database.engine import Database
from shared.database.post import CONFIDENTIAL
from shared.events.claims import Claim, Postponed, finish
from shared.events.running import undisturbed
from shared.model.events import Delivery, Event
from shared.model.post import Mail

GIVEN_UP = "given up"
"""Before the last reason, in the error of a letter that no server took for so long."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait until the next try, by how long a letter has waited already, and when to give it up.

    ``pauses`` are pairs (waited less than this, wait this long), the last for whatever has waited longer.
    """

    pauses: tuple[tuple[timedelta, timedelta], ...] = (
        (timedelta(minutes=2), timedelta(seconds=30)),
        (timedelta(minutes=10), timedelta(minutes=2)),
        (timedelta(hours=1), timedelta(minutes=10)),
        (timedelta.max, timedelta(minutes=30)),
    )
    longest: timedelta = timedelta(days=3)

    def pause(self, waited: timedelta) -> timedelta | None:
        """Return how long to wait now; None when it has been long enough."""
        if waited >= self.longest:
            return None
        return next(pause for limit, pause in self.pauses if waited < limit)


STANDARD = Patience()


def send_mail(
    claim: Claim, *, database: Database, clock: Clock, transport: Transport | None, patience: Patience = STANDARD
) -> None:
    """Send the claimed letter and note it; without a ``transport`` it stays here, for the page that shows the post.

    Nothing of the database is locked while the server is spoken to. Between the server's answer and the note no other
    letter of this process is sent: when the process is killed there, that one is sent again, with the same Message-ID.
    Raises ``Postponed`` while the server is away or busy.
    """
    with database.read() as session:
        mail = session.get_one(Mail, claim.payload["mail_id"])
        asked_at = session.scalars(select(Event.occurred_at).join(Delivery).where(Delivery.id == claim.delivery_id))
        waited = clock.now() - asked_at.one()
    if mail.state != "queued":
        with database.begin() as session:
            finish(session, claim)
        return
    with undisturbed(), ExitStack() as stack:
        error = _try(mail, transport, stack)
        pause = None if error is None or isinstance(error, Rejected) else patience.pause(waited)
        values = _outcome(mail, error, gives_up=pause is None, now=clock.now(), caught=transport is None)
        with database.begin() as session:
            session.execute(update(Mail).where(Mail.id == mail.id, Mail.state == "queued").values(values))
            if pause is None:
                finish(session, claim)
    if error is not None and pause is not None:
        raise Postponed(pause.total_seconds(), error.reason)


def _try(mail: Mail, transport: Transport | None, stack: ExitStack) -> Unsent | None:
    """Return why the letter was not taken, None when it was; the turn to send is kept until the ``stack`` ends."""
    if transport is None:
        return None
    try:
        stack.enter_context(transport.turn())
        transport.send(compose(mail, transport.sender))
    except Unsent as unsent:
        return unsent
    return None


def _outcome(mail: Mail, error: Unsent | None, *, gives_up: bool, now: datetime, caught: bool) -> dict[str, object]:
    """Return what becomes of the letter; what only its recipient may read is kept no longer than it takes to send."""
    if error is None:
        kept = caught or not mail.occasion.startswith(CONFIDENTIAL)
        return {"state": "sent", "sent_at": now, "error": "", "body": mail.body if kept else ""}
    if isinstance(error, Rejected):
        return {"state": "failed", "error": error.reason}
    if gives_up:
        return {"state": "failed", "error": f"{GIVEN_UP}: {error.reason}"}
    return {"error": error.reason}
