"""Response counts at quarter hours."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "response_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("questionnaire_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["unit_group.id"], name=op.f("fk_response_count_group_id")),
        sa.ForeignKeyConstraint(
            ["questionnaire_id"], ["questionnaire.id"], name=op.f("fk_response_count_questionnaire_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_response_count_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_response_count")),
    )
    op.create_index(
        "ix_response_count_questionnaire_id_unit_id_taken_at",
        "response_count",
        ["questionnaire_id", "unit_id", "taken_at"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index("ix_response_count_questionnaire_id_unit_id_taken_at", table_name="response_count")
    op.drop_table("response_count")
