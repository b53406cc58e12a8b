"""What Alembic runs: all wanted migrations on the one connection that ``shared.database.migrate`` hands over."""

from __future__ import annotations

from alembic import context

from shared.model.tables import metadata

# The connection is in a transaction already, so that all migrations stand or fall together. SQLite can change little of
# a table in place: batch mode copies it.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
