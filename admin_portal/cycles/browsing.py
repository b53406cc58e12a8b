"""Cycles as pages: the list, and one cycle with its windows, questionnaires and rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor, Permission, permits
from admin_portal.cycles.policy_words import PolicyRow, policy_rows
from admin_portal.cycles.successor import source_questionnaires
from admin_portal.cycles.successor_pages import where
from admin_portal.organisation.agreements import today
from shared.clock import Clock
from shared.i18n import active_language
from shared.i18n import gettext as _
from shared.model.cycles import CollectionWindow, Cycle, Questionnaire, find_cycle, find_windows
from shared.model.organisation import PublicationAgreement, Unit, may_publish
from shared.presentation import numbers, words
from shared.questionnaire.battery_file import from_document
from shared.questionnaire.definition import in_language

_BADGES = {"planned": "wait", "opening": "wait", "open": "good", "closed": "calm", "counted": "calm"}
_CYCLE_BADGES = {"draft": "wait", "scheduled": "wait", "collecting": "good"}


@dataclass(frozen=True, slots=True)
class WindowLine:
    """A window: its state as words and badge, from when to when, and minutes of grace."""

    key: str
    badge: str
    state: str
    opens: str
    closes: str
    grace: int


@dataclass(frozen=True, slots=True)
class CycleLine:
    """A cycle of the list."""

    key: str
    title: str
    badge: str
    state: str
    windows: tuple[WindowLine, ...]
    questionnaires: int


@dataclass(frozen=True, slots=True)
class CyclesPage:
    """The list page."""

    lines: tuple[CycleLine, ...]
    may_create: bool


@dataclass(frozen=True, slots=True)
class BatteryLink:
    """A battery of a questionnaire, in its pinned version."""

    key: str
    title: str
    version: int


@dataclass(frozen=True, slots=True)
class QuestionnaireLine:
    """A questionnaire: whom it asks, where, what and how."""

    key: str
    respondents: str
    where: str
    window: str
    codes: str
    batteries: tuple[BatteryLink, ...]


@dataclass(frozen=True, slots=True)
class CyclePage:
    """A cycle's page; ``links`` are (address, label) of what can be done or seen of it."""

    key: str
    title: str
    badge: str
    state: str
    windows: tuple[WindowLine, ...]
    questionnaires: tuple[QuestionnaireLine, ...]
    segments: tuple[str, ...]
    policy: tuple[PolicyRow, ...]
    agreed: str
    may_agree: bool
    links: tuple[tuple[str, str], ...]


def cycles_page(session: Session, actor: Actor) -> CyclesPage:
    """Return the cycles, newest first."""
    counted = select(Questionnaire.cycle_id, func.count()).group_by(Questionnaire.cycle_id)
    number: dict[int, int] = dict(session.execute(counted).all())
    lines = tuple(
        CycleLine(
            key=cycle.key,
            title=in_language(cycle.title, active_language()),
            badge=_CYCLE_BADGES.get(cycle.state, "calm"),
            state=words.cycle_state(cycle.state),
            windows=_windows(session, cycle),
            questionnaires=number.get(cycle.id, 0),
        )
        for cycle in session.scalars(select(Cycle).order_by(Cycle.id.desc()))
    )
    return CyclesPage(lines, permits(actor, Permission.CHANGE_CYCLES))


def cycle_page(session: Session, actor: Actor, key: str, *, clock: Clock) -> CyclePage:
    """Return the page of a cycle; raises ``NotFound``."""
    cycle = find_cycle(session, key)
    return CyclePage(
        key=cycle.key,
        title=in_language(cycle.title, active_language()),
        badge=_CYCLE_BADGES.get(cycle.state, "calm"),
        state=words.cycle_state(cycle.state),
        windows=_windows(session, cycle),
        questionnaires=tuple(_questionnaires(session, cycle)),
        segments=tuple(_segment(session, cycle, name) for name in cycle.segments),
        policy=policy_rows(cycle.policy),
        agreed=_agreed(session, clock),
        may_agree=permits(actor, Permission.AGREE_TO_PUBLICATION),
        links=tuple(_links(actor, cycle)),
    )


def _windows(session: Session, cycle: Cycle) -> tuple[WindowLine, ...]:
    return tuple(_window(window) for window in find_windows(session, cycle, None))


def _window(window: CollectionWindow) -> WindowLine:
    return WindowLine(
        key=window.key,
        badge=_BADGES[window.state],
        state=words.window_state(window.state),
        opens=numbers.day_and_time(window.opens_at),
        closes=numbers.day_and_time(window.closes_at),
        grace=window.grace_minutes,
    )


def _questionnaires(session: Session, cycle: Cycle) -> Iterator[QuestionnaireLine]:
    windows = {window.id: window.key for window in find_windows(session, cycle, None)}
    for row in source_questionnaires(session, cycle):
        batteries = tuple(
            BatteryLink(
                link.battery.key,
                in_language(link.battery.document["title"], active_language()),
                link.battery.version,
            )
            for link in row.batteries
        )
        yield QuestionnaireLine(
            key=row.key,
            respondents=words.respondents(row.respondent),
            where=where(row.unit_types, row.years),
            window=windows[row.window_id],
            codes=words.code_model(row.code_model),
            batteries=batteries,
        )


def _segment(session: Session, cycle: Cycle, name: str) -> str:
    """Return what figures are broken down by: the roster's sex or year, or an item's text."""
    named = {"sex": _("Sex"), "year": _("Year")}
    for row in source_questionnaires(session, cycle) if name not in named else ():
        for link in row.batteries:
            items = {item.key: item for item in from_document(link.battery.document).items}
            if name in items:
                return in_language(items[name].text, active_language())
    return named.get(name, name)


def _agreed(session: Session, clock: Clock) -> str:
    units = session.scalars(select(Unit).where(Unit.active, Unit.regi == "independent")).all()
    said = session.scalars(select(PublicationAgreement)).all()
    published = sum(may_publish(unit, said, today(clock)) for unit in units)
    text = _("Of %(units)d independent units, the owners of %(published)d agree today to publication per unit.")
    return text % {"units": len(units), "published": published}


def _links(actor: Actor, cycle: Cycle) -> Iterator[tuple[str, str]]:
    """Yield where this cycle is worked on or looked at, as far as it has come and the reader may go there."""
    before = cycle.state in {"draft", "scheduled", "collecting"}
    links = (
        (f"/?cycle={cycle.key}", _("Open or close windows"), Permission.CHANGE_CYCLES, before),
        (f"/cycles/{cycle.key}/codes", _("Invitation codes"), Permission.CHANGE_CYCLES, before),
        (f"/rates?cycle={cycle.key}", _("Response rates"), Permission.SEE_RATES, cycle.state != "draft"),
        (f"/results/{cycle.key}", _("Results"), Permission.SEE_RESULTS, not before),
        (f"/cycles/{cycle.key}/release", _("Release to the units"), Permission.RELEASE, not before),
        (f"/cycles/{cycle.key}/publish", _("Publish"), Permission.PUBLISH, not before),
        (f"/cycles/{cycle.key}/releases", _("Earlier releases"), Permission.RELEASE, not before),
        (f"/cycles/new/{cycle.key}", _("Make the next cycle from this one"), Permission.CHANGE_CYCLES, True),
    )
    yield from ((address, label) for address, label, needed, now in links if now and permits(actor, needed))
