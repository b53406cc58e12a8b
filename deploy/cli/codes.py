"""``sikte codes``: invitation codes issued, written to a file, withdrawn."""

from __future__ import annotations

from pathlib import Path

import click

from admin_portal.cycles.code_file import WrittenCodes, check_place, write_codes
from admin_portal.cycles.codes import issue_codes, void_code
from deploy.cli.context import Application
from shared.i18n import gettext as _
from shared.i18n import ngettext


@click.group("codes")
def codes_group() -> None:
    """Issue and withdraw invitation codes."""


@codes_group.command("issue")
@click.argument("cycle_key", metavar="CYCLE")
@click.option("--out", type=click.Path(path_type=Path), help="Write the codes to this CSV file, for you alone to read.")
@click.pass_obj
def issue_command(application: Application, cycle_key: str, out: Path | None) -> None:
    """Issue the codes that are missing, exactly as many as there are people to ask."""
    container = application.container
    if out is not None:
        # Refuse before anything is issued that could not be written.
        check_place(out)
        container.keys.dispatch_key()
    issued = issue_codes(
        container.database,
        container.clock,
        code_pepper=container.code_pepper,
        cycle_key=cycle_key,
        actor=application.actor,
    )
    for note in issued.notes:
        click.echo(note, err=True)
    text = _("%(questionnaire)s: %(new)d new codes, %(standing)d before")
    for questionnaire, number in issued.created.items():
        standing = issued.standing[questionnaire]
        click.echo(text % {"questionnaire": questionnaire, "new": number, "standing": standing})
    if out is not None:
        written = write_codes(
            container.database,
            container.clock,
            container.keys,
            cycle_key=cycle_key,
            survey_url=container.settings.survey_url,
            path=out,
            actor=application.actor,
        )
        _tell(written)
    application.settle()


def _tell(written: WrittenCodes) -> None:
    text = ngettext("%(path)s: %(number)d code.", "%(path)s: %(number)d codes.", written.written)
    click.echo(text % {"path": written.path, "number": written.written})
    if written.replaced:
        click.echo(_("The file replaces an earlier one of the same name."))
    if written.answered or written.void:
        text = _("Left out: %(answered)d answered and %(void)d withdrawn codes.")
        click.echo(text % {"answered": written.answered, "void": written.void})
    click.echo(_("Whoever holds this file can answer. It is readable for you alone; the audit log names you."))


@codes_group.command("void")
@click.argument("cycle_key", metavar="CYCLE")
@click.argument("code")
@click.pass_obj
def void_command(application: Application, cycle_key: str, code: str) -> None:
    """Withdraw a code that was lost; issuing again replaces it."""
    container = application.container
    voided = void_code(
        container.database,
        container.clock,
        code_pepper=container.code_pepper,
        cycle_key=cycle_key,
        typed=code,
        actor=application.actor,
    )
    text = _("The code is withdrawn (%(questionnaire)s, unit %(unit)s). Replace it with: sikte codes issue %(cycle)s")
    parts = {"questionnaire": voided.questionnaire, "unit": voided.unit_code, "cycle": cycle_key}
    click.echo(text % parts)
    if voided.shared:
        click.echo(_("It was shared by the whole unit: forms already begun with it may still be sent."))
