"""A newcomer follows the README line by line: from three files to figures, and the figures are those of the answers."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import urllib.request
from collections import Counter
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.source import REPOSITORY

ITEMS = ("trygg", "vuxna", "arbetsro")
CODES = ("4", "3", "2", "1", "9")
RESPONDENTS = 37
SEED = 7


def blocks() -> list[str]:
    """Return the shell blocks of the tour as they stand in the README."""
    text = (REPOSITORY / "README.md").read_text()
    tour = text.partition("<!-- tour")[2].partition("The files' columns")[0]
    return re.findall(r"^```sh\n(.*?)^```", tour, re.DOTALL | re.MULTILINE)


def exports(block: str) -> str:
    return "\n".join(line for line in block.splitlines() if line.startswith("export "))


def simulated_answers() -> dict[str, Counter[str]]:
    """Return how often each option was chosen, drawn as ``docs/tour/answer.py`` draws: an independent count."""
    rng = random.Random(SEED)
    drawn = [{item: rng.choice(CODES) for item in ITEMS} for _respondent in range(RESPONDENTS)]
    return {item: Counter(answers[item] for answers in drawn) for item in ITEMS}


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310  our own server
            return response.status == 200
    except OSError:
        return False


class Newcomer:
    """Somebody in a fresh copy of the repository with a shell."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{processes.free_port()}"
        (folder / "docs").symlink_to(REPOSITORY / "docs")
        (folder / ".venv").symlink_to(sys.prefix)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SIKTE_")}
        portal = f"http://127.0.0.1:{processes.free_port()}"
        own = {"SIKTE_SURVEY_URL": self.url, "SIKTE_PORTAL_URL": portal, "PYTHONIOENCODING": "utf-8"}
        self.environment = {**kept, **own}

    def types(self, block: str) -> str:
        """Run the lines in bash, stopping at the first that fails; return what they printed."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def other_terminal(self, block: str) -> tuple[subprocess.Popen[bytes], Path]:
        """Leave the lines running until the site answers."""
        log = self.folder / "other-terminal.log"
        lines = f"cd {self.folder}\n{block}"
        process = processes.start(["bash", "-c", lines], log=log, environment=self.environment)
        processes.wait_until(lambda: answers(self.url), process, log)
        return process, log


@pytest.fixture(scope="module")
def tour(tmp_path_factory):
    """What the last block of the tour printed."""
    newcomer = Newcomer(tmp_path_factory.mktemp("newcomer"))
    prepare, serve, follow = blocks()
    newcomer.types(prepare)
    process, log = newcomer.other_terminal(serve)
    try:
        printed = newcomer.types(f"{exports(prepare)}\n{follow}")
    finally:
        processes.kill_tree(process)
    return newcomer, printed, log.read_text()


@pytest.fixture(scope="module")
def rows(tour):
    _newcomer, printed, _log = tour
    return json.loads(printed[printed.index("\n[\n") :])


def headline(rows, **wanted):
    """Return the one row of all respondents, headcount-weighted, with no comparison, that has these values."""
    plain = {"segment": None, "weighting": "frame", "compare_to": None, "area": None, "item": None} | wanted
    (found,) = [row for row in rows if all(row[name] == value for name, value in plain.items())]
    return found


def test_every_code_is_answered_and_every_answer_counted(tour, rows):
    _newcomer, printed, _log = tour
    assert f"{RESPONDENTS} of {RESPONDENTS} sent." in printed
    found = headline(rows)
    assert (found["level"], found["invited"], found["answered"], found["response_rate"]) == ("municipality", 37, 37, 1)


def test_the_figures_are_those_of_the_answers_sent(rows):
    for item, counts in simulated_answers().items():
        found = headline(rows, item=item, area=None if item == "arbetsro" else "trygghet")
        assert found["distribution"] == {code: counts[code] for code in CODES}
        assert (found["n"], found["n_dont_know"]) == (RESPONDENTS - counts["9"], counts["9"])
        assert 0 <= found["index"] <= 10


def test_an_area_s_index_has_its_interval_and_definition(rows):
    found = headline(rows, area="trygghet")
    assert found["index_low"] <= found["index"] + 0.05
    assert found["index"] - 0.05 <= found["index_high"]
    assert found["definition"] == "mean of persons with at least 1 of 2 items; linear 0-10"


def test_what_is_hidden_says_why(rows):
    hidden = [row for row in rows if row["status"] == "hidden"]
    assert hidden
    assert {row["reason"] for row in hidden} <= {"too_few", "complementary", "low_response_rate"}
    assert all(row["index"] is None and row["n"] is None for row in hidden)


def test_the_results_are_released_and_the_first_officer_gets_a_link(tour):
    _newcomer, printed, _log = tour
    assert "Släpp 1 av provomgang" in printed
    assert re.search(r"http://127\.0\.0\.1:\d+/choose-password/\S{20,}", printed)


def test_codes_are_written_for_their_owner_alone(tour):
    newcomer, _printed, _log = tour
    assert (newcomer.folder / "codes.csv").stat().st_mode & 0o077 == 0


def test_no_code_reaches_the_server_s_log(tour):
    newcomer, _printed, log = tour
    codes = [line.split(",")[5] for line in (newcomer.folder / "codes.csv").read_text().splitlines()[1:]]
    assert len(codes) == RESPONDENTS
    assert log
    assert [code for code in codes if code in log or code.replace("-", "") in log] == []
