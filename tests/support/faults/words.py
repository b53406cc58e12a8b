"""What a fault test tells about its run: seeds first, so that a failure can be played again."""

from __future__ import annotations

import sys


def say(*lines: str) -> None:
    """Write ``lines`` to the standard output, which pytest keeps for failures and shows with ``-s``."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
