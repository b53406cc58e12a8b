"""What ``sikte doctor`` checks: settings, database, broker, mail, clock, keys, disk, each with what to do about it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Literal, NamedTuple

from sqlalchemy import exists, func, select
from sqlalchemy import text as sql
from sqlalchemy.exc import SQLAlchemyError

from analytics_worker.mail.transport import Away, Limits, Transport
from deploy.bootstrap import Container, check_pepper, mail_server
from deploy.clock import LEASE as DEADLINES
from shared.clock import STOCKHOLM
from shared.database import migrate
from shared.database.dispatch import known_dispatch_key
from shared.errors import Refused
from shared.events.quarantine import is_postponed
from shared.events.relay import LEASE as RELAY
from shared.i18n import gettext as _
from shared.i18n import ngettext
from shared.model.base import database_now
from shared.model.cycles import CollectionWindow
from shared.model.events import Delivery, Event, Lease
from shared.model.post import Mail
from shared.presentation.post_words import mail_error
from shared.sealing.keystore import KeyMissing

Outcome = Literal["ok", "warn", "fail"]
_GIGABYTE = 1 << 30
_ENOUGH_DISK = 2 * _GIGABYTE
_TOO_LITTLE_DISK = _GIGABYTE // 4
_MAXIMUM_OFFSET = 5.0
_OTHERS_RIGHTS = 0o077
_BROKER_SECONDS = 2.0
_MAIL_LIMITS = Limits(connect=5.0, reply=5.0)
_LONGEST_WAIT = timedelta(minutes=2)


class Finding(NamedTuple):
    """One line of the doctor: what was looked at, how it is, and what to do."""

    check: str
    outcome: Outcome
    detail: str


def examine(container: Container) -> Iterator[Finding]:
    """Yield the findings; what needs the database is left out when it does not answer or has other tables."""
    yield Finding(_("settings"), "ok", _("mode and all SIKTE_ variables are understood"))
    database = _database(container)
    yield database
    yield _migrations(container) if database.outcome == "ok" else _unknown(_("migrations"))
    if container.database.is_postgresql and database.outcome == "ok":
        yield from _server_settings(container)
    yield _broker(container)
    yield _mail(container)
    yield _clock(container) if database.outcome == "ok" else _unknown(_("clock"))
    yield _rights(container)
    yield _disk(container)
    yield from _over_tables(container, database)


def _over_tables(container: Container, database: Finding) -> Iterator[Finding]:
    checks: dict[str, Callable[[Container], Finding]] = {
        _("dispatch key"): _dispatch_key,
        _("code pepper"): _code_pepper,
        _("window keys"): _window_keys,
        _("deliveries"): _deliveries,
        _("letters"): _letters,
        _("processes"): _processes,
    }
    readable = database.outcome == "ok" and migrate.state(container.database).standing == "current"
    for name, check in checks.items():
        yield check(container) if readable else _unknown(name)


def _unknown(check: str) -> Finding:
    return Finding(check, "warn", _("not looked at: mend the database first"))


def _database(container: Container) -> Finding:
    kind = "PostgreSQL" if container.database.is_postgresql else "SQLite"
    try:
        with container.database.read() as session:
            session.scalar(select(database_now()))
    except (SQLAlchemyError, OSError) as error:
        text = _("%(kind)s does not answer (%(error)s): check SIKTE_DATABASE_URL, and that the server runs")
        return Finding(_("database"), "fail", text % {"kind": kind, "error": type(error).__name__})
    return Finding(_("database"), "ok", _("%(kind)s answers") % {"kind": kind})


def _migrations(container: Container) -> Finding:
    try:
        migrate.require_current(container.database)
    except migrate.WrongMigrations as error:
        return Finding(_("migrations"), "fail", str(error))
    return Finding(_("migrations"), "ok", _("at %(head)s") % {"head": migrate.head_revision()})


class _Wanted(NamedTuple):
    """What a setting of PostgreSQL must be, and what is the matter where it is not."""

    value: str
    outcome: Outcome
    remedy: str


def _wanted() -> dict[str, _Wanted]:
    log = _("the server's log could then repeat answers. Set it in postgresql.conf and reload the server")
    role = _("the server's log then repeats statements. Run: ALTER ROLE … SET log_min_error_statement = panic")
    lost = _("a crash of the server could then lose answers that were acknowledged. Set it to on")
    return {
        "log_error_verbosity": _Wanted("terse", "fail", log),
        "log_statement": _Wanted("none", "fail", log),
        "log_min_duration_statement": _Wanted("-1", "fail", log),
        "log_min_error_statement": _Wanted("panic", "warn", role),
        "synchronous_commit": _Wanted("on", "warn", lost),
    }


def _server_settings(container: Container) -> Iterator[Finding]:
    """Yield PostgreSQL's settings, as this role has them, that could leak answers or lose them."""
    with container.database.read() as session:
        found = {name: session.scalar(sql("SELECT current_setting(:name)"), {"name": name}) for name in _wanted()}
    for name, wanted in _wanted().items():
        value = str(found[name])
        if value == wanted.value:
            yield Finding(name, "ok", value)
        else:
            parts = {"value": value, "wanted": wanted.value, "remedy": wanted.remedy}
            yield Finding(name, wanted.outcome, _("is %(value)s, not %(wanted)s: %(remedy)s") % parts)


