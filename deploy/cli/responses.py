"""``sikte responses``: answers from earlier years or from paper, imported from a file."""

from __future__ import annotations

from pathlib import Path

import click

from admin_portal.cycles.responses import import_responses
from deploy.cli.context import Application
from shared.database.box_keys import BoxKeys
from shared.i18n import gettext as _


@click.group("responses")
def responses_group() -> None:
    """Take answers from files."""


@responses_group.command("import")
@click.argument("cycle_key", metavar="CYCLE")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check the file and change nothing.")
@click.option("--add", is_flag=True, help="The urn holds answers already: these are further ones.")
@click.pass_obj
def import_command(
    application: Application,
    cycle_key: str,
    path: Path,
    dry_run: bool,  # noqa: FBT001  click's flag
    add: bool,  # noqa: FBT001  click's flag
) -> None:
    """Import FILE (CSV, a row per response) into the open windows of CYCLE whose codes are: import."""
    container = application.container
    imported = import_responses(
        container.database,
        container.clock,
        BoxKeys(container.database),
        cycle_key=cycle_key,
        path=path,
        actor=application.actor,
        dry_run=dry_run,
        add=add,
    )
    for note in imported.notes:
        click.echo(note, err=True)
    for questionnaire, number in imported.taken.items():
        click.echo(_("%(questionnaire)s: %(number)d responses") % {"questionnaire": questionnaire, "number": number})
    text = _("%(total)d responses are in the urn, %(blank)d of them wholly blank.")
    if dry_run:
        text = _("%(total)d responses are sound, %(blank)d of them wholly blank. Nothing was changed (--dry-run).")
    click.echo(text % {"total": imported.total, "blank": imported.blank})
