"""The project's own source, read by the tests that hold it to the rules of the house."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PACKAGES = ("admin_portal", "analytics_worker", "deploy", "shared", "survey_service")
MIGRATIONS = "shared/database/migrations/"


@dataclass(frozen=True, slots=True)
class Module:
    """A Python file of the project: its path from the top, its text and its tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return len(self.text.splitlines())

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Yield every function and method."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def parse(path: Path) -> Module:
    """Read one file."""
    text = path.read_text()
    return Module(path.relative_to(REPOSITORY).as_posix(), text, ast.parse(text, filename=str(path)))


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Return all modules of the folders, in order of their paths."""
    return tuple(parse(path) for folder in folders for path in sorted((REPOSITORY / folder).rglob("*.py")))


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines a function takes, its docstring included and its decorators not."""
    return (function.end_lineno or function.lineno) - function.lineno + 1
