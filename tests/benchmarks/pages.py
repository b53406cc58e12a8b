"""Prints how long the server needs for an answered page of ten items: ``python -m tests.benchmarks.pages``."""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder

from shared.database.engine import Database, open_database
from shared.database.migrate import upgrade
from tests.support.servers import PostgresServer
from tests.support.survey_site import URL, House, build_house

REQUESTS = 1000
ADDRESS = "/questions/1"


def main() -> None:
    """Measure on SQLite and, where it is installed, on PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder:
        _measure("SQLite", open_database(f"sqlite:///{Path(folder) / 'sikte.db'}"))
    with PostgresServer(fsync=True) as server:
        _measure("PostgreSQL", open_database(server.create_database()))


def _measure(name: str, database: Database) -> None:
    upgrade(database)
    house = build_house(database, repeat=4)
    client = _answered(house)
    page = client.get(ADDRESS, base_url=URL)
    answers = {**_token(page.text), **_choices(page.text), "action": "next"}
    get, get_cpu = _median(house, client, [{}], "200")
    post, post_cpu = _median(house, client, [answers | {"trygg": str(choice)} for choice in (1, 2, 3, 4)], "303")
    sys.stdout.write(
        f"{name}: GET {get:.2f} ms (CPU {get_cpu:.2f}), POST {post:.2f} ms (CPU {post_cpu:.2f}), "
        f"{len(page.data)} bytes; medians of {REQUESTS}\n"
    )
    database.dispose()


def _answered(house: House) -> FlaskClient:
    """Return a browser that has answered the first page."""
    client = house.app.test_client()
    page = client.get("/", base_url=URL)
    client.post("/", base_url=URL, data={**_token(page.text), "code": house.codes["elev"][0]})
    page = client.get("/introduction", base_url=URL)
    client.post("/introduction", base_url=URL, data=_token(page.text))
    page = client.get(ADDRESS, base_url=URL)
    client.post(ADDRESS, base_url=URL, data={**_token(page.text), **_choices(page.text), "action": "next"})
    return client


def _token(html: str) -> dict[str, str]:
    return dict(re.findall(r'name="(token)" value="([^"]*)"', html))


def _choices(html: str) -> dict[str, str]:
    return dict(re.findall(r'type="radio" name="([^"]*)" value="(3)"', html))


def _median(house: House, client: FlaskClient, posts: list[dict[str, str]], expected: str) -> tuple[float, float]:
    """Return the application's median time, wall and CPU in milliseconds; requests are made ready beforehand."""
    method = "POST" if posts[0] else "GET"
    ready = [_environment(client, method, post) for post in posts]
    times, work, statuses = [], [], set[str]()

    def start_response(status: str, *_arguments: object) -> Callable[[bytes], object]:
        statuses.add(status[:3])
        return statuses.discard  # nobody writes this old way

    for turn in range(REQUESTS):
        environment, body = ready[turn % len(ready)]
        request = environment | {"wsgi.input": BytesIO(body)}
        start, cpu = time.perf_counter(), time.thread_time()
        b"".join(house.app.wsgi_app(request, start_response))
        times.append((time.perf_counter() - start) * 1000)
        work.append((time.thread_time() - cpu) * 1000)
    if statuses != {expected}:
        message = f"a page answered {statuses}"
        raise RuntimeError(message)
    return statistics.median(times), statistics.median(work)


def _environment(client: FlaskClient, method: str, post: dict[str, str]) -> tuple[dict[str, Any], bytes]:
    body = urlencode(post).encode()
    cookie = client.get_cookie("sikte-survey", domain="127.0.0.1")
    environment: dict[str, Any] = EnvironBuilder(
        ADDRESS,
        URL,
        method=method,
        content_type="application/x-www-form-urlencoded",
        headers=[("Cookie", f"sikte-survey={cookie.value if cookie else ''}")],
    ).get_environ()
    environment["CONTENT_LENGTH"] = str(len(body))
    return environment, body


if __name__ == "__main__":
    main()
