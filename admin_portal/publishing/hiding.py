"""How much of a result set an audience sees of each unit, and why it does not see the rest; never a figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from admin_portal.publishing.documents import Part
from admin_portal.results.summaries import contents_of

SHOWN = "shown"
_REMEMBERED = 16


def hidden_by_unit(session: Session, parts: tuple[Part, ...], audience: str) -> Mapping[str, Mapping[str, int]]:
    """Return, by unit code, how many rows are ``shown`` and how many hidden for which reason.

    Result sets never change, so what was counted once is remembered.
    """
    return _counted(session.get_bind().engine, parts, audience)


def in_all(units: Mapping[str, Mapping[str, int]]) -> Counter[str]:
    """Return the counts of all units together."""
    total: Counter[str] = Counter()
    for counts in units.values():
        total.update(counts)
    return total


@lru_cache(maxsize=_REMEMBERED)
def _counted(engine: Engine, parts: tuple[Part, ...], audience: str) -> Mapping[str, Mapping[str, int]]:
    found: dict[str, Counter[str]] = {}
    with engine.connect() as connection:
        for part in parts:
            for code, content in contents_of(connection, part.result_set_id, audience, None):
                counts = [content["counts"][key] for key in part.questionnaires if key in content["counts"]]
                for one in counts:
                    found.setdefault(code, Counter()).update(one)
    return found
