"""Summaries of units beside their documents of results; sets computed before have none, and are read whole."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "result_summary",
        sa.Column("result_set_id", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("unit_code", sa.String(length=50), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.CheckConstraint("audience IN ('internal', 'unit', 'public')", name=op.f("ck_result_summary_audience")),
        sa.ForeignKeyConstraint(["result_set_id"], ["result_set.id"], name=op.f("fk_result_summary_result_set_id")),
        sa.PrimaryKeyConstraint("result_set_id", "audience", "unit_code", name=op.f("pk_result_summary")),
    )


def downgrade() -> None:
    op.drop_table("result_summary")
