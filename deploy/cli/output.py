"""What commands print: rows as a table for people, as JSON or as CSV for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from shared.errors import FileFaults
from shared.i18n import gettext as _
from shared.i18n import ngettext
from shared.presentation.row_files import csv_text, json_text, plain

FORMATS = ("table", "json", "csv")
_LOCALE = "deploy.cli.output.locale"
_GAP = "  "
_RATES = frozenset({"response_rate"})
_MOST_FAULTS = 100

Command = TypeVar("Command", bound=Callable[..., Any])


def format_option(command: Command) -> Command:
    """Add ``--format`` (handed on as ``fmt``) and ``--locale``, which ``print_rows`` reads by itself."""

    def remember(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
        context.find_root().meta[_LOCALE] = value

    command = click.option(
        "--locale",
        type=click.Choice(["sv"]),
        callback=remember,
        expose_value=False,
        help="CSV for Swedish spreadsheets: semicolons, decimal commas, a byte order mark.",
    )(command)
    return click.option(
        "--format", "fmt", type=click.Choice(FORMATS), default="table", show_default=True, help="How to print."
    )(command)


def print_rows(rows: Sequence[Mapping[str, object]], columns: Sequence[str], fmt: str) -> None:
    """Print ``rows``: ``columns`` in that order. JSON keeps numbers, nulls and objects as they are."""
    if fmt == "json":
        click.echo(json_text(rows, columns), nl=False)
    elif fmt == "csv":
        context = click.get_current_context(silent=True)
        click.echo(csv_text(rows, columns, locale=context.find_root().meta.get(_LOCALE) if context else None), nl=False)
    else:
        for line in table_lines(rows, columns):
            click.echo(line)


def fault_lines(error: FileFaults) -> list[str]:
    """Return the faults of a refused import as lines, at most a hundred of them, and what became of the import."""
    lines = [str(fault) for fault in error.faults[:_MOST_FAULTS]]
    number = len(error.faults)
    if number > _MOST_FAULTS:
        lines.append(_("... and %(number)d more") % {"number": number - _MOST_FAULTS})
    text = ngettext("%(number)d fault. Nothing was imported.", "%(number)d faults. Nothing was imported.", number)
    return [*lines, text % {"number": number}]


def table_lines(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> list[str]:
    """Return the rows as lines of a table: numbers to the right, words to the left."""
    cells = [[_cell(column, row.get(column)) for column in columns] for row in rows]
    widths = [max([len(name), *(len(line[place]) for line in cells)]) for place, name in enumerate(columns)]
    numeric = [any(_is_number(row.get(name)) for row in rows) for name in columns]

    def line(texts: Sequence[str]) -> str:
        padded = [
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(texts, widths, numeric, strict=True)
        ]
        return _GAP.join(padded).rstrip()

    return [line(columns), line(["-" * width for width in widths]), *(line(texts) for texts in cells)]


def _cell(name: str, value: object) -> str:
    if name in _RATES and isinstance(value, int | float):
        percent = f"{100 * value:.0f}"
        # A rate that is not whole must not read as if all, or nobody, had answered.
        if (percent == "100" and value < 1) or (percent == "0" and value > 0):
            percent = f"{100 * value:.1f}"
        return f"{percent} %"
    return _short(value)


def _short(value: object) -> str:
    text = f"{value:.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else plain(value)
    return text.replace("\n", " ")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
