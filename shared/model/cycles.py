"""Cycles, their collection windows, questionnaires and the frame frozen at opening."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship
from sqlalchemy.types import JSON

from shared.errors import NotFound
from shared.i18n import gettext as _
from shared.model.base import Base
from shared.model.batteries import BatteryVersion
from shared.model.organisation import Unit, UnitGroup, one_of
from shared.questionnaire.definition import RESPONDENTS

CYCLE_STATES = ("draft", "scheduled", "collecting", "ready", "released", "published", "archived")
WINDOW_STATES = ("planned", "opening", "open", "closed", "counted")
CODE_MODELS = ("slips", "personal", "per_child", "per_unit", "import")


class Cycle(Base):
    """One round of the yearly loop; ``policy`` and ``segments`` are the frozen rules of its publication."""

    __tablename__ = "cycle"
    __table_args__ = (CheckConstraint(one_of("state", CYCLE_STATES), name="state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    title: Mapped[dict[str, str]]
    state: Mapped[str] = mapped_column(String(20))
    segments: Mapped[list[str]]
    policy: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]

    windows: Mapped[list[CollectionWindow]] = relationship(
        back_populates="cycle", lazy="raise", order_by="CollectionWindow.id"
    )


class CollectionWindow(Base):
    """A span of time in which answers are taken, sealed, closed and counted together."""

    __tablename__ = "collection_window"
    __table_args__ = (
        UniqueConstraint("cycle_id", "key"),
        CheckConstraint(one_of("state", WINDOW_STATES), name="state"),
        CheckConstraint("closes_at > opens_at", name="closes_after_opening"),
        CheckConstraint("grace_minutes >= 0", name="grace_not_negative"),
        CheckConstraint("state IN ('planned', 'opening') OR public_key IS NOT NULL", name="open_has_public_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey(Cycle.id))
    key: Mapped[str] = mapped_column(String(100))
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    grace_minutes: Mapped[int]
    state: Mapped[str] = mapped_column(String(20))
    public_key: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    counted_at: Mapped[datetime | None]
    loss_accepted: Mapped[str] = mapped_column(String(500), default="")
    """The officer's reason for going on without ballots that could not be read; empty when none was given."""

    cycle: Mapped[Cycle] = relationship(back_populates="windows", lazy="raise")
    questionnaires: Mapped[list[Questionnaire]] = relationship(
        back_populates="window", lazy="raise", order_by="Questionnaire.id"
    )

    @property
    def last_moment(self) -> datetime:
        """When the last form begun before ``closes_at`` must be in."""
        return _end_of_grace(self)


class WindowTimes(Protocol):
    """What decides whether a ballot is taken; a window or a row with these columns."""

    @property
    def state(self) -> str:
        """Return the window's state."""

    @property
    def closes_at(self) -> datetime:
        """Return the announced end."""

    @property
    def grace_minutes(self) -> int:
        """Return how long a form begun before the end may still be sent."""


def last_moment(window: WindowTimes, *, begun_at: datetime) -> datetime:
    """Return when a form begun at ``begun_at`` must be in: the end, or that of the grace if begun before the end."""
    return _end_of_grace(window) if begun_at < window.closes_at else window.closes_at


def takes_ballot(window: WindowTimes, *, now: datetime, begun_at: datetime) -> bool:
    """Whether a form begun at ``begun_at`` may be sent at ``now``."""
    return window.state == "open" and now < last_moment(window, begun_at=begun_at)


def _end_of_grace(window: WindowTimes) -> datetime:
    return window.closes_at + timedelta(minutes=window.grace_minutes)


