"""The vocabulary of a questionnaire: frozen batteries, areas, items, scales and options, and the shape of an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

from shared.errors import NotFound, Refused
from shared.i18n import gettext as _

Text: TypeAlias = Mapping[str, str]
Answer: TypeAlias = str | tuple[str, ...] | int
Answers: TypeAlias = dict[str, Answer]
Context: TypeAlias = Mapping[str, str]

LANGUAGE_OF_RECORD = "sv"
CONTEXT_NAMES = ("unit_type", "year")
RESPONDENTS = ("child", "pupil", "guardian", "staff", "principal")
UNIT_TYPES = (
    "forskola",
    "forskoleklass",
    "grundskola",
    "anpassad_grundskola",
    "fritidshem",
    "pedagogisk_omsorg",
)
# One byte of a ballot names an option; 0 is blank and 255 routed past.
MAX_OPTIONS = 250
ITEM_TYPES = ("choice", "multiple", "number", "text", "note")
DEFAULT_MAX_LENGTH = 1000
# A million squared, over a million respondents, is still within the 64-bit integers of a tally.
NUMBER_LIMIT = 1_000_000


def context_of(unit_type: str, year: str) -> dict[str, str]:
    """Return what ``show_if`` may ask about a respondent's unit and year, by ``CONTEXT_NAMES``."""
    return {"unit_type": unit_type, "year": year}


def in_language(text: Text, language: str) -> str:
    """Return the wording in ``language``; failing that Swedish, then English, then any; "" when there is none."""
    for candidate in (language, LANGUAGE_OF_RECORD, "en"):
        if candidate in text:
            return text[candidate]
    return next(iter(text.values()), "")


@dataclass(frozen=True, slots=True)
class Option:
    """One answer alternative; ``missing`` names why it is no substantive answer (``dont_know``), and then no score."""

    code: str
    label: Text = field(hash=False)
    score: Fraction | None = None
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """Options from best to worst. ``share_of`` is the share's denominator: ``substantive`` or ``answered`` answers."""

    key: str
    options: tuple[Option, ...]
    positive: tuple[str, ...] = ()
    share_of: str = "substantive"


@dataclass(frozen=True, slots=True)
class Area:
    """A group of items reported together; ``min_items`` answered items give a person an index (None: half, up)."""

    key: str
    title: Text = field(hash=False)
    index: bool = True
    min_items: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One question, or a note between questions; ``show_if`` is the source text of its routing condition."""

    key: str
    type: str
    text: Text = field(hash=False)
    area: str | None = None
    scale: Scale | None = None
    reversed: bool = False
    show_if: str | None = None
    help: Text = field(default_factory=dict, hash=False)
    max_length: int = DEFAULT_MAX_LENGTH
    minimum: int | None = None
    maximum: int | None = None

    @property
    def options(self) -> tuple[Option, ...]:
        """All options as shown, best to worst; empty for items without a scale."""
        return () if self.scale is None else self.scale.options

    @property
    def scored_options(self) -> tuple[Option, ...]:
        """The options that carry a score, best to worst."""
        return tuple(option for option in self.options if option.score is not None)

    def score_of(self, code: str) -> Fraction | None:
        """Return the index weight of an option, mirrored along the scored options of a reversed item; None if none."""
        scored = self.scored_options
        for position, option in enumerate(scored):
            if option.code == code:
                return scored[-1 - position].score if self.reversed else option.score
        return None

    @property
    def positive_codes(self) -> tuple[str, ...]:
        """Codes in the numerator of the share positive, mirrored along the scored options of a reversed item."""
        if self.scale is None or not self.reversed:
            return () if self.scale is None else self.scale.positive
        codes = [option.code for option in self.scored_options]
        return tuple(codes[-1 - codes.index(code)] for code in self.scale.positive if code in codes)


@dataclass(frozen=True, slots=True)
class Battery:
    """Items that are asked and followed over the years together; ``index_max`` is the best possible score."""

    key: str
    title: Text = field(hash=False)
    respondent: str
    index_max: Fraction
    areas: tuple[Area, ...]
    items: tuple[Item, ...]
    scales: tuple[Scale, ...] = ()


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """What one kind of respondent is asked in a cycle: batteries in order, with one name space for items and areas.

    ``items`` are all items in order; ``areas`` are ``(battery, area, its items)``; ``languages`` are those in which
    every wording exists, Swedish first. Raises ``Refused`` when an item or area key occurs twice.
    """

    key: str
    respondent: str
    batteries: tuple[Battery, ...]
    items: tuple[Item, ...] = field(init=False, repr=False, compare=False)
    areas: tuple[tuple[Battery, Area, tuple[Item, ...]], ...] = field(init=False, repr=False, compare=False)
    languages: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _by_key: Mapping[str, Item] = field(init=False, repr=False, compare=False)
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        items = tuple(item for battery in self.batteries for item in battery.items)
        areas = tuple(
            (battery, area, tuple(item for item in battery.items if item.area == area.key))
            for battery in self.batteries
            for area in battery.areas
        )
        _refuse_duplicates(self.key, (item.key for item in items), (area.key for _battery, area, _items in areas))
        for name, value in (
            ("items", items),
            ("areas", areas),
            ("languages", _languages(items)),
            ("_by_key", {item.key: item for item in items}),
            ("_hash", hash((self.key, self.respondent, self.batteries))),
        ):
            object.__setattr__(self, name, value)

    def __hash__(self) -> int:
        # Computed once: questionnaires are the keys of caches on the path of every request and every ballot.
        return self._hash

    def item(self, key: str) -> Item:
        """Return the item with this key; raises ``NotFound``."""
        try:
            return self._by_key[key]
        except KeyError:
            raise NotFound(_("This questionnaire has no such item.")) from None

    def __contains__(self, key: object) -> bool:
        return key in self._by_key


def _refuse_duplicates(questionnaire: str, item_keys: Iterable[str], area_keys: Iterable[str]) -> None:
    twice = _first_repeated(item_keys)
    if twice is not None:
        raise Refused(
            "duplicate_item",
            _("Item %(item)s occurs twice in questionnaire %(key)s. Leave out one of its batteries or rename the item.")
            % {"item": twice, "key": questionnaire},
        )
    twice = _first_repeated(area_keys)
    if twice is not None:
        raise Refused(
            "duplicate_area",
            _("Area %(area)s occurs twice in questionnaire %(key)s. Leave out one of its batteries or rename the area.")
            % {"area": twice, "key": questionnaire},
        )


def _first_repeated(keys: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            return key
        seen.add(key)
    return None


def _languages(items: Iterable[Item]) -> tuple[str, ...]:
    wordings = [wording for item in items for wording in (item.text, *(option.label for option in item.options))]
    if not wordings:
        return (LANGUAGE_OF_RECORD,)
    complete = set(wordings[0]).intersection(*wordings[1:])
    return tuple(sorted(complete, key=lambda language: (language != LANGUAGE_OF_RECORD, language)))
