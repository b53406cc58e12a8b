"""All tables in one place, for migrations and checks: importing this module fills ``Base.metadata``."""

from __future__ import annotations

from shared.model import (
    accounts,
    audit,
    batteries,
    codes,
    counting,
    cycles,
    dialogues,
    events,
    monitoring,
    organisation,
    post,
    releases,
    results,
    uploads,
    urn,
)
from shared.model.base import Base

metadata = Base.metadata

__all__ = [
    "accounts",
    "audit",
    "batteries",
    "codes",
    "counting",
    "cycles",
    "dialogues",
    "events",
    "metadata",
    "monitoring",
    "organisation",
    "post",
    "releases",
    "results",
    "uploads",
    "urn",
]
