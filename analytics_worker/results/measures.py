"""What is measured on a questionnaire, and how its figures are read off a tally: each is a sum with whole weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any, NamedTuple

import numpy as np

from analytics_worker.statistics.arrays import INT64_LIMIT, ExactArray, IntArray
from shared.questionnaire.definition import Battery, Item, Questionnaire
from shared.questionnaire.scoring import TallyLayout

BALLOTS, BLANK_BALLOTS = 0, 1
COUNTS_FROM = 2
"""A row of counts is ballots, wholly blank ballots, then the columns of the ``TallyLayout``."""

RESPONSE = "response"
AREA = "area"
DONT_KNOW = "dont_know"
"""The word of a scale's ``missing`` that is counted as don't know."""


class Weights(NamedTuple):
    """A figure as a weighted sum of columns of counts."""

    columns: tuple[int, ...]
    weights: tuple[int, ...]

    @classmethod
    def sum_of(cls, columns: Sequence[int]) -> Weights:
        """Return the plain sum of columns."""
        return cls(tuple(columns), (1,) * len(columns))


NOTHING = Weights((), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One row's subject: the response rate, an area's index or an item.

    ``kind`` is ``response``, ``area`` or the item's type. Scores are counted in steps of 1/``denominator``.
    ``n`` are the valid answers, ``answered`` all that a distribution is a part of, don't know and the like included.
    ``option_columns`` says where each option's count lies.
    """

    kind: str
    battery: str | None = None
    area: str | None = None
    item: str | None = None
    definition: str
    index_max: Fraction | None = None
    denominator: int = 1
    n: Weights
    answered: Weights = NOTHING
    dont_know: Weights = NOTHING
    blank: Weights = NOTHING
    positive: Weights = NOTHING
    share_of: Weights = NOTHING
    total: Weights = NOTHING
    squares: Weights = NOTHING
    options: tuple[str, ...] = ()
    option_columns: tuple[int, ...] = ()

    @property
    def has_index(self) -> bool:
        """Whether it has an index."""
        return self.index_max is not None

    @property
    def has_share(self) -> bool:
        """Whether it has a share positive."""
        return bool(self.positive.columns)


class Figures(NamedTuple):
    """Exact integers of M measures over groups of any shape G: each array is (*G, M)."""

    n: IntArray
    answered: IntArray
    dont_know: IntArray
    blank: IntArray
    positive: IntArray
    share_of: IntArray
    total: ExactArray
    squares: ExactArray


def figures(measures: Sequence[Measure], counts: IntArray) -> Figures:
    """Return the figures of ``counts`` (*G, columns); sums too large for int64 come as Python's integers."""
    columns = (np.stack([_apply(getattr(m, name), counts) for m in measures], axis=-1) for name in Figures._fields)
    return Figures(*columns)


def _apply(linear: Weights, counts: IntArray) -> ExactArray:
    if not linear.columns:
        return np.zeros(counts.shape[:-1], dtype=np.int64)
    chosen = counts[..., list(linear.columns)]
    if int(chosen.max(initial=0)) * sum(linear.weights) > INT64_LIMIT:
        chosen = chosen.astype(object)
    weights = np.array(linear.weights, dtype=chosen.dtype)
    total: ExactArray = (chosen * weights).sum(axis=-1)
    return total


def measures_of(questionnaire: Questionnaire, *, segments: Sequence[str], shared_code: bool) -> tuple[Measure, ...]:
    """Return the measures in the order of their rows: response rate, areas, items.

    An item among the published ``segments`` is none: its distribution is the sizes of its segments, which have
    response rows of their own, each shown or hidden for itself. ``shared_code``: whoever has the code may answer
    again, and every figure says so.
    """
    layout = TallyLayout(questionnaire)
    note = "; shared code, duplicates cannot be excluded" if shared_code else ""
    found = [
        Measure(
            kind=RESPONSE,
            definition="answered of invited" + note,
            n=Weights.sum_of([BALLOTS]),
            blank=Weights.sum_of([BLANK_BALLOTS]),
        )
    ]
    for battery, area, _items in questionnaire.areas:
        if area.index:
            found.append(_area(layout, battery, area.key, note))
    for battery in questionnaire.batteries:
        asked = [item for item in battery.items if item.type != "note" and item.key not in segments]
        found += [_item(layout, battery, item, note) for item in asked]
    return tuple(found)


