"""Says what the demonstration is doing and how long each step took, in plain lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from babel.numbers import format_decimal

from shared.i18n import active_language

LABEL_WIDTH = 68


@dataclass(slots=True)
class Progress:
    """The steps done so far with their seconds; ``say`` prints a line."""

    say: Callable[[str], None]
    steps: list[tuple[str, float]] = field(default_factory=list)

    @contextmanager
    def step(self, label: str) -> Iterator[None]:
        """Time the block and say when it is done."""
        begun = time.perf_counter()
        yield
        seconds = time.perf_counter() - begun
        self.steps.append((label, seconds))
        self.say(f"  {label:<{LABEL_WIDTH}} {decimal(seconds, 1):>7} s")

    @property
    def seconds(self) -> float:
        """All steps together."""
        return sum(seconds for _label, seconds in self.steps)


def decimal(number: float, digits: int) -> str:
    """Return ``number`` with so many decimals in the reader's format."""
    pattern = "#,##0" + (f".{'0' * digits}" if digits else "")
    return str(format_decimal(number, format=pattern, locale=active_language()))


def percent(share: float) -> str:
    """Return a share as a whole percentage in the reader's format."""
    return f"{decimal(round(share * 100), 0)} %"
