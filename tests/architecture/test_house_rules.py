"""The rules of the house that no linter knows: sizes, first lines, unfinished work, clocks and the one switch."""

from __future__ import annotations

import ast
import importlib
import math
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.source import MIGRATIONS, PACKAGES, REPOSITORY, Module, length, modules, parse

HOUSE = [module for module in modules(*PACKAGES) if not module.path.startswith(MIGRATIONS + "versions/")]
EVERYTHING = modules(*PACKAGES, "tests")
# Each word has a bracket in it, so that this line does not find itself.
UNFINISHED = re.compile(r"\b(T[O]DO|F[I]XME|X[X]X|H[A]CK)\b|raise N[o]tImplementedError")
BLANKET = re.compile(r"#\s*(noqa|type:\s*ignore)\s*$", re.MULTILINE)
MODES = ("PRODUCTION", "EMBEDDED")
SWITCHES = ("deploy/bootstrap.py", "shared/config.py")


def made(text: str) -> Module:
    return Module("made.py", text, ast.parse(text))


def test_every_module_opens_with_one_sentence_that_says_what_it_is_for():
    def opens(module: Module) -> bool:
        docstring = ast.get_docstring(module.tree) or ""
        return module.text.startswith('"""') and docstring.partition("\n")[0].endswith((".", "?"))

    assert [module.path for module in EVERYTHING if not opens(module)] == []


def test_no_file_has_more_than_400_lines_and_no_test_file_more_than_600():
    limits = {module.path: 600 if module.path.startswith("tests/") else 400 for module in EVERYTHING}
    assert [m.path for m in EVERYTHING if m.lines > limits[m.path]] == []


def test_no_function_has_more_than_60_lines():
    assert [f"{m.path}:{f.name}" for m in HOUSE for f in m.functions() if length(f) > 60] == []


def test_nine_functions_in_ten_have_at_most_25_lines():
    lengths = sorted(length(function) for module in HOUSE for function in module.functions())
    assert lengths[math.ceil(0.9 * len(lengths)) - 1] <= 25


def test_nothing_is_unfinished_or_waved_through():
    found = [module.path for module in EVERYTHING if UNFINISHED.search(module.text) or BLANKET.search(module.text)]
    assert found == []


def naive_datetimes(module: Module) -> Iterator[str]:
    """Yield the calls that make a time without a zone, or read the clock past the injected one."""
    for node in ast.walk(module.tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        owner = ast.unparse(node.func.value)
        bare = not node.args and not node.keywords
        on_class = owner in {"datetime", "datetime.datetime", "date", "datetime.date"}
        if on_class and (
            node.func.attr in {"utcnow", "utcfromtimestamp", "today"} or (node.func.attr == "now" and bare)
        ):
            yield f"{module.path}:{node.lineno} {ast.unparse(node)}"


def clock_readings(module: Module) -> Iterator[str]:
    """Yield the calls that ask the machine for the date and time."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {
            "datetime.now",
            "datetime.datetime.now",
            "time.time",
        }:
            yield f"{module.path}:{node.lineno}"


def test_no_time_lacks_its_zone():
    assert [place for module in EVERYTHING for place in naive_datetimes(module)] == []


@pytest.mark.parametrize("call", ["datetime.now()", "datetime.utcnow()", "date.today()", "datetime.datetime.now()"])
def test_a_time_without_zone_would_be_found(call):
    assert len(list(naive_datetimes(made(call)))) == 1


def test_services_and_rules_take_the_time_from_the_injected_clock():
    rooms = [module for module in HOUSE if module.path.split("/")[0] != "deploy" and module.path != "shared/clock.py"]
    assert [place for module in rooms for place in clock_readings(module)] == []


def mode_readings(module: Module) -> Iterator[str]:
    """Yield the places that know which mode runs: the variable, the setting, its property and its values."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and node.value == "SIKTE_MODE":
            yield f"{module.path}:{node.lineno}"
        if isinstance(node, ast.Attribute) and node.attr in {"mode", "production", "PRODUCTION", "EMBEDDED"}:
            owner = ast.unparse(node.value).split(".")[-1]
            yield from [f"{module.path}:{node.lineno}"] if owner in {"settings", "config"} else []
        if isinstance(node, ast.ImportFrom) and node.module == "shared.config":
            yield from (f"{module.path}:{node.lineno}" for name in node.names if name.name in MODES)


def test_the_mode_is_read_in_one_place_and_acted_on_in_one():
    places = [place for module in HOUSE if module.path not in SWITCHES for place in mode_readings(module)]
    assert places == []


@pytest.mark.parametrize(
    "text",
    [
        "if settings.mode == 'production': pass",
        "if container.settings.production: pass",
        "from shared.config import PRODUCTION",
        "os.environ['SIKTE_MODE']",
    ],
)
def test_a_second_switch_would_be_found(text):
    assert len(list(mode_readings(made(text)))) == 1


@pytest.mark.parametrize("name", PACKAGES)
def test_each_package_resolves_inside_this_tree(name):
    package = importlib.import_module(name)
    assert Path(str(package.__file__)).parent == REPOSITORY / name


def test_the_packages_resolve_here_from_any_folder_and_in_safe_mode(tmp_path):
    script = f"import {', '.join(PACKAGES)}; print(*(p.__file__ for p in ({', '.join(PACKAGES)})), sep='\\n')"
    found = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert [Path(line).parent for line in found.stdout.splitlines()] == [REPOSITORY / name for name in PACKAGES]


def requirements() -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted((REPOSITORY / "requirements").glob("*.txt"))}


def test_the_requirements_name_neither_a_registry_nor_a_machine():
    foreign = re.compile(r"https?:|file:|^ *-(?!-hash=sha256:)|@ ", re.MULTILINE)
    assert [name for name, text in requirements().items() if foreign.search(text)] == []


def test_what_runs_is_what_was_tested():
    pins = {
        name: set(re.findall(r"^[a-z0-9.-]+==[^ ]+(?: ; [^\\\n]+)?", text, re.MULTILINE))
        for name, text in requirements().items()
    }
    assert list(pins) == ["run.txt", "test.txt"]
    assert pins["run.txt"] < pins["test.txt"]


def test_the_source_reader_sees_this_very_file():
    module = parse(Path(__file__))
    assert module.path == "tests/architecture/test_house_rules.py"
    assert {"test_the_source_reader_sees_this_very_file"} <= {function.name for function in module.functions()}
