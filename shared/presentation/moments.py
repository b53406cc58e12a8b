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
        "hour": f"{swedish:%H}",
        "minute": f"{swedish:%M}",
    }
