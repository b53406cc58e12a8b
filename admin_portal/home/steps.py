"""The steps of a cycle's year, from the questions to the measures: how far each has come, and what is late."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from admin_portal.home.facts import WindowFacts, YearFacts

State: TypeAlias = Literal["done", "now", "waiting", "late"]

CONFIGURE, ENROL, INVITE, COLLECT, COUNT = "configure", "enrol", "invite", "collect", "count"
RELEASE, PUBLISH, DIALOGUES, MEASURES = "release", "publish", "dialogues", "measures"
_OVER = frozenset({"closed", "counted"})


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the year with its state, and that of each collection window where these differ."""

    key: str
    state: State
    windows: tuple[tuple[WindowFacts, State], ...] = ()


def steps_of(year: YearFacts) -> tuple[Step, ...]:
    """Return the steps of a year that has a cycle, in the order in which they come."""
    return (
        Step(CONFIGURE, "now" if year.state == "draft" else "done"),
        Step(ENROL, "done" if year.units else "now"),
        _by_window(INVITE, year, _inviting),
        _by_window(COLLECT, year, _collecting),
        _by_window(COUNT, year, _counting),
        _by_window(RELEASE, year, _releasing),
        Step(PUBLISH, _publishing(year)),
        Step(DIALOGUES, _dialogues(year)),
        Step(MEASURES, _measures(year)),
    )


def worst(states: Iterable[State]) -> State:
    """Return the state of a whole: late if a part is, then under way, done when all parts are, else waiting."""
    found = set(states)
    if "late" in found:
        return "late"
    if "now" in found or found == {"done", "waiting"}:
        return "now"
    return "done" if found == {"done"} else "waiting"


def _by_window(key: str, year: YearFacts, state_of: Callable[[YearFacts, WindowFacts], State]) -> Step:
    windows = tuple((window, state_of(year, window)) for window in year.windows)
    return Step(key, worst(state for _window, state in windows), windows)


def _inviting(year: YearFacts, window: WindowFacts) -> State:
    if not window.codes_missing:
        return "done"
    return "late" if window.state == "open" or year.now > window.opens_at else "now"


def _collecting(year: YearFacts, window: WindowFacts) -> State:
    if window.overdue_opening(year.now) or window.overdue_closing(year.now):
        return "late"
    if window.state in _OVER:
        return "done"
    return "waiting" if window.state == "planned" else "now"


def _counting(year: YearFacts, window: WindowFacts) -> State:
    if window.state == "counted":
        return "done" if year.ready_at is not None else "now"
    if window.overdue_count(year.now) or window.loss_to_accept:
        return "late"
    return "now" if window.state == "closed" else "waiting"


def _releasing(year: YearFacts, window: WindowFacts) -> State:
    if window.released_at is not None:
        return "late" if year.failed_letters else "done"
    if window.embargo_until is not None or window.state != "counted" or year.ready_at is None:
        return "waiting"
    return "late" if year.overdue_release else "now"


def _publishing(year: YearFacts) -> State:
    if year.published_at is not None:
        return "done"
    return "now" if year.released and year.may_publish and year.goes_public_at is None else "waiting"


def _dialogues(year: YearFacts) -> State:
    if year.round is None:
        return "now" if year.released else "waiting"
    if year.round.overdue(year.now):
        return "late"
    if year.round.state == "closed" or _all_over(year.round.dialogues):
        return "done"
    return "now"


def _all_over(dialogues: Mapping[str, int]) -> bool:
    states = {state for state, number in dialogues.items() if number}
    return bool(states) and states <= {"confirmed", "concluded", "declined"}


def _measures(year: YearFacts) -> State:
    if year.measures.late:
        return "late"
    if year.measures.unfinished:
        return "now"
    return "done" if year.measures.total else "waiting"
