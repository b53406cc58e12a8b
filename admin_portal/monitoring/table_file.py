"""The response rates as a file for spreadsheets: the same numbers as on the page, and the same ones left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from admin_portal.monitoring.rates import Rate
from shared.clock import local

COLUMNS = (
    "cycle",
    "window",
    "state",
    "questionnaire",
    "respondent",
    "unit_code",
    "unit_name",
    "unit_type",
    "district",
    "invited",
    "answered",
    "response_rate",
    "target",
    "status",
    "as_at",
)


def rate_rows(cycle: str, rates: Iterable[Rate]) -> Iterator[list[str]]:
    """Yield the rows: ``status`` is "shown", "hidden" (few people) or "no_count"; hidden numbers are empty."""
    return (_row(cycle, rate) for rate in rates)


def _row(cycle: str, rate: Rate) -> list[str]:
    asked, place = rate.asked, rate.place
    status = "hidden" if rate.hidden else "no_count" if rate.answered is None else "shown"
    return [
        cycle,
        asked.window,
        asked.state,
        asked.key,
        asked.respondent,
        place.code,
        place.name,
        place.unit_type,
        place.district,
        str(rate.invited),
        "" if rate.answered is None else str(rate.answered),
        "" if rate.rate is None else f"{rate.rate:.3f}",
        f"{asked.target:g}",
        status,
        "" if asked.as_at is None else local(asked.as_at).strftime("%Y-%m-%d %H:%M"),
    ]
