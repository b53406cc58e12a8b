"""What the year page knows: a cycle's windows, results, releases, dialogues and measures, and the reader's own part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

COUNTING_TAKES = timedelta(hours=1)
"""A closed window that is not counted by then is late."""
OPENING_TAKES = timedelta(minutes=10)
"""A window that has not opened this long after its time is late."""
RELEASE_WITHIN = timedelta(days=14)
"""Results that are ready this long and not released are late."""


@dataclass(frozen=True, slots=True)
class WindowFacts:
    """A collection window. ``file_only``: its answers come from files, so the clock never opens or closes it.

    ``released_at`` is when units could first see its results, ``embargo_until`` when they will; ``codes_missing`` says
    whether a questionnaire of it waits for its codes.
    """

    key: str
    state: str
    opens_at: datetime
    closes_at: datetime
    last_moment: datetime
    file_only: bool = False
    closed_at: datetime | None = None
    counted_at: datetime | None = None
    slices: int = 0
    slices_done: int = 0
    unreadable: int = 0
    loss_accepted: bool = False
    codes_missing: bool = False
    released_at: datetime | None = None
    embargo_until: datetime | None = None

    def overdue_opening(self, now: datetime) -> bool:
        """Whether it should have been opened."""
        return self.state in {"planned", "opening"} and not self.file_only and now > self.opens_at + OPENING_TAKES

    def overdue_closing(self, now: datetime) -> bool:
        """Whether it should have been closed."""
        return self.state == "open" and not self.file_only and now > self.last_moment + OPENING_TAKES

    def overdue_count(self, now: datetime) -> bool:
        """Whether it should have been counted."""
        return self.state == "closed" and self.closed_at is not None and now > self.closed_at + COUNTING_TAKES

    @property
    def loss_to_accept(self) -> bool:
        """Whether the count waits for the officer's word about ballots that cannot be read."""
        return self.state == "closed" and self.unreadable > 0 and not self.loss_accepted


@dataclass(frozen=True, slots=True)
class RoundFacts:
    """A round of dialogues about the cycle, with the number of dialogues in each state."""

    key: str
    title: str
    state: str
    book_by: datetime
    dialogues: Mapping[str, int] = field(default_factory=dict)

    @property
    def unbooked(self) -> int:
        """How many units have neither booked nor declined."""
        return self.dialogues.get("offered", 0)

    def overdue(self, now: datetime) -> bool:
        """Whether some have not booked though the time for it is over."""
        return self.state == "offered" and self.unbooked > 0 and now > self.book_by


@dataclass(frozen=True, slots=True)
class MeasureFacts:
    """The measures in the reader's reach, of this year and of earlier ones."""

    total: int = 0
    unfinished: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class YearFacts:
    """A cycle and all that belongs to its year. ``cycle`` is "" where there is none yet."""

    now: datetime
    cycle: str = ""
    title: str = ""
    state: str = ""
    windows: tuple[WindowFacts, ...] = ()
    units: int = 0
    batteries: int = 0
    ready_at: datetime | None = None
    published_at: datetime | None = None
    goes_public_at: datetime | None = None
    may_publish: bool = True
    failed_letters: int = 0
    stuck: int = 0
    round: RoundFacts | None = None
    measures: MeasureFacts = MeasureFacts()

    @property
    def counted(self) -> tuple[WindowFacts, ...]:
        """The windows whose answers are counted."""
        return tuple(window for window in self.windows if window.state == "counted")

    @property
    def unreleased(self) -> tuple[WindowFacts, ...]:
        """The counted windows that no release covers yet."""
        return tuple(one for one in self.counted if one.released_at is None and one.embargo_until is None)

    @property
    def released(self) -> bool:
        """Whether units can see the results of any window."""
        return any(window.released_at is not None for window in self.windows)

    @property
    def overdue_release(self) -> bool:
        """Whether results have lain ready too long."""
        return self.ready_at is not None and bool(self.unreleased) and self.now > self.ready_at + RELEASE_WITHIN


@dataclass(frozen=True, slots=True)
class OwnDialogue:
    """A dialogue of a unit in the reader's reach."""

    round: str
    unit: str
    unit_name: str
    state: str
    book_by: datetime
    starts_at: datetime | None = None
    shared: bool = False
    minutes: bool = False
    unit_confirmed: bool = False
    municipality_confirmed: bool = False

    @property
    def address(self) -> str:
        """Where its page is."""
        return f"/dialogues/{self.round}/{self.unit}"


@dataclass(frozen=True, slots=True)
class OwnFacts:
    """The reader's own part of the year: their units, and what is open for these.

    ``released`` says whether results of own units may be seen, ``collecting`` whether own units are answering;
    ``without_agreement`` how many own independent units no agreement speaks of.
    """

    units: tuple[tuple[str, str], ...] = ()
    collecting: bool = False
    released: bool = False
    shared: bool = False
    dialogues: tuple[OwnDialogue, ...] = ()
    measures: MeasureFacts = MeasureFacts()
    without_agreement: int = 0
