"""The console script ``sikte``: global options, its groups of commands, and what becomes of errors."""

from __future__ import annotations

import importlib
import os
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from deploy.cli.context import Application
from deploy.cli.output import fault_lines
from shared.errors import FileFaults, SikteError
from shared.i18n import gettext as _
from shared.i18n import set_language

COMMANDS = MappingProxyType(
    {
        "agreement": "agreement:agreement_group",
        "battery": "battery:battery_group",
        "clock": "processes:clock_command",
        "codes": "codes:codes_group",
        "cycle": "cycle:cycle_group",
        "db": "db:db_group",
        "deliveries": "deliveries:deliveries_group",
        "demo": "demo:demo_command",
        "dialogue": "dialogue:dialogue_group",
        "doctor": "doctor:doctor_command",
        "measure": "measure:measure_group",
        "publish": "release:publish_command",
        "release": "release:release_command",
        "responses": "responses:responses_group",
        "results": "results:results_command",
        "serve": "serve:serve_command",
        "site": "site:site_group",
        "units": "units:units_group",
        "user": "user:user_group",
        "web": "processes:web_group",
        "worker": "processes:worker_command",
    }
)
"""Each command's module and object, loaded when asked for: ``serve`` needs no data frames, ``results`` no server."""


class Sikte(click.Group):
    """The root of the commands: loads each from its file and turns errors into a message and an exit status."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """Return the commands in alphabetical order."""
        return sorted(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """Return the command, importing its file."""
        place = COMMANDS.get(name)
        if place is None:
            return None
        module, _colon, attribute = place.partition(":")
        command: click.Command = getattr(importlib.import_module(f"deploy.cli.{module}"), attribute)
        return command

    def invoke(self, context: click.Context) -> Any:
        """Run the command; what a person must hear goes to stderr, and the exit status is 1."""
        try:
            return super().invoke(context)
        except FileFaults as error:
            for line in fault_lines(error):
                click.echo(line, err=True)
        except SikteError as error:
            click.echo(str(error), err=True)
        except SQLAlchemyError as error:
            click.echo(_explain(error), err=True)
        return context.exit(1)


@click.group(cls=Sikte, name="sikte", context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--dir",
    "home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Home of an embedded instance; goes before SIKTE_HOME (default ./sikte-data).",
)
@click.version_option(version("sikte"), prog_name="sikte", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context, home: Path | None) -> None:
    """A municipality's yearly quality loop: questionnaires, protected results, dialogues, follow-up."""
    context.obj = application = Application(home)
    context.call_on_close(application.close)


def main() -> None:
    """Run the command line; exit status 0, 1 (refused, the reason on stderr) or 2 (usage)."""
    set_language(os.environ.get("SIKTE_LANGUAGE", "sv"))
    cli.main(prog_name="sikte")


def _explain(error: SQLAlchemyError) -> str:
    from shared.events.outages import is_outage

    if is_outage(error):
        return _("The database does not answer. Check SIKTE_DATABASE_URL and that the server runs: sikte doctor")
    text = _("The database refused: %(reason)s. Look at: sikte doctor")
    return text % {"reason": type(error).__name__}


if __name__ == "__main__":
    main()
