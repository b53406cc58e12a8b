"""What holds for releases and publications alike: when they may take effect, why they correct, what must not pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.errors import NotFound, Refused
from shared.i18n import gettext as _
from shared.model.cycles import Cycle

LONGEST_WAIT = timedelta(days=180)
LEAST_REASON, MOST_REASON = 10, 500


def lock_cycle(session: Session, key: str) -> Cycle:
    """Return the cycle named ``key``, locked: of two who decide about it at once, the second sees what the first did.

    Raises ``NotFound`` with the keys that exist.
    """
    cycle = session.scalar(select(Cycle).where(Cycle.key == key).with_for_update())
    if cycle is None:
        known = ", ".join(session.scalars(select(Cycle.key).order_by(Cycle.key))) or _("none yet")
        raise NotFound(_("There is no cycle %(key)s. Cycles: %(known)s.") % {"key": key, "known": known})
    return cycle


def checked_time(wanted: datetime | None, now: datetime) -> datetime:
    """Return when something takes effect: ``now`` when nothing else is wanted.

    Raises ``Refused``: ``time_past`` before now, ``time_far`` more than 180 days ahead.
    """
    if wanted is None:
        return now
    if wanted < now:
        text = _("The time lies in the past. Give a later one, or none, for at once.")
        raise Refused("time_past", text, status=422)
    if wanted - now > LONGEST_WAIT:
        text = _("The time lies more than %(days)d days ahead. Give an earlier one.")
        raise Refused("time_far", text % {"days": LONGEST_WAIT.days}, status=422)
    return wanted


def checked_reason(reason: str, *, corrects: int | None) -> str:
    """Return the reason without needless blanks; a correction of number ``corrects`` must give one.

    Raises ``Refused`` (``no_reason``, ``long_reason``).
    """
    said = " ".join(reason.split())
    if corrects is not None and len(said) < LEAST_REASON:
        text = _(
            "This corrects number %(number)d. Say in at least %(least)d characters what was wrong: readers see it."
        )
        raise Refused("no_reason", text % {"number": corrects, "least": LEAST_REASON}, status=422)
    if len(said) > MOST_REASON:
        text = _("The reason is longer than %(most)d characters. Shorten it.")
        raise Refused("long_reason", text % {"most": MOST_REASON}, status=422)
    return said


def chosen_windows(known: Mapping[str, str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the ``wanted`` windows in the cycle's order, each once; ``known`` gives each window's state.

    Raises ``NotFound`` for a window the cycle does not have, ``Refused`` when none is wanted.
    """
    for key in wanted:
        if key not in known:
            text = _("There is no window %(key)s in this cycle. Windows: %(known)s.")
            raise NotFound(text % {"key": key, "known": ", ".join(known)})
    if not wanted:
        raise Refused("no_window", _("Choose at least one window."), status=422)
    return tuple(key for key in known if key in wanted)
