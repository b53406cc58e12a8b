"""Indicators: what of the survey a measure aims at, and what it says then and now for whoever may see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor
from admin_portal.results.figures import Asked, questionnaires_of
from admin_portal.results.reading import UNIT, visible_rows
from admin_portal.results.series import Point, Round, opening_days, rounds_of, series_of_area, series_of_item
from admin_portal.results.views import Line
from admin_portal.results.wording import index_line, local_text, share_line
from shared.i18n import gettext as _
from shared.model.cycles import Cycle, FrameGroup, Questionnaire
from shared.model.dialogues import Measure
from shared.model.organisation import Unit
from shared.presentation import words
from shared.questionnaire.comparability import break_text

AREA, ITEM = "area", "item"
SEPARATOR = "|"
SEEN_STATES = ("released", "published", "archived")
"""Cycles whose results a unit has had: what a new measure aims at is among their questions."""


@dataclass(frozen=True, slots=True)
class Target:
    """An area or an item of a questionnaire, by their keys."""

    questionnaire: str = ""
    area: str = ""
    item: str = ""

    @property
    def value(self) -> str:
        """How a form names it, "" for none."""
        if not self.questionnaire:
            return ""
        kind, key = (AREA, self.area) if self.area else (ITEM, self.item)
        return SEPARATOR.join((self.questionnaire, kind, key))


@dataclass(frozen=True, slots=True)
class Group:
    """The indicators of one kind of one questionnaire: its name, and (value, label) of each."""

    label: str
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class IndicatorView:
    """An indicator with its figures when the measure was agreed and now; ``note`` says what is missing."""

    words: str
    lines: tuple[Line, ...] = ()
    note: str = ""
    shares: bool = False
    """Whether the lines hold shares, not indexes."""


def target_of(value: str) -> Target:
    """Return what a form's value names; one that names nothing is no target."""
    questionnaire, _first, rest = value.partition(SEPARATOR)
    kind, _second, key = rest.partition(SEPARATOR)
    if kind == AREA and key:
        return Target(questionnaire, area=key)
    return Target(questionnaire, item=key) if kind == ITEM and key else Target()


def aimed_at(measure: Measure) -> Target:
    """Return what a measure aims at."""
    return Target(measure.questionnaire, measure.area, measure.item)


def newest_cycle(session: Session, unit: Unit) -> Cycle | None:
    """Return the newest cycle whose results the unit has had, None before the first."""
    opened = opening_days(session)
    took_part = (
        select(Questionnaire.cycle_id)
        .join(FrameGroup, FrameGroup.questionnaire_id == Questionnaire.id)
        .where(FrameGroup.unit_id == unit.id)
    )
    found = session.scalars(select(Cycle).where(Cycle.id.in_(took_part), Cycle.state.in_(SEEN_STATES))).all()
    return max(found, key=lambda cycle: (opened[cycle.id], cycle.id), default=None)


def indicator_groups(session: Session, unit: Unit, cycle: Cycle | None) -> tuple[Group, ...]:
    """Return the areas and the questions that the unit was asked in ``cycle``."""
    if cycle is None:
        return ()
    asked = _asked_at(session, unit, cycle)
    return tuple(group for one in asked for group in (_areas(one), _items(one)) if group.choices)


def indicator_words(session: Session, unit: Unit, cycle: Cycle | None, target: Target) -> str:
    """Return what an indicator is called, "" for one that the unit was not asked."""
    for group in indicator_groups(session, unit, cycle):
        for value, label in group.choices:
            if value == target.value:
                return f"{label} ({group.label})"
    return ""


def unit_rounds(session: Session, *, actor: Actor, unit: Unit, now: datetime) -> tuple[Round, ...]:
    """Return the cycles with figures of ``unit`` that the actor may see now, in time order; empty without any."""
    opened = opening_days(session)
    cycles = [cycle for cycle in session.scalars(select(Cycle)) if cycle.id in opened]
    for cycle in sorted(cycles, key=lambda one: (opened[one.id], one.id), reverse=True):
        rows = visible_rows(session, actor=actor, cycle=cycle, level=UNIT, node_code=unit.code, now=now)
        if rows:
            node = {"level": UNIT, "node_code": unit.code}
            return rounds_of(session, actor=actor, cycle=cycle, now=now, current=rows, **node)
    return ()


