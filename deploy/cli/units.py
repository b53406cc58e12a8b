"""``sikte units``: the roster of units, groups and persons, imported as a difference."""

from __future__ import annotations

from pathlib import Path

import click

from admin_portal.organisation.difference import ADDED
from admin_portal.organisation.roster import import_roster
from deploy.cli.agreement import say_when_it_counts
from deploy.cli.context import Application
from shared.i18n import gettext as _


@click.group("units")
def units_group() -> None:
    """Keep the register of units, groups and persons."""


@units_group.command("import")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Print the difference and change nothing.")
@click.option("--allow-removal", is_flag=True, help="Let even more than half of the units or groups go out of use.")
@click.pass_obj
def import_command(application: Application, path: Path, dry_run: bool, allow_removal: bool) -> None:  # noqa: FBT001  click's flags
    """Import a roster: a folder or zip with units.csv and groups.csv, or one such file by its name."""
    container = application.container
    difference = import_roster(
        container.database,
        container.clock,
        path,
        actor=application.actor,
        dry_run=dry_run,
        allow_removal=allow_removal,
    )
    for line in difference.lines():
        click.echo(line)
    for warning in difference.warnings:
        click.echo(warning, err=True)
    click.echo(difference.summary())
    if dry_run:
        click.echo(_("Nothing was changed (--dry-run)."))
    elif not difference.empty:
        click.echo(_("Done."))
        if difference.count("agreement", ADDED):
            say_when_it_counts(application)
        application.settle()
