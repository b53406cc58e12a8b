"""``sikte agreement``: independent owners' agreements on publication."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import click

from admin_portal.cycles.recomputation import cycles_with_results
from admin_portal.organisation.agreement_rows import AgreementRow
from admin_portal.organisation.agreements import list_agreements, set_agreement, today
from deploy.cli.context import Application
from deploy.cli.output import format_option, print_rows
from shared.i18n import gettext as _

COLUMNS = (
    "provider_code",
    "provider_name",
    "unit_code",
    "publish",
    "valid_from",
    "valid_to",
    "reference",
    "units",
    "units_published",
)
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group("agreement")
def agreement_group() -> None:
    """Note what independent owners have agreed to publish; without an agreement nothing of theirs is public."""


@agreement_group.command("list")
@format_option
@click.pass_obj
def list_command(application: Application, fmt: str) -> None:
    """List the agreements, and how many of each owner's units may be published today."""
    container = application.container
    with container.database.read() as session:
        rows = list_agreements(session, day=today(container.clock))
    print_rows(rows, COLUMNS, fmt)


def _date(_context: click.Context, _parameter: click.Parameter, value: Any) -> date | None:
    return value.date() if isinstance(value, datetime) else None


@agreement_group.command("set")
@click.argument("provider")
@click.option("--publish/--no-publish", required=True, help="Whether the owner agrees to publication per unit.")
@click.option("--unit", default="", help="Code of the one unit it speaks of (default: all the owner's).")
@click.option("--from", "valid_from", type=_DAY, callback=_date, help="First day it holds.")
@click.option("--to", "valid_to", type=_DAY, callback=_date, help="Last day it holds.")
@click.option("--reference", default="", help="Where the paper is: a case number, for example.")
@click.pass_obj
def set_command(
    application: Application,
    provider: str,
    publish: bool,  # noqa: FBT001  click's flag
    unit: str,
    valid_from: date | None,
    valid_to: date | None,
    reference: str,
) -> None:
    """Note the word of the owner PROVIDER (its code); the newest word counts."""
    container = application.container
    word = AgreementRow(0, provider, unit, publish, valid_from, valid_to, reference)
    given = set_agreement(container.database, container.clock, word=word, actor=application.actor)
    whom = f"{provider}, {unit}" if unit else provider
    if not given.added:
        text = _("This is what was noted for %(whom)s before. Nothing has changed.")
    elif publish:
        text = _("Noted: figures of %(whom)s may be published per unit.")
    else:
        text = _("Noted: figures of %(whom)s are not published per unit.")
    click.echo(text % {"whom": whom})
    if given.added:
        say_when_it_counts(application)


def say_when_it_counts(application: Application) -> None:
    """Say that an agreement takes effect when results are computed, and how to have that done for those that are."""
    with application.container.database.read() as session:
        keys = cycles_with_results(session)
    if not keys:
        click.echo(_("It takes effect when results are computed."))
        return
    click.echo(_("It takes effect when results are next computed. For results that are ready already:"))
    for key in keys:
        click.echo(f"  sikte cycle recompute {key} --wait")
