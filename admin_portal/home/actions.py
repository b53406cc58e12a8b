"""The one next thing to do, for each role: a pure rule over what the year page knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from admin_portal.home.facts import OwnFacts, WindowFacts, YearFacts
from shared.model.accounts import AREA_HEAD, AUDITOR, BOARD_READER, LEADERSHIP, OFFICER, OWNER, PRINCIPAL


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do: ``kind`` says what (``words.of_action`` in which words), ``address`` where.

    ``facts`` fill the words in. Kind "nothing" asks for nothing: then there is only to wait.
    """

    kind: str
    address: str = ""
    facts: dict[str, str] = field(default_factory=dict)


NOTHING = Action("nothing")
_ORDER = (OFFICER, PRINCIPAL, OWNER, AREA_HEAD, LEADERSHIP, BOARD_READER, AUDITOR)
_Rule = Callable[[YearFacts, OwnFacts], Iterator[Action]]


def next_action(roles: Iterable[str], year: YearFacts, own: OwnFacts) -> Action:
    """Return the most pressing thing to do of somebody who holds ``roles``; the first role with anything decides."""
    held = set(roles)
    for role in _ORDER:
        if role in held:
            found = next(_RULES[role](year, own), NOTHING)
            if found != NOTHING:
                return found
    return NOTHING


def _officer(year: YearFacts, own: OwnFacts) -> Iterator[Action]:
    if not year.cycle:
        yield _first_steps(year)
        return
    yield from _trouble(year)
    yield from _collection(year)
    yield from _publishing(year)
    yield from _season(year, own)


def _first_steps(year: YearFacts) -> Action:
    if not year.units:
        return Action("import_roster", "/units/import")
    if not year.batteries:
        return Action("import_batteries", "/batteries")
    return Action("create_cycle", "/cycles/new")


def _trouble(year: YearFacts) -> Iterator[Action]:
    for window in year.windows:
        if window.loss_to_accept:
            yield _at_window("accept_loss", year, window, "accept-loss")
    if year.stuck:
        yield Action("stuck", "/deliveries", {"number": str(year.stuck)})
    for window in year.windows:
        if window.state == "planned" and window.overdue_opening(year.now):
            yield _at_window("open_late", year, window, "open")
        if window.overdue_closing(year.now):
            yield _at_window("close_late", year, window, "close")


def _collection(year: YearFacts) -> Iterator[Action]:
    for window in year.windows:
        if window.codes_missing and window.state in {"planned", "opening", "open"}:
            yield Action("issue_codes", f"/cycles/{year.cycle}/codes", {"window": window.key})
    if year.ready_at is not None and year.unreleased:
        yield Action("release", f"/cycles/{year.cycle}/release")
    for window in year.windows:
        if window.state == "closed" or (window.state == "counted" and year.ready_at is None):
            yield _at_window("follow_count", year, window, "count")
    yield from _windows_of_files(year)
    if any(window.state in {"open", "opening"} for window in year.windows):
        yield Action("follow_rates", f"/rates?cycle={year.cycle}")
    if any(window.state == "planned" for window in year.windows):
        yield Action("check_cycle", f"/cycles/{year.cycle}")


def _windows_of_files(year: YearFacts) -> Iterator[Action]:
    """The clock leaves such windows alone, so somebody must open and close them."""
    for window in year.windows:
        if window.file_only and window.state == "planned":
            yield _at_window("open_file_window", year, window, "open")
        if window.file_only and window.state == "open":
            yield _at_window("close_file_window", year, window, "close")


def _publishing(year: YearFacts) -> Iterator[Action]:
    if year.failed_letters:
        yield Action("failed_letters", "/post", {"number": str(year.failed_letters)})
    if year.released and year.may_publish and year.published_at is None and year.goes_public_at is None:
        yield Action("publish", f"/cycles/{year.cycle}/publish")


