"""The HTTP server of embedded mode: threads of this process, no access log, and of troubles only their kind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from cheroot.wsgi import Server

from shared.config import port_of
from shared.errors import Refused
from shared.i18n import gettext as _

THREADS = 8
_WAITING = 128
"""Connections that may wait for a thread: with the server's own five, one of fifty at once was reset."""
# Far above what the site takes: up to here its own page says that a form was too large, beyond it only the server.
_MAXIMUM_BODY = 16 << 20
_LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")

_log = structlog.get_logger(__name__)


class _QuietServer(Server):
    def error_log(self, msg: str = "", level: int = 20, traceback: bool = False) -> None:  # noqa: FBT001, FBT002
        """Say that there was trouble: the server's own text may quote a request."""
        del msg, level, traceback
        _log.warning("http trouble")


@contextmanager
def serving(name: str, url: str, app: Any) -> Iterator[str]:
    """Serve the WSGI application ``app`` at ``url`` inside the block; gives the address that it listens on.

    Only this machine reaches a site whose address is this machine's. Port 0 takes a free one. Raises ``Refused``
    (``port_taken``).
    """
    host = "127.0.0.1" if any(f"//{local}" in url for local in _LOCAL_NAMES) else "0.0.0.0"  # noqa: S104  its url says so
    server = _QuietServer(
        (host, port_of(url)),
        app,
        numthreads=THREADS,
        server_name="sikte",
        request_queue_size=_WAITING,
        shutdown_timeout=2,
    )
    server.max_request_body_size = _MAXIMUM_BODY
    try:
        server.prepare()
    except OSError as error:
        text = _("%(url)s cannot be served: %(reason)s. Stop what uses the port, or name another in SIKTE_SURVEY_URL.")
        raise Refused("port_taken", text % {"url": url, "reason": error.strerror or error}) from error
    thread = threading.Thread(target=server.serve, name=name, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.bind_addr[1]}"
    finally:
        server.stop()
        thread.join()
