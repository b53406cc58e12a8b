"""Behind the proxies that are counted, visitors are told apart; what a visitor writes of the way here is nothing."""

from __future__ import annotations

import pytest
from flask import Flask, request

from deploy.wsgi import believe_proxies


@pytest.mark.parametrize(
    ("number", "said", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "192.0.2.66, 203.0.113.9", "203.0.113.9"),
        (2, "192.0.2.66, 203.0.113.9, 198.51.100.1", "203.0.113.9"),
    ],
)
def test_only_what_the_named_proxies_wrote_is_believed(number, said, address):
    app = Flask("somewhere")
    app.add_url_rule("/", "who", lambda: f"{request.remote_addr} {request.host} {request.scheme}")
    believe_proxies(app, number)
    headers = {"X-Forwarded-For": said, "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    assert app.test_client().get("/", headers=headers).text == f"{address} localhost http"
