"""The data dictionary, written from the tables, events and settings themselves: ``python -m deploy.dictionary``."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from shared.config import PREFIX, SettingsSchema
from shared.model import events
from shared.model.base import Base
from shared.model.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column, Table

TARGET = Path("docs/data-dictionary.md")


def dictionary() -> str:
    """Return the dictionary as Markdown."""
    return "\n".join([*_head(), *_tables(), *_events(), *_settings()]) + "\n"


def _head() -> Iterator[str]:
    yield "# Data dictionary"
    yield ""
    yield "Written by `make dictionary` from the code; a test keeps it current. Change the code, not this page."


def _tables() -> Iterator[str]:
    yield "\n## Tables"
    documents = {mapper.local_table.name: inspect.getdoc(mapper.class_) for mapper in Base.registry.mappers}  # type: ignore[attr-defined]  # mapped to tables only
    for table in sorted(metadata.tables.values(), key=lambda table: table.name):
        yield f"\n### {table.name}\n"
        yield " ".join((documents[table.name] or "").split())
        yield "\n| column | type | |\n|---|---|---|"
        for column in table.columns:
            yield f"| `{column.name}` | {column.type!s} | {_remarks(table, column)} |"


def _remarks(table: Table, column: Column[object]) -> str:
    remarks = ["key"] if column.primary_key else []
    remarks += [f"→ {key.target_fullname}" for key in sorted(column.foreign_keys, key=str)]
    remarks += ["may be empty"] if column.nullable else []
    remarks += ["unique"] if column.unique else []
    remarks += ["indexed"] if any(column.name in index.columns for index in table.indexes) else []
    return ", ".join(remarks)


def _events() -> Iterator[str]:
    yield "\n## Events\n"
    yield "Version 1 each. The payload holds ids and names only. A delivery goes to each consumer on its queue.\n"
    yield "| event | consumers (queue) |\n|---|---|"
    for event, consumers in events.CONSUMERS_OF.items():
        named = ", ".join(f"`{consumer}` ({events.QUEUE_OF[consumer]})" for consumer in consumers)
        yield f"| `{event}` | {named or 'none yet'} |"


def _settings() -> Iterator[str]:
    yield "\n## Settings\n"
    yield "Environment variables. An unknown `SIKTE_*` variable is an error.\n"
    yield "| variable | default |\n|---|---|"
    for name, setting in SettingsSchema().fields.items():
        yield f"| `{PREFIX}{name.upper()}` | {_default(setting.load_default)} |"


def _default(value: object) -> str:
    return f"`{value!s}`" if value else "none"


def main() -> None:
    """Write the dictionary, or with ``--check`` exit 1 when the written one is not current."""
    if "--check" in sys.argv:
        sys.exit(TARGET.read_text("utf-8") != dictionary())
    TARGET.write_text(dictionary(), "utf-8")


if __name__ == "__main__":
    main()
