"""The post: each letter by e-mail once, and what the portal tells people when they sign in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.model.accounts import Account
from shared.model.base import Base
from shared.model.organisation import one_of

MAIL_STATES = ("queued", "sent", "failed")
_KEPT = text("recipient != ''")


class Mail(Base):
    """A letter to one recipient. ``occasion`` says about what and to whom, and exists once: nobody is told twice.

    Figures never stand in a letter, only a link to where they are. ``calendar`` is an iCalendar object with its iTIP
    ``method`` (REQUEST, CANCEL), both empty for a plain letter. ``message_id``, the part of its Message-ID before the
    host, is fixed when the letter is written, so that a duplicate after a crash can be recognised by its reader.
    ``recipient``, ``body`` and ``calendar`` are emptied some time after it was sent or has failed.
    """

    __tablename__ = "mail"
    __table_args__ = (
        CheckConstraint(one_of("state", MAIL_STATES), name="state"),
        Index("ix_mail_kept", "created_at", sqlite_where=_KEPT, postgresql_where=_KEPT),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    occasion: Mapped[str] = mapped_column(String(200), unique=True)
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    recipient: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(10))
    subject: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    calendar: Mapped[str] = mapped_column(Text, default="")
    method: Mapped[str] = mapped_column(String(20), default="")
    state: Mapped[str] = mapped_column(String(20), default="queued")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(300), default="")
    """The server's last refusal or silence: a word of ours with its status code, or empty when all went well."""


class Notice(Base):
    """A line in somebody's inbox of the portal; ``kind`` says which sentence, ``parameters`` fill it in."""

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("account_id", "occasion"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    occasion: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(50))
    parameters: Mapped[dict[str, Any]]
    link: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
