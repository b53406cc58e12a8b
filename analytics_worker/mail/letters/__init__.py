"""What people are told when something has happened: one teller for each kind of event, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Telling:
    """What a teller knows beside the event: the time, the portal's address, the sender's, and its part of the work.

    ``sender`` is the address that letters come from; calendar invitations name it as their organiser.
    """

    now: datetime
    portal_url: str
    sender: str = ""
    part: int = 0

    def link(self, path: str) -> str:
        """Return the full address of the portal's page at ``path``."""
        return f"{self.portal_url}{path}"


Teller = Callable[[Session, Mapping[str, Any], Telling], None]
"""Writes the letters and notices of an event, whose payload it is given, in the transaction it is given.

It may be called again for the same event, and then writes nothing new: every letter and notice has its occasion.
"""
