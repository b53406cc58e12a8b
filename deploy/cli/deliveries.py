"""``sikte deliveries``: work that waits, runs or is stuck, and its retry."""

from __future__ import annotations

from typing import get_args

import click

from deploy.cli.context import Application
from deploy.cli.output import format_option, print_rows
from shared.events import quarantine
from shared.events.quarantine import DeliveryState
from shared.i18n import gettext as _
from shared.model.events import Delivery


@click.group("deliveries")
def deliveries_group() -> None:
    """See what waits for the workers and retry what is stuck."""


@deliveries_group.command("list")
@click.option(
    "--state", type=click.Choice(get_args(DeliveryState)), help="Only these (default: all that are not done)."
)
@format_option
@click.pass_obj
def list_command(application: Application, state: DeliveryState | None, fmt: str) -> None:
    """List deliveries, oldest first, with the error of those that failed."""
    with application.container.database.read() as session:
        rows = quarantine.list_deliveries(session, state)
    print_rows(rows, quarantine.COLUMNS, fmt)


@deliveries_group.command("retry")
@click.argument("delivery_id", metavar="ID", type=int)
@click.pass_obj
def retry_command(application: Application, delivery_id: int) -> None:
    """Try a quarantined delivery again from its first attempt."""
    container = application.container
    with container.database.begin() as session:
        delivery = quarantine.retry(session, delivery_id, actor=application.actor, at=container.clock.now())
    text = _("Delivery %(id)d (%(consumer)s) will be tried again.")
    click.echo(text % {"id": delivery_id, "consumer": delivery.consumer})
    application.settle()
    with container.database.read() as session:
        if session.get_one(Delivery, delivery_id).done_at is not None:
            click.echo(_("It is done."))
