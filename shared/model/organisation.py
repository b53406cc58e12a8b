"""The organisation: municipality, provider, unit, group; district as second grouping; persons; agreements."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.model.base import Base
from shared.questionnaire.definition import RESPONDENTS, UNIT_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable

REGI = ("municipal", "independent")
SEXES = ("flicka", "pojke", "kvinna", "man")


def one_of(column: str, words: Iterable[str]) -> str:
    """Return the SQL of a CHECK that ``column`` holds one of ``words``."""
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


class Municipality(Base):
    """A municipality (*kommun*), the top of the tree."""

    __tablename__ = "municipality"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(200))


class Provider(Base):
    """Who runs units (*huvudman*): the municipality itself or an independent owner."""

    __tablename__ = "provider"

    id: Mapped[int] = mapped_column(primary_key=True)
    municipality_id: Mapped[int] = mapped_column(ForeignKey(Municipality.id))
    code: Mapped[str] = mapped_column(String(50), unique=True)
    name: Mapped[str] = mapped_column(String(200))


class District(Base):
    """The area head's (*skolchef*) group of units, across providers' trees."""

    __tablename__ = "district"
    __table_args__ = (UniqueConstraint("municipality_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    municipality_id: Mapped[int] = mapped_column(ForeignKey(Municipality.id))
    name: Mapped[str] = mapped_column(String(200))


class Unit(Base):
    """A preschool, school, adapted school, after-school centre or child-minding unit."""

    __tablename__ = "unit"
    __table_args__ = (
        CheckConstraint(one_of("unit_type", UNIT_TYPES), name="unit_type"),
        CheckConstraint(one_of("regi", REGI), name="regi"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(50), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    unit_type: Mapped[str] = mapped_column(String(30))
    regi: Mapped[str] = mapped_column(String(20))
    provider_id: Mapped[int] = mapped_column(ForeignKey(Provider.id))
    district_id: Mapped[int | None] = mapped_column(ForeignKey(District.id))
    school_unit_code: Mapped[str] = mapped_column(String(20), default="")
    principal_name: Mapped[str] = mapped_column(String(200), default="")
    principal_email: Mapped[str] = mapped_column(String(200), default="")
    active: Mapped[bool] = mapped_column(default=True)

    groups: Mapped[list[UnitGroup]] = relationship(back_populates="unit", lazy="raise", order_by="UnitGroup.id")


class UnitGroup(Base):
    """A class or group of a unit with one kind of respondent; ``headcount`` is the roster's, not the frozen one."""

    __tablename__ = "unit_group"
    __table_args__ = (
        UniqueConstraint("unit_id", "code", "respondent"),
        CheckConstraint(one_of("respondent", RESPONDENTS), name="respondent"),
        CheckConstraint("headcount >= 0", name="headcount_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id), index=True)
    code: Mapped[str] = mapped_column(String(50))
    name: Mapped[str] = mapped_column(String(200))
    respondent: Mapped[str] = mapped_column(String(20))
    year: Mapped[str] = mapped_column(String(20), default="")
    headcount: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)

    unit: Mapped[Unit] = relationship(back_populates="groups", lazy="raise")


class Person(Base):
    """A person with a named code: only what the sending step needs. Never joined to a ballot."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("ref", "group_id", "child_ref"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(100))
    group_id: Mapped[int] = mapped_column(ForeignKey(UnitGroup.id), index=True)
    email: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[str] = mapped_column(String(10), default="")
    sex: Mapped[str] = mapped_column(String(20), default="")
    protected: Mapped[bool] = mapped_column(default=False)
    child_ref: Mapped[str] = mapped_column(String(100), default="")


class PublicationAgreement(Base):
    """An independent owner's word on publication, for all its units or for one; without one nothing is published."""

    __tablename__ = "publication_agreement"

    id: Mapped[int] = mapped_column(primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey(Provider.id), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey(Unit.id))
    publish: Mapped[bool]
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    reference: Mapped[str] = mapped_column(String(200), default="")

    def covers(self, unit: Unit, day: date) -> bool:
        """Whether the agreement speaks of ``unit`` on ``day``."""
        starts = self.valid_from is None or self.valid_from <= day
        lasts = self.valid_to is None or day <= self.valid_to
        return starts and lasts and self.provider_id == unit.provider_id and self.unit_id in {None, unit.id}


def may_publish(unit: Unit, agreements: Iterable[PublicationAgreement], day: date) -> bool:
    """Whether figures of ``unit`` may be public on ``day``: municipal units always, independent ones by agreement.

    An agreement for the one unit goes before one for all the owner's units; among equals the latest given counts.
    """
    if unit.regi == "municipal":
        return True
    speaking = [agreement for agreement in agreements if agreement.covers(unit, day)]
    if not speaking:
        return False
    return max(speaking, key=lambda agreement: (agreement.unit_id is not None, agreement.id)).publish
