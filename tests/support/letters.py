"""Letters for tests: written, sent and looked at without anything of their content mattering."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from shared.database.engine import Database
from shared.database.post import write_mail
from shared.model.events import Delivery
from shared.model.post import Mail
from tests.support.house import MOMENT


def write(database: Database, number: int = 1, **parts: object) -> list[int]:
    """Write ``number`` letters to as many recipients; return their numbers."""
    with database.begin() as session:
        return [mail.id for mail in (write_one(session, n, **parts) for n in range(number)) if mail is not None]


def write_one(session, number: int = 0, **parts):
    standard: dict[str, Any] = {
        "occasion": f"prov/{number}",
        "recipient": f"rektor{number}@example.se",
        "language": "sv",
        "subject": f"Återkoppling {number}",
        "body": "Hej!\n\nNu är resultaten här.\n",
        "at": MOMENT,
    }
    return write_mail(session, **standard | parts)


def letters(database: Database) -> list[Mail]:
    """Return all letters, in the order they were written."""
    with database.read() as session:
        return list(session.scalars(select(Mail).order_by(Mail.id)))


def letter(database: Database) -> Mail:
    """Return the only letter."""
    (found,) = letters(database)
    return found


def deliveries(database: Database) -> list[Delivery]:
    """Return all deliveries, in order."""
    with database.read() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))
