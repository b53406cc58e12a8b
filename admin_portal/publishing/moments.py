"""Reads the moment from which something is seen: Swedish date and time, as an officer writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from shared.clock import STOCKHOLM, local
from shared.errors import Refused
from shared.i18n import gettext as _

_MORNING = time(8)
_SATURDAY = 5


def read_moment(text: str) -> datetime:
    """Return the instant of a Swedish date and time without a zone (``2026-11-25T08:00``), in UTC.

    Raises ``Refused`` (``time_form``) for what is no time, or one that does not exist or exists twice.
    """
    try:
        wall = datetime.fromisoformat(text)
    except ValueError:
        wall = None
    if wall is None or wall.tzinfo is not None or "T" not in text:
        text = _("Write Swedish date and time without a zone, for example 2026-11-25T08:00.")
        raise Refused("time_form", text, status=422)
    instant = wall.replace(tzinfo=STOCKHOLM)
    twice = instant.utcoffset() != instant.replace(fold=1).utcoffset()
    if twice or instant.astimezone(UTC).astimezone(STOCKHOLM).replace(tzinfo=None) != wall:
        text = _("The clocks change in that hour, so nobody can tell which moment is meant. Choose another hour.")
        raise Refused("time_form", text, status=422)
    return instant.astimezone(UTC)


def next_morning(now: datetime) -> tuple[date, time]:
    """Return what is proposed for an embargo: eight o'clock, Swedish time, of the next weekday."""
    day = local(now).date() + timedelta(days=1)
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    return day, _MORNING
