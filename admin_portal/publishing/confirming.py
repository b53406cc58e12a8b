"""Says exactly what a release or a publication will do, who will see what and when, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from admin_portal.publishing.planning import PublicationPlan
from admin_portal.publishing.releasing import ReleasePlan
from admin_portal.publishing.views import title_of
from shared.database.addressees import addressees, told_units
from shared.i18n import gettext as _
from shared.i18n import ngettext
from shared.model.cycles import Cycle
from shared.model.releases import UNAUDITED
from shared.presentation.moments import in_words
from shared.presentation.words import protection


@dataclass(frozen=True, slots=True)
class ConfirmationPage:
    """Exactly what will happen; ``hidden`` carries the form on, ``action`` is where it is sent."""

    key: str
    title: str
    heading: str
    steps: tuple[str, ...]
    way_back: str
    button: str
    action: str
    hidden: tuple[tuple[str, str], ...]


def release_confirmation(
    session: Session, cycle: Cycle, plan: ReleasePlan, typed: Mapping[str, str], now: datetime
) -> ConfirmationPage:
    """Return what a release will do, who will see what and when, and the way back."""
    units = told_units(session, cycle.id, plan.windows)
    at_once = plan.embargo_until <= now
    when = _("as soon as you press the button") if at_once else in_words(plan.embargo_until, now)
    steps = [
        _("Release %(number)d of %(cycle)s is made from result set %(set)d, windows %(windows)s.")
        % {
            "number": plan.number,
            "cycle": title_of(cycle),
            "set": plan.result_set,
            "windows": ", ".join(plan.windows),
        },
        _("Principals, area heads and owners see the figures of their own units, and the municipality's: %(when)s.")
        % {"when": when},
        _letters(len(addressees(session, units))),
        _("Boards and the public see nothing of it."),
        protection(UNAUDITED),
    ]
    if plan.corrects is not None:
        text = _("It corrects release %(number)d. Readers see the reason: %(reason)s")
        steps.insert(1, text % {"number": plan.corrects, "reason": plan.reason})
    back = _("Until then you can withdraw it, and nobody has seen anything.")
    if at_once:
        back = _("There is no way back: what units have seen can only be corrected, by a new release with a reason.")
    heading = _("Release %(cycle)s to its units?") % {"cycle": title_of(cycle)}
    hidden = (*(("windows", key) for key in plan.windows), *_carried(typed))
    button = _("Release now") if at_once else _("Release with embargo")
    return ConfirmationPage(
        cycle.key, title_of(cycle), heading, tuple(steps), back, button, f"/cycles/{cycle.key}/release", hidden
    )


def publish_confirmation(
    session: Session, cycle: Cycle, plan: PublicationPlan, typed: Mapping[str, str], now: datetime
) -> ConfirmationPage:
    """Return what a publication will do, and the way back."""
    units = told_units(session, cycle.id, plan.windows)
    at_once = plan.goes_public_at <= now
    when = _("as soon as you press the button") if at_once else in_words(plan.goes_public_at, now)
    numbers = ", ".join(map(str, plan.numbers))
    steps = [
        _("Publication %(number)d of %(cycle)s is made from release %(releases)s, windows %(windows)s.")
        % {
            "number": plan.number,
            "cycle": title_of(cycle),
            "releases": numbers,
            "windows": ", ".join(plan.windows),
        },
        _("Everyone sees it on the public site, without an account: %(when)s.") % {"when": when},
        _letters(len(addressees(session, units))),
        protection(UNAUDITED),
    ]
    if plan.corrects is not None:
        text = _("It corrects publication %(number)d. Readers see the reason: %(reason)s")
        steps.insert(1, text % {"number": plan.corrects, "reason": plan.reason})
    back = _("Until then you can withdraw it, and nobody has seen anything.")
    if at_once:
        back = _("There is no way back: what is public can only be corrected, by a new publication with a reason.")
    heading = _("Publish %(cycle)s to everyone?") % {"cycle": title_of(cycle)}
    button = _("Publish now") if at_once else _("Publish at that time")
    hidden = _carried(typed)
    return ConfirmationPage(
        cycle.key, title_of(cycle), heading, tuple(steps), back, button, f"/cycles/{cycle.key}/publish", hidden
    )


def _letters(number: int) -> str:
    text = ngettext(
        "%(number)d letter is sent by e-mail then, and the portal tells the same people. It holds a link, no figures.",
        "%(number)d letters are sent by e-mail then, and the portal tells the same people. They hold a link, "
        "no figures.",
        number,
    )
    return text % {"number": number}


def _carried(typed: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, typed.get(name, "")) for name in ("when", "day", "hour", "reason"))