def indicator_view(measure: Measure, then: Cycle | None, rounds: Sequence[Round]) -> IndicatorView:
    """Return a measure's indicator with its figures in ``rounds``: of the cycle it was agreed after, and the newest."""
    target = aimed_at(measure)
    if not target.value:
        return IndicatorView(measure.indicator)
    series, shares = _series(target, rounds)
    if not series:
        note = _("The figures stand here when results are released to you.")
        return IndicatorView(measure.indicator, note=note)
    line = share_line if shares else index_line
    label = _label_of(then, rounds)
    place = next((number for number, point in enumerate(series) if point.label == label), None)
    return IndicatorView(measure.indicator, tuple(_lines(series, place, line)), _note(series, place), shares)


def _asked_at(session: Session, unit: Unit, cycle: Cycle) -> list[Asked]:
    keys = set(
        session.scalars(
            select(Questionnaire.key)
            .join(FrameGroup, FrameGroup.questionnaire_id == Questionnaire.id)
            .where(Questionnaire.cycle_id == cycle.id, FrameGroup.unit_id == unit.id)
            .group_by(Questionnaire.key)
            .having(func.count() > 0)
        )
    )
    return [one for key, one in questionnaires_of(session, cycle).items() if key in keys]


def _areas(asked: Asked) -> Group:
    found = [
        (Target(asked.key, area=area.key).value, local_text(area.title))
        for _battery, area, _items in asked.definition.areas
        if area.index
    ]
    return Group(_("%(who)s, areas") % {"who": words.respondents(asked.respondent)}, tuple(found))


def _items(asked: Asked) -> Group:
    found = [
        (Target(asked.key, item=item.key).value, local_text(item.text))
        for battery in asked.definition.batteries
        for item in battery.items
        if item.type == "choice" and item.scored_options
    ]
    return Group(_("%(who)s, questions") % {"who": words.respondents(asked.respondent)}, tuple(found))


def _series(target: Target, rounds: Sequence[Round]) -> tuple[tuple[Point, ...], bool]:
    """Return an indicator's points through the rounds, and whether they are shares."""
    for one in reversed(rounds):
        asked = one.asked.get(target.questionnaire)
        if asked is None:
            continue
        for battery, area, _some in asked.definition.areas if target.area else ():
            if area.key == target.area:
                return series_of_area(rounds, asked, area, battery.key), False
        for battery in asked.definition.batteries if target.item else ():
            for item in battery.items:
                if item.key == target.item:
                    return series_of_item(rounds, asked, item, battery.key), bool(item.positive_codes)
    return (), False


def _label_of(cycle: Cycle | None, rounds: Sequence[Round]) -> str:
    """Return how the round of ``cycle`` is called among ``rounds``, "" when its figures are not seen."""
    for one in rounds:
        rows = one.figures.visible.rows
        if cycle is not None and rows and rows[0]["cycle"] == cycle.key:
            return one.label
    return ""


def _lines(series: Sequence[Point], place: int | None, line: Callable[..., Line]) -> Iterator[Line]:
    if place is not None:
        point = series[place]
        yield line(_("When agreed, %(when)s") % {"when": point.label}, point.row)
    if place is None or place < len(series) - 1:
        broken = "" if place is None else _broken(series[place + 1 :])
        why = _("not comparable: %(why)s") % {"why": broken} if broken else ""
        yield line(_("Now, %(when)s") % {"when": series[-1].label}, series[-1].row, why)


def _broken(points: Sequence[Point]) -> str:
    return next((break_text(point.break_before) for point in points if point.break_before), "")


def _note(series: Sequence[Point], place: int | None) -> str:
    if place is not None and place == len(series) - 1:
        return _("The next figure comes with the next cycle's results.")
    return ""