def _season(year: YearFacts, own: OwnFacts) -> Iterator[Action]:
    if not year.released:
        yield Action("follow_releases", f"/cycles/{year.cycle}/releases")
        return
    if year.round is None:
        yield Action("create_round", "/dialogues/rounds/new")
        return
    address = f"/dialogues/rounds/{year.round.key}"
    if year.round.state == "draft":
        yield Action("offer_dialogues", address)
    if year.round.overdue(year.now):
        yield Action("remind_to_book", address, {"number": str(year.round.unbooked)})
    yield from _minutes(year, own)
    if year.measures.late:
        yield Action("late_measures", "/measures", {"number": str(year.measures.late)})
    if any(year.round.dialogues.get(state) for state in ("offered", "booked", "held")):
        yield Action("follow_dialogues", address)
    elif year.measures.unfinished:
        yield Action("follow_measures", "/measures", {"number": str(year.measures.unfinished)})
    else:
        yield Action("create_cycle", "/cycles/new")


def _minutes(year: YearFacts, own: OwnFacts) -> Iterator[Action]:
    for one in own.dialogues:
        if one.state == "booked" and one.starts_at is not None and one.starts_at < year.now:
            yield Action("write_minutes", f"{one.address}/minutes", {"unit": one.unit_name})
    for one in own.dialogues:
        if one.state == "held" and not one.municipality_confirmed:
            yield Action("confirm_minutes", f"{one.address}/minutes", {"unit": one.unit_name})


def _principal(year: YearFacts, own: OwnFacts) -> Iterator[Action]:
    for one in own.dialogues:
        if one.state == "held" and one.minutes and not one.unit_confirmed:
            yield Action("confirm_minutes", f"{one.address}/minutes", {"unit": one.unit_name})
    for one in own.dialogues:
        if one.state == "offered":
            yield Action("book_dialogue", one.address, {"unit": one.unit_name})
    for one in own.dialogues:
        if one.state == "booked" and not one.shared and not (one.starts_at and one.starts_at < year.now):
            yield Action("prepare_dialogue", f"{one.address}/preparation", {"unit": one.unit_name})
    yield from _look(year, own)


def _owner(year: YearFacts, own: OwnFacts) -> Iterator[Action]:
    if own.without_agreement:
        yield Action("agree", "/agreements", {"number": str(own.without_agreement)})
    yield from _look(year, own)


def _area_head(year: YearFacts, own: OwnFacts) -> Iterator[Action]:
    coming = [one for one in own.dialogues if one.state == "booked" and one.starts_at and one.starts_at >= year.now]
    if coming:
        yield Action("see_dialogues", "/dialogues", {"number": str(len(coming))})
    yield from _look(year, own)


def _leadership(year: YearFacts, own: OwnFacts) -> Iterator[Action]:
    if own.shared:
        yield _results(year, own)


def _board_reader(year: YearFacts, _own: OwnFacts) -> Iterator[Action]:
    if year.published_at is not None:
        yield Action("see_board", "/board")


def _auditor(_year: YearFacts, _own: OwnFacts) -> Iterator[Action]:
    yield Action("read_audit", "/audit")


def _look(year: YearFacts, own: OwnFacts) -> Iterator[Action]:
    """What is to be seen by those who look after units."""
    if own.measures.late:
        yield Action("late_measures", "/measures", {"number": str(own.measures.late)})
    if own.released:
        yield _results(year, own)
    if own.collecting:
        code = f"/{own.units[0][0]}" if len(own.units) == 1 else ""
        yield Action("see_rates", f"/rates{code}?cycle={year.cycle}")


def _results(year: YearFacts, own: OwnFacts) -> Action:
    if len(own.units) == 1:
        return Action("see_results", f"/results/{year.cycle}/units/{own.units[0][0]}")
    return Action("see_results", f"/results/{year.cycle}/units")


def _at_window(kind: str, year: YearFacts, window: WindowFacts, step: str) -> Action:
    return Action(kind, f"/cycles/{year.cycle}/windows/{window.key}/{step}", {"window": window.key})


_RULES: dict[str, _Rule] = {
    OFFICER: _officer,
    PRINCIPAL: _principal,
    OWNER: _owner,
    AREA_HEAD: _area_head,
    LEADERSHIP: _leadership,
    BOARD_READER: _board_reader,
    AUDITOR: _auditor,
}