class Questionnaire(Base):
    """The questions that one kind of respondent gets in a cycle: batteries in order, for the units whose rule it meets.

    ``breakdowns`` are frozen at opening: the values of each segment a ballot may carry (``year`` always among them).
    ``unit_types`` None means all.
    """

    __tablename__ = "questionnaire"
    __table_args__ = (
        UniqueConstraint("cycle_id", "key"),
        CheckConstraint(one_of("respondent", RESPONDENTS), name="respondent"),
        CheckConstraint(one_of("code_model", CODE_MODELS), name="code_model"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey(Cycle.id))
    window_id: Mapped[int] = mapped_column(ForeignKey(CollectionWindow.id), index=True)
    key: Mapped[str] = mapped_column(String(100))
    respondent: Mapped[str] = mapped_column(String(20))
    unit_types: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    years: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    code_model: Mapped[str] = mapped_column(String(20))
    breakdowns: Mapped[dict[str, list[str]] | None] = mapped_column(JSON(none_as_null=True))

    window: Mapped[CollectionWindow] = relationship(back_populates="questionnaires", lazy="raise")
    batteries: Mapped[list[QuestionnaireBattery]] = relationship(
        back_populates="questionnaire", lazy="raise", order_by="QuestionnaireBattery.position"
    )

    def covers(self, unit: Unit, group: UnitGroup) -> bool:
        """Whether ``group`` of ``unit`` gets this questionnaire."""
        return (
            group.respondent == self.respondent
            and (self.unit_types is None or unit.unit_type in self.unit_types)
            and (self.years is None or group.year in self.years)
        )


class QuestionnaireBattery(Base):
    """Which version of which battery stands where in a questionnaire."""

    __tablename__ = "questionnaire_battery"

    questionnaire_id: Mapped[int] = mapped_column(ForeignKey(Questionnaire.id), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    battery_id: Mapped[int] = mapped_column(ForeignKey(BatteryVersion.id))

    questionnaire: Mapped[Questionnaire] = relationship(back_populates="batteries", lazy="raise")
    battery: Mapped[BatteryVersion] = relationship(lazy="raise")


class SealGroup(Base):
    """The ballots that are counted together and among which each is hidden: a class, or a whole unit × questionnaire.

    ``control_total`` is noted at close under the window's lock; ``counted`` + ``unreadable`` must equal it.
    """

    __tablename__ = "seal_group"
    __table_args__ = (CheckConstraint("unreadable >= 0 AND counted >= 0", name="counts_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    window_id: Mapped[int] = mapped_column(ForeignKey(CollectionWindow.id), index=True)
    questionnaire_id: Mapped[int] = mapped_column(ForeignKey(Questionnaire.id))
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    invited: Mapped[int]
    slice_number: Mapped[int | None]
    control_total: Mapped[int | None]
    counted: Mapped[int | None]
    unreadable: Mapped[int | None]


class FrameGroup(Base):
    """A group's headcount frozen at opening: the denominator of every rate and the weight of every overall figure."""

    __tablename__ = "frame_group"
    __table_args__ = (CheckConstraint("headcount >= 0", name="headcount_not_negative"),)

    questionnaire_id: Mapped[int] = mapped_column(ForeignKey(Questionnaire.id), primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey(UnitGroup.id), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    year: Mapped[str] = mapped_column(String(20))
    headcount: Mapped[int]
    seal_group_id: Mapped[int] = mapped_column(ForeignKey(SealGroup.id))


def find_cycle(session: Session, key: str) -> Cycle:
    """Return the cycle named ``key``; raises ``NotFound`` with the keys that exist."""
    cycle = session.scalar(select(Cycle).where(Cycle.key == key))
    if cycle is None:
        known = ", ".join(session.scalars(select(Cycle.key).order_by(Cycle.key))) or _("none yet")
        raise NotFound(_("There is no cycle %(key)s. Cycles: %(known)s.") % {"key": key, "known": known})
    return cycle


def find_windows(session: Session, cycle: Cycle, key: str | None) -> list[CollectionWindow]:
    """Return the window ``key`` of ``cycle``, or all its windows; raises ``NotFound`` with the names that exist."""
    windows = list(
        session.scalars(
            select(CollectionWindow).where(CollectionWindow.cycle_id == cycle.id).order_by(CollectionWindow.id)
        )
    )
    if key is None:
        return windows
    chosen = [window for window in windows if window.key == key]
    if not chosen:
        known = ", ".join(window.key for window in windows)
        text = _("Cycle %(cycle)s has no window %(key)s. Windows: %(known)s.")
        raise NotFound(text % {"cycle": cycle.key, "key": key, "known": known})
    return chosen
