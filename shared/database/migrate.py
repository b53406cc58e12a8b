"""Migrations: bring a database to the tables of this version, say how it stands, refuse to work on any other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, inspect, text

from shared.database.engine import Database
from shared.errors import SikteError
from shared.i18n import gettext as _

FOLDER = Path(__file__).parent / "migrations"
Standing = Literal["empty", "behind", "current", "ahead"]
_MIGRATION_LOCK = 7_305_003
_WAIT_FOR_ANOTHER = "300s"
_WAIT_FOR_A_TABLE = "10s"
_ONE_STATEMENT = "600s"


class WrongMigrations(SikteError):
    """The database's tables are not this version's; the message names the command that helps."""


@dataclass(frozen=True, slots=True)
class MigrationState:
    """Where a database stands: its revision (None when empty), the newest one known here, and what that means."""

    current: str | None
    head: str
    standing: Standing


def head_revision() -> str:
    """Return the newest revision, pinned in a file so that two branches cannot both add one unnoticed."""
    return (FOLDER / "head.txt").read_text("ascii").strip()


@cache
def known_revisions() -> tuple[str, ...]:
    """Return the revisions of this version, oldest first."""
    return tuple(sorted(path.name.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py")))


def state(database: Database) -> MigrationState:
    """Tell where ``database`` stands, without changing it."""
    with database.read() as session:
        return _judge(_current(session.connection()))


def require_current(database: Database) -> None:
    """Refuse a database that is ahead of or behind this version; raises ``WrongMigrations`` with the remedy."""
    found = state(database)
    if found.standing != "current":
        raise WrongMigrations(_remedy(found))


def upgrade(database: Database) -> list[str]:
    """Bring ``database`` to this version's tables; return the revisions applied.

    All or nothing. Of several processes that do this at once one works, the others wait and then find nothing to do.
    Raises ``WrongMigrations`` when the database is ahead.
    """
    with _alone(database) as connection:
        found = _judge(_current(connection))
        if found.standing == "ahead":
            raise WrongMigrations(_remedy(found))
        _commands().upgrade(_configuration(connection), "head")
    return [revision for revision in known_revisions() if found.current is None or revision > found.current]


def downgrade(database: Database, revision: str) -> None:
    """Take ``database`` back to ``revision`` (``base``: no tables), all or nothing; what later tables hold is lost."""
    with _alone(database) as connection:
        _commands().downgrade(_configuration(connection), revision)


def _judge(current: str | None) -> MigrationState:
    head = head_revision()
    standing: Standing = "behind"
    if current is None:
        standing = "empty"
    elif current not in known_revisions():
        standing = "ahead"
    elif current == head:
        standing = "current"
    return MigrationState(current, head, standing)


def _remedy(found: MigrationState) -> str:
    texts = {
        "empty": _("The database has no tables yet. Run: sikte db upgrade"),
        "behind": _(
            "The database is at migration %(current)s, this version of Sikte needs %(head)s. "
            "Take a backup, then run: sikte db upgrade"
        ),
        "ahead": _(
            "The database is at migration %(current)s, which this version of Sikte does not know (its newest is "
            "%(head)s). Install the version that made it, or restore a backup."
        ),
    }
    return texts[found.standing] % {"current": found.current, "head": found.head}


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """Give a connection in a transaction that no other migration shares; time-outs spare the running service."""
    with database.engine.connect() as connection:
        if database.is_postgresql:
            with connection.begin():
                connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_FOR_ANOTHER}'"))
                connection.execute(text("SET LOCAL statement_timeout = 0"))
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
                connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_FOR_A_TABLE}'"))
                connection.execute(text(f"SET LOCAL statement_timeout = '{_ONE_STATEMENT}'"))
                yield connection
        else:
            with _without_foreign_keys(connection), connection.begin():
                yield connection
                _check_foreign_keys(connection)


@contextmanager
def _without_foreign_keys(connection: Connection) -> Iterator[None]:
    """Batch mode replaces tables that others refer to, so SQLite checks the references at the end instead."""
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _check_foreign_keys(connection: Connection) -> None:
    broken = {row[0] for row in connection.execute(text("PRAGMA foreign_key_check"))}
    if broken:
        raise WrongMigrations(
            _("The migration was undone: it would have left rows without their parents in %(tables)s.")
            % {"tables": ", ".join(sorted(broken))}
        )


def _commands() -> Any:
    """Import Alembic only for the work itself: a web process asks for the state and needs none of it."""
    from alembic import command  # noqa: PLC0415

    return command


def _configuration(connection: Connection) -> Any:
    from alembic.config import Config  # noqa: PLC0415

    configuration = Config(attributes={"connection": connection})
    configuration.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    configuration.set_main_option("path_separator", "os")
    return configuration
