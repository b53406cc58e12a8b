"""What a publication would be: from which releases, when, correcting what, and which units' owners forbid it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.publishing.documents import Part
from admin_portal.publishing.rules import checked_reason, checked_time
from shared.clock import local
from shared.errors import NotFound, Refused
from shared.i18n import gettext as _
from shared.model.cycles import CollectionWindow, Cycle, Questionnaire, find_windows
from shared.model.organisation import PublicationAgreement, Unit, may_publish
from shared.model.releases import Publication, released_windows


@dataclass(frozen=True, slots=True)
class PublicationPlan:
    """What a publication would be; ``releases`` gives for each window the id and number of the release it is from.

    ``withheld`` are the codes of independent units whose owner does not agree to publication on that day.
    """

    number: int
    releases: Mapping[str, tuple[int, int, int]]
    """By window: release id, release number, result set id."""
    goes_public_at: datetime
    corrects: int | None
    reason: str
    withheld: frozenset[str]

    @property
    def windows(self) -> tuple[str, ...]:
        """The windows whose figures become public."""
        return tuple(self.releases)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the releases that the figures come from."""
        return tuple(sorted({number for _id, number, _set in self.releases.values()}))


def plan_publication(
    session: Session, cycle: Cycle, *, goes_public_at: datetime | None, reason: str, now: datetime
) -> PublicationPlan:
    """Return what would be published, without doing it.

    Raises ``Refused``: ``not_released`` when units see nothing by then, ``waiting`` while a publication waits for its
    time, ``nothing_new``, or for time and reason.
    """
    moment = checked_time(goes_public_at, now)
    effective = released_windows(session, cycle, moment)
    if not effective:
        text = _("Units see nothing of %(cycle)s by then. Release it first: sikte release %(cycle)s")
        raise Refused("not_released", text % {"cycle": cycle.key})
    order = [window.key for window in find_windows(session, cycle, None)]
    sources = {
        key: (effective[key].id, effective[key].number, effective[key].result_set_id)
        for key in order
        if key in effective
    }
    earlier = [one for one in all_publications(session, cycle) if one.withdrawn_at is None]
    _refuse_waiting(earlier, now)
    newest = earlier[-1] if earlier else None
    numbers = [str(number) for number in sorted({number for _id, number, _set in sources.values()})]
    if newest is not None and (newest.releases, newest.windows) == (numbers, list(sources)):
        text = _("Publication %(number)d already holds this: nothing has been released since.")
        raise Refused("nothing_new", text % {"number": newest.number})
    corrects = newest.number if newest is not None and set(newest.windows) & _changed(newest, sources) else None
    return PublicationPlan(
        number=max((one.number for one in all_publications(session, cycle)), default=0) + 1,
        releases=sources,
        goes_public_at=moment,
        corrects=corrects,
        reason=checked_reason(reason, corrects=corrects),
        withheld=withheld_units(session, moment),
    )


def refuse_unaudited(*, allowed: bool) -> None:
    """Raise ``Refused`` (``not_audited``) where figures that no joint audit has attacked must not become public."""
    if not allowed:
        text = _(
            "Publishing waits for the audit: before figures become public, everything released so far must be attacked "
            "together, and this version cannot do that yet. The next version brings: sikte audit disclosure CYCLE. "
            "Units see what is released to them."
        )
        raise Refused("not_audited", text)


def withheld_units(session: Session, moment: datetime) -> frozenset[str]:
    """Return the codes of the independent units that may not be published on the Swedish day of ``moment``."""
    day = local(moment).date()
    by_provider: dict[int, list[PublicationAgreement]] = {}
    for agreement in session.scalars(select(PublicationAgreement)):
        by_provider.setdefault(agreement.provider_id, []).append(agreement)
    units = session.scalars(select(Unit).where(Unit.regi == "independent"))
    return frozenset(unit.code for unit in units if not may_publish(unit, by_provider.get(unit.provider_id, ()), day))


def all_publications(session: Session, cycle: Cycle) -> list[Publication]:
    """Return the publications of ``cycle``, oldest first, withdrawn ones among them."""
    mine = select(Publication).where(Publication.cycle_id == cycle.id).order_by(Publication.number)
    return list(session.scalars(mine))


def find_publication(session: Session, cycle: Cycle, number: int) -> Publication:
    """Return the publication ``number`` of ``cycle``; raises ``NotFound`` with the numbers there are."""
    found = {one.number: one for one in all_publications(session, cycle)}
    if number not in found:
        text = _("Cycle %(cycle)s has no publication %(number)d. Publications: %(known)s.")
        known = ", ".join(map(str, found)) or _("none yet")
        raise NotFound(text % {"cycle": cycle.key, "number": number, "known": known})
    return found[number]


def parts_of(session: Session, cycle: Cycle, plan: PublicationPlan) -> list[Part]:
    """Return what the plan takes from which release, in the order of the windows."""
    of = questionnaires_by_window(session, cycle)
    return [
        Part(number, result_set_id, tuple(of[window])) for window, (_id, number, result_set_id) in plan.releases.items()
    ]


def questionnaires_by_window(session: Session, cycle: Cycle) -> dict[str, list[str]]:
    """Return the keys of each window's questionnaires, in the order of the documents."""
    rows = session.execute(
        select(CollectionWindow.key, Questionnaire.key)
        .outerjoin(Questionnaire, Questionnaire.window_id == CollectionWindow.id)
        .where(CollectionWindow.cycle_id == cycle.id)
        .order_by(CollectionWindow.id, Questionnaire.id)
    )
    found: dict[str, list[str]] = {}
    for window, questionnaire in rows:
        found.setdefault(window, []).extend([questionnaire] if questionnaire else [])
    return found


def _changed(newest: Publication, sources: Mapping[str, tuple[int, int, int]]) -> set[str]:
    """Return the windows whose figures come from another release than those of ``newest``, the last publication."""
    return {key for key, (_id, number, _set) in sources.items() if str(number) not in newest.releases} | {
        key for key in newest.windows if key not in sources
    }


def _refuse_waiting(earlier: list[Publication], now: datetime) -> None:
    for publication in earlier:
        if not publication.in_effect(now):
            text = _("Publication %(number)d waits for its time. Withdraw it first, then publish anew.")
            raise Refused("waiting", text % {"number": publication.number})
