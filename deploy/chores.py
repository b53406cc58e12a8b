"""What the clock looks after besides the windows' deadlines. A chore is a question to the database: none is lost."""

from __future__ import annotations

from collections.abc import Callable

from admin_portal.accounts.forgetting import forget_old_sessions
from admin_portal.follow_up.reminders import remind_of_measures
from admin_portal.monitoring.snapshots import take_response_counts
from admin_portal.organisation.uploads import forget_old_uploads
from admin_portal.publishing.announcing import announce_due
from shared.clock import Clock
from shared.database.engine import Database
from shared.database.post import forget_old_letters

Chore = Callable[[Database, Clock], int]
"""Does what is due now, each thing in a transaction of its own, and returns how many things it did."""


def chores() -> tuple[Chore, ...]:
    """Return the chores of the clock, in their order."""
    return (
        announce_due,
        forget_old_letters,
        forget_old_sessions,
        forget_old_uploads,
        remind_of_measures,
        take_response_counts,
    )
