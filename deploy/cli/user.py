"""``sikte user``: accounts of the portal, made and changed by whoever runs Sikte."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from admin_portal.accounts import register
from admin_portal.accounts.listing import COLUMNS, list_accounts
from admin_portal.accounts.roles import Role, drop_role
from deploy.cli.context import Application
from deploy.cli.output import format_option, print_rows
from shared.errors import Refused
from shared.i18n import LANGUAGES
from shared.i18n import gettext as _
from shared.model.accounts import PLACE_OF_ROLE, ROLES

Command = TypeVar("Command", bound=Callable[..., Any])
_PLACES = ("unit", "district", "provider")


def _role_options(command: Command) -> Command:
    """Add ``--role`` with the place it may need."""
    command = click.option("--provider", default="", help="Code of the owner that an owner representative speaks for.")(
        command
    )
    command = click.option("--district", default="", help="Name of an area head's district.")(command)
    command = click.option("--unit", default="", help="Code of a principal's or leadership group member's unit.")(
        command
    )
    return click.option("--role", required=True, type=click.Choice(ROLES), help="What the account is for.")(command)


@click.group("user")
def user_group() -> None:
    """Add, list, disable and enable accounts of the portal, and give them roles."""


@user_group.command("add")
@click.argument("email")
@click.option("--name", required=True, help="The person's name.")
@_role_options
@click.option("--language", type=click.Choice(LANGUAGES), default="sv", show_default=True, help="Of pages and letters.")
@click.option("--password-file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="File with it.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--link", is_flag=True, help="Print a link for choosing a password (default without a password).")
@click.pass_obj
def add_command(application: Application, /, email: str, name: str, language: str, **options: Any) -> None:
    """Add an account for EMAIL. A password is never an argument: other people's eyes see those."""
    container = application.container
    new = register.NewAccount(
        email=email, name=name, role=_role(options), language=language, password=_password(options)
    )
    added = register.add_account(
        container.database,
        container.clock,
        new=new,
        portal_url=container.settings.portal_url,
        actor=application.actor,
        letter=False,
    )
    click.echo(_("Added: %(email)s.") % {"email": email})
    if added.address:
        _show_link(added.address)


@user_group.command("list")
@format_option
@click.pass_obj
def list_command(application: Application, fmt: str) -> None:
    """List the accounts with their roles."""
    with application.container.database.read() as session:
        rows = list_accounts(session)
    print_rows(rows, COLUMNS, fmt)


@user_group.command("disable")
@click.argument("email")
@click.pass_obj
def disable_command(application: Application, email: str) -> None:
    """Disable the account of EMAIL; it is signed out at once."""
    changed = _set_active(application, email, active=False)
    text = _("Disabled: %(email)s.") if changed else _("%(email)s was disabled already.")
    click.echo(text % {"email": email})


@user_group.command("enable")
@click.argument("email")
@click.pass_obj
def enable_command(application: Application, email: str) -> None:
    """Enable the account of EMAIL again, with the roles it had."""
    changed = _set_active(application, email, active=True)
    text = _("Enabled: %(email)s.") if changed else _("%(email)s was enabled already.")
    click.echo(text % {"email": email})


@user_group.command("link")
@click.argument("email")
@click.pass_obj
def link_command(application: Application, email: str) -> None:
    """Print a new link with which EMAIL chooses a password, once, within seven days."""
    container = application.container
    address = register.new_link(
        container.database,
        container.clock,
        account_id=_account_id(application, email),
        portal_url=container.settings.portal_url,
        actor=application.actor,
        letter=False,
    )
    _show_link(address)


@user_group.group("role")
def role_group() -> None:
    """Give accounts roles and take them away."""


@role_group.command("add")
@click.argument("email")
@_role_options
@click.pass_obj
def add_role_command(application: Application, /, email: str, **options: Any) -> None:
    """Give the account of EMAIL a further role."""
    container = application.container
    added = register.add_role(
        container.database,
        container.clock,
        account_id=_account_id(application, email),
        role=_role(options),
        actor=application.actor,
    )
    text = _("%(email)s holds the role now.") if added else _("%(email)s holds the role already.")
    click.echo(text % {"email": email})


@role_group.command("remove")
@click.argument("email")
@_role_options
@click.pass_obj
def remove_role_command(application: Application, /, email: str, **options: Any) -> None:
    """Take a role from the account of EMAIL."""
    container = application.container
    with container.database.begin() as session:
        account = register.find_by_email(session, email)
        drop_role(session, account, _role(options), now=container.clock.now(), actor=application.actor)
    click.echo(_("%(email)s no longer holds the role.") % {"email": email})


def _role(options: dict[str, Any]) -> Role:
    """Return the role that the options name; raises ``UsageError`` for a place that is missing or of another kind."""
    role, needed = options["role"], PLACE_OF_ROLE[options["role"]]
    given = [kind for kind in _PLACES if options[kind]]
    if given != ([needed] if needed else []):
        option = f"--{needed}" if needed else _("none of --unit, --district, --provider")
        raise click.UsageError(_("The role %(role)s takes %(option)s.") % {"role": role, "option": option})
    return Role(role, options[needed] if needed else "")


def _password(options: dict[str, Any]) -> str:
    ways = [name for name in ("password_file", "password_stdin", "link") if options[name]]
    if len(ways) > 1:
        raise click.UsageError(_("Choose one of --password-file, --password-stdin and --link."))
    if options["password_file"]:
        password = options["password_file"].read_text("utf-8")
    elif options["password_stdin"]:
        password = sys.stdin.read()
    else:
        return ""
    password = password.removesuffix("\n").removesuffix("\r")
    if not password:
        raise Refused("weak_password", _("The password is empty."))
    return str(password)


def _account_id(application: Application, email: str) -> int:
    with application.container.database.read() as session:
        return register.find_by_email(session, email).id


def _set_active(application: Application, email: str, *, active: bool) -> bool:
    container = application.container
    return register.set_active(
        container.database,
        container.clock,
        account_id=_account_id(application, email),
        active=active,
        actor=application.actor,
    )


def _show_link(address: str) -> None:
    click.echo(_("Hand this link over; it can be used once, within seven days:"))
    click.echo(address)
