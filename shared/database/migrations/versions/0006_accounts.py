"""Portal accounts, their roles, sessions and one-time links; what a principal shares."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("totp_secret", sa.String(length=255), nullable=False),
        sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_last_step", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
    )
    op.create_table(
        "login_throttle",
        sa.Column("id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_throttle")),
    )
    op.create_table(
        "account_link",
        sa.Column("id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_link_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_link")),
    )
    op.create_index(op.f("ix_account_link_account_id"), "account_link", ["account_id"], unique=False)
    op.create_table(
        "portal_session",
        sa.Column("id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_portal_session_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal_session")),
    )
    op.create_index(op.f("ix_portal_session_account_id"), "portal_session", ["account_id"], unique=False)
    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("district_id", sa.Integer(), nullable=True),
        sa.Column("provider_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(role IN ('area_head')) = (district_id IS NOT NULL)", name=op.f("ck_assignment_district_paired")
        ),
        sa.CheckConstraint(
            "(role IN ('owner')) = (provider_id IS NOT NULL)", name=op.f("ck_assignment_provider_paired")
        ),
        sa.CheckConstraint(
            "(role IN ('principal', 'leadership')) = (unit_id IS NOT NULL)", name=op.f("ck_assignment_unit_paired")
        ),
        sa.CheckConstraint(
            "role IN ('officer', 'area_head', 'principal', 'leadership', 'owner', 'board_reader', 'auditor')",
            name=op.f("ck_assignment_role"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_assignment_account_id")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_assignment_district_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_assignment_provider_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_assignment_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint(
            "account_id", "role", "district_id", name=op.f("uq_assignment_account_id_role_district_id")
        ),
        sa.UniqueConstraint(
            "account_id", "role", "provider_id", name=op.f("uq_assignment_account_id_role_provider_id")
        ),
        sa.UniqueConstraint("account_id", "role", "unit_id", name=op.f("uq_assignment_account_id_role_unit_id")),
    )
    op.create_index(
        "uq_assignment_everywhere",
        "assignment",
        ["account_id", "role"],
        unique=True,
        sqlite_where=sa.text("unit_id IS NULL AND district_id IS NULL AND provider_id IS NULL"),
        postgresql_where=sa.text("unit_id IS NULL AND district_id IS NULL AND provider_id IS NULL"),
    )
    op.create_index(op.f("ix_assignment_district_id"), "assignment", ["district_id"], unique=False)
    op.create_index(op.f("ix_assignment_provider_id"), "assignment", ["provider_id"], unique=False)
    op.create_index(op.f("ix_assignment_unit_id"), "assignment", ["unit_id"], unique=False)
    op.create_table(
        "sharing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("shared_by_id", sa.Integer(), nullable=False),
        sa.Column("shared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name=op.f("fk_sharing_cycle_id")),
        sa.ForeignKeyConstraint(["shared_by_id"], ["account.id"], name=op.f("fk_sharing_shared_by_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_sharing_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sharing")),
    )
    op.create_index("ix_sharing_unit_id_cycle_id", "sharing", ["unit_id", "cycle_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_sharing_unit_id_cycle_id", table_name="sharing")
    op.drop_table("sharing")
    op.drop_index("uq_assignment_everywhere", table_name="assignment")
    op.drop_index(op.f("ix_assignment_unit_id"), table_name="assignment")
    op.drop_index(op.f("ix_assignment_provider_id"), table_name="assignment")
    op.drop_index(op.f("ix_assignment_district_id"), table_name="assignment")
    op.drop_table("assignment")
    op.drop_index(op.f("ix_portal_session_account_id"), table_name="portal_session")
    op.drop_table("portal_session")
    op.drop_index(op.f("ix_account_link_account_id"), table_name="account_link")
    op.drop_table("account_link")
    op.drop_table("login_throttle")
    op.drop_table("account")
