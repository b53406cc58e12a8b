"""Quality dialogues: rounds, slots, guests, minutes; measures and what became of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dialogue_round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("introduction", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("book_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('draft', 'offered', 'closed')", name=op.f("ck_dialogue_round_state")),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name=op.f("fk_dialogue_round_cycle_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dialogue_round")),
        sa.UniqueConstraint("key", name=op.f("uq_dialogue_round_key")),
    )
    op.create_table(
        "dialogue_slot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("link", sa.String(length=300), nullable=False),
        sa.CheckConstraint("place != '' OR link != ''", name=op.f("ck_dialogue_slot_place_or_link")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_dialogue_slot_ends_after_start")),
        sa.ForeignKeyConstraint(["round_id"], ["dialogue_round.id"], name=op.f("fk_dialogue_slot_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dialogue_slot")),
    )
    op.create_index("ix_dialogue_slot_round_id_starts_at", "dialogue_slot", ["round_id", "starts_at"], unique=False)
    op.create_table(
        "dialogue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("slot_id", sa.Integer(), nullable=True),
        sa.Column("uid", sa.String(length=100), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("booked_by", sa.String(length=100), nullable=False),
        sa.Column("decline_reason", sa.String(length=500), nullable=False),
        sa.Column("preparation", sa.Text(), nullable=False),
        sa.Column("preparation_shared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("minutes", sa.Text(), nullable=False),
        sa.Column("minutes_version", sa.Integer(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unit_confirmed_version", sa.Integer(), nullable=False),
        sa.Column("unit_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unit_confirmed_by", sa.String(length=100), nullable=False),
        sa.Column("municipality_confirmed_version", sa.Integer(), nullable=False),
        sa.Column("municipality_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("municipality_confirmed_by", sa.String(length=100), nullable=False),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('offered', 'booked', 'held', 'confirmed', 'concluded', 'declined')",
            name=op.f("ck_dialogue_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('booked', 'held') OR slot_id IS NOT NULL", name=op.f("ck_dialogue_booked_has_slot")
        ),
        sa.CheckConstraint(
            "state NOT IN ('offered', 'declined') OR slot_id IS NULL", name=op.f("ck_dialogue_unbooked_has_no_slot")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["dialogue_round.id"], name=op.f("fk_dialogue_round_id")),
        sa.ForeignKeyConstraint(["slot_id"], ["dialogue_slot.id"], name=op.f("fk_dialogue_slot_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_dialogue_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dialogue")),
        sa.UniqueConstraint("round_id", "unit_id", name=op.f("uq_dialogue_round_id_unit_id")),
        sa.UniqueConstraint("slot_id", name=op.f("uq_dialogue_slot_id")),
        sa.UniqueConstraint("uid", name=op.f("uq_dialogue_uid")),
    )
    op.create_index(op.f("ix_dialogue_unit_id"), "dialogue", ["unit_id"], unique=False)
    op.create_table(
        "slot_official",
        sa.Column("slot_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_slot_official_account_id")),
        sa.ForeignKeyConstraint(["slot_id"], ["dialogue_slot.id"], name=op.f("fk_slot_official_slot_id")),
        sa.PrimaryKeyConstraint("slot_id", "account_id", name=op.f("pk_slot_official")),
    )
    op.create_index(op.f("ix_slot_official_account_id"), "slot_official", ["account_id"], unique=False)
    op.create_table(
        "dialogue_guest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dialogue_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.CheckConstraint("kind IN ('area_head', 'leadership', 'other')", name=op.f("ck_dialogue_guest_kind")),
        sa.ForeignKeyConstraint(["dialogue_id"], ["dialogue.id"], name=op.f("fk_dialogue_guest_dialogue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dialogue_guest")),
        sa.UniqueConstraint("dialogue_id", "email", name=op.f("uq_dialogue_guest_dialogue_id_email")),
    )
    op.create_table(
        "measure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("dialogue_id", sa.Integer(), nullable=True),
        sa.Column("cycle_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("questionnaire", sa.String(length=100), nullable=False),
        sa.Column("area", sa.String(length=100), nullable=False),
        sa.Column("item", sa.String(length=100), nullable=False),
        sa.Column("indicator", sa.String(length=300), nullable=False),
        sa.Column("expected_effect", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.Column("reminded", sa.String(length=10), nullable=False),
        sa.CheckConstraint("state IN ('planned', 'ongoing', 'done', 'dropped')", name=op.f("ck_measure_state")),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name=op.f("fk_measure_cycle_id")),
        sa.ForeignKeyConstraint(["dialogue_id"], ["dialogue.id"], name=op.f("fk_measure_dialogue_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_measure_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure")),
    )
    op.create_index(op.f("ix_measure_dialogue_id"), "measure", ["dialogue_id"], unique=False)
    op.create_index(op.f("ix_measure_due_on"), "measure", ["due_on"], unique=False)
    op.create_index(op.f("ix_measure_unit_id"), "measure", ["unit_id"], unique=False)
    op.create_table(
        "measure_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("measure_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["measure_id"], ["measure.id"], name=op.f("fk_measure_note_measure_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure_note")),
    )
    op.create_index(op.f("ix_measure_note_measure_id"), "measure_note", ["measure_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_measure_note_measure_id"), table_name="measure_note")
    op.drop_table("measure_note")
    op.drop_index(op.f("ix_measure_unit_id"), table_name="measure")
    op.drop_index(op.f("ix_measure_due_on"), table_name="measure")
    op.drop_index(op.f("ix_measure_dialogue_id"), table_name="measure")
    op.drop_table("measure")
    op.drop_table("dialogue_guest")
    op.drop_index(op.f("ix_slot_official_account_id"), table_name="slot_official")
    op.drop_table("slot_official")
    op.drop_index(op.f("ix_dialogue_unit_id"), table_name="dialogue")
    op.drop_table("dialogue")
    op.drop_index("ix_dialogue_slot_round_id_starts_at", table_name="dialogue_slot")
    op.drop_table("dialogue_slot")
    op.drop_table("dialogue_round")
