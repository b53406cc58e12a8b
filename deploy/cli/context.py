"""What commands share: the parts on demand, the work left to be done, and waiting for it."""

from __future__ import annotations

import os
import pwd
import sys
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

import click
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from deploy import bootstrap
from deploy.bootstrap import Container
from shared.config import Settings, load_settings
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.i18n import ngettext, set_language
from shared.model.events import Delivery

WAIT_SECONDS = 3600.0
_POLL_SECONDS = 0.2
_SAY_EVERY = 5.0


class Application:
    """One run of the command line (click's ``ctx.obj``)."""

    def __init__(self, home: Path | None = None, environment: Mapping[str, str] = os.environ) -> None:
        self._home = home
        self._environment = environment

    @cached_property
    def settings(self) -> Settings:
        """The settings; raises ``SettingsError`` naming each variable that is wrong."""
        settings = load_settings(self._environment, home=self._home)
        set_language(settings.language)
        bootstrap.start_logging(settings, "warning")
        return settings

    @cached_property
    def parts(self) -> Container:
        """The parts, with nothing asked of the database yet: for ``db`` and ``doctor``."""
        return bootstrap.build(self.settings)

    @cached_property
    def container(self) -> Container:
        """The parts over a database of this version's migrations; raises ``WrongMigrations`` with the remedy."""
        bootstrap.prepare(self.parts)
        return self.parts

    def close(self) -> None:
        """Close the database's connections, if this command opened any."""
        if "parts" in self.__dict__:
            self.parts.database.dispose()

    @property
    def actor(self) -> str:
        """Who the audit log names: the operating system's user behind this command."""
        try:
            return f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
        except KeyError:
            return f"cli:{os.getuid()}"

    def settle(self) -> None:
        """Do the deliveries of an embedded home without a server; elsewhere leave them to the workers."""
        if self.container.serve_lock is None:
            return
        from deploy import embedded

        before = self._stuck()
        embedded.settle(self.container, Progress(_("Working")).show)
        stuck = self._stuck() - before
        if stuck > 0:
            text = ngettext(
                "%(number)d delivery failed three times. See: sikte deliveries list",
                "%(number)d deliveries failed three times. See: sikte deliveries list",
                stuck,
            )
            raise Refused("quarantined", text % {"number": stuck})

    def wait_until(
        self, predicate: Callable[[Session], bool], timeout: float = WAIT_SECONDS, *, what: str = ""
    ) -> None:
        """Wait until ``predicate`` holds, doing the work ourselves where nobody else will.

        A wait of some seconds is told, with ``what`` it is for.
        Raises ``Refused`` when deliveries get stuck meanwhile (``quarantined``) or ``timeout`` seconds go by.
        """
        stuck = self._stuck()
        begun = time.monotonic()
        told = False
        while True:
            self.settle()
            with self.container.database.read() as session:
                if predicate(session):
                    return
            if self._stuck() > stuck:
                raise Refused("quarantined", _("A delivery failed three times. See: sikte deliveries list"))
            waited = time.monotonic() - begun
            if waited > _SAY_EVERY and not told:
                self._say_wait(what)
                told = True
            if waited > timeout:
                text = _("Not ready after %(seconds)d seconds. Do workers and clock run? See: sikte deliveries list")
                raise Refused("timeout", text % {"seconds": timeout})
            time.sleep(_POLL_SECONDS)

    def _say_wait(self, what: str) -> None:
        text = _("Waiting: %(what)s. Break off with Ctrl-C; the work goes on without this command.")
        if self.container.serve_lock is None:
            text = _("Waiting: %(what)s. sikte worker and sikte clock must run for it.")
        click.echo(text % {"what": what or _("the workers")}, err=True)

    def _stuck(self) -> int:
        stuck = select(func.count()).select_from(Delivery).where(Delivery.quarantined_at.is_not(None))
        with self.container.database.read() as session:
            return session.scalar(stuck) or 0


class Progress:
    """How much is left: a line that changes on a terminal, else plain lines now and then; quick work is silent."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._next = time.monotonic() + 1.0
        self._shown = False

    def show(self, left: int) -> None:
        """Say how much is left, if it is time to."""
        terminal = sys.stderr.isatty()
        if left == 0:
            if self._shown and terminal:
                click.echo("\r\033[K", nl=False, err=True)
            return
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + (0.2 if terminal else _SAY_EVERY)
        self._shown = True
        text = _("%(title)s: %(left)d left") % {"title": self._title, "left": left}
        click.echo(f"\r\033[K{text}" if terminal else text, nl=not terminal, err=True)
