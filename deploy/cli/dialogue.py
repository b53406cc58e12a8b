"""``sikte dialogue``: rounds of quality dialogues, their times, offers and bookings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import click

from admin_portal.dialogues.booking import Booked, Request, book, cancel, decline, move
from admin_portal.dialogues.listing import (
    DIALOGUE_COLUMNS,
    ROUND_COLUMNS,
    SLOT_COLUMNS,
    list_dialogues,
    list_rounds,
    list_slots,
    officials_by_address,
)
from admin_portal.dialogues.offers import offer_dialogues
from admin_portal.dialogues.rounds import RoundPlan, close_round, create_round, last_moment_of, reopen_round
from admin_portal.dialogues.series import Series, planned_times
from admin_portal.dialogues.slots import SlotPlan, add_slots, remove_slot
from deploy.cli.context import Application
from deploy.cli.output import format_option, print_rows
from shared.i18n import gettext as _
from shared.i18n import ngettext
from shared.presentation.moments import span_in_words

_DAY = click.DateTime(["%Y-%m-%d"])
_HOUR = click.DateTime(["%H:%M"])
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@click.group("dialogue")
def dialogue_group() -> None:
    """Quality dialogues: rounds with times, offers to the units, bookings."""


@dialogue_group.group("round")
def round_group() -> None:
    """Create, close and open rounds."""


@round_group.command("create")
@click.option("--title", required=True, help="What principals read in the letter.")
@click.option("--cycle", "cycle_key", required=True, metavar="CYCLE", help="The cycle whose results it is about.")
@click.option("--book-by", type=_DAY, required=True, help="Last day on which principals book by themselves.")
@click.option("--introduction", default="", help="What the dialogue is for and what to prepare.")
@click.option("--key", default="", help="Its name in addresses and commands (default: made of the title).")
@click.pass_obj
def round_create_command(
    application: Application, title: str, cycle_key: str, book_by: datetime, introduction: str, key: str
) -> None:
    """Create a round; add times, then offer it."""
    container = application.container
    plan = RoundPlan(title=title, book_by=last_moment_of(book_by.date()), introduction=introduction)
    made = create_round(
        container.database, container.clock, plan=plan, cycle_key=cycle_key, actor=application.actor, key=key
    )
    click.echo(_("Round %(key)s is created. Next: sikte dialogue slots add %(key)s") % {"key": made})


@round_group.command("list")
@format_option
@click.pass_obj
def round_list_command(application: Application, fmt: str) -> None:
    """List the rounds."""
    with application.container.database.read() as session:
        rows = list_rounds(session)
    print_rows(rows, ROUND_COLUMNS, fmt)


@round_group.command("close")
@click.argument("round_key", metavar="ROUND")
@click.pass_obj
def round_close_command(application: Application, round_key: str) -> None:
    """End the booking; what is booked stays booked."""
    container = application.container
    close_round(container.database, container.clock, round_key=round_key, actor=application.actor)
    click.echo(_("The round is closed. What is booked stays booked."))


@round_group.command("open")
@click.argument("round_key", metavar="ROUND")
@click.pass_obj
def round_open_command(application: Application, round_key: str) -> None:
    """Let a closed round be booked again."""
    container = application.container
    reopen_round(container.database, container.clock, round_key=round_key, actor=application.actor)
    click.echo(_("The round is open for booking again."))


@dialogue_group.group("slots")
def slots_group() -> None:
    """Add, list and remove the times of a round."""


@slots_group.command("add")
@click.argument("round_key", metavar="ROUND")
@click.option("--first-day", type=_DAY, required=True, help="First day.")
@click.option("--last-day", type=_DAY, help="Last day (default: the first).")
@click.option(
    "--weekday", "weekdays", multiple=True, type=click.Choice(_WEEKDAYS), help="Only these (default: Mon-Fri)."
)
@click.option("--from", "begins", type=_HOUR, default="09:00", show_default=True, help="Begin of the first time.")
@click.option("--to", "ends", type=_HOUR, default="12:00", show_default=True, help="Latest end of the last time.")
@click.option("--minutes", type=int, default=60, show_default=True, help="Length of a dialogue.")
@click.option("--pause", type=int, default=15, show_default=True, help="Minutes between two dialogues.")
@click.option("--official", "officials", multiple=True, required=True, metavar="EMAIL", help="Officer who takes part.")
@click.option("--place", default="", help="Where to meet.")
@click.option("--link", default="", help="Link to a video meeting.")
@click.option("--dry-run", is_flag=True, help="Show the times and add none.")
@click.pass_obj
def slots_add_command(application: Application, /, round_key: str, **options: Any) -> None:
    """Add one time, or many in a row; clashes of officials are refused."""
    container = application.container
    times = planned_times(_series(options))
    if options["dry_run"]:
        for starts, ends in times:
            click.echo(span_in_words(starts, ends))
        return
    with container.database.read() as session:
        officials = officials_by_address(session, options["officials"])
    where = {"place": options["place"], "link": options["link"]}
    plans = [SlotPlan(starts_at=starts, ends_at=ends, officials=officials, **where) for starts, ends in times]
    number = add_slots(container.database, container.clock, round_key=round_key, plans=plans, actor=application.actor)
    click.echo(ngettext("%(number)d time is added.", "%(number)d times are added.", number) % {"number": number})


def _series(options: Mapping[str, Any]) -> Series:
    first_day: datetime = options["first_day"]
    last_day: datetime = options["last_day"] or first_day
    return Series(
        first_day=first_day.date(),
        last_day=last_day.date(),
        weekdays=frozenset(_WEEKDAYS.index(name) for name in options["weekdays"]) or frozenset(range(5)),
        begins=options["begins"].time(),
        ends=options["ends"].time(),
        minutes=options["minutes"],
        pause=options["pause"],
    )


@slots_group.command("list")
@click.argument("round_key", metavar="ROUND")
@format_option
@click.pass_obj
def slots_list_command(application: Application, round_key: str, fmt: str) -> None:
    """List the times of a round with their numbers, and who has them."""
    with application.container.database.read() as session:
        rows = list_slots(session, round_key)
    print_rows(rows, SLOT_COLUMNS, fmt)


@slots_group.command("remove")
@click.argument("round_key", metavar="ROUND")
@click.argument("slot_id", metavar="SLOT", type=int)
@click.pass_obj
def slots_remove_command(application: Application, round_key: str, slot_id: int) -> None:
    """Remove a free time."""
    container = application.container
    remove_slot(container.database, container.clock, round_key=round_key, slot_id=slot_id, actor=application.actor)
    click.echo(_("The time is removed."))


@dialogue_group.command("offer")
@click.argument("round_key", metavar="ROUND")
@click.option("--except", "leave_out", multiple=True, metavar="UNIT", help="Code of a unit that gets no offer now.")
@click.pass_obj
def offer_command(application: Application, round_key: str, leave_out: tuple[str, ...]) -> None:
    """Offer a dialogue to all units of the cycle that have none in the round; principals get a letter."""
    container = application.container
    number = offer_dialogues(
        container.database, container.clock, round_key=round_key, actor=application.actor, leave_out=leave_out
    )
    text = ngettext("A dialogue is offered to %(number)d unit.", "Dialogues are offered to %(number)d units.", number)
    click.echo(text % {"number": number})
    application.settle()


@dialogue_group.command("list")
@click.argument("round_key", metavar="[ROUND]", required=False)
@format_option
@click.pass_obj
def list_command(application: Application, round_key: str | None, fmt: str) -> None:
    """List the dialogues of a round (default: of all)."""
    with application.container.database.read() as session:
        keys = [round_key] if round_key else [str(row["round"]) for row in list_rounds(session)]
        rows = [row for key in keys for row in list_dialogues(session, key)]
    print_rows(rows, DIALOGUE_COLUMNS, fmt)


@dialogue_group.command("book")
@click.argument("round_key", metavar="ROUND")
@click.argument("unit")
@click.argument("slot_id", metavar="SLOT", type=int)
@click.pass_obj
def book_command(application: Application, round_key: str, unit: str, slot_id: int) -> None:
    """Book a time for a unit (numbers of times: sikte dialogue slots list ROUND)."""
    _take(application, book, round_key, unit, slot_id)


@dialogue_group.command("move")
@click.argument("round_key", metavar="ROUND")
@click.argument("unit")
@click.argument("slot_id", metavar="SLOT", type=int)
@click.pass_obj
def move_command(application: Application, round_key: str, unit: str, slot_id: int) -> None:
    """Move a unit's booked dialogue to another time."""
    _take(application, move, round_key, unit, slot_id)


