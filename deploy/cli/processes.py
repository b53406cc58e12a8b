"""``sikte web``, ``sikte worker`` and ``sikte clock``: the processes of production mode."""

from __future__ import annotations

import os

import click

from deploy import bootstrap
from deploy.bootstrap import Container
from deploy.cli.context import Application
from shared.errors import Refused
from shared.i18n import gettext as _


@click.command("worker")
@click.option("--queues", default="", help="Only these queues, comma-separated (seal, count, results, mail).")
@click.option("--processes", type=click.IntRange(1, 256), default=None, help="Child processes (default: one a core).")
@click.option("--threads", type=click.IntRange(1, 64), default=1, show_default=True, help="Threads of each process.")
@click.pass_obj
def worker_command(application: Application, queues: str, processes: int | None, threads: int) -> None:
    """Count, compute and seal: consume deliveries until asked to stop."""
    from deploy import worker

    worker.run(_production(application), queues=queues, processes=processes or _cores(), threads=threads)


@click.command("clock")
@click.pass_obj
def clock_command(application: Application) -> None:
    """Open and close windows in time, and relay deliveries to the workers. Several may run."""
    from deploy import clock

    clock.run(_production(application))


@click.group("web")
def web_group() -> None:
    """Serve a site behind a reverse proxy."""


@web_group.command("survey")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Port to listen on.")
@click.option("--workers", type=click.IntRange(1, 256), default=None, help="Web processes (default: one a core).")
@click.pass_obj
def web_survey(application: Application, host: str, port: int, workers: int | None) -> None:
    """Serve the respondents' site."""
    from deploy import wsgi

    container = _production(application)
    bootstrap.check_pepper(container)
    container.database.dispose()
    wsgi.serve("survey", host, port, workers or _cores())


@web_group.command("portal")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8001, show_default=True, help="Port to listen on.")
@click.option("--workers", type=click.IntRange(1, 256), default=None, help="Web processes (default: one a core).")
@click.pass_obj
def web_portal(application: Application, host: str, port: int, workers: int | None) -> None:
    """Serve the portal and the public site."""
    from deploy import wsgi

    container = _production(application)
    container.database.dispose()
    wsgi.serve("portal", host, port, workers or _cores())


def _production(application: Application) -> Container:
    """Return the parts, or refuse where one process does it all."""
    container = application.container
    if container.serve_lock is not None:
        text = _("In embedded mode one process does it all: run sikte serve, or set SIKTE_MODE=production.")
        raise Refused("embedded", text)
    bootstrap.start_logging(container.settings)
    return container


def _cores() -> int:
    return len(os.sched_getaffinity(0))
