"""What the forms of a round and its times show, and what the posted ones mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date
from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.dialogues.rounds import RoundPlan, last_moment_of
from admin_portal.dialogues.series import Series, instant, planned_times
from admin_portal.dialogues.slots import SlotPlan, find_clashes, officials_to_choose
from admin_portal.forms import EMPTY, Form
from admin_portal.home.choice import chosen_cycle
from shared.clock import local
from shared.i18n import active_language
from shared.i18n import gettext as _
from shared.model.dialogues import DialogueRound, DialogueSlot, SlotOfficial
from shared.presentation.moments import day_in_words, hours_in_words

DEFAULT_WEEKDAYS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be ticked or chosen."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class RoundFormPage:
    """The form of a new round (``key`` ""), or of one that is changed."""

    key: str
    title: str
    last_day: str
    introduction: str
    cycles: tuple[tuple[str, str], ...]
    form: Form


@dataclass(frozen=True, slots=True)
class PlannedTime:
    """A time that would be added, with the reason why it cannot be, or ""."""

    when: str
    clash: str


@dataclass(frozen=True, slots=True)
class SeriesPage:
    """The form of times in a row; ``planned`` is what it would make once that was asked."""

    key: str
    title: str
    form: Form
    weekdays: tuple[Choice, ...]
    officials: tuple[Choice, ...]
    planned: tuple[PlannedTime, ...]
    clashes: int
    sent: tuple[tuple[str, str], ...]
    """The fields as they were previewed, to be sent again when the times are added."""


@dataclass(frozen=True, slots=True)
class SlotFormPage:
    """The form of one free time."""

    key: str
    title: str
    slot_id: int
    when: str
    day: str
    begins: str
    ends: str
    place: str
    link: str
    officials: tuple[Choice, ...]
    form: Form


def round_plan(form: Form) -> RoundPlan:
    """Return what a sound form of a round says."""
    data = form.data
    return RoundPlan(title=data["title"], book_by=last_moment_of(data["last_day"]), introduction=data["introduction"])


def series_plans(form: Form) -> list[SlotPlan]:
    """Return the times that a sound form of a series means; raises ``Refused`` for one that means none."""
    data = form.data
    series = Series(
        first_day=data["first_day"],
        last_day=data["last_day"],
        weekdays=frozenset(data["weekdays"]),
        begins=data["begins"],
        ends=data["ends"],
        minutes=data["minutes"],
        pause=data["pause"],
    )
    return [
        SlotPlan(
            starts_at=starts,
            ends_at=ends,
            officials=tuple(sorted(set(data["officials"]))),
            place=data["place"],
            link=data["link"],
        )
        for starts, ends in planned_times(series)
    ]


def slot_plan(form: Form) -> SlotPlan:
    """Return the time that a sound form of one means; raises ``Refused`` for an hour that the clocks jump over."""
    data = form.data
    return SlotPlan(
        starts_at=instant(data["day"], data["begins"]),
        ends_at=instant(data["day"], data["ends"]),
        officials=tuple(sorted(set(data["officials"]))),
        place=data["place"],
        link=data["link"],
    )


def round_form_page(session: Session, round_: DialogueRound | None, form: Form = EMPTY) -> RoundFormPage:
    """Return the form of a round, filled in as ``round_`` is or as it was just sent."""
    the_years, choices = chosen_cycle(session, "")
    first = "" if the_years is None else the_years.key
    cycles = sorted(choices, key=lambda one: one.key != first)
    return RoundFormPage(
        "" if round_ is None else round_.key,
        "" if round_ is None else round_.title,
        "" if round_ is None else local(round_.book_by).date().isoformat(),
        "" if round_ is None else round_.introduction,
        tuple((cycle.key, cycle.title) for cycle in cycles),
        form,
    )


def series_page(
    session: Session, round_: DialogueRound, *, account_id: int, form: Form = EMPTY, plans: Sequence[SlotPlan] = ()
) -> SeriesPage:
    """Return the form of times in a row, and what ``plans`` would make."""
    sent = request.method == "POST"
    weekdays = request.form.getlist("weekdays") if sent else [str(day) for day in DEFAULT_WEEKDAYS]
    officials = request.form.getlist("officials") if sent else [str(account_id)]
    clashes = {(one.plan.starts_at, one.plan.ends_at): one for one in find_clashes(session, plans)}
    planned = []
    for plan in plans:
        clash = clashes.get((plan.starts_at, plan.ends_at))
        text = _("%(official)s is in a time of %(round)s then.")
        why = text % {"official": clash.official, "round": clash.round_title} if clash else ""
        planned.append(PlannedTime(_when(plan), why))
    return SeriesPage(
        round_.key,
        round_.title,
        form,
        tuple(Choice(str(day), _weekday(day), str(day) in weekdays) for day in range(7)),
        _official_choices(session, officials),
        tuple(planned),
        len(clashes),
        tuple((name, value) for name, value in request.form.items(multi=True) if name not in {"token", "action"}),
    )


def slot_form_page(session: Session, round_: DialogueRound, slot: DialogueSlot, form: Form = EMPTY) -> SlotFormPage:
    """Return the form of a free time, filled in as it is or as it was just sent."""
    stored = select(SlotOfficial.account_id).where(SlotOfficial.slot_id == slot.id)
    sent = request.method == "POST"
    officials = request.form.getlist("officials") if sent else [str(one) for one in session.scalars(stored)]
    starts, ends = local(slot.starts_at), local(slot.ends_at)
    return SlotFormPage(
        round_.key,
        round_.title,
        slot.id,
        f"{day_in_words(starts)}, {hours_in_words(starts, ends)}",
        starts.date().isoformat(),
        f"{starts:%H:%M}",
        f"{ends:%H:%M}",
        slot.place,
        slot.link,
        _official_choices(session, officials),
        form,
    )


def _official_choices(session: Session, chosen: Sequence[str]) -> tuple[Choice, ...]:
    officers = officials_to_choose(session)
    return tuple(Choice(str(one.id), one.name, str(one.id) in chosen) for one in officers)


def _when(plan: SlotPlan) -> str:
    return f"{day_in_words(plan.starts_at)}, {hours_in_words(plan.starts_at, plan.ends_at)}"


def _weekday(number: int) -> str:
    """Return the name of a weekday, Monday 0."""
    a_monday = date(2027, 1, 4)
    return format_date(a_monday.replace(day=4 + number), "EEEE", locale=active_language())
