"""Codes, the dispatch key, drafts, and the urn with its box keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dispatch_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("pepper_check", sa.LargeBinary(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch_key")),
    )
    op.create_table(
        "code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("window_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("lookup", sa.LargeBinary(length=32), nullable=True),
        sa.Column("questionnaire_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("person_ref", sa.String(length=100), nullable=True),
        sa.Column("segments", sa.JSON(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("(kind = 'form') = (lookup IS NULL)", name=op.f("ck_code_form_has_no_hash")),
        sa.CheckConstraint("kind != 'shared' OR state != 'answered'", name=op.f("ck_code_shared_never_answered")),
        sa.CheckConstraint("kind IN ('single', 'shared', 'form')", name=op.f("ck_code_kind")),
        sa.CheckConstraint("state = 'issued' OR sealed IS NULL", name=op.f("ck_code_sealed_only_while_issued")),
        sa.CheckConstraint("state IN ('issued', 'answered', 'void', 'closed')", name=op.f("ck_code_state")),
        sa.ForeignKeyConstraint(["group_id"], ["unit_group.id"], name=op.f("fk_code_group_id")),
        sa.ForeignKeyConstraint(["questionnaire_id"], ["questionnaire.id"], name=op.f("fk_code_questionnaire_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_code_unit_id")),
        sa.ForeignKeyConstraint(["window_id"], ["collection_window.id"], name=op.f("fk_code_window_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code")),
        sa.UniqueConstraint("lookup", name=op.f("uq_code_lookup")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_code_questionnaire_id_group_id_state", "code", ["questionnaire_id", "group_id", "state"], unique=False
    )
    op.create_index(op.f("ix_code_window_id"), "code", ["window_id"], unique=False)
    op.create_table(
        "draft",
        sa.Column("code_id", sa.Uuid(), nullable=False),
        sa.Column("box", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["code_id"], ["code.id"], name=op.f("fk_draft_code_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("code_id", name=op.f("pk_draft")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "box_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("window_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["window_id"], ["collection_window.id"], name=op.f("fk_box_key_window_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_box_key")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_box_key_window_id"), "box_key", ["window_id"], unique=False)
    op.create_table(
        "ballot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seal_group_id", sa.Integer(), nullable=False),
        sa.Column("box_key_id", sa.Uuid(), nullable=False),
        sa.Column("box", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["seal_group_id"], ["seal_group.id"], name=op.f("fk_ballot_seal_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ballot")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_ballot_seal_group_id"), "ballot", ["seal_group_id"], unique=False)


def downgrade() -> None:
    op.drop_table("ballot")
    op.drop_table("box_key")
    op.drop_table("draft")
    op.drop_table("code")
    op.drop_table("dispatch_key")
