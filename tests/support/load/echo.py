"""The bare loop over HTTP: a Flask site under the same server that reads the same form, does nothing and redirects."""

from __future__ import annotations

import sys

from flask import Flask, Response, redirect, request
from granian import Granian
from granian.constants import Interfaces


def application() -> Flask:
    """Return a site whose check page answers at once."""
    app = Flask(__name__)

    @app.post("/check")
    def check() -> Response:
        request.form.get("action")
        return Response(status=303, headers={"Location": "/receipt"})

    @app.get("/")
    def home() -> Response:
        return redirect("/receipt")  # type: ignore[return-value]  # Werkzeug's own Response serves as well

    return app


def main(port: int, workers: int) -> None:
    """Serve until asked to stop, with the settings of the respondent's site."""
    Granian(
        f"{__name__ if __name__ != '__main__' else 'tests.support.load.echo'}:application",
        factory=True,
        interface=Interfaces.WSGI,
        address="127.0.0.1",
        port=port,
        workers=workers,
        blocking_threads=1,
        log_access=False,
        log_enabled=False,
        websockets=False,
    ).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
