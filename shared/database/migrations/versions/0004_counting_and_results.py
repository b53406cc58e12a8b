"""What remains after the count: slices, blocks, free text, tallies, result sets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "count_slice",
        sa.Column("window_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("questionnaire_id", sa.Integer(), nullable=False),
        sa.Column("control_total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["questionnaire_id"], ["questionnaire.id"], name=op.f("fk_count_slice_questionnaire_id")
        ),
        sa.ForeignKeyConstraint(["window_id"], ["collection_window.id"], name=op.f("fk_count_slice_window_id")),
        sa.PrimaryKeyConstraint("window_id", "number", name=op.f("pk_count_slice")),
    )
    op.create_table(
        "block",
        sa.Column("questionnaire_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("slice_number", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("cells", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["questionnaire_id"], ["questionnaire.id"], name=op.f("fk_block_questionnaire_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_block_unit_id")),
        sa.PrimaryKeyConstraint("questionnaire_id", "unit_id", name=op.f("pk_block")),
    )
    op.create_table(
        "free_text",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("questionnaire_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("slice_number", sa.Integer(), nullable=False),
        sa.Column("item_key", sa.String(length=100), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "state IN ('unscreened', 'published', 'edited', 'withheld')", name=op.f("ck_free_text_state")
        ),
        sa.ForeignKeyConstraint(["questionnaire_id"], ["questionnaire.id"], name=op.f("fk_free_text_questionnaire_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_free_text_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_free_text")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_free_text_questionnaire_id"), "free_text", ["questionnaire_id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        # The planner's statistics would keep samples of answers outside their tables, even of a text since withheld.
        op.execute("ALTER TABLE free_text ALTER COLUMN body SET STATISTICS 0")
        op.execute("ALTER TABLE block ALTER COLUMN cells SET STATISTICS 0")
    op.create_table(
        "tally",
        sa.Column("questionnaire_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("cell", sa.String(length=500), nullable=False),
        sa.Column("slice_number", sa.Integer(), nullable=False),
        sa.Column("ballots", sa.Integer(), nullable=False),
        sa.Column("blank_ballots", sa.Integer(), nullable=False),
        sa.Column("counts", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["questionnaire_id"], ["questionnaire.id"], name=op.f("fk_tally_questionnaire_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_tally_unit_id")),
        sa.PrimaryKeyConstraint("questionnaire_id", "unit_id", "cell", name=op.f("pk_tally")),
    )
    op.create_table(
        "result_set",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("windows", sa.JSON(), nullable=False),
        sa.Column("provenance", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name=op.f("fk_result_set_cycle_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_set")),
        sa.UniqueConstraint("cycle_id", "number", name=op.f("uq_result_set_cycle_id_number")),
    )
    op.create_table(
        "result_document",
        sa.Column("result_set_id", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("node_code", sa.String(length=255), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("audience IN ('internal', 'unit', 'public')", name=op.f("ck_result_document_audience")),
        sa.ForeignKeyConstraint(["result_set_id"], ["result_set.id"], name=op.f("fk_result_document_result_set_id")),
        sa.PrimaryKeyConstraint("result_set_id", "audience", "level", "node_code", name=op.f("pk_result_document")),
    )


def downgrade() -> None:
    op.drop_table("result_document")
    op.drop_table("result_set")
    op.drop_table("tally")
    op.drop_table("free_text")
    op.drop_table("block")
    op.drop_table("count_slice")
