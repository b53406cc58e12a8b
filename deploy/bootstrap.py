"""The composition root: the settings become parts, and the mode is acted on here and nowhere else."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from deploy import logs
from shared.clock import Clock, SystemClock
from shared.config import MailServer, Settings, read_smtp_url
from shared.database import migrate
from shared.database.dispatch import known_dispatch_key, make_dispatch_key
from shared.database.engine import Database, open_database
from shared.database.pepper import require_pepper
from shared.errors import SettingsError
from shared.i18n import gettext as _
from shared.model.events import (
    COMPUTE_RESULTS,
    COUNT_BALLOTS,
    FINISH_WINDOW,
    MAKE_PUBLIC_SITE,
    MAKE_WINDOW_KEY,
    SEND_MAIL,
    TELL_RECIPIENTS,
)
from shared.sealing.keystore import KeyStore, write_secret

if TYPE_CHECKING:
    from dramatiq import Broker

    from admin_portal.services import PortalServices
    from analytics_worker.mail.transport import Transport
    from shared.events.claims import Claim
    from survey_service.services import SurveyServices

DEMONSTRATION = "demonstration.json"
"""Marks a home as a demonstration and says how far its clock is moved."""

_OWNER_ONLY_FOLDER = 0o700
_OWNER_ONLY_FILE = 0o600
_SECRET_BYTES = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """The parts that commands, sites and workers are given.

    ``serve_lock`` is the file that a server of this home locks; None where servers and workers are others' business.
    """

    settings: Settings = field(repr=False)
    database: Database
    clock: Clock
    keys: KeyStore
    code_pepper: bytes = field(repr=False)
    secret_key: str = field(repr=False)
    serve_lock: Path | None = None


def build(settings: Settings, *, pool_size: int = 10) -> Container:
    """Put the parts together; nothing is asked of the database yet.

    Embedded mode makes its home and its secrets on first use. Raises ``SettingsError`` when they cannot be read.
    """
    if settings.production:
        return Container(
            settings=settings,
            database=open_database(settings.database_url, pool_size=pool_size),
            clock=SystemClock(settings.clock_offset),
            keys=KeyStore(settings.keys),
            code_pepper=settings.code_pepper.encode(),
            secret_key=settings.secret_key,
        )
    try:
        return _build_embedded(settings, pool_size)
    except OSError as error:
        text = _("%(path)s cannot be used: %(reason)s. Name another place with --dir or SIKTE_HOME.")
        raise SettingsError(text % {"path": error.filename or settings.home, "reason": error.strerror}) from error


def _build_embedded(settings: Settings, pool_size: int) -> Container:
    settings.home.mkdir(parents=True, exist_ok=True, mode=_OWNER_ONLY_FOLDER)
    file = settings.home / "sikte.db"
    if not settings.database_url:
        file.touch(mode=_OWNER_ONLY_FILE)
    return Container(
        settings=settings,
        database=open_database(settings.database_url or f"sqlite:///{file}", pool_size=pool_size),
        clock=SystemClock(settings.clock_offset or _demonstration_offset(settings.home)),
        keys=KeyStore(settings.keys),
        code_pepper=(settings.code_pepper or _own_secret(settings, "code_pepper")).encode(),
        secret_key=settings.secret_key or _own_secret(settings, "secret_key"),
        serve_lock=settings.home / "serve.lock",
    )


def prepare(container: Container) -> None:
    """Make sure that the database is this version's; an empty embedded one gets its tables, and codes their key.

    Raises ``WrongMigrations`` with the remedy.
    """
    if not container.settings.production:
        if migrate.state(container.database).standing == "empty":
            migrate.upgrade(container.database)
        migrate.require_current(container.database)
        ensure_dispatch_key(container)
    else:
        migrate.require_current(container.database)


def ensure_dispatch_key(container: Container) -> bool:
    """Make the key that issued codes are sealed to, if there is none anywhere and this process may keep it.

    Returns whether the database has one afterwards. In production only a process that mounts ``SIKTE_KEYS`` makes it.
    """
    if container.settings.production and not container.keys.folder.is_dir():
        return known_dispatch_key(container.database) is not None
    make_dispatch_key(container.database, container.keys)
    return True


def check_pepper(container: Container) -> None:
    """Refuse to serve with a code pepper that is not the open codes' own; raises ``Refused`` with the remedy."""
    with container.database.read() as session:
        require_pepper(session, container.code_pepper)


def make_broker(container: Container) -> Broker:
    """Make the broker of this mode; nothing is connected yet."""
    if container.settings.production:
        from shared.events.redis_broker import redis_broker

        return redis_broker(container.settings.redis_url)
    from shared.events.broker import stub_broker

    return stub_broker()