def _area(layout: TallyLayout, battery: Battery, key: str, note: str) -> Measure:
    """An area's index: a person's mean is S / (k d), so sums over k are brought to the common denominator d lcm(k)."""
    columns = layout.area_slice(key)
    at = range(COUNTS_FROM + columns.start, COUNTS_FROM + columns.stop)
    ks = layout.area_counts(key)
    common = lcm(*ks)
    weights = tuple(common // k for k in ks)
    items = layout.area_items(key)
    least = f"mean of persons with at least {ks.start} of {len(items)} items"
    return Measure(
        kind=AREA,
        battery=battery.key,
        area=key,
        definition=f"{least}; {_index_words(battery, items)}{note}",
        index_max=battery.index_max,
        denominator=layout.area_denominator(key) * common,
        n=Weights.sum_of(at[0::3]),
        total=Weights(tuple(at[1::3]), weights),
        squares=Weights(tuple(at[2::3]), tuple(weight * weight for weight in weights)),
    )


def _item(layout: TallyLayout, battery: Battery, item: Item, note: str) -> Measure:
    place = layout.item_slice(item.key)
    start = COUNTS_FROM + place.start
    columns = tuple(range(start, start + len(item.options)))
    common: dict[str, Any] = {
        "kind": item.type,
        "battery": battery.key,
        "area": item.area,
        "item": item.key,
        "blank": Weights.sum_of([COUNTS_FROM + place.stop - 2]),
        "options": tuple(option.code for option in item.options),
        "option_columns": columns,
    }
    if item.type == "choice":
        words = "; ".join(_words(battery, item)) + note
        return Measure(**common, definition=words, **_choice(battery, item, columns))
    answered = Weights.sum_of([start + len(item.options)])
    return Measure(**common, definition=_PLAIN[item.type] + note, n=answered, answered=answered)


def _choice(battery: Battery, item: Item, columns: Sequence[int]) -> dict[str, Any]:
    """Return how a choice item's figures are summed over its options; scores count in steps of their denominators.

    Of the options that are no substantive answer only those marked ``dont_know`` are don't-knows: "prefer not to say"
    is an answer to nothing, and stands in the distribution alone.
    """
    by_code = {option.code: column for option, column in zip(item.options, columns, strict=True)}
    substantive = [by_code[option.code] for option in item.options if option.missing is None]
    dont_know = [by_code[option.code] for option in item.options if option.missing == DONT_KNOW]
    exact = {option.code: item.score_of(option.code) for option in item.scored_options}
    denominator = lcm(*(score.denominator for score in exact.values() if score is not None))
    steps = {by_code[code]: int(score * denominator) for code, score in exact.items() if score is not None}
    counts_all = item.scale is not None and item.scale.share_of == "answered"
    positive = [by_code[code] for code in item.positive_codes]
    return {
        "index_max": battery.index_max if steps else None,
        "denominator": denominator,
        "n": Weights.sum_of(substantive),
        "answered": Weights.sum_of(columns),
        "dont_know": Weights.sum_of(dont_know),
        "positive": Weights.sum_of(positive),
        "share_of": Weights.sum_of([*substantive, *(dont_know if counts_all else ())]) if positive else NOTHING,
        "total": Weights(tuple(steps), tuple(steps.values())),
        "squares": Weights(tuple(steps), tuple(score * score for score in steps.values())),
    }


_PLAIN = {
    "multiple": "persons who chose each option",
    "number": "persons who gave a number",
    "text": "persons who wrote",
}


def _words(battery: Battery, item: Item) -> Iterator[str]:
    if item.scale is not None and item.scale.positive:
        yield f"{_share_words(item)}, denominator {item.scale.share_of}"
    if item.scored_options:
        yield _index_words(battery, (item,))
    if item.scale is not None and not item.scale.positive and not item.scored_options:
        yield "distribution only"


def _share_words(item: Item) -> str:
    """Say "top-2" where the positive options are the two best, else name them."""
    positive = set(item.positive_codes)
    best = [option.code for option in item.scored_options]
    if item.reversed:
        best.reverse()
    if positive == set(best[: len(positive)]):
        return f"top-{len(positive)}"
    return "positive " + "+".join(option.code for option in item.options if option.code in positive)


def _index_words(battery: Battery, items: Sequence[Item]) -> str:
    """Say "linear" where scores fall in equal steps from best to worst, else name them."""
    scales = {tuple(option.score for option in item.scored_options if option.score is not None) for item in items}
    if all(_is_linear(scores, battery.index_max) for scores in scales):
        return f"linear 0-{battery.index_max}"
    if len(scales) == 1:
        return f"weights {' '.join(str(score) for score in next(iter(scales)))}, index 0-{battery.index_max}"
    return f"index 0-{battery.index_max}"


def _is_linear(scores: Sequence[Fraction], best: Fraction) -> bool:
    steps = len(scores) - 1
    return steps > 0 and all(score == best * (steps - at) / steps for at, score in enumerate(scores))
