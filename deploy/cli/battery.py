"""``sikte battery``: question batteries, checked, imported as versions, exported."""

from __future__ import annotations

from pathlib import Path

import click

from admin_portal.batteries.library import check_battery, export_battery, import_battery, list_batteries
from deploy.cli.context import Application
from deploy.cli.output import format_option, print_rows
from shared.i18n import gettext as _

COLUMNS = ("key", "version", "title", "respondent", "items", "areas", "fingerprint")
_FILE = click.Path(path_type=Path)


@click.group("battery")
def battery_group() -> None:
    """Keep the library of question batteries."""


@battery_group.command("import")
@click.argument("path", metavar="FILE", type=_FILE)
@click.option("--dry-run", is_flag=True, help="Check the file and change nothing.")
@click.pass_obj
def import_command(application: Application, path: Path, dry_run: bool) -> None:  # noqa: FBT001  click's flag
    """Import a battery (Sikte YAML) as the next version of its key."""
    container = application.container
    battery = import_battery(container.database, container.clock, path, actor=application.actor, dry_run=dry_run)
    if not battery.new:
        text = _("Battery %(key)s: version %(version)d says the same already. Nothing has changed.")
    elif dry_run:
        text = _("Battery %(key)s would become version %(version)d (%(items)d items). Nothing was changed (--dry-run).")
    else:
        text = _("Battery %(key)s is now version %(version)d (%(items)d items).")
    click.echo(text % {"key": battery.key, "version": battery.version, "items": battery.items})


@battery_group.command("export")
@click.argument("key")
@click.argument("path", metavar="FILE", type=_FILE)
@click.pass_obj
def export_command(application: Application, key: str, path: Path) -> None:
    """Write the newest version of the battery KEY to FILE as Sikte YAML."""
    version, replaced = export_battery(application.container.database, key=key, path=path)
    text = _("Battery %(key)s, version %(version)d: %(path)s replaced.") if replaced else None
    text = text or _("Battery %(key)s, version %(version)d: %(path)s written.")
    click.echo(text % {"key": key, "version": version, "path": path})


@battery_group.command("check")
@click.argument("path", metavar="FILE", type=_FILE)
@click.pass_obj
def check_command(application: Application, path: Path) -> None:
    """Check a battery file without importing it."""
    del application  # a file can be checked without an instance
    battery = check_battery(path)
    text = _("%(file)s is a sound battery: %(key)s, %(items)d items, %(areas)d areas, languages %(languages)s.")
    languages = sorted(set(battery.title).union(*(item.text for item in battery.items)))
    parts = {"file": path.name, "key": battery.key, "items": len(battery.items), "areas": len(battery.areas)}
    click.echo(text % {**parts, "languages": ", ".join(languages)})


@battery_group.command("list")
@format_option
@click.pass_obj
def list_command(application: Application, fmt: str) -> None:
    """List the newest version of each battery."""
    with application.container.database.read() as session:
        rows = list_batteries(session)
    print_rows(rows, COLUMNS, fmt)