def handlers(container: Container) -> Mapping[str, Callable[[Claim], None]]:
    """Return what each consumer does. Each imports its work when first called: an idle server loads no data frames."""
    database, clock, keys = container.database, container.clock, container.keys

    def make_window_key(claim: Claim) -> None:
        from analytics_worker.closing import opening

        opening.make_window_key(claim, database=database, clock=clock, keys=keys)

    def count_ballots(claim: Claim) -> None:
        from analytics_worker.closing import counting

        counting.count_ballots(claim, database=database, clock=clock, keys=keys)

    def finish_window(claim: Claim) -> None:
        from analytics_worker.closing import finishing

        finishing.finish_window(claim, database=database, clock=clock, keys=keys)

    def compute_results(claim: Claim) -> None:
        from analytics_worker.results import compute

        compute.compute_results(claim, database=database, clock=clock)

    def make_public_site(claim: Claim) -> None:
        from admin_portal.public import making

        making.make_public_site(claim, database=database, clock=clock)

    return {
        **_mail_handlers(container),
        MAKE_PUBLIC_SITE: make_public_site,
        MAKE_WINDOW_KEY: make_window_key,
        COUNT_BALLOTS: count_ballots,
        FINISH_WINDOW: finish_window,
        COMPUTE_RESULTS: compute_results,
    }


def _mail_handlers(container: Container) -> Mapping[str, Callable[[Claim], None]]:
    database, clock, settings = container.database, container.clock, container.settings

    def tell_recipients(claim: Claim) -> None:
        from analytics_worker.mail import telling

        telling.tell_recipients(
            claim, database=database, clock=clock, portal_url=settings.portal_url, sender=settings.mail_from
        )

    @cache
    def transport() -> Transport | None:
        from analytics_worker.mail.transport import Transport

        server = mail_server(container)
        return None if server is None else Transport(server, settings.mail_from)

    def send_mail(claim: Claim) -> None:
        from analytics_worker.mail import sending

        sending.send_mail(claim, database=database, clock=clock, transport=transport())

    return {TELL_RECIPIENTS: tell_recipients, SEND_MAIL: send_mail}


def mail_server(container: Container) -> MailServer | None:
    """Return the server that letters go to; None where they stay on this machine.

    A demonstration's people are made up, and their addresses may be somebody's: its letters never leave.
    """
    settings = container.settings
    demonstration = not settings.production and (settings.home / DEMONSTRATION).exists()
    if not settings.smtp_url or demonstration:
        return None
    return read_smtp_url(settings.smtp_url)


def survey_services(container: Container) -> SurveyServices:
    """Return what the respondent's site is given."""
    from shared.database.box_keys import BoxKeys
    from survey_service.services import SurveyServices

    return SurveyServices(
        database=container.database,
        clock=container.clock,
        box_keys=BoxKeys(container.database),
        code_pepper=container.code_pepper,
        secret_key=container.secret_key,
        survey_url=container.settings.survey_url,
    )


def portal_services(container: Container) -> PortalServices:
    """Return what the portal is given. Unaudited figures are published in demonstrations and trials only."""
    from admin_portal.services import PortalServices

    return PortalServices(
        database=container.database,
        clock=container.clock,
        secret_key=container.secret_key,
        code_pepper=container.code_pepper,
        portal_url=container.settings.portal_url,
        survey_url=container.settings.survey_url,
        unaudited_publication=not container.settings.production,
        catches_mail=mail_server(container) is None,
    )


def start_logging(settings: Settings, level: str | None = None) -> None:
    """Log from ``level`` on (default: the settings'): JSON lines for collectors in production, else for human eyes."""
    logs.configure(level or settings.log_level, as_json=settings.production)


def _own_secret(settings: Settings, name: str) -> str:
    """Read the secret ``name`` from its owner-only file, made on first use; two first commands at once make one."""
    path = settings.keys / name
    if not path.exists():
        settings.keys.mkdir(parents=True, exist_ok=True, mode=_OWNER_ONLY_FOLDER)
        with FileLock(settings.keys / ".making"):
            if not path.exists():
                write_secret(path, secrets.token_urlsafe(_SECRET_BYTES).encode())
    secret = path.read_text("ascii").strip()
    if not secret:
        text = _("%(path)s is empty. Restore it from its copy; without the old one all codes issued so far are lost.")
        raise SettingsError(text % {"path": path})
    return secret


def _demonstration_offset(home: Path) -> timedelta:
    """Return how far the demonstration that lives here has moved its clock."""
    path = home / DEMONSTRATION
    if not path.exists():
        return timedelta()
    try:
        return timedelta(seconds=float(json.loads(path.read_text("utf-8"))["clock_offset_seconds"]))
    except (ValueError, KeyError, TypeError) as error:
        text = _("%(path)s is damaged. Build the demonstration again with: sikte demo")
        raise SettingsError(text % {"path": path}) from error
