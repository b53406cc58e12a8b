"""``sikte cycle``: cycles created from files, their windows opened and closed, and how the collection goes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import click
from sqlalchemy.orm import Session

from admin_portal.cycles.collection import accept_loss, close_windows, open_windows, progress
from admin_portal.cycles.creation import create_cycle
from admin_portal.cycles.recomputation import request_results
from admin_portal.cycles.status import (
    LIST_COLUMNS,
    STATUS_COLUMNS,
    UNIT_COLUMNS,
    cycle_status,
    list_cycles,
    unit_status,
)
from deploy.cli.context import Application
from deploy.cli.output import format_option, print_rows
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.i18n import ngettext

_WINDOW = click.option("--window", "window_key", metavar="W", help="One window (default: all that can).")


@click.group("cycle")
def cycle_group() -> None:
    """Create, open, close and follow cycles."""


@cycle_group.command("create")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check the file and change nothing.")
@click.pass_obj
def create_command(application: Application, path: Path, dry_run: bool) -> None:  # noqa: FBT001  click's flag
    """Create a cycle from its YAML file and leave it scheduled."""
    container = application.container
    cycle = create_cycle(container.database, container.clock, path, actor=application.actor, dry_run=dry_run)
    for warning in cycle.warnings:
        click.echo(warning, err=True)
    text = _("Cycle %(key)s is scheduled: windows %(windows)s; questionnaires %(questionnaires)s.")
    if dry_run:
        text = _("Cycle %(key)s is sound: windows %(windows)s; questionnaires %(questionnaires)s. Nothing was changed.")
    parts = {"windows": ", ".join(cycle.windows), "questionnaires": ", ".join(cycle.questionnaires)}
    if cycle.replaced:
        click.echo(
            _("There is a cycle %(key)s already that nobody has used. This file replaces it.") % {"key": cycle.key}
        )
    click.echo(text % {"key": cycle.key, **parts})


@cycle_group.command("open")
@click.argument("cycle_key", metavar="CYCLE")
@_WINDOW
@click.option("--wait", is_flag=True, help="Return when the windows are open.")
@click.pass_obj
def open_command(application: Application, cycle_key: str, window_key: str | None, wait: bool) -> None:  # noqa: FBT001
    """Open windows now, whatever their time: headcounts are frozen, keys made, answers taken."""
    container = application.container
    opening = open_windows(
        container.database, container.clock, cycle_key=cycle_key, window_key=window_key, actor=application.actor
    )
    for window in opening.windows:
        click.echo(_("Window %(window)s of %(cycle)s opens.") % {"window": window, "cycle": opening.cycle})
    application.settle()
    if wait:
        _wait(application, opening.window_ids, until="open")
        click.echo(_("Open."))


@cycle_group.command("close")
@click.argument("cycle_key", metavar="CYCLE")
@_WINDOW
@click.option("--wait", is_flag=True, help="Return when the results are ready.")
@click.pass_obj
def close_command(application: Application, cycle_key: str, window_key: str | None, wait: bool) -> None:  # noqa: FBT001
    """Close windows now, without grace; the workers then count."""
    container = application.container
    closing = close_windows(
        container.database, container.clock, cycle_key=cycle_key, window_key=window_key, actor=application.actor
    )
    for window in closing.windows:
        click.echo(_("Window %(window)s of %(cycle)s is closed.") % {"window": window, "cycle": closing.cycle})
    ballots = ngettext("%(number)d answer in the urn.", "%(number)d answers in the urn.", closing.ballots)
    drafts = ngettext("%(number)d unfinished form ended.", "%(number)d unfinished forms ended.", closing.drafts)
    click.echo(f"{ballots % {'number': closing.ballots}} {drafts % {'number': closing.drafts}}")
    if wait:
        _wait(application, closing.window_ids, until="counted")
        click.echo(_("Results are ready: sikte results %(cycle)s") % {"cycle": closing.cycle})
    else:
        application.settle()


@cycle_group.command("recompute")
@click.argument("cycle_key", metavar="CYCLE")
@click.option("--wait", is_flag=True, help="Return when the results are ready.")
@click.pass_obj
def recompute_command(application: Application, cycle_key: str, wait: bool) -> None:  # noqa: FBT001  click's flag
    """Compute the results of a counted cycle anew, with the agreements as they are today."""
    container = application.container
    window_id = request_results(container.database, container.clock, cycle_key=cycle_key, actor=application.actor)
    click.echo(_("Results of %(cycle)s are computed anew.") % {"cycle": cycle_key})
    if wait:
        _wait(application, [window_id], until="counted")
        click.echo(_("Results are ready: sikte results %(cycle)s") % {"cycle": cycle_key})
    else:
        application.settle()


def _wait(application: Application, window_ids: Iterable[int], *, until: str) -> None:
    """Wait for the workers; what gets stuck is named and ends the wait."""

    def there(session: Session) -> bool:
        state = progress(session, window_ids=window_ids, until=until)
        if state.stuck:
            raise _stuck(state.stuck)
        return state.done

    try:
        what = _("the windows are opened") if until == "open" else _("ballots are counted and results computed")
        application.wait_until(there, what=what)
    except Refused as refusal:
        with application.container.database.read() as session:
            stuck = progress(session, window_ids=window_ids, until=until).stuck
        if refusal.code == "quarantined" and stuck:
            raise _stuck(stuck) from refusal
        raise


def _stuck(stuck: Iterable[tuple[int, str, str]]) -> Refused:
    text = _("Delivery %(id)d (%(consumer)s) failed three times: %(error)s")
    lines = [text % {"id": number, "consumer": consumer, "error": error} for number, consumer, error in stuck]
    return Refused("quarantined", "\n".join([*lines, _("When the cause is mended: sikte deliveries retry ID")]))


@cycle_group.command("status")
@click.argument("cycle_key", metavar="[CYCLE]", required=False)
@click.option("--units", is_flag=True, help="A row per unit instead of one per questionnaire.")
@format_option
@click.pass_obj
def status_command(application: Application, cycle_key: str | None, units: bool, fmt: str) -> None:  # noqa: FBT001
    """Show how many are invited and have answered, never answers; without CYCLE for all cycles."""
    status, columns = (unit_status, UNIT_COLUMNS) if units else (cycle_status, STATUS_COLUMNS)
    with application.container.database.read() as session:
        keys = [cycle_key] if cycle_key else [str(row["cycle"]) for row in list_cycles(session)]
        rows = [row for key in keys for row in status(session, key)]
    print_rows(rows, columns, fmt)
    _explain_shared(rows)


def _explain_shared(rows: Iterable[Mapping[str, object]]) -> None:
    """Say why a rate is above one: who has a shared code can answer more than once."""
    above = [row for row in rows if float(str(row["response_rate"] or 0)) > 1]
    text = _("%(questionnaire)s: more answers than invited (shared code: the same link for the whole unit).")
    for questionnaire in dict.fromkeys(row["questionnaire"] for row in above):
        click.echo(text % {"questionnaire": questionnaire}, err=True)


@cycle_group.command("list")
@format_option
@click.pass_obj
def list_command(application: Application, fmt: str) -> None:
    """List the cycles and the states of their windows."""
    with application.container.database.read() as session:
        rows = list_cycles(session)
    print_rows(rows, LIST_COLUMNS, fmt)


@cycle_group.command("accept-loss")
@click.argument("cycle_key", metavar="CYCLE")
@click.option("--window", "window_key", metavar="W", required=True, help="The window.")
@click.option("--reason", required=True, help="Why the count goes on without them; it stays with the figures.")
@click.pass_obj
def accept_loss_command(application: Application, cycle_key: str, window_key: str, reason: str) -> None:
    """Let a count go on without ballots that cannot be read."""
    container = application.container
    lost = accept_loss(
        container.database,
        container.clock,
        container.keys,
        cycle_key=cycle_key,
        window_key=window_key,
        reason=reason,
        actor=application.actor,
    )
    text = ngettext("%(number)d unreadable ballot is given up.", "%(number)d unreadable ballots are given up.", lost)
    click.echo(text % {"number": lost})
    application.settle()
