"""``sikte site``: the public site as files for any web server."""

from __future__ import annotations

from pathlib import Path

import click

from admin_portal.public.tree import CURRENT, write_site
from deploy.cli.context import Application
from shared.i18n import gettext as _
from shared.i18n import ngettext


@click.group("site")
def site_group() -> None:
    """Write the public site as files."""


@site_group.command("write")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.pass_obj
def write_command(application: Application, folder: Path) -> None:
    """Write the site that is public now below DIR and point DIR/current at it.

    A web server whose root is DIR/current serves it as it stands; only searching and comparing need the portal.
    """
    container = application.container
    written = write_site(container.database, folder, now=container.clock.now())
    text = ngettext(
        "%(link)s shows the public site %(hash)s, %(number)d file.",
        "%(link)s shows the public site %(hash)s, %(number)d files.",
        written.files,
    )
    if not written.changed:
        text = _("%(link)s shows the public site %(hash)s already.")
    facts = {"link": folder / CURRENT, "hash": written.content_hash[:12], "number": written.files}
    click.echo(text % facts)
