"""Turns notices, letters and background work into what their pages show."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from admin_portal.post.outbox import PAGE, may_be_read
from admin_portal.post.sentences import sentence
from admin_portal.post.views import (
    Choice,
    LetterRow,
    LetterView,
    NoticeRow,
    NoticesView,
    PostView,
    WorkRow,
    WorkView,
)
from shared.database.post import is_address
from shared.events.claims import POSTPONED
from shared.events.quarantine import STATES
from shared.events.relay import EXPIRED
from shared.i18n import gettext as _
from shared.model.post import MAIL_STATES, Mail, Notice
from shared.presentation.moments import in_words
from shared.presentation.numbers import day_and_time
from shared.presentation.post_words import consumer, delivery_state, mail_error, mail_state, payload_name

MOST_WORK = 200
_BADGES = {
    "queued": "wait",
    "sent": "good",
    "failed": "late",
    "waiting": "wait",
    "running": "calm",
    "quarantined": "late",
}


def notices_view(notices: Sequence[Notice], now: datetime) -> NoticesView:
    """Return the page of a person's notices."""
    rows = tuple(
        NoticeRow(
            address=f"/notices/{notice.id}",
            sentence=sentence(notice.kind, notice.parameters),
            at=in_words(notice.created_at, now),
            machine_at=notice.created_at.isoformat(timespec="seconds"),
            unread=notice.read_at is None,
        )
        for notice in notices
    )
    return NoticesView(rows, sum(row.unread for row in rows))


def post_view(found: Sequence[Mail], counts: Mapping[str, int], *, state: str, page: int, caught: bool) -> PostView:
    """Return a page of the letters, of which one more than fits has been found when there are more."""
    chosen = state if state in MAIL_STATES else ""
    labels = {"": _("All"), **{code: mail_state(code) for code in MAIL_STATES}}
    numbers = {"": sum(counts.values()), **counts}
    return PostView(
        rows=tuple(letter_row(mail) for mail in found[:PAGE]),
        choices=tuple(
            Choice(_address("/post", code), label, numbers[code], current=code == chosen)
            for code, label in labels.items()
        ),
        caught=caught,
        failed=counts["failed"],
        chosen=labels[chosen],
        newer=_address("/post", chosen, page - 1) if page > 1 else "",
        older=_address("/post", chosen, page + 1) if len(found) > PAGE else "",
    )


def letter_row(mail: Mail) -> LetterRow:
    """Return a letter as its list shows it."""
    return LetterRow(
        number=mail.id,
        at=_short(mail.created_at),
        machine_at=mail.created_at.isoformat(timespec="seconds"),
        recipient=mail.recipient,
        subject=mail.subject,
        state=mail_state(mail.state),
        badge=_BADGES[mail.state],
        error=mail_error(mail.error),
    )


def letter_view(mail: Mail, *, caught: bool, now: datetime) -> LetterView:
    """Return one letter."""
    readable = may_be_read(mail, caught=caught)
    return LetterView(
        row=letter_row(mail),
        sent_at="" if mail.sent_at is None else in_words(mail.sent_at, now),
        lines=tuple(mail.body.splitlines()) if readable else (),
        calendar=f"/post/{mail.id}/invitation.ics" if mail.calendar and readable else "",
        caught=caught,
        secret=not readable,
        forgotten=not mail.recipient,
        can_be_sent=mail.state == "failed" and is_address(mail.recipient),
    )


def work_view(rows: Sequence[Mapping[str, Any]], *, state: str) -> WorkView:
    """Return the background work in ``state`` ("": all that is not done) as its page shows it, what is stuck first."""
    labels = {"": _("All")} | {code: delivery_state(code) for code in STATES if code != "done"}
    chosen = state if state in labels else ""
    wanted = [row for row in rows if row["state"] == chosen or not chosen]
    wanted.sort(key=lambda row: row["state"] != "quarantined")
    shown = wanted[:MOST_WORK]
    return WorkView(
        rows=tuple(_work_row(row) for row in shown),
        choices=tuple(
            Choice(
                _address("/deliveries", code),
                label,
                sum(row["state"] == code or not code for row in rows),
                current=code == chosen,
            )
            for code, label in labels.items()
        ),
        chosen=labels[chosen],
        more=len(wanted) - len(shown),
    )


def _work_row(row: Mapping[str, Any]) -> WorkRow:
    since = datetime.fromisoformat(row["since"])
    return WorkRow(
        number=row["id"],
        work=consumer(row["consumer"]),
        subject=_subject(row["subject"]),
        state=delivery_state(row["state"]),
        badge=_BADGES[row["state"]],
        attempts=row["attempts"],
        since=_short(since),
        machine_since=row["since"],
        error=_work_error(row["error"]),
        stuck=row["state"] == "quarantined",
    )


def _work_error(error: str) -> str:
    """Return why work waits or failed; a fault that has no words for people is only named."""
    if error.startswith(POSTPONED):
        return mail_error(error.removeprefix(POSTPONED).strip())
    if error == EXPIRED:
        return _("The process that worked on it ended or hung: its claim ran out.")
    if re.fullmatch(r"\w+", error):
        return _("A fault in the program (%(name)s). The log of the worker says where.") % {"name": error}
    return re.sub(r"^\w+: ", "", error)


def _subject(subject: str) -> str:
    """Return what work is about: "mail_id 4" as "letter 4"."""
    parts = (part.partition(" ") for part in subject.split(", "))
    return ", ".join(f"{payload_name(name)} {value}".strip() for name, _blank, value in parts)


def _short(instant: datetime) -> str:
    return day_and_time(instant)


def _address(path: str, state: str, page: int = 1) -> str:
    given = ([f"state={state}"] if state else []) + ([f"page={page}"] if page > 1 else [])
    return f"{path}?{'&'.join(given)}" if given else path
