"""What the pages of the post show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice in words."""

    address: str
    sentence: str
    at: str
    machine_at: str
    unread: bool


@dataclass(frozen=True, slots=True)
class NoticesView:
    """A person's notices, newest first."""

    rows: tuple[NoticeRow, ...]
    unread: int


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter that can be chosen: its address, its words, how many it finds."""

    address: str
    label: str
    number: int
    current: bool


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A letter in the list."""

    number: int
    at: str
    machine_at: str
    recipient: str
    subject: str
    state: str
    badge: str
    error: str


@dataclass(frozen=True, slots=True)
class PostView:
    """A page of the letters; ``caught`` says that nothing leaves this machine."""

    rows: tuple[LetterRow, ...]
    choices: tuple[Choice, ...]
    caught: bool
    failed: int
    chosen: str
    newer: str
    older: str


@dataclass(frozen=True, slots=True)
class LetterView:
    """One letter; ``paragraphs`` are the lines of its text, none when it may not be read or is no longer kept."""

    row: LetterRow
    sent_at: str
    lines: tuple[str, ...]
    calendar: str
    caught: bool
    secret: bool
    forgotten: bool
    can_be_sent: bool


@dataclass(frozen=True, slots=True)
class WorkRow:
    """A piece of background work in words."""

    number: int
    work: str
    subject: str
    state: str
    badge: str
    attempts: int
    since: str
    machine_since: str
    error: str
    stuck: bool


@dataclass(frozen=True, slots=True)
class WorkView:
    """The background work that is not done; ``more`` is how many rows are left out."""

    rows: tuple[WorkRow, ...]
    choices: tuple[Choice, ...]
    chosen: str
    more: int
