"""Instants in words, always with weekday and "Swedish time": a deadline must not be misread."""

from __future__ import annotations

from datetime import datetime

from babel.dates import format_datetime

from shared.clock import local
from shared.i18n import active_language
from shared.i18n import gettext as _


def in_words(instant: datetime, now: datetime) -> str:
    """Return ``instant`` as people read it: "tisdag 14 oktober kl. 23.59 (svensk tid)", the year if not ``now``'s."""
    swedish = local(instant)
    pattern = "EEEE d MMMM" if swedish.year == local(now).year else "EEEE d MMMM y"
    day = format_datetime(swedish, pattern, locale=active_language())
    return _("%(day)s at %(hour)s:%(minute)s (Swedish time)") % {
        "day": day,
        "hour": swedish.hour,
        "minute": f"{swedish:%M}",
    }


def day_in_words(instant: datetime) -> str:
    """Return the Swedish day of ``instant``: "tisdag 12 januari 2027"."""
    return format_datetime(local(instant), "EEEE d MMMM y", locale=active_language())


def hours_in_words(starts: datetime, ends: datetime) -> str:
    """Return the Swedish hours of a meeting: "9.00–10.00"."""
    return f"{_hour(starts)}–{_hour(ends)}"


def span_in_words(starts: datetime, ends: datetime) -> str:
    """Return when a meeting is, in Swedish time: "tisdag 12 januari 2027 kl. 9.00–10.00"."""
    return _("%(day)s at %(hours)s") % {"day": day_in_words(starts), "hours": hours_in_words(starts, ends)}


def _hour(instant: datetime) -> str:
    swedish = local(instant)
    return _("%(hour)s:%(minute)s") % {"hour": swedish.hour, "minute": f"{swedish:%M}"}
