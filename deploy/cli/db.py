"""``sikte db``: migrations."""

from __future__ import annotations

import click

from deploy import bootstrap
from deploy.cli.context import Application
from shared.database import migrate
from shared.i18n import gettext as _


@click.group("db")
def db_group() -> None:
    """Bring the database to this version's tables, or say how it stands."""


@db_group.command("upgrade")
@click.pass_obj
def upgrade(application: Application) -> None:
    """Apply the migrations that are missing, all or none."""
    container = application.parts
    applied = migrate.upgrade(container.database)
    head = migrate.head_revision()
    if applied:
        text = _("Applied %(applied)s. The database is at migration %(head)s.")
        click.echo(text % {"applied": ", ".join(applied), "head": head})
    else:
        click.echo(_("Nothing to do: the database is at migration %(head)s.") % {"head": head})
    if not bootstrap.ensure_dispatch_key(container):
        text = _(
            "No dispatch key exists yet, so codes cannot be issued. "
            "Run this once where SIKTE_KEYS (%(path)s) is mounted."
        )
        click.echo(text % {"path": container.keys.folder}, err=True)


@db_group.command("check")
@click.pass_obj
def check(application: Application) -> None:
    """Say whether the database's tables are this version's; exit status 1 if not."""
    migrate.require_current(application.parts.database)
    click.echo(_("The database is at migration %(head)s, as it should.") % {"head": migrate.head_revision()})
