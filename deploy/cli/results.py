"""``sikte results``: a cycle's indicators as one audience may see them."""

from __future__ import annotations

import click

from admin_portal.cycles.recomputation import refuse_stuck
from admin_portal.results.rows import LEVELS, result_rows
from deploy.cli.context import Application
from deploy.cli.output import format_option, print_rows
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.cycles import find_cycle
from shared.model.results import AUDIENCES, ROW_COLUMNS

TABLE_COLUMNS = (
    *("level", "node_name", "segment", "segment_value", "questionnaire", "area", "item", "weighting"),
    *("response_rate", "n", "index", "share_positive", "compare_to", "difference", "certain", "status", "reason"),
)
"""What fits a terminal; JSON and CSV give all columns."""


@click.command("results")
@click.argument("cycle_key", metavar="CYCLE")
@click.option("--level", type=click.Choice(LEVELS), help="One level of the organisation (default: all).")
@click.option("--audience", type=click.Choice(AUDIENCES), default="internal", show_default=True, help="For whose eyes.")
@click.option("--release", type=int, metavar="N", help="What release N holds (default: the latest results).")
@format_option
@click.pass_obj
def results_command(
    application: Application, cycle_key: str, level: str | None, audience: str, release: int | None, fmt: str
) -> None:
    """Print the latest results of CYCLE, or those of a release, after disclosure control."""
    with application.container.database.read() as session:
        try:
            rows = result_rows(session, cycle_key, level=level, audience=audience, release=release)
        except Refused as refusal:
            if refusal.code == "no_results":
                refuse_stuck(session, find_cycle(session, cycle_key))
            raise
    if not rows:
        click.echo(_("There are no rows at this level."), err=True)
    print_rows(rows, TABLE_COLUMNS if fmt == "table" else ROW_COLUMNS, fmt)
