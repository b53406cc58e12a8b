"""Reads times written without a zone as Swedish time, and refuses those that do not exist, or exist twice."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta

from shared.clock import STOCKHOLM
from shared.i18n import gettext as _
from shared.questionnaire.yaml_reader import Place

_LOCAL_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?", re.ASCII)
_NIGHT_FROM, _NIGHT_TO = time(1), time(4)


def read_time(place: Place | None, *, closes: bool) -> datetime | None:
    """Return the instant a place of a file names, in UTC; notes a fault and returns None when there is none such.

    ``closes`` also refuses the hours from 01:00 to 04:00 of a night in which the clocks change: nobody could tell a
    respondent which of the two moments is meant.
    """
    value = place.string() if place is not None else None
    if place is None or value is None:
        return None
    wall = _wall(value)
    if wall is None:
        remedy = _("Write Swedish time without a zone, for example 2026-09-14T08:00.")
        place.fault(_("This is no date and time."), remedy)
        return None
    if closes and _clocks_change(wall) and _NIGHT_FROM <= wall.time() <= _NIGHT_TO:
        place.fault(_("The clocks change that night."), _("Close before 01:00 or after 04:00."))
        return None
    instant = wall.replace(tzinfo=STOCKHOLM)
    if instant.astimezone(UTC).astimezone(STOCKHOLM).replace(tzinfo=None) != wall:
        place.fault(_("This time does not exist: the clocks are put forward."), _("Choose another hour."))
        return None
    if instant.utcoffset() != instant.replace(fold=1).utcoffset():
        place.fault(_("This time exists twice: the clocks are put back."), _("Choose another hour."))
        return None
    return instant.astimezone(UTC)


def _wall(value: str) -> datetime | None:
    if not _LOCAL_TIME.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _clocks_change(wall: datetime) -> bool:
    midnight = wall.replace(hour=0, minute=0, second=0, tzinfo=STOCKHOLM)
    return midnight.utcoffset() != (midnight + timedelta(hours=6)).utcoffset()
