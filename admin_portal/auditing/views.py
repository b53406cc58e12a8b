"""What the pages of the audit log show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One decision in words."""

    number: int
    at: str
    machine_at: str
    actor: str
    action: str
    subject: str
    details: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AuditView:
    """A page of the audit log with its search."""

    rows: tuple[EntryRow, ...]
    text: str
    since: str
    until: str
    fault: str
    place: str
    earlier: str
    later: str
    download: str


@dataclass(frozen=True, slots=True)
class ChainView:
    """What a check of the chain found."""

    total: int
    checked: int
    broken: tuple[int, ...]
    more: int
