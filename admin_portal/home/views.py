"""What the year page shows: each step in words, with its dates, who is waited for and what can be done from there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from admin_portal.home import steps, words
from admin_portal.home.actions import Action
from admin_portal.home.choice import CycleChoice
from admin_portal.home.facts import WindowFacts, YearFacts
from shared.i18n import gettext as _
from shared.i18n import ngettext
from shared.presentation import moments, numbers
from shared.presentation.words import dialogue_state, window_state


@dataclass(frozen=True, slots=True)
class Link:
    """Something that can be done from a step."""

    address: str
    label: str


@dataclass(frozen=True, slots=True)
class LineView:
    """One collection window within a step."""

    window: str
    text: str
    state: str
    badge: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class StepView:
    """A step of the year."""

    key: str
    title: str
    state: str
    badge: str
    kind: str
    text: str
    waits_for: str
    lines: tuple[LineView, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class YearView:
    """The year page; ``cycle`` is empty while there is none."""

    cycle: str
    title: str
    cycles: tuple[CycleChoice, ...]
    sentence: str
    button: str
    address: str
    steps: tuple[StepView, ...]
    stuck: int
    first_steps: bool


def year_view(year: YearFacts, action: Action, cycles: tuple[CycleChoice, ...], *, officer: bool) -> YearView:
    """Return the page of ``year`` for somebody whose next thing to do is ``action``."""
    said = words.of_action(action)
    return YearView(
        cycle=year.cycle,
        title=year.title,
        cycles=cycles,
        sentence=said.sentence,
        button=said.button,
        address=action.address,
        steps=tuple(_step(year, step, officer=officer) for step in steps.steps_of(year)) if year.cycle else (),
        stuck=year.stuck,
        first_steps=officer and not year.cycle,
    )


def _step(year: YearFacts, step: steps.Step, *, officer: bool) -> StepView:
    text, waits_for = _TEXTS[step.key](year)
    return StepView(
        key=step.key,
        title=words.step_title(step.key),
        state=words.state_word(step.state),
        badge=words.state_badge(step.state),
        kind=step.state,
        text=text,
        waits_for=waits_for if step.state in {"now", "late"} else "",
        lines=tuple(_line(year, step.key, window, state, officer=officer) for window, state in step.windows)
        if step.key in _LINES
        else (),
        links=_links(year, step) if officer else (),
    )


def _line(year: YearFacts, key: str, window: WindowFacts, state: steps.State, *, officer: bool) -> LineView:
    return LineView(
        window=window.key,
        text=_LINES[key](year, window),
        state=words.state_word(state),
        badge=words.state_badge(state),
        links=_window_links(year, key, window) if officer else (),
    )


def _window_links(year: YearFacts, key: str, window: WindowFacts) -> tuple[Link, ...]:
    at = f"/cycles/{year.cycle}/windows/{window.key}"
    if key == steps.COLLECT and window.state == "planned":
        return (Link(f"{at}/open", _("Open now")),)
    if key == steps.COLLECT and window.state == "open":
        return Link(f"/rates?cycle={year.cycle}", _("Response rates")), Link(f"{at}/close", _("Close now"))
    if key == steps.COUNT and window.loss_to_accept:
        return Link(f"{at}/count", _("Follow the count")), Link(f"{at}/accept-loss", _("Unreadable ballots"))
    if key == steps.COUNT and window.state == "closed":
        return (Link(f"{at}/count", _("Follow the count")),)
    return ()


def _links(year: YearFacts, step: steps.Step) -> tuple[Link, ...]:
    at = f"/cycles/{year.cycle}"
    if step.key == steps.COUNT and year.counted:
        return Link(f"/results/{year.cycle}", _("Results")), Link(f"{at}/recompute", _("Compute the results anew"))
    if step.key == steps.RELEASE and year.counted:
        shown = (Link(f"{at}/releases", _("Releases")),)
        return (Link(f"{at}/release", _("Release to the units")), *shown) if year.unreleased else shown
    if step.key == steps.PUBLISH and year.released and year.may_publish and year.published_at is None:
        return (Link(f"{at}/publish", _("Publish")),)
    return {
        steps.CONFIGURE: (Link(at, _("The cycle")),),
        steps.ENROL: (Link("/units", _("The units")),),
        steps.INVITE: (Link(f"{at}/codes", _("Codes")),),
        steps.DIALOGUES: (Link("/dialogues", _("Dialogues")),) if year.round is not None else (),
        steps.MEASURES: (Link("/measures", _("Measures")),) if year.measures.total else (),
    }.get(step.key, ())


def _when(moment: datetime, year: YearFacts) -> str:
    return moments.in_words(moment, year.now)


def _configure(year: YearFacts) -> tuple[str, str]:
    text = _("The cycle is created, its questions and rules are set.")
    return (_("The cycle is a draft."), _("Pedagogcentrum")) if year.state == "draft" else (text, "")


def _enrol(year: YearFacts) -> tuple[str, str]:
    text = ngettext("%(number)s unit in the register.", "%(number)s units in the register.", year.units)
    return text % {"number": numbers.count(year.units)}, _("Pedagogcentrum")


def _invite(year: YearFacts) -> tuple[str, str]:
    if all(window.file_only for window in year.windows):
        return _("Answers come from files: nobody is invited."), ""
    missing = [window.key for window in year.windows if window.codes_missing]
    if missing:
        return _("Codes are missing: %(windows)s.") % {"windows": ", ".join(missing)}, _("Pedagogcentrum")
    return _("The codes are issued."), ""


def _collect(year: YearFacts) -> tuple[str, str]:
    if any(window.state == "open" for window in year.windows):
        return "", _("those who are invited")
    return "", _("Pedagogcentrum")


def _count(year: YearFacts) -> tuple[str, str]:
    lost = any(window.loss_to_accept for window in year.windows)
    waits = _("Pedagogcentrum") if lost or year.stuck else _("nobody: the computer is counting")
    if year.ready_at is not None and year.counted:
        return _("Results were computed on %(day)s.") % {"day": numbers.day_and_time(year.ready_at)}, waits
    return _("Answers are counted when a window has closed. Before that nobody sees any figure."), waits


def _release(year: YearFacts) -> tuple[str, str]:
    if year.failed_letters:
        text = ngettext("%(number)d letter has failed.", "%(number)d letters have failed.", year.failed_letters)
        return text % {"number": year.failed_letters}, _("Pedagogcentrum")
    return _("Each school, area head and owner is told, and sees its own results."), _("Pedagogcentrum")


def _publish(year: YearFacts) -> tuple[str, str]:
    if year.published_at is not None:
        return _("Public since %(day)s.") % {"day": numbers.day_and_time(year.published_at)}, ""
    if year.goes_public_at is not None:
        return _("Goes public on %(moment)s.") % {"moment": _when(year.goes_public_at, year)}, ""
    if not year.may_publish:
        return _("Closed in this version until the figures have been audited together."), ""
    return _("Everyone can then find, read and compare what may be shown."), _("Pedagogcentrum")


def _dialogues(year: YearFacts) -> tuple[str, str]:
    held_round = year.round
    if held_round is None:
        return _("January to March: each unit is offered a dialogue about its results."), _("Pedagogcentrum")
    states = held_round.dialogues
    if not sum(states.values()):
        # Nothing of it is in the reader's reach: numbers would say that nobody has booked.
        return _("Principals book until %(day)s.") % {"day": numbers.day(held_round.book_by)}, ""
    if sum(states.values()) == 1 and not held_round.unbooked:
        (state,) = (key for key, number in states.items() if number)
        return _one_dialogue(held_round.title, state)
    text = _("%(title)s: %(booked)d booked, %(held)d held, %(left)d not booked. Book by %(day)s.")
    over = sum(states.get(state, 0) for state in ("held", "confirmed", "concluded"))
    parts = {"title": held_round.title, "booked": states.get("booked", 0), "held": over, "left": held_round.unbooked}
    left = ngettext("%(number)d principal", "%(number)d principals", held_round.unbooked)
    waits = left % {"number": held_round.unbooked} if held_round.unbooked else _("the dialogues to be held")
    return text % {**parts, "day": numbers.day(held_round.book_by)}, waits


def _one_dialogue(title: str, state: str) -> tuple[str, str]:
    text = _("%(title)s: %(state)s.") % {"title": title, "state": dialogue_state(state).lower()}
    return text, _("the dialogue to be held") if state == "booked" else _("the minutes")


def _measures(year: YearFacts) -> tuple[str, str]:
    measures = year.measures
    if not measures.total:
        return _("What is agreed in the dialogues is followed up all year."), ""
    text = _("%(total)d agreed, %(unfinished)d under way, %(late)d past their date.")
    parts = {"total": measures.total, "unfinished": measures.unfinished, "late": measures.late}
    return text % parts, _("those who own the measures")


def _collect_line(year: YearFacts, window: WindowFacts) -> str:
    if window.state in {"closed", "counted"}:
        first, last = numbers.day_and_time(window.opens_at), numbers.day_and_time(window.closes_at)
    else:
        first, last = _when(window.opens_at, year), _when(window.closes_at, year)
    between = _("%(state)s, %(first)s – %(last)s.")
    return between % {"state": window_state(window.state).lower(), "first": first, "last": last}


def _count_line(year: YearFacts, window: WindowFacts) -> str:
    if window.loss_to_accept:
        text = ngettext(
            "%(number)d ballot cannot be read. The count waits.",
            "%(number)d ballots cannot be read. The count waits.",
            window.unreadable,
        )
        return text % {"number": window.unreadable}
    if window.state == "counted":
        return _("counted") if year.ready_at is not None else _("counted, results are being computed")
    return _("being counted") if window.state == "closed" else _("not closed yet")


def _release_line(year: YearFacts, window: WindowFacts) -> str:
    if window.released_at is not None:
        return _("released on %(day)s") % {"day": numbers.day_and_time(window.released_at)}
    if window.embargo_until is not None:
        return _("released on %(moment)s") % {"moment": _when(window.embargo_until, year)}
    return _("ready, not released") if window.state == "counted" else _("not counted yet")


_TEXTS: dict[str, Callable[[YearFacts], tuple[str, str]]] = {
    steps.CONFIGURE: _configure,
    steps.ENROL: _enrol,
    steps.INVITE: _invite,
    steps.COLLECT: _collect,
    steps.COUNT: _count,
    steps.RELEASE: _release,
    steps.PUBLISH: _publish,
    steps.DIALOGUES: _dialogues,
    steps.MEASURES: _measures,
}
_LINES: dict[str, Callable[[YearFacts, WindowFacts], str]] = {
    steps.COLLECT: _collect_line,
    steps.COUNT: _count_line,
    steps.RELEASE: _release_line,
}
