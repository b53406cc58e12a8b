"""``sikte measure``: what was agreed with the units, what is late, and how it goes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from admin_portal.follow_up.indicators import SEPARATOR, target_of
from admin_portal.follow_up.listing import COLUMNS, Filter, measure_rows
from admin_portal.follow_up.measures import MeasurePlan, add_measure, note_measure
from deploy.cli.context import Application
from deploy.cli.output import format_option, print_rows
from shared.clock import local
from shared.i18n import gettext as _
from shared.model.dialogues import MEASURE_STATES

_SHORT = ("id", "unit_code", "title", "owner", "due_on", "late", "state")


@click.group("measure")
def measure_group() -> None:
    """Measures: list, add, note how they go."""


@measure_group.command("list")
@click.option("--unit", default="", metavar="UNIT", help="Only those of this unit (code).")
@click.option("--district", default="", metavar="NAME", help="Only those of this district.")
@click.option("--state", default="", type=click.Choice(["", *MEASURE_STATES]), help="Only those in this state.")
@click.option("--late", is_flag=True, help="Only open ones past their date.")
@format_option
@click.pass_obj
def list_command(application: Application, /, fmt: str, *, late: bool, **chosen: Any) -> None:
    """List the measures by district, what is late first; JSON and CSV hold everything that was agreed."""
    container = application.container
    wanted = Filter(**chosen, late="yes" if late else "")
    with container.database.read() as session:
        rows = list(measure_rows(session, wanted, local(container.clock.now()).date()))
    print_rows(rows, _SHORT if fmt == "table" else COLUMNS, fmt)


@measure_group.command("add")
@click.argument("unit")
@click.option("--title", required=True, help="What is to be done.")
@click.option("--cause", required=True, help="Why: the cause behind the result.")
@click.option("--owner", required=True, help="Who does it: a role rather than a name.")
@click.option("--due", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Until when.")
@click.option("--effect", "expected_effect", required=True, help="What will be seen, where, and by when.")
@click.option("--area", default="", metavar="QUESTIONNAIRE:KEY", help="The area that shows whether it works.")
@click.option("--item", default="", metavar="QUESTIONNAIRE:KEY", help="The question that shows it.")
@click.option("--indicator", default="", help="What shows it, in words, when nothing in the survey does.")
@click.option("--round", "round_key", default="", metavar="ROUND", help="The round in whose dialogue it is agreed.")
@click.pass_obj
def add_command(application: Application, /, unit: str, **options: Any) -> None:
    """Write a measure of a unit down."""
    container = application.container
    due: datetime = options["due"]
    plan = MeasurePlan(
        due_on=due.date(),
        target=target_of(_value(options["area"], "area") or _value(options["item"], "item")),
        **{name: options[name] for name in ("title", "cause", "owner", "expected_effect", "indicator")},
    )
    number = add_measure(
        container.database,
        container.clock,
        unit_code=unit,
        plan=plan,
        actor=application.actor,
        round_key=options["round_key"],
    )
    click.echo(_("Measure %(number)d is written down.") % {"number": number})


@measure_group.command("note")
@click.argument("measure_id", metavar="ID", type=int)
@click.option("--state", required=True, type=click.Choice(MEASURE_STATES), help="Its state from now on.")
@click.option("--text", default="", help="How it goes; needed for a dropped one, and where the state stays.")
@click.pass_obj
def note_command(application: Application, measure_id: int, state: str, text: str) -> None:
    """Note how a measure goes."""
    container = application.container
    note_measure(
        container.database, container.clock, measure_id=measure_id, state=state, text=text, actor=application.actor
    )
    click.echo(_("Noted on measure %(number)d.") % {"number": measure_id})


def _value(given: str, kind: str) -> str:
    questionnaire, _colon, key = given.partition(":")
    return SEPARATOR.join((questionnaire, kind, key)) if given else ""