@dialogue_group.command("cancel")
@click.argument("round_key", metavar="ROUND")
@click.argument("unit")
@click.pass_obj
def cancel_command(application: Application, round_key: str, unit: str) -> None:
    """Give a unit's time back; the dialogue is still offered."""
    container = application.container
    cancel(container.database, container.clock, request=_request(application, round_key, unit))
    click.echo(_("The time of %(unit)s is cancelled.") % {"unit": unit})
    application.settle()


@dialogue_group.command("decline")
@click.argument("round_key", metavar="ROUND")
@click.argument("unit")
@click.option("--reason", required=True, help="Why; read by Pedagogcentrum only.")
@click.pass_obj
def decline_command(application: Application, round_key: str, unit: str, reason: str) -> None:
    """Note that a unit declines its dialogue."""
    container = application.container
    decline(container.database, container.clock, request=_request(application, round_key, unit), reason=reason)
    click.echo(_("Noted: %(unit)s declines.") % {"unit": unit})
    application.settle()


def _take(application: Application, action: Callable[..., Booked], round_key: str, unit: str, slot_id: int) -> None:
    container = application.container
    request = _request(application, round_key, unit)
    booked = action(container.database, container.clock, request=request, slot_id=slot_id)
    when = span_in_words(booked.starts_at, booked.ends_at)
    click.echo(_("Booked for %(unit)s: %(when)s.") % {"unit": unit, "when": when})
    application.settle()


def _request(application: Application, round_key: str, unit: str) -> Request:
    return Request(round_key=round_key, unit_code=unit, actor=application.actor, officer=True)
