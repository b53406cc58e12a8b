"""Failpoints from outside the product: a process ends at its n-th durable step, as if the power had gone just then.

Durable steps are the moments before and after each commit, after each file that was opened to be made, before and after
each fsync, and before and after each removal of a file.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from sqlalchemy.engine.default import DefaultDialect

KILLED = -signal.SIGKILL
"""The exit status of a process that a failpoint ended, as ``multiprocessing`` reports it."""


class Failpoint:
    """Counts the durable steps of this process and ends it at step ``at`` (0: never)."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.steps = 0

    def step(self) -> None:
        """Take one step, or end the process: no exception handler, no ``finally`` and no ``atexit`` will run."""
        self.steps += 1
        if self.steps == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        """Watch every commit and every durable change of a file from here on."""
        DefaultDialect.do_commit = self._around(DefaultDialect.do_commit)  # type: ignore[method-assign]
        os.fsync = self._around(os.fsync)
        os.unlink = self._around(os.unlink)
        os.open = self._after_making(os.open)

    def _around(self, action: Callable[..., Any]) -> Callable[..., Any]:
        def around(*arguments: Any, **options: Any) -> Any:
            self.step()
            result = action(*arguments, **options)
            self.step()
            return result

        return around

    def _after_making(self, action: Callable[..., int]) -> Callable[..., int]:
        def after(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
            descriptor = action(path, flags, *arguments, **options)
            if flags & os.O_CREAT:
                self.step()
            return descriptor

        return after
