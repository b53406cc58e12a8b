"""``sikte serve``: embedded mode, all in one process."""

from __future__ import annotations

import click

from deploy import bootstrap, embedded
from deploy.cli.context import Application


@click.command("serve")
@click.pass_obj
def serve_command(application: Application) -> None:
    """Serve the sites of this home, with worker and clock, in one process."""
    container = application.container
    bootstrap.start_logging(container.settings)
    embedded.serve(container, click.echo)
