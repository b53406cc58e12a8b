"""The sites under a production server: ``deploy.wsgi:survey`` and ``:portal`` make the application in each process."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

from deploy import bootstrap
from shared.config import load_settings
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.i18n import set_language

if TYPE_CHECKING:
    from flask import Flask

_POOL = 2
"""A web process answers one request at a time; the second connection makes box keys."""


def survey() -> Flask:
    """Make the respondent's site from the environment's settings."""
    from survey_service.app import create_app

    settings = load_settings(os.environ)
    set_language(settings.language)
    bootstrap.start_logging(settings)
    return create_app(bootstrap.survey_services(bootstrap.build(settings, pool_size=_POOL)))


def portal() -> Flask:
    """Make the portal from the environment's settings."""
    from admin_portal.app import create_app

    settings = load_settings(os.environ)
    set_language(settings.language)
    bootstrap.start_logging(settings)
    app = create_app(bootstrap.portal_services(bootstrap.build(settings, pool_size=_POOL)))
    believe_proxies(app, settings.proxies)
    return app


def believe_proxies(app: Flask, number: int) -> None:
    """Take the visitor's address, and nothing else, from the last ``number`` words of X-Forwarded-For.

    Delays after failed sign-ins are counted for that address; the words before were written by whoever asks.
    """
    if number:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # as Werkzeug has it
            app.wsgi_app, x_for=number, x_proto=0, x_host=0, x_port=0, x_prefix=0
        )


def serve(site: str, host: str, port: int, workers: int) -> None:
    """Serve ``survey`` or ``portal`` with Granian until asked to stop: one blocking thread a worker, no access log.

    Raises ``Refused`` (``port_taken``).
    """
    from granian import Granian
    from granian.constants import Interfaces

    _require_free(host, port)
    Granian(
        f"deploy.wsgi:{site}",
        factory=True,
        interface=Interfaces.WSGI,
        address=host,
        port=port,
        workers=workers,
        blocking_threads=1,
        respawn_failed_workers=True,
        log_access=False,
        log_enabled=False,
        websockets=False,
    ).serve()


def _require_free(host: str, port: int) -> None:
    """Refuse a port that is in use: Granian would share it with whoever has it, and half of the requests with them."""
    family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    try:
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        text = _(
            "Port %(port)d of %(host)s cannot be used: %(reason)s. Stop what uses it, or name another with --port."
        )
        raise Refused("port_taken", text % {"port": port, "host": host, "reason": error.strerror or error}) from error
