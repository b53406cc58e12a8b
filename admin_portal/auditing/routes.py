"""The audit log, for auditors: pages, the check of its chain, a download."""

from __future__ import annotations

import json
from datetime import date
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from admin_portal.access.guard import needs
from admin_portal.access.policy import Permission
from admin_portal.auditing.log import (
    MOST_DOWNLOADED,
    PAGE,
    Search,
    check_chain,
    count_entries,
    find_entries,
    in_words,
    names_of,
)
from admin_portal.auditing.views import AuditView, ChainView, EntryRow
from admin_portal.downloads import csv_download
from admin_portal.pages import page
from admin_portal.services import services
from shared.clock import local
from shared.i18n import gettext as _
from shared.model.audit import AuditEntry

blueprint = Blueprint("auditing", __name__)

_READ = Permission.READ_AUDIT
_MOST_SHOWN = 50
_LONGEST_TEXT = 200
_LAST_PAGE = 1_000_000
_FIRST_YEAR, _LAST_YEAR = 2000, 2999
_COLUMNS = ("id", "at", "actor", "actor_name", "action", "subject", "subject_name", "details", "hash")


@blueprint.get("/audit")
@needs(_READ)
def show_log() -> Response:
    """Show a page of the log."""
    search, fault = _search()
    number = min(max(request.args.get("page", 1, type=int), 1), _LAST_PAGE)
    with services().database.read() as session:
        total = count_entries(session, search)
        rows = _rows(session, search, number)
    return page("auditing/log.html", _view(rows, search, fault, total=total, number=number))


@blueprint.get("/audit/chain")
@needs(_READ)
def show_chain() -> Response:
    """Check the chain and show what was found."""
    with services().database.read() as session:
        chain = check_chain(session)
    broken = chain.broken[:_MOST_SHOWN]
    view = ChainView(chain.total, chain.checked, broken, len(chain.broken) - len(broken))
    return page("auditing/chain.html", view)


@blueprint.get("/audit.csv")
@needs(_READ)
def download_log() -> Response:
    """Hand out what the search finds."""
    search, _fault = _search()
    with services().database.read() as session:
        entries = list(find_entries(session, search, limit=MOST_DOWNLOADED))
        names = names_of(session, _labels(entries))
    return csv_download("sikte-audit.csv", _COLUMNS, (_cells(entry, names) for entry in entries))


def _search() -> tuple[Search, str]:
    """Return what is looked for, and what is wrong with how it was asked."""
    fault = ""
    days: dict[str, date | None] = {"since": None, "until": None}
    for name in days:
        given = request.args.get(name, "").strip()
        try:
            days[name] = _day(given) if given else None
        except ValueError:
            fault = _("Write days as year-month-day, for example 2026-08-01.")
    return Search(request.args.get("q", "").strip()[:_LONGEST_TEXT], days["since"], days["until"]), fault


def _day(given: str) -> date:
    """Return the day; raises ``ValueError`` for none, and for one that has no midnight before or after it."""
    day = date.fromisoformat(given)
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(given)
    return day


def _rows(session: Session, search: Search, number: int) -> tuple[EntryRow, ...]:
    entries = list(find_entries(session, search, offset=(number - 1) * PAGE))
    names = names_of(session, _labels(entries))
    return tuple(_row(entry, names) for entry in entries)


def _row(entry: AuditEntry, names: dict[str, str]) -> EntryRow:
    at = local(entry.at)
    return EntryRow(
        number=entry.id,
        at=f"{at:%Y-%m-%d %H:%M:%S}",
        machine_at=at.isoformat(timespec="seconds"),
        actor=in_words(entry.actor, names),
        action=entry.action,
        subject=in_words(entry.subject, names),
        details=tuple((name, _plain(value)) for name, value in entry.details.items()),
    )


def _view(rows: tuple[EntryRow, ...], search: Search, fault: str, *, total: int, number: int) -> AuditView:
    first = (number - 1) * PAGE + 1
    last = first + len(rows) - 1
    place = _("%(first)d to %(last)d of %(total)d") % {"first": first, "last": last, "total": total}
    return AuditView(
        rows=rows,
        text=search.text,
        since=search.since.isoformat() if search.since else "",
        until=search.until.isoformat() if search.until else "",
        fault=fault,
        place=place if rows else "",
        earlier=_address("/audit", search, number - 1) if number > 1 else "",
        later=_address("/audit", search, number + 1) if rows and last < total else "",
        download=_address("/audit.csv", search),
    )


def _address(path: str, search: Search, number: int = 1) -> str:
    given = {"q": search.text, "since": search.since, "until": search.until, "page": number if number > 1 else ""}
    chosen = urlencode({name: str(value) for name, value in given.items() if value})
    return f"{path}?{chosen}" if chosen else path


def _cells(entry: AuditEntry, names: dict[str, str]) -> tuple[str, ...]:
    return (
        str(entry.id),
        entry.at.isoformat(),
        entry.actor,
        names.get(entry.actor, ""),
        entry.action,
        entry.subject,
        names.get(entry.subject, ""),
        json.dumps(entry.details, ensure_ascii=False, sort_keys=True),
        entry.hash,
    )


def _labels(entries: list[AuditEntry]) -> set[str]:
    return {label for entry in entries for label in (entry.actor, entry.subject)}


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