def _broker(container: Container) -> Finding:
    if not container.settings.redis_url:
        return Finding(_("broker"), "ok", _("threads of the server's own process"))
    import redis

    try:
        with redis.Redis.from_url(container.settings.redis_url, socket_connect_timeout=_BROKER_SECONDS) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        text = _("Redis does not answer (%(error)s): check SIKTE_REDIS_URL; nothing is lost, work waits until it does")
        return Finding(_("broker"), "fail", text % {"error": type(error).__name__})
    return Finding(_("broker"), "ok", _("Redis answers"))


def _mail(container: Container) -> Finding:
    server = mail_server(container)
    if server is None:
        return Finding(_("mail"), "ok", _("letters stay in the local catcher, the page Post of the portal"))
    try:
        Transport(server, container.settings.mail_from, limits=_MAIL_LIMITS).check()
    except Away as away:
        text = _("%(reason)s Nothing is lost: letters wait and are tried again for three days")
        return Finding(_("mail"), "fail", text % {"reason": mail_error(away.reason)})
    text = _("the server answers at %(host)s, port %(port)d")
    return Finding(_("mail"), "ok", text % {"host": server.host, "port": server.port})


def _clock(container: Container) -> Finding:
    with container.database.read() as session:
        there = session.scalar(select(database_now())) or 0.0
    offset = abs(there - time.time())
    if offset > _MAXIMUM_OFFSET:
        text = _("the database's clock is %(seconds).0f seconds off this machine's: synchronise both (NTP)")
        return Finding(_("clock"), "warn", text % {"seconds": offset})
    moment = container.clock.now().astimezone(STOCKHOLM)
    text = _("Swedish time %(moment)s") % {"moment": moment.isoformat(" ", "minutes")}
    if container.settings.clock_offset or abs(container.clock.now().timestamp() - time.time()) > _MAXIMUM_OFFSET:
        return Finding(_("clock"), "warn", text + ", " + _("moved: this is a demonstration or a test"))
    return Finding(_("clock"), "ok", text)


def _rights(container: Container) -> Finding:
    folder = container.keys.folder
    if not folder.is_dir():
        text = _("%(path)s is not here: mount SIKTE_KEYS where codes are issued and ballots counted, nowhere else")
        return Finding(_("keys"), "warn", text % {"path": folder})
    open_to_others = [path for path in _files(folder) if path.stat().st_mode & _OTHERS_RIGHTS]
    if open_to_others:
        text = _("others may read %(paths)s. Run: chmod -R go= %(folder)s")
        paths = ", ".join(str(path) for path in open_to_others)
        return Finding(_("keys"), "fail", text % {"paths": paths, "folder": folder})
    return Finding(_("keys"), "ok", _("%(path)s is for its owner only") % {"path": folder})


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("."))


def _disk(container: Container) -> Finding:
    home = container.settings.home
    while not home.exists():
        home = home.parent
    free = shutil.disk_usage(home).free
    text = _("%(size).1f GB free at %(path)s") % {"size": free / _GIGABYTE, "path": home}
    if free < _TOO_LITTLE_DISK:
        return Finding(_("disk"), "fail", text + ": " + _("make room before answers are refused"))
    if free < _ENOUGH_DISK:
        return Finding(_("disk"), "warn", text + ": " + _("make room soon"))
    return Finding(_("disk"), "ok", text)


