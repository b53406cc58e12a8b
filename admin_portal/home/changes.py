"""What a change of a cycle's state will do: said beforehand, with who will see what and whether there is a way back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_portal.cycles.collection import progress
from admin_portal.cycles.frame import sections
from admin_portal.forms import EMPTY, Form
from admin_portal.home.choice import title_of
from shared.database.lifecycle import is_import_only, unfinished_forms
from shared.i18n import gettext as _
from shared.i18n import ngettext
from shared.model.counting import CountSlice
from shared.model.cycles import CollectionWindow, Cycle, SealGroup
from shared.model.results import latest_result_set
from shared.model.urn import Ballot
from shared.presentation import moments, numbers
from shared.presentation.words import window_state


@dataclass(frozen=True, slots=True)
class ChangeView:
    """The page that asks whether to go on. With ``blocked`` there is nothing to confirm, and it says why.

    ``asks_reason`` asks for a reason, which is audited and stays with the figures.
    """

    heading: str
    cycle: str
    cycle_title: str
    lines: tuple[str, ...]
    way_back: str
    button: str
    address: str
    danger: bool = False
    blocked: str = ""
    command: str = ""
    asks_reason: bool = False
    form: Form = EMPTY


@dataclass(frozen=True, slots=True)
class CountView:
    """How far the count of a window has come."""

    cycle: str
    cycle_title: str
    window: str
    state: str
    slices: int
    done: int
    finished: bool
    lost: int
    stuck: int
    key_may_be_lost: bool
    text: str


def opening(session: Session, cycle: Cycle, window: CollectionWindow, now: datetime) -> ChangeView:
    """Say what opening ``window`` does."""
    asked = [one for one in sections(session, cycle) if one.window.id == window.id]
    invited = numbers.count(sum(one.headcount for one in asked))
    units = numbers.count(len({unit for one in asked for unit in one.units()}))
    closes = _("The window closes on %(moment)s.") % {"moment": moments.in_words(window.closes_at, now)}
    by_hand = _("It takes answers from files only, and closes when you close it.")
    early = _("It opens now, although its time is %(moment)s.") % {"moment": moments.in_words(window.opens_at, now)}
    return ChangeView(
        heading=_("Open window %(window)s now?") % {"window": window.key},
        cycle=cycle.key,
        cycle_title=title_of(cycle),
        lines=(
            *((early,) if now < window.opens_at else ()),
            _("The headcounts of today are frozen: %(invited)s invited at %(units)s units.")
            % {"invited": invited, "units": units},
            _("Everybody with a code can answer."),
            _("While it is open nobody sees answers or figures, only how many have answered."),
            by_hand if is_import_only(session, window) else closes,
        ),
        way_back=_("There is no way back to planned: an open window can only be closed."),
        button=_("Open the window"),
        address=_address(cycle, window, "open"),
        blocked="" if window.state == "planned" else _not_now(window),
    )


def closing(session: Session, cycle: Cycle, window: CollectionWindow, now: datetime) -> ChangeView:
    """Say what closing ``window`` does, and how many unfinished forms it ends."""
    cast = select(func.count()).select_from(Ballot).join(SealGroup, SealGroup.id == Ballot.seal_group_id)
    ballots = session.scalar(cast.where(SealGroup.window_id == window.id)) or 0
    forms = unfinished_forms(session, window)
    early = _("Its time is not over: it would close by itself on %(moment)s.")
    counted = ngettext(
        "%(number)s answer sent in is counted at once, by the computer alone.",
        "%(number)s answers sent in are counted at once, by the computer alone.",
        ballots,
    )
    ended = ngettext(
        "%(number)s form that somebody has begun can no longer be sent.",
        "%(number)s forms that somebody has begun can no longer be sent.",
        forms,
    )
    return ChangeView(
        heading=_("Close window %(window)s now?") % {"window": window.key},
        cycle=cycle.key,
        cycle_title=title_of(cycle),
        lines=(
            *((early % {"moment": moments.in_words(window.last_moment, now)},) if now < window.last_moment else ()),
            counted % {"number": numbers.count(ballots)},
            ended % {"number": numbers.count(forms)},
            _("When the count is done only Pedagogcentrum sees results, until you release them to the units."),
        ),
        way_back=_("There is no way back: a closed window never opens again."),
        button=_("Close the window"),
        address=_address(cycle, window, "close"),
        danger=True,
        blocked="" if window.state == "open" else _not_now(window),
    )


def accepting_loss(session: Session, cycle: Cycle, window: CollectionWindow, form: Form = EMPTY) -> ChangeView:
    """Say what going on without unreadable ballots does. A lost key can be settled only where the keys lie."""
    lost = _lost(session, window)
    command = ""
    blocked = ""
    if window.state != "closed":
        blocked = _not_now(window)
    elif not lost:
        blocked = _(
            "The workers have found no ballot of this window that cannot be read. If its key is lost, this can be "
            "settled only on the machine where the keys are kept, with this command:"
        )
        command = f"sikte cycle accept-loss {cycle.key} --window {window.key} --reason …"
    text = ngettext(
        "%(number)s ballot that cannot be read is given up for good. It is in no figure.",
        "%(number)s ballots that cannot be read are given up for good. They are in no figure.",
        lost,
    )
    return ChangeView(
        heading=_("Go on without the unreadable ballots of window %(window)s?") % {"window": window.key},
        cycle=cycle.key,
        cycle_title=title_of(cycle),
        lines=(
            text % {"number": numbers.count(lost)},
            _("The count then goes on, and the results say how many are missing and why."),
            _("Your reason stays with the figures and in the audit log."),
        ),
        way_back=_("There is no way back: the window's key is destroyed when the count is finished."),
        button=_("Go on without them"),
        address=_address(cycle, window, "accept-loss"),
        danger=True,
        blocked=blocked,
        command=command,
        asks_reason=True,
        form=form,
    )


def recomputing(session: Session, cycle: Cycle, *, counted: bool) -> ChangeView:
    """Say what computing the results anew does."""
    newest = latest_result_set(session, cycle)
    number = 1 if newest is None else newest.number + 1
    return ChangeView(
        heading=_("Compute the results anew?"),
        cycle=cycle.key,
        cycle_title=title_of(cycle),
        lines=(
            _("A new result set, number %(number)d, is computed from the same answers, with today's agreements.")
            % {"number": number},
            _("What the units and the public see does not change: for that you make a new release, with a reason."),
        ),
        way_back=_("Earlier result sets and releases are kept as they are."),
        button=_("Compute anew"),
        address=f"/cycles/{cycle.key}/recompute",
        blocked="" if counted else _("No window of this cycle is counted yet: there is nothing to compute from."),
    )


def count_view(session: Session, cycle: Cycle, window: CollectionWindow) -> CountView:
    """Return how far the count of ``window`` has come, and what it waits for."""
    slices = session.scalars(select(CountSlice.done).where(CountSlice.window_id == window.id)).all()
    stuck = progress(session, window_ids=[window.id], until="counted").stuck
    results = latest_result_set(session, cycle)
    finished = window.state == "counted" and results is not None and window.key in results.windows
    lost = _lost(session, window) if window.state == "closed" and not window.loss_accepted else 0
    return CountView(
        cycle=cycle.key,
        cycle_title=title_of(cycle),
        window=window.key,
        state=window_state(window.state),
        slices=len(slices),
        done=sum(slices) if window.state == "closed" else len(slices),
        finished=finished,
        lost=lost,
        stuck=len(stuck),
        key_may_be_lost=bool(stuck) and not lost and window.state == "closed",
        text=_count_text(window, finished=finished, lost=lost),
    )


def _count_text(window: CollectionWindow, *, finished: bool, lost: int) -> str:
    if finished:
        return _("The answers are counted and the results are ready.")
    if window.state == "counted":
        return _("The answers are counted. The results are being computed.")
    if lost:
        text = ngettext(
            "%(number)d ballot cannot be read. The count waits for your decision.",
            "%(number)d ballots cannot be read. The count waits for your decision.",
            lost,
        )
        return text % {"number": lost}
    if window.state == "closed":
        return _("The answers are being counted. You may leave this page: the count goes on.")
    return _not_now(window)


def _lost(session: Session, window: CollectionWindow) -> int:
    unreadable = select(func.coalesce(func.sum(SealGroup.unreadable), 0)).where(SealGroup.window_id == window.id)
    return int(session.scalar(unreadable) or 0)


def _not_now(window: CollectionWindow) -> str:
    return _("Window %(window)s is in this state now: %(state)s. So this cannot be done.") % {
        "window": window.key,
        "state": window_state(window.state),
    }


def _address(cycle: Cycle, window: CollectionWindow, step: str) -> str:
    return f"/cycles/{cycle.key}/windows/{window.key}/{step}"
