"""Migrations on both databases: they make the model's tables, go up and down with data, and never run twice at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text

from shared.database import migrate
from shared.database.engine import open_database
from shared.model.tables import metadata
from tests.support.rows import counts, fill, value_for
from tests.support.source import REPOSITORY

TABLES = metadata.sorted_tables
UPGRADE = """
import sys
from shared.database import engine, migrate
print(migrate.upgrade(engine.open_database(sys.argv[1])))
"""


@pytest.fixture
def empty(database_url):
    database = open_database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def migrated(empty):
    migrate.upgrade(empty)
    return empty


def shape(database) -> dict[str, object]:
    """Return what a database says of its tables, in an order of its own."""
    inspector = inspect(database.engine)

    def said(value):
        """Return options (a partial index's condition among them) by their text, not by the object that holds it."""
        return str({key: str(part) for key, part in value.items()} if isinstance(value, dict) else value)

    def told(entries):
        return sorted(str(sorted((key, said(value)) for key, value in entry.items())) for entry in entries)

    return {
        name: (
            told(inspector.get_columns(name)),
            told(inspector.get_check_constraints(name)),
            told(inspector.get_unique_constraints(name)),
            told(inspector.get_foreign_keys(name)),
            told(inspector.get_indexes(name)),
            str(inspector.get_pk_constraint(name)),
        )
        for name in inspector.get_table_names()
        if name != "alembic_version"
    }


def tables_at(revision: str) -> set[str]:
    """Return the tables that the migrations up to ``revision`` make."""
    files = sorted((migrate.FOLDER / "versions").glob("[0-9]*.py"))
    made = "".join(path.read_text() for path in files if path.name[:4] <= revision)
    return {table.name for table in TABLES if f'op.create_table(\n        "{table.name}"' in made}


def test_the_newest_migration_makes_the_models_tables(migrated):
    with migrated.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_migrations_and_model_make_the_same_constraints(migrated, tmp_path, request):
    if migrated.is_postgresql:
        other = open_database(request.getfixturevalue("postgres").create_database())
    else:
        other = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    metadata.create_all(other.engine)
    made_by_model = shape(other)
    other.dispose()
    assert shape(migrated) == made_by_model


def test_tables_without_rowid_keep_no_order_on_sqlite(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'sikte.db'}")
    migrate.upgrade(database)
    with database.read() as session:
        definitions = session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).all()
    database.dispose()
    without = {name for name, definition in definitions if definition.rstrip().endswith("WITHOUT ROWID")}
    assert without == {table.name for table in TABLES if table.dialect_options["sqlite"]["with_rowid"] is False}
    assert {"code", "ballot", "draft", "free_text", "box_key"} <= without


def test_every_table_takes_its_row(migrated):
    with migrated.connect() as connection:
        fill(connection, metadata)
    with migrated.connect() as connection:
        assert set(counts(connection, TABLES).values()) == {1}


@pytest.mark.parametrize("revision", ["0004", "0003", "0002", "0001"])
def test_down_and_up_again_keeps_the_data_of_the_tables_that_stay(migrated, revision):
    with migrated.connect() as connection:
        fill(connection, metadata)
    migrate.downgrade(migrated, revision)
    assert migrate.state(migrated).current == revision
    staying = [table for table in TABLES if table.name in tables_at(revision)]
    assert set(inspect(migrated.engine).get_table_names()) == {table.name for table in staying} | {"alembic_version"}
    migrate.upgrade(migrated)
    with migrated.connect() as connection:
        assert counts(connection, TABLES) == {table.name: int(table in staying) for table in TABLES}
        for table in staying:
            row = connection.execute(select(table)).mappings().one()
            assert dict(row) == {column.name: value_for(table, column) for column in table.columns}


def test_all_the_way_down_leaves_no_tables(migrated):
    with migrated.connect() as connection:
        fill(connection, metadata)
    migrate.downgrade(migrated, "base")
    assert inspect(migrated.engine).get_table_names() == ["alembic_version"]
    assert migrate.state(migrated).standing == "empty"


def test_upgrade_says_what_it_applied(empty):
    assert migrate.state(empty).standing == "empty"
    assert migrate.upgrade(empty) == list(migrate.known_revisions())
    assert migrate.upgrade(empty) == []
    migrate.downgrade(empty, "0003")
    assert migrate.upgrade(empty) == [revision for revision in migrate.known_revisions() if revision > "0003"]


def test_a_database_behind_is_refused_with_the_command_that_helps(migrated):
    migrate.require_current(migrated)
    migrate.downgrade(migrated, "0003")
    with pytest.raises(migrate.WrongMigrations, match="sikte db upgrade"):
        migrate.require_current(migrated)


def test_a_database_ahead_is_refused_and_left_as_it_is(migrated):
    with migrated.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9001'"))
    for attempt in (migrate.require_current, migrate.upgrade):
        with pytest.raises(migrate.WrongMigrations, match="9001"):
            attempt(migrated)
    assert migrate.state(migrated) == migrate.MigrationState("9001", migrate.head_revision(), "ahead")


def test_a_failing_upgrade_leaves_nothing_behind(empty, monkeypatch):
    commands = migrate._commands()

    class Failing:
        def upgrade(self, configuration, revision):
            commands.upgrade(configuration, revision)
            raise RuntimeError("half way")

    monkeypatch.setattr(migrate, "_commands", Failing)
    with pytest.raises(RuntimeError):
        migrate.upgrade(empty)
    assert inspect(empty.engine).get_table_names() == []


def test_of_four_processes_that_upgrade_at_once_one_works_and_the_others_wait(database_url):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", UPGRADE, database_url],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    outputs = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, outputs
    applied = sorted(output.strip() for output, _errors in outputs)
    assert applied == sorted([str(list(migrate.known_revisions())), "[]", "[]", "[]"])


def test_the_head_is_pinned_and_the_names_are_in_order():
    script = ScriptDirectory(str(migrate.FOLDER))
    assert script.get_heads() == [migrate.head_revision()]
    revisions = list(script.walk_revisions())[::-1]
    assert [revision.revision for revision in revisions] == list(migrate.known_revisions())
    names = [Path(revision.path).name.partition("_")[0] for revision in revisions]
    assert names == [f"{number:04d}" for number in range(1, len(names) + 1)]
