"""What an officer looks at before a release or a publication: each check in a sentence, with the way to mend it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_portal.cycles.status import unit_rates
from admin_portal.publishing.documents import Part
from admin_portal.publishing.hiding import SHOWN, hidden_by_unit, in_all
from admin_portal.publishing.planning import withheld_units
from admin_portal.questionnaires import questionnaire_names
from shared.database.addressees import ToldUnit, addressees, told_units, unreached
from shared.i18n import gettext as _
from shared.i18n import ngettext
from shared.model.accounts import AREA_HEAD, OWNER, PRINCIPAL
from shared.model.counting import FreeText
from shared.model.cycles import CollectionWindow, Cycle, Questionnaire, find_windows
from shared.model.policy import PUBLIC, UNIT_AUDIENCE
from shared.model.releases import UNAUDITED
from shared.model.results import ResultSet
from shared.presentation.moments import in_words
from shared.presentation.numbers import count, percent
from shared.presentation.sentences import LOW_RESPONSE, reason_text
from shared.presentation.words import protection, window_state

GOOD, CALM, WAIT, LATE = "good", "calm", "wait", "late"
_LISTED = 10


@dataclass(frozen=True, slots=True)
class Detail:
    """A line below a check; ``address`` leads to where it can be looked at or mended."""

    text: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. ``kind``: good, calm (to know), wait (not there yet) or late (to mend)."""

    kind: str
    heading: str
    text: str
    details: tuple[Detail, ...] = ()
    more: str = ""


def release_checks(session: Session, cycle: Cycle, latest: ResultSet, now: datetime) -> tuple[Check, ...]:
    """Return all checks of a release of ``latest``, in the order in which they are decided."""
    units = told_units(session, cycle.id, latest.windows)
    return (
        _windows(session, cycle, latest),
        _result_set(latest, now),
        _unreadable(latest),
        _rates(session, cycle, latest, units),
        *_hidden(session, cycle, latest),
        _free_text(session, cycle, latest),
        letters_check(session, units),
        agreements_check(session, units, now),
        protection_check(),
    )


def letters_check(session: Session, units: Sequence[ToldUnit]) -> Check:
    """Return who is written to, and whom no letter reaches."""
    told = addressees(session, units)
    number = Counter(one.role for one in told)
    text = _("%(principals)d to principals, %(heads)d to area heads, %(owners)d to owners. No letter holds a figure.")
    parts = {"principals": number[PRINCIPAL], "heads": number[AREA_HEAD], "owners": number[OWNER]}
    left = unreached(units, told)
    if not left:
        return Check(GOOD, _("Letters"), text % parts)
    missing = ngettext(
        "No letter reaches %(number)d unit: its principal has neither account nor address.",
        "No letter reaches %(number)d units: their principals have neither account nor address.",
        len(left),
    )
    text = f"{text % parts} {missing % {'number': len(left)}}"
    return Check(LATE, _("Letters"), text, *_listed((unit.name, f"/units/{unit.code}") for unit in left))


def agreements_check(session: Session, units: Sequence[ToldUnit], moment: datetime) -> Check:
    """Return which independent units stay out of a publication for want of their owner's agreement."""
    heading, withheld = _("Agreements on publication"), withheld_units(session, moment)
    missing = [unit for unit in units if unit.code in withheld]
    if not missing:
        return Check(GOOD, heading, _("No unit lacks one."))
    text = ngettext(
        "%(number)d independent unit has none. It sees its own figures, and stays out when they are published.",
        "%(number)d independent units have none. They see their own figures, and stay out when they are published.",
        len(missing),
    )
    details = _listed((unit.name, f"/units/{unit.code}") for unit in missing)
    return Check(CALM, heading, text % {"number": len(missing)}, *details)


def protection_check() -> Check:
    """Return what guards the figures, and what does not yet."""
    text = _("%(protection)s Combinations of earlier releases have not been attacked together.")
    return Check(CALM, _("Protection"), text % {"protection": protection(UNAUDITED)})


def _windows(session: Session, cycle: Cycle, latest: ResultSet) -> Check:
    missing = [window for window in find_windows(session, cycle, None) if window.key not in latest.windows]
    if not missing:
        return Check(GOOD, _("Windows"), _("All windows are counted, and the results hold them."))
    details = tuple(Detail(f"{window.key}: {window_state(window.state)}") for window in missing)
    return Check(WAIT, _("Windows"), _("Not all windows are counted. These are left for a later release:"), details)


