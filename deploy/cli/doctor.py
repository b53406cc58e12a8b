"""``sikte doctor``: looks at everything this process needs and says what to do."""

from __future__ import annotations

import contextlib

import click
from sqlalchemy.exc import SQLAlchemyError

from deploy import bootstrap, health
from deploy.cli.context import Application
from deploy.cli.output import format_option, print_rows
from shared.errors import SikteError


@click.command("doctor")
@format_option
@click.pass_context
def doctor_command(context: click.Context, fmt: str) -> None:
    """Check settings, database, broker, clock, keys and disk; exit status 1 if anything fails."""
    application: Application = context.obj
    container = application.parts
    with contextlib.suppress(SikteError, SQLAlchemyError):  # what is wrong is found and said below
        bootstrap.prepare(container)
        bootstrap.ensure_dispatch_key(container)
    findings = list(health.examine(container))
    print_rows([finding._asdict() for finding in findings], health.Finding._fields, fmt)
    if any(finding.outcome == "fail" for finding in findings):
        context.exit(1)
