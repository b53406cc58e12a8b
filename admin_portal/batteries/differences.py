"""What a newer version of a battery changes, question by question, and whether its figures can still be followed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from shared.i18n import active_language
from shared.i18n import gettext as _
from shared.questionnaire.comparability import Edition, break_text, breaks, meaning_of_area, meaning_of_item
from shared.questionnaire.definition import Area, Battery, Item, in_language

KEPT, CHANGED, NEW, REMOVED = "kept", "changed", "new", "removed"
_ANY_DAY = date(2000, 1, 1)
"""Both editions of a comparison get it: the time between them is judged where cycles are compared."""


@dataclass(frozen=True, slots=True)
class ItemChange:
    """What becomes of a question's trend: ``kind`` is kept, changed, new or removed; ``reason`` why it breaks."""

    key: str
    text: str
    kind: str
    reason: str = ""

    @property
    def breaks(self) -> bool:
        """Whether a series of figures ends or begins here."""
        return self.kind != KEPT


@dataclass(frozen=True, slots=True)
class BatteryChange:
    """What becomes of a battery's questions and areas between two versions."""

    items: tuple[ItemChange, ...]
    areas: tuple[ItemChange, ...]

    @property
    def broken(self) -> tuple[ItemChange, ...]:
        """The questions and areas whose series end or begin here, areas first."""
        return tuple(change for change in (*self.areas, *self.items) if change.breaks)

    @property
    def kept(self) -> int:
        """How many questions can be followed on."""
        return sum(not change.breaks for change in self.items)


def compare_batteries(before: Battery, after: Battery) -> BatteryChange:
    """Return what becomes of the figures of ``before`` in ``after``, by the rule that the results are compared by.

    Translations, help and order keep a trend; wording in Swedish, options, scores and conditions break it.
    """
    return BatteryChange(tuple(_items(before, after)), tuple(_areas(before, after)))


def _items(before: Battery, after: Battery) -> Iterator[ItemChange]:
    old = {item.key: item for item in before.items if item.type != "note"}
    new = {item.key: item for item in after.items if item.type != "note"}
    for key, item in new.items():
        if key in old:
            was = meaning_of_item(before, old[key], target=None, shared_code=False)
            now = meaning_of_item(after, item, target=None, shared_code=False)
            reason = breaks((Edition(_ANY_DAY, was), Edition(_ANY_DAY, now)))[1]
            yield ItemChange(key, _text(item), CHANGED if reason else KEPT, break_text(reason))
        else:
            yield ItemChange(key, _text(item), NEW, _("asked for the first time"))
    for key, item in old.items():
        if key not in new:
            yield ItemChange(key, _text(item), REMOVED, _("no longer asked"))


def _areas(before: Battery, after: Battery) -> Iterator[ItemChange]:
    old, new = ({area.key: area for area in battery.areas if area.index} for battery in (before, after))
    for key, area in new.items():
        if key in old:
            was = meaning_of_area(before, old[key], _members(before, key), target=None, shared_code=False)
            now = meaning_of_area(after, area, _members(after, key), target=None, shared_code=False)
            reason = breaks((Edition(_ANY_DAY, was), Edition(_ANY_DAY, now)))[1]
            yield ItemChange(key, _title(area), CHANGED if reason else KEPT, break_text(reason))
        else:
            yield ItemChange(key, _title(area), NEW, _("a new area"))
    for key, area in old.items():
        if key not in new:
            yield ItemChange(key, _title(area), REMOVED, _("the area is no longer there"))


def _members(battery: Battery, area: str) -> tuple[Item, ...]:
    return tuple(item for item in battery.items if item.area == area)


def _text(item: Item) -> str:
    return in_language(item.text, active_language())


def _title(area: Area) -> str:
    return in_language(area.title, active_language())
