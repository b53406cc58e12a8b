"""Portal accounts: who may sign in, in which role over which part of the organisation, and the sessions they have."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.model.base import Base
from shared.model.cycles import Cycle
from shared.model.organisation import District, Provider, Unit, one_of

OFFICER = "officer"
AREA_HEAD = "area_head"
PRINCIPAL = "principal"
LEADERSHIP = "leadership"
OWNER = "owner"
BOARD_READER = "board_reader"
AUDITOR = "auditor"

PLACE_OF_ROLE = {
    OFFICER: "",
    AREA_HEAD: "district",
    PRINCIPAL: "unit",
    LEADERSHIP: "unit",
    OWNER: "provider",
    BOARD_READER: "",
    AUDITOR: "",
}
"""Which part of the organisation a role is held over: a unit, a district, a provider, or none."""
ROLES = tuple(PLACE_OF_ROLE)


_EVERYWHERE = text("unit_id IS NULL AND district_id IS NULL AND provider_id IS NULL")


def _paired(place: str) -> str:
    """Return the SQL of a CHECK that exactly the roles over a ``place`` name one."""
    roles = [role for role, over in PLACE_OF_ROLE.items() if over == place]
    return f"({one_of('role', roles)}) = ({place}_id IS NOT NULL)"


class Account(Base):
    """A person who signs in to the portal. ``email`` is the name they sign in with, in small letters.

    ``password_hash`` is argon2id and empty until the person has chosen a password; ``totp_secret`` is sealed under the
    application's secret and counts only once ``totp_confirmed_at`` is set.
    """

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(255), default="")
    totp_secret: Mapped[str] = mapped_column(String(255), default="")
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_step: Mapped[int] = mapped_column(default=0)
    """The last time step a one-time code was taken for: a code is good once."""
    language: Mapped[str] = mapped_column(String(10), default="sv")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]

    assignments: Mapped[list[Assignment]] = relationship(
        back_populates="account", lazy="raise", order_by="Assignment.id"
    )


class Assignment(Base):
    """A role that an account holds, over the unit, district or provider that the role asks for."""

    __tablename__ = "assignment"
    __table_args__ = (
        CheckConstraint(one_of("role", ROLES), name="role"),
        CheckConstraint(_paired("unit"), name="unit_paired"),
        CheckConstraint(_paired("district"), name="district_paired"),
        CheckConstraint(_paired("provider"), name="provider_paired"),
        # One for each place: in a constraint over all three the empty ones would make every row another.
        UniqueConstraint("account_id", "role", "unit_id"),
        UniqueConstraint("account_id", "role", "district_id"),
        UniqueConstraint("account_id", "role", "provider_id"),
        Index(
            "uq_assignment_everywhere",
            "account_id",
            "role",
            unique=True,
            sqlite_where=_EVERYWHERE,
            postgresql_where=_EVERYWHERE,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    role: Mapped[str] = mapped_column(String(20))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey(Unit.id), index=True)
    district_id: Mapped[int | None] = mapped_column(ForeignKey(District.id), index=True)
    provider_id: Mapped[int | None] = mapped_column(ForeignKey(Provider.id), index=True)

    account: Mapped[Account] = relationship(back_populates="assignments", lazy="raise")


class PortalSession(Base):
    """A signed-in browser. ``id`` is the SHA-256 of its cookie's token, so that a copy of this table lets nobody in."""

    __tablename__ = "portal_session"

    id: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    passed: Mapped[bool]
    """Whether the second factor was given, or none is asked for."""


class AccountLink(Base):
    """A one-time link with which a person chooses a password; ``id`` is the SHA-256 of its token."""

    __tablename__ = "account_link"

    id: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class LoginThrottle(Base):
    """How often signing in failed lately; ``id`` is a keyed hash of the name or address, which is never stored."""

    __tablename__ = "login_throttle"

    id: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime]


class Sharing(Base):
    """A principal's word that the leadership group may see the unit's results of a cycle, until revoked."""

    __tablename__ = "sharing"
    __table_args__ = (Index("ix_sharing_unit_id_cycle_id", "unit_id", "cycle_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    cycle_id: Mapped[int] = mapped_column(ForeignKey(Cycle.id))
    shared_by_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    shared_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
