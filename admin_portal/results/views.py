"""What the result pages show: frozen views whose texts and charts are ready in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass, field

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Hidden:
    """A value that may not be shown: why, and what can be used instead."""

    why: str
    instead: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table of figures; ``note`` holds the reason of a hidden value or of a break before it."""

    label: str
    value: str
    between: str
    n: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """An answer option with its part of those who answered, and how many they are where that may be said."""

    label: str
    share: str
    number: str
    municipality: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure with its name."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class ItemView:
    """A question with everything that is known of its answers; ``hidden`` instead of figures."""

    key: str
    text: str
    hidden: Hidden | None
    chart: Markup
    chart_note: str
    facts: tuple[Fact, ...]
    compared: str
    options: tuple[Option, ...]
    lines: tuple[Line, ...]
    definition: str
    counted: bool


@dataclass(frozen=True, slots=True)
class AreaView:
    """An area's index with the questions it is made of; an area without an index has only these."""

    key: str
    title: str
    hidden: Hidden | None
    index: str
    compared: str
    dots: Markup
    trend: Markup
    trend_note: str
    lines: tuple[Line, ...]
    definition: str
    items: tuple[ItemView, ...]


@dataclass(frozen=True, slots=True)
class RateView:
    """How many answered: words and bar, or why that may not be said; ``note`` warns of a low rate."""

    respondents: str
    subtitle: str
    chart: Markup
    hidden: Hidden | None
    note: str


@dataclass(frozen=True, slots=True)
class QuestionnaireView:
    """All results of one questionnaire."""

    key: str
    heading: str
    subtitle: str
    rate: RateView | None
    shared_code: bool
    areas: tuple[AreaView, ...]


@dataclass(frozen=True, slots=True)
class ChosenLine:
    """One thing to keep or to examine: where it leads, what it is and what the figure says."""

    address: str
    label: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ChosenView:
    """What to keep and what to examine, and by which rule it was chosen."""

    keep: tuple[ChosenLine, ...]
    examine: tuple[ChosenLine, ...]
    rule: str


@dataclass(frozen=True, slots=True)
class BesideView:
    """Several kinds of respondents on the same thing; ``wordings`` says what each was asked."""

    title: str
    chart: Markup
    wordings: tuple[tuple[str, tuple[str, ...]], ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A way to somewhere else; ``current`` where the reader is."""

    address: str
    label: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class SharingView:
    """Whether a principal shares the unit's results, with whom, and where that is changed; ``group``: its members."""

    address: str
    group: str
    standing: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NodeView:
    """Everything that is shown of one node in one cycle."""

    title: str
    subtitle: str
    crumbs: tuple[tuple[str, str], ...]
    standing: tuple[str, ...]
    rates: tuple[RateView, ...]
    chosen: ChosenView | None
    beside: tuple[BesideView, ...]
    parts: tuple[Link, ...]
    questionnaires: tuple[QuestionnaireView, ...]
    segments: tuple[Link, ...]
    downloads: tuple[Link, ...]
    sharing: SharingView | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A page without figures: why there are none, and when or how they come."""

    title: str
    crumbs: tuple[tuple[str, str], ...]
    heading: str
    text: str
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class SegmentTable:
    """A questionnaire's figures by the values of one breakdown: a row per area or question, a cell per value."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, bool, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class SegmentsView:
    """A node's figures broken down."""

    title: str
    subtitle: str
    crumbs: tuple[tuple[str, str], ...]
    standing: tuple[str, ...]
    segments: tuple[Link, ...]
    downloads: tuple[Link, ...]
    tables: tuple[SegmentTable, ...]
    reasons: tuple[Hidden, ...] = field(default_factory=tuple)
