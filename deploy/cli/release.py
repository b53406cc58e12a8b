"""``sikte release`` and ``sikte publish``: results to the units and to everyone; each can be listed and taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import click
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from admin_portal.publishing.history import EDITION_COLUMNS, Edition, publications_made, releases_made
from admin_portal.publishing.moments import read_moment
from admin_portal.publishing.publication import PublicationMade, publish_cycle, withdraw_publication
from admin_portal.publishing.releasing import ReleaseMade, make_release, withdraw_release
from deploy import bootstrap
from deploy.cli.context import Application
from deploy.cli.output import format_option, print_rows
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.cycles import Cycle, find_cycle
from shared.model.events import MAKE_PUBLIC_SITE, SEND_MAIL, TELL_RECIPIENTS, Delivery
from shared.model.releases import UNAUDITED
from shared.presentation.moments import in_words
from shared.presentation.words import protection

_DONE_BY = (TELL_RECIPIENTS, MAKE_PUBLIC_SITE, SEND_MAIL)


class SwedishTime(click.ParamType[datetime]):
    """A Swedish time without a zone (2026-11-25T08:00), as an instant."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the instant, or fail with an example."""
        if isinstance(value, datetime):
            return value
        try:
            return read_moment(str(value))
        except Refused as refusal:
            self.fail(str(refusal), param, ctx)


_REASON = click.option("--reason", default="", help="What was wrong, for a correction; readers see it.")
_WITHDRAW = click.option("--withdraw", type=int, metavar="N", help="Take number N back, before its time has come.")
_LIST = click.option("--list", "listing", is_flag=True, help="Change nothing: list what there is.")
_WAIT = click.option("--wait", is_flag=True, help="Return when letters are sent and pages are made.")


@click.command("release")
@click.argument("cycle_key", metavar="CYCLE")
@click.option("--window", "windows", multiple=True, metavar="W", help="A window; again for more (default: all new).")
@click.option("--embargo", type=SwedishTime(), help="Units see it from then on, Swedish time (default: now).")
@_REASON
@_WITHDRAW
@_LIST
@_WAIT
@format_option
@click.pass_obj
def release_command(  # noqa: PLR0913, PLR0917  click hands over every option
    application: Application,
    cycle_key: str,
    windows: Sequence[str],
    embargo: datetime | None,
    reason: str,
    withdraw: int | None,
    listing: bool,  # noqa: FBT001  click's flag
    wait: bool,  # noqa: FBT001  click's flag
    fmt: str,
) -> None:
    """Release the latest results of CYCLE to its units and tell them."""
    container, actor = application.container, application.actor
    if listing:
        _print_list(application, cycle_key, releases_made, fmt)
        return
    if withdraw is not None:
        withdraw_release(container.database, container.clock, cycle_key=cycle_key, number=withdraw, actor=actor)
        click.echo(_("Release %(number)d of %(cycle)s is withdrawn.") % {"number": withdraw, "cycle": cycle_key})
        return
    made = make_release(
        container.database,
        container.clock,
        cycle_key=cycle_key,
        windows=windows or None,
        embargo_until=embargo,
        reason=reason,
        actor=actor,
    )
    _say_released(made, container.clock.now())
    _finish(application, wait=wait)


@click.command("publish")
@click.argument("cycle_key", metavar="CYCLE")
@click.option("--at", type=SwedishTime(), help="Everyone sees it from then on, Swedish time (default: now).")
@_REASON
@_WITHDRAW
@_LIST
@_WAIT
@format_option
@click.pass_obj
def publish_command(
    application: Application,
    cycle_key: str,
    at: datetime | None,
    reason: str,
    withdraw: int | None,
    listing: bool,  # noqa: FBT001  click's flag
    wait: bool,  # noqa: FBT001  click's flag
    fmt: str,
) -> None:
    """Publish what is released of CYCLE to everyone."""
    container, actor = application.container, application.actor
    if listing:
        _print_list(application, cycle_key, publications_made, fmt)
        return
    if withdraw is not None:
        withdraw_publication(container.database, container.clock, cycle_key=cycle_key, number=withdraw, actor=actor)
        click.echo(_("Publication %(number)d of %(cycle)s is withdrawn.") % {"number": withdraw, "cycle": cycle_key})
        return
    made = publish_cycle(
        container.database,
        container.clock,
        cycle_key=cycle_key,
        goes_public_at=at,
        reason=reason,
        actor=actor,
        unaudited=bootstrap.portal_services(container).unaudited_publication,
    )
    _say_published(made, container.clock.now())
    _finish(application, wait=wait)


def _say_released(made: ReleaseMade, now: datetime) -> None:
    text = _("Release %(number)d of %(cycle)s: windows %(windows)s, from result set %(set)d.")
    facts = {"number": made.number, "windows": ", ".join(made.plan.windows), "set": made.plan.result_set}
    click.echo(text % {"cycle": made.cycle, **facts})
    if made.announced:
        click.echo(_("Units see it now and are told by letter."))
    else:
        text = _("Units see it from %(when)s and are told then. Way back until then: %(command)s")
        command = f"sikte release {made.cycle} --withdraw {made.number}"
        click.echo(text % {"when": in_words(made.plan.embargo_until, now), "command": command})
    click.echo(protection(UNAUDITED))


def _say_published(made: PublicationMade, now: datetime) -> None:
    text = _("Publication %(number)d of %(cycle)s: windows %(windows)s, %(documents)d documents.")
    facts = {"number": made.number, "windows": ", ".join(made.plan.windows), "documents": made.documents}
    click.echo(text % {"cycle": made.cycle, **facts})
    if made.announced:
        click.echo(_("Everyone can see it now."))
    else:
        text = _("Everyone can see it from %(when)s. Way back until then: %(command)s")
        command = f"sikte publish {made.cycle} --withdraw {made.number}"
        click.echo(text % {"when": in_words(made.plan.goes_public_at, now), "command": command})
    click.echo(protection(UNAUDITED))


def _print_list(
    application: Application, cycle_key: str, made: Callable[[Session, Cycle, datetime], list[Edition]], fmt: str
) -> None:
    with application.container.database.read() as session:
        cycle = find_cycle(session, cycle_key)
        rows = [edition.as_row(cycle) for edition in made(session, cycle, application.container.clock.now())]
    print_rows(rows, EDITION_COLUMNS, fmt)


def _finish(application: Application, *, wait: bool) -> None:
    """Do, or wait for, what follows: letters written and sent, public pages made."""
    if not wait:
        application.settle()
        return
    left = exists().where(
        Delivery.consumer.in_(_DONE_BY), Delivery.done_at.is_(None), Delivery.quarantined_at.is_(None)
    )
    application.wait_until(
        lambda session: not session.scalar(select(left)), what=_("letters are sent and public pages made")
    )
