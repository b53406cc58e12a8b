"""All tables in one place, for migrations and checks: importing this module fills ``Base.metadata``."""

from __future__ import annotations

from shared.model import audit, batteries, codes, counting, cycles, events, organisation, results, urn
from shared.model.base import Base

metadata = Base.metadata

__all__ = [
    "audit",
    "batteries",
    "codes",
    "counting",
    "cycles",
    "events",
    "metadata",
    "organisation",
    "results",
    "urn",
]
