"""Makes of a letter the message that mail servers understand, the same at every try."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from shared.model.post import Mail


def compose(mail: Mail, sender: str) -> EmailMessage:
    """Return ``mail`` as a message from ``sender`` (an address, with or without a name before it).

    An invitation is an alternative to the text, which calendars find by its method (RFC 6047), and a file for those
    that do not. Raises ``ValueError`` for a line break in a header.
    """
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = message_id(mail, sender)
    message["Date"] = format_datetime(mail.created_at)
    message["From"] = sender
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(mail.body, cte="quoted-printable")
    if mail.calendar:
        parameters = {"method": mail.method}
        message.add_alternative(mail.calendar, subtype="calendar", cte="base64", params=parameters)
        message.add_attachment(mail.calendar.encode(), maintype="application", subtype="ics", filename="invite.ics")
    message["Content-Language"] = mail.language  # last: what it holds now would else be its parts'
    return message


def message_id(mail: Mail, sender: str) -> str:
    """Return the Message-ID of ``mail``: its own, at the host of the address that it comes from."""
    host = parseaddr(sender)[1].rpartition("@")[2]
    return f"<{mail.message_id}@{host}>"
