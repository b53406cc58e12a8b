"""Times in a row: on these days, from nine to twelve, an hour each with a pause between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from shared.clock import STOCKHOLM
from shared.errors import Refused
from shared.i18n import gettext as _

MOST_TIMES = 300
SHORTEST, LONGEST = 5, 480
_MOST_DAYS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Days (both ends included) of chosen weekdays (Monday 0), hours in Swedish time, minutes per time and pause."""

    first_day: date
    last_day: date
    weekdays: frozenset[int]
    begins: time
    ends: time
    minutes: int
    pause: int = 0


Span = tuple[datetime, datetime]
"""A beginning and an end, as instants in UTC."""


def planned_times(series: Series) -> tuple[Span, ...]:
    """Return the times of ``series`` in order. Raises ``Refused`` for one that gives none, or too many."""
    _check(series)
    times = tuple(span for day in _days(series) for span in _times_of(day, series))
    if not times:
        text = _("This gives no times. Check the weekdays, and that a whole dialogue fits between the hours.")
        raise Refused("no_times", text, status=422)
    if len(times) > MOST_TIMES:
        text = _("This gives %(number)d times. Make at most %(limit)d at once.")
        raise Refused("many_times", text % {"number": len(times), "limit": MOST_TIMES}, status=422)
    return times


def _check(series: Series) -> None:
    if series.last_day < series.first_day:
        raise Refused("days", _("The last day is before the first. Correct one of them."), status=422)
    if (series.last_day - series.first_day).days > _MOST_DAYS:
        raise Refused("days", _("There are more than 200 days between the first and the last."), status=422)
    if not SHORTEST <= series.minutes <= LONGEST or series.pause < 0:
        text = _("A dialogue lasts between %(shortest)d and %(longest)d minutes.")
        raise Refused("minutes", text % {"shortest": SHORTEST, "longest": LONGEST}, status=422)


def _days(series: Series) -> Iterator[date]:
    day = series.first_day
    while day <= series.last_day:
        if day.weekday() in series.weekdays:
            yield day
        day += timedelta(days=1)


def _times_of(day: date, series: Series) -> Iterator[Span]:
    last = instant(day, series.ends)
    begins = instant(day, series.begins)
    while begins + timedelta(minutes=series.minutes) <= last:
        ends = begins + timedelta(minutes=series.minutes)
        yield begins, ends
        begins = ends + timedelta(minutes=series.pause)


def instant(day: date, hour: time) -> datetime:
    """Return a Swedish wall time as an instant. Raises ``Refused`` when clocks jump over it or show it twice."""
    wall = datetime.combine(day, hour, STOCKHOLM)
    moment = wall.astimezone(UTC)
    twice = wall.utcoffset() != wall.replace(fold=1).utcoffset()
    if twice or moment.astimezone(STOCKHOLM).replace(tzinfo=None) != wall.replace(tzinfo=None):
        raise Refused("hour", _("The clocks change at that hour. Choose another one."), status=422)
    return moment
