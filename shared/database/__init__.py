"""The way to the database: engine, unit of work, locks and migrations."""
