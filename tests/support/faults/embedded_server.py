"""``sikte serve`` on a home of its own: started, killed as by a power cut, and started again on what is left."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from shared.database.engine import Database, open_database
from shared.database.migrate import upgrade
from shared.sealing.keystore import KeyStore
from tests.support import processes
from tests.support.faults.world import PEPPER

REPOSITORY = Path(__file__).resolve().parents[3]


class EmbeddedServer:
    """A home with its server, and the database as the test sees it beside the server."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = processes.free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = home / "serve.log"
        self.keys = KeyStore(home / "keys")
        home.mkdir(parents=True, exist_ok=True)
        self.database: Database = open_database(f"sqlite:///{home / 'sikte.db'}")
        upgrade(self.database)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it serves the code page.

        Raises:
            ServerFailed: it ended (another one holds the home, say) or did not answer; the message carries its log.
        """
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SIKTE_")}
        environment = kept | {
            "SIKTE_CODE_PEPPER": PEPPER.decode(),
            "SIKTE_SURVEY_URL": self.address,
            "SIKTE_LANGUAGE": "en",
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONPATH": str(REPOSITORY),
        }
        command = [sys.executable, "-m", "tests.support.faults.hurried", "--dir", str(self.home), "serve"]
        self._process = processes.start(command, log=self.log, environment=environment)
        processes.wait_until(self.answers, self._process, self.log)

    def answers(self) -> bool:
        """Tell whether the code page is served."""
        try:
            with closing(HTTPConnection("127.0.0.1", self.port, timeout=2)) as connection:
                connection.request("GET", "/")
                return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False

    def kill(self) -> None:
        """End the server at once: nothing is flushed, nobody is told."""
        if self._process is not None:
            processes.kill_tree(self._process)
            self._process = None

    def stop(self) -> int:
        """Ask the server to end; return its exit status."""
        if self._process is None:
            return 0
        self._process.terminate()
        status = self._process.wait(30)
        self._process = None
        return status

    def close(self) -> None:
        """End the server and the test's own connections."""
        self.kill()
        self.database.dispose()
