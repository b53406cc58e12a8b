"""Battery versions, cycles, their windows and questionnaires, and the frame frozen at opening."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "battery_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_battery_version")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_battery_version_key_version")),
    )
    op.create_table(
        "cycle",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("segments", sa.JSON(), nullable=False),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'scheduled', 'collecting', 'ready', 'released', 'published', 'archived')",
            name=op.f("ck_cycle_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cycle")),
        sa.UniqueConstraint("key", name=op.f("uq_cycle_key")),
    )
    op.create_table(
        "collection_window",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("grace_minutes", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=32), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("loss_accepted", sa.String(length=500), nullable=False),
        sa.CheckConstraint(
            "state IN ('planned', 'opening') OR public_key IS NOT NULL",
            name=op.f("ck_collection_window_open_has_public_key"),
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'opening', 'open', 'closed', 'counted')", name=op.f("ck_collection_window_state")
        ),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_collection_window_closes_after_opening")),
        sa.CheckConstraint("grace_minutes >= 0", name=op.f("ck_collection_window_grace_not_negative")),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name=op.f("fk_collection_window_cycle_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_window")),
        sa.UniqueConstraint("cycle_id", "key", name=op.f("uq_collection_window_cycle_id_key")),
    )
    op.create_table(
        "questionnaire",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("window_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("respondent", sa.String(length=20), nullable=False),
        sa.Column("unit_types", sa.JSON(), nullable=True),
        sa.Column("years", sa.JSON(), nullable=True),
        sa.Column("code_model", sa.String(length=20), nullable=False),
        sa.Column("breakdowns", sa.JSON(), nullable=True),
        sa.CheckConstraint(
            "code_model IN ('slips', 'personal', 'per_child', 'per_unit', 'import')",
            name=op.f("ck_questionnaire_code_model"),
        ),
        sa.CheckConstraint(
            "respondent IN ('child', 'pupil', 'guardian', 'staff', 'principal')",
            name=op.f("ck_questionnaire_respondent"),
        ),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name=op.f("fk_questionnaire_cycle_id")),
        sa.ForeignKeyConstraint(["window_id"], ["collection_window.id"], name=op.f("fk_questionnaire_window_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire")),
        sa.UniqueConstraint("cycle_id", "key", name=op.f("uq_questionnaire_cycle_id_key")),
    )
    op.create_index(op.f("ix_questionnaire_window_id"), "questionnaire", ["window_id"], unique=False)
    op.create_table(
        "questionnaire_battery",
        sa.Column("questionnaire_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("battery_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["battery_id"], ["battery_version.id"], name=op.f("fk_questionnaire_battery_battery_id")
        ),
        sa.ForeignKeyConstraint(
            ["questionnaire_id"], ["questionnaire.id"], name=op.f("fk_questionnaire_battery_questionnaire_id")
        ),
        sa.PrimaryKeyConstraint("questionnaire_id", "position", name=op.f("pk_questionnaire_battery")),
    )
    op.create_table(
        "seal_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("window_id", sa.Integer(), nullable=False),
        sa.Column("questionnaire_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("invited", sa.Integer(), nullable=False),
        sa.Column("slice_number", sa.Integer(), nullable=True),
        sa.Column("control_total", sa.Integer(), nullable=True),
        sa.Column("counted", sa.Integer(), nullable=True),
        sa.Column("unreadable", sa.Integer(), nullable=True),
        sa.CheckConstraint("unreadable >= 0 AND counted >= 0", name=op.f("ck_seal_group_counts_not_negative")),
        sa.ForeignKeyConstraint(
            ["questionnaire_id"], ["questionnaire.id"], name=op.f("fk_seal_group_questionnaire_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_seal_group_unit_id")),
        sa.ForeignKeyConstraint(["window_id"], ["collection_window.id"], name=op.f("fk_seal_group_window_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_group")),
    )
    op.create_index(op.f("ix_seal_group_window_id"), "seal_group", ["window_id"], unique=False)
    op.create_table(
        "frame_group",
        sa.Column("questionnaire_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.String(length=20), nullable=False),
        sa.Column("headcount", sa.Integer(), nullable=False),
        sa.Column("seal_group_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("headcount >= 0", name=op.f("ck_frame_group_headcount_not_negative")),
        sa.ForeignKeyConstraint(["group_id"], ["unit_group.id"], name=op.f("fk_frame_group_group_id")),
        sa.ForeignKeyConstraint(
            ["questionnaire_id"], ["questionnaire.id"], name=op.f("fk_frame_group_questionnaire_id")
        ),
        sa.ForeignKeyConstraint(["seal_group_id"], ["seal_group.id"], name=op.f("fk_frame_group_seal_group_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_frame_group_unit_id")),
        sa.PrimaryKeyConstraint("questionnaire_id", "group_id", name=op.f("pk_frame_group")),
    )


def downgrade() -> None:
    op.drop_table("frame_group")
    op.drop_table("seal_group")
    op.drop_table("questionnaire_battery")
    op.drop_table("questionnaire")
    op.drop_table("collection_window")
    op.drop_table("cycle")
    op.drop_table("battery_version")
