"""The tour's client says in one line what keeps it from answering."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.source import REPOSITORY


class Refusing(BaseHTTPRequestHandler):
    """A site that refuses every code, or fails below ``/broken``."""

    def do_GET(self) -> None:
        self.send_response(500 if self.path.startswith("/broken") else 410)
        self.end_headers()
        self.wfile.write(b'<main data-page="refused">The window has closed.</main>')

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of a refusing site."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def client(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(REPOSITORY / "docs" / "tour" / "answer.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


def codes(folder: Path, address: str) -> Path:
    path = folder / "codes.csv"
    path.write_text(f"code,url\na,{address}/s/a\nb,{address}/s/b\n")
    return path


def test_refused_codes_are_counted(site: str, tmp_path: Path):
    assert client(codes(tmp_path, site)).stdout == "0 of 2 sent. 2 refused.\n"


def test_a_server_that_fails_or_is_not_started_is_one_line(site: str, tmp_path: Path):
    for address, text in (
        (f"{site}/broken", "The server failed (HTTP 500)"),
        (f"http://127.0.0.1:{processes.free_port()}", "sikte serve"),
    ):
        ended = client(codes(tmp_path, address))
        assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1)
        assert text in ended.stderr


def test_a_file_that_holds_no_codes_is_one_line(tmp_path: Path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    for arguments, text in (
        ((), "Usage"),
        ((tmp_path / "nowhere.csv",), "sikte codes issue"),
        ((tmp_path / "other.csv",), "no file of codes"),
    ):
        ended = client(*arguments)
        assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1)
        assert text in ended.stderr