def _dispatch_key(container: Container) -> Finding:
    public_key = known_dispatch_key(container.database)
    if public_key is None:
        text = _("none yet, so codes cannot be issued. Run where SIKTE_KEYS is mounted: sikte db upgrade")
        return Finding(_("dispatch key"), "warn", text)
    if not container.keys.has_dispatch_key():
        text = _("not mounted here: letters, mail and codes issue --out must run where it is")
        return Finding(_("dispatch key"), "warn", text)
    try:
        container.keys.dispatch_key(public_key)
    except KeyMissing as error:
        return Finding(_("dispatch key"), "fail", str(error))
    return Finding(_("dispatch key"), "ok", _("present"))


def _code_pepper(container: Container) -> Finding:
    try:
        check_pepper(container)
    except Refused as refusal:
        return Finding(_("code pepper"), "fail", str(refusal))
    return Finding(_("code pepper"), "ok", _("the one that codes are made with"))


def _window_keys(container: Container) -> Finding:
    with container.database.read() as session:
        collecting = CollectionWindow.state.in_(("open", "closed"))
        windows = session.scalars(select(CollectionWindow).where(collecting)).all()
    missing = [window.key for window in windows if not container.keys.has_window_key(window.id)]
    if not missing:
        return _matching(container, windows)
    text = _("missing here for %(windows)s: right where nothing is counted; else restore them from their copy")
    outcome: Outcome = "fail" if container.keys.folder.is_dir() else "warn"
    return Finding(_("window keys"), outcome, text % {"windows": ", ".join(missing)})


def _matching(container: Container, windows: Sequence[CollectionWindow]) -> Finding:
    """Look whether each key is its own window's: with another one no ballot could be opened."""
    for window in windows:
        try:
            container.keys.counting_key(window.id, window.public_key or b"")
        except KeyMissing as error:
            return Finding(_("window keys"), "fail", str(error))
    return Finding(_("window keys"), "ok", _("all here (%(number)d)") % {"number": len(windows)})


def _deliveries(container: Container) -> Finding:
    with container.database.read() as session:
        stuck = session.scalar(select(func.count()).where(Delivery.quarantined_at.is_not(None))) or 0
    if not stuck:
        return Finding(_("deliveries"), "ok", _("none stuck"))
    text = ngettext("%(number)d stuck: sikte deliveries list", "%(number)d stuck: sikte deliveries list", stuck)
    return Finding(_("deliveries"), "warn", text % {"number": stuck})


def _letters(container: Container) -> Finding:
    with container.database.read() as session:
        failed = session.scalar(select(func.count()).select_from(Mail).where(Mail.state == "failed")) or 0
    if not failed:
        return Finding(_("letters"), "ok", _("none refused"))
    text = ngettext(
        "%(number)d letter was not sent: see the page Post of the portal",
        "%(number)d letters were not sent: see the page Post of the portal",
        failed,
    )
    return Finding(_("letters"), "warn", text % {"number": failed})


def _processes(container: Container) -> Finding:
    """Look whether somebody keeps the deadlines of open windows and does the work that is due."""
    with container.database.read() as session:
        is_open = session.scalar(select(exists().where(CollectionWindow.state == "open")))
        held = set(session.scalars(select(Lease.name).where(Lease.expires_at > database_now())))
        # Never claimed since it was published: whatever was tried has a time of its own to be tried again.
        untried = (Delivery.attempts == 0) & ~is_postponed()
        idle = Delivery.done_at.is_(None) & Delivery.quarantined_at.is_(None) & untried
        late = Event.occurred_at <= container.clock.now() - _LONGEST_WAIT
        waiting = session.scalar(select(func.count()).select_from(Delivery).join(Event).where(idle, late)) or 0
    serve = "sikte serve" if container.serve_lock is not None else ""
    if is_open and DEADLINES not in held:
        text = _("a window is open, but nobody keeps its deadline: start %(command)s")
        return Finding(_("processes"), "warn", text % {"command": serve or "sikte clock"})
    if waiting:
        text = ngettext(
            "%(number)d delivery has waited for more than two minutes: start %(command)s",
            "%(number)d deliveries have waited for more than two minutes: start %(command)s",
            waiting,
        )
        command = serve or ("sikte worker" if RELAY in held else "sikte clock")
        return Finding(_("processes"), "warn", text % {"number": waiting, "command": command})
    return Finding(_("processes"), "ok", _("nothing waits for a process that does not run"))