def _result_set(latest: ResultSet, now: datetime) -> Check:
    text = _("Number %(number)d, computed %(when)s by Sikte %(code)s. The same answers give the same figures again.")
    parts = {
        "number": latest.number,
        "when": in_words(latest.created_at, now),
        "code": latest.provenance.get("code", "?"),
    }
    return Check(GOOD, _("Result set"), text % parts)


def _unreadable(latest: ResultSet) -> Check:
    losses: Mapping[str, Mapping[str, object]] = latest.provenance.get("losses", {})
    if not losses:
        return Check(GOOD, _("Answers"), _("Every answer in the urn could be read and is counted."))
    line = _("%(window)s: %(number)s could not be read. Reason noted: %(reason)s")
    details = tuple(
        Detail(line % {"window": window, "number": loss.get("unreadable"), "reason": loss.get("reason")})
        for window, loss in losses.items()
    )
    return Check(LATE, _("Answers"), _("Some answers are missing, and an officer has accepted that:"), details)


def _rates(session: Session, cycle: Cycle, latest: ResultSet, units: Sequence[ToldUnit]) -> Check:
    names = {unit.code: unit.name for unit in units}
    low = sorted(
        (rate, code, key)
        for window, key, code, rate in unit_rates(session, cycle)
        if window in latest.windows and rate < LOW_RESPONSE
    )
    heading = _("Response rates")
    if not low:
        return Check(GOOD, heading, _("At least half have answered every questionnaire at every unit."))
    text = ngettext(
        "Less than half answered in %(number)d case. The figures carry a warning and get no comparison.",
        "Less than half answered in %(number)d cases. The figures carry a warning and get no comparison.",
        len(low),
    )
    called = questionnaire_names(session, cycle)
    lines = (
        (f"{names.get(code, code)}, {called.get(key, key)}: {percent(rate)}", f"/rates/{code}?cycle={cycle.key}")
        for rate, code, key in low
    )
    return Check(CALM, heading, text % {"number": len(low)}, *_listed(lines))


def _hidden(session: Session, cycle: Cycle, latest: ResultSet) -> tuple[Check, ...]:
    keys = session.scalars(
        select(Questionnaire.key).where(Questionnaire.cycle_id == cycle.id).order_by(Questionnaire.id)
    )
    parts = (Part(0, latest.id, tuple(keys)),)
    headings = {UNIT_AUDIENCE: _("What units will not see"), PUBLIC: _("What the public would not see")}
    return tuple(
        _hidden_for(heading, in_all(hidden_by_unit(session, parts, audience))) for audience, heading in headings.items()
    )


def _hidden_for(heading: str, counts: Counter[str]) -> Check:
    shown, every = counts[SHOWN], counts.total()
    if shown == every:
        return Check(GOOD, heading, _("Nothing is hidden."))
    text = _("%(hidden)s of the units' %(every)s values are hidden:")
    line = _("%(number)s: %(reason)s")
    details = tuple(
        Detail(line % {"number": count(number), "reason": reason_text(reason)})
        for reason, number in counts.most_common()
        if reason != SHOWN
    )
    return Check(CALM, heading, text % {"hidden": count(every - shown), "every": count(every)}, details)


def _free_text(session: Session, cycle: Cycle, latest: ResultSet) -> Check:
    unscreened = (
        select(func.count())
        .select_from(FreeText)
        .join(Questionnaire, Questionnaire.id == FreeText.questionnaire_id)
        .join(CollectionWindow, CollectionWindow.id == Questionnaire.window_id)
        .where(
            Questionnaire.cycle_id == cycle.id,
            CollectionWindow.key.in_(latest.windows),
            FreeText.state == "unscreened",
        )
    )
    number = session.scalar(unscreened) or 0
    if not number:
        return Check(GOOD, _("Free text"), _("No free text waits for screening."))
    text = ngettext(
        "%(number)s text is not screened. It stays hidden: only Pedagogcentrum knows how many there are.",
        "%(number)s texts are not screened. They stay hidden: only Pedagogcentrum knows how many there are.",
        number,
    )
    return Check(CALM, _("Free text"), text % {"number": count(number)})


def _listed(lines: Iterable[tuple[str, str]]) -> tuple[tuple[Detail, ...], str]:
    """Return the first lines as details, and how many more there are."""
    every = [Detail(text, address) for text, address in lines]
    left = len(every) - _LISTED
    more = ngettext("and %(number)d more", "and %(number)d more", left) % {"number": left} if left > 0 else ""
    return tuple(every[:_LISTED]), more
