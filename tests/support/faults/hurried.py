"""The ``sikte`` command with a hurried clockwork: claims, leases and pauses pass in seconds, so that kills can be many.

Run as ``python -m tests.support.faults.hurried``. Nothing else of the product is changed; a worker's child processes
import this module again and hurry too. With ``FAULTS_POISON=WINDOW:PART`` in the environment, counting that part of
that window ends the process, as a fault in a library's C code would.
"""

from __future__ import annotations

import os
import signal
from typing import Any

from deploy.cli.main import main
from shared.events.claims import STANDARD, Claim, Timing
from shared.events.leases import Leaseholder

HURRIED = Timing(claim=4.0, renew=0.5, again=(1.0, 2.0, 4.0), after_outage=0.5)
LEASE_SECONDS = 2.0


def hurry() -> None:
    """Change what the functions of ``shared.events`` have as their default."""
    for name in Timing.__dataclass_fields__:
        # Frozen, and bound as a default argument in many places: only the one instance can be changed for all.
        object.__setattr__(STANDARD, name, getattr(HURRIED, name))
    defaults = Leaseholder.__init__.__kwdefaults__
    assert defaults is not None
    defaults["seconds"] = LEASE_SECONDS


def poison(window_id: int, part: int) -> None:
    """Let the count of one slice kill the process that tries it."""
    from analytics_worker.closing import counting  # noqa: PLC0415  only a poisoned process needs it at once

    count = counting.count_ballots

    def count_or_die(claim: Claim, **parts: Any) -> None:
        if claim.payload["window_id"] == window_id and claim.part == part:
            os.kill(os.getpid(), signal.SIGKILL)
        count(claim, **parts)

    counting.count_ballots = count_or_die


hurry()
if "FAULTS_POISON" in os.environ:
    poison(*(int(number) for number in os.environ["FAULTS_POISON"].split(":")))

if __name__ == "__main__":
    main()
