"""``sikte demo``: builds a demonstration municipality and runs its year through the real pipeline."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from deploy.cli.context import Application
from shared.i18n import gettext as _

DEFAULT_SEED = 2026


@click.command("demo")
@click.option(
    "--dir",
    "home",
    type=click.Path(path_type=Path, file_okay=False),
    help="The demonstration's folder (default: SIKTE_HOME).",
)
@click.option(
    "--size",
    type=click.Choice(("small", "municipality", "nation")),
    default="municipality",
    show_default=True,
    help="How many units answer.",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**31), default=DEFAULT_SEED, show_default=True, help="Same seed, same answers."
)
@click.pass_obj
def demo_command(application: Application, home: Path | None, size: str, seed: int) -> None:
    """Build a demonstration municipality and run its year: three autumns, two windows, ten thousand ballots."""
    from admin_portal.results.rows import result_rows
    from deploy.demo.plans import CURRENT
    from deploy.demo.progress import Progress
    from deploy.demo.sizes import size_named
    from deploy.demo.summary import Summary
    from deploy.demo.year import build_demonstration

    chosen = size_named(size)
    settings = Application(home).settings if home is not None else application.settings
    click.echo(_("Sikte builds a demonstration in %(home)s.") % {"home": settings.home})
    if chosen.name == "nation":
        click.echo(
            _(
                "A nation of %(units)d units: about 800 000 ballots, each sealed and cast by itself. That is 84 "
                "times the municipality: reckon with an hour or more and several GB. Earlier cycles are left out."
            )
            % {"units": chosen.total_units}
        )
    progress = Progress(click.echo)
    built = build_demonstration(settings, chosen, seed, progress)

    def rows(audience: str) -> Sequence[dict[str, Any]]:
        with built.container.database.read() as session:
            return result_rows(session, CURRENT, level=None, audience=audience)

    for line in Summary(built, chosen, rows, command=_command()).lines(progress):
        click.echo(line)
    built.container.database.dispose()


def _command() -> str:
    """Return how the reader called Sikte (``.venv/bin/sikte``), as it can be called again."""
    called = Path(sys.argv[0])
    return str(called) if called.name == "sikte" and not called.is_absolute() else "sikte"
