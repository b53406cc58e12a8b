"""The integer columns of a tally, and the exact area index: what counting writes and every indicator reads.

A tally row is a sequence of integers over the ballots of one cell; rows add up in any order. Per item there is one
count per option with *blank* and *routed* beside them. A person's area mean is no function of such counts, so each area
with an index has, for every number k of answered items that gives a mean, the persons, the sum over persons of their
score sums S, and the sum of S². Scores are made whole by the common denominator d of the area's scales, so the mean of
a person is S / (k d) exactly (Sikte's statistics, decision 1; rule of half the items: Danish *trivselsmåling*).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shared.errors import NotFound
from shared.i18n import gettext as _
from shared.questionnaire.battery_rules import common_denominator
from shared.questionnaire.definition import Area, Item, Questionnaire

_ITEM_ROLES: dict[str, tuple[str, ...]] = {
    "choice": ("blank", "routed"),
    "multiple": ("answered", "blank", "routed"),
    "number": ("n", "sum", "sum_squares", "blank", "routed"),
    "text": ("answered", "blank", "routed"),
    "note": (),
}
_AREA_ROLES = ("persons", "score_sum", "score_square_sum")


@dataclass(frozen=True, slots=True)
class TallyColumn:
    """One integer of a tally: ``kind`` is ``item`` or ``area``; ``role`` what it counts (``option``, ``blank`` ...)."""

    kind: str
    item: str | None
    area: str | None
    option: str | None
    k: int | None
    role: str


class TallyLayout:
    """The columns of a questionnaire's tallies in order: items first, then areas with an index."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self._items = {item.key: item for item in questionnaire.items}
        self._areas = {
            area.key: (area, tuple(item for item in items if item.type == "choice" and item.scored_options))
            for _battery, area, items in questionnaire.areas
            if area.index
        }
        self._denominators = {key: common_denominator(items) for key, (_area, items) in self._areas.items()}
        columns: list[TallyColumn] = []
        self._slices: dict[tuple[str, str], slice] = {}
        for kind, key, part in self._parts():
            self._slices[kind, key] = slice(len(columns), len(columns) + len(part))
            columns.extend(part)
        self.columns = tuple(columns)
        self.width = len(columns)

    def item_slice(self, key: str) -> slice:
        """Return where an item's columns lie; empty for a note. Raises ``NotFound``."""
        return self._slice("item", key)

    def area_slice(self, key: str) -> slice:
        """Return where an area's columns lie: three for each k, rising. Raises ``NotFound`` if it has no index."""
        return self._slice("area", key)

    def area_items(self, key: str) -> tuple[Item, ...]:
        """Return the scored choice items of an area with an index, in order."""
        return self._areas[key][1]

    def area_counts(self, key: str) -> range:
        """Return the numbers k of answered items that give a person a mean of this area."""
        area, items = self._areas[key]
        return range(_least(area, len(items)), len(items) + 1)

    def area_denominator(self, key: str) -> int:
        """Return d, the least number that makes every score of the area whole."""
        return self._denominators[key]

    def scores(self, key: str) -> tuple[int | None, ...]:
        """Return an item's score times its area's d per option, reversed items mirrored; None where there is none.

        An item outside any area with an index is scaled by its own denominator.
        """
        item = self._items[key]
        in_area = item.area is not None and item.area in self._areas
        denominator = self.area_denominator(str(item.area)) if in_area else common_denominator([item])
        scores = (item.score_of(option.code) for option in item.options)
        return tuple(None if score is None else int(score * denominator) for score in scores)

    def _slice(self, kind: str, key: str) -> slice:
        try:
            return self._slices[kind, key]
        except KeyError:
            raise NotFound(_("%(key)s has no columns in this tally.") % {"key": key}) from None

    def _parts(self) -> Iterator[tuple[str, str, list[TallyColumn]]]:
        for item in self._items.values():
            options = [TallyColumn("item", item.key, item.area, option.code, None, "option") for option in item.options]
            others = [TallyColumn("item", item.key, item.area, None, None, role) for role in _ITEM_ROLES[item.type]]
            yield "item", item.key, options + others
        for key in self._areas:
            columns = [
                TallyColumn("area", None, key, None, k, role) for k in self.area_counts(key) for role in _AREA_ROLES
            ]
            yield "area", key, columns


def _least(area: Area, items: int) -> int:
    return max(1, (items + 1) // 2 if area.min_items is None else area.min_items)
