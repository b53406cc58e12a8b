"""Reads the audit log: filtered, paged, with names for actors, and whether its chain is unbroken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from shared.clock import STOCKHOLM
from shared.i18n import gettext as _
from shared.model.accounts import Account
from shared.model.audit import AuditEntry

PAGE = 100
MOST_CHECKED = 100_000
"""How many of the newest entries are checked from the portal; ``broken_entries`` checks all."""
MOST_DOWNLOADED = 100_000

_USER = "user:"
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Search:
    """Which entries are looked for: words in actor, action or subject, and Swedish days."""

    text: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """What a check of the chain found: how many entries there are, how many were checked, and which are broken."""

    total: int
    checked: int
    broken: tuple[int, ...]


def count_entries(session: Session, search: Search) -> int:
    """Return how many entries fit."""
    return session.scalar(select(func.count()).select_from(AuditEntry).where(_condition(session, search))) or 0


def find_entries(session: Session, search: Search, *, limit: int = PAGE, offset: int = 0) -> Iterator[AuditEntry]:
    """Yield the entries that fit, newest first."""
    found = select(AuditEntry).where(_condition(session, search)).order_by(AuditEntry.id.desc())
    yield from session.scalars(found.limit(limit).offset(offset).execution_options(yield_per=_AT_ONCE))


def names_of(session: Session, labels: Iterable[str]) -> dict[str, str]:
    """Return names for the actors and subjects that are accounts (``user:7``); the others name themselves."""
    ids = {int(label.removeprefix(_USER)) for label in labels if _is_account(label)}
    found = session.execute(select(Account.id, Account.name, Account.email).where(Account.id.in_(ids)))
    return {f"{_USER}{account_id}": f"{name} ({email})" for account_id, name, email in found}


def in_words(label: str, names: dict[str, str]) -> str:
    """Return who or what ``label`` is."""
    if label in names:
        return names[label]
    if label in {"clock", "worker"}:
        return _("The clock") if label == "clock" else _("The worker")
    if label.startswith("cli:"):
        return _("Command line (%(user)s)") % {"user": label.removeprefix("cli:")}
    return label


def check_chain(session: Session, most: int = MOST_CHECKED) -> Chain:
    """Check the newest ``most`` entries, each by itself and against the one before it."""
    total = session.scalar(select(func.count()).select_from(AuditEntry)) or 0
    newest = select(AuditEntry.id).order_by(AuditEntry.id.desc()).offset(most).limit(1)
    before = session.scalar(newest)
    previous = "" if before is None else session.get_one(AuditEntry, before).hash
    entries = select(AuditEntry).where(AuditEntry.id > (before or 0)).order_by(AuditEntry.id)
    broken = []
    for entry in session.scalars(entries.execution_options(yield_per=_AT_ONCE)):
        if entry.previous_hash != previous or entry.hash != entry.computed_hash():
            broken.append(entry.id)
        previous = entry.hash
    return Chain(total, min(total, most), tuple(broken))


def _condition(session: Session, search: Search) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = true()
    if search.since is not None:
        condition &= AuditEntry.at >= _midnight(search.since)
    if search.until is not None:
        condition &= AuditEntry.at < _midnight(search.until + timedelta(days=1))
    if search.text:
        people = select(Account.id).where(
            Account.name.icontains(search.text, autoescape=True) | Account.email.icontains(search.text, autoescape=True)
        )
        labels = [f"{_USER}{account_id}" for account_id in session.scalars(people)]
        condition &= or_(
            AuditEntry.action.icontains(search.text, autoescape=True),
            AuditEntry.subject.icontains(search.text, autoescape=True),
            AuditEntry.actor.icontains(search.text, autoescape=True),
            AuditEntry.actor.in_(labels),
            AuditEntry.subject.in_(labels),
        )
    return condition


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), STOCKHOLM)


def _is_account(label: str) -> bool:
    return label.startswith(_USER) and label.removeprefix(_USER).isdecimal()
