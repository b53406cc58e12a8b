"""What the charts draw: plain frozen values whose texts are in the reader's language already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Polarity: TypeAlias = Literal["positive", "negative", "middle", "missing"]


@dataclass(frozen=True, slots=True)
class OptionShare:
    """An answer option and its share, 0–1, of all who answered the item, *don't know* included.

    ``polarity`` is what the option means for the item (a reversed item has its positive options last); ``missing`` is
    *don't know* and its like, which stand outside the scale.
    """

    label: str
    share: float
    polarity: Polarity


@dataclass(frozen=True, slots=True)
class Dot:
    """A figure with its 95 % interval and the number of answers behind it, as one row on a common scale.

    ``low`` and ``high`` are ``None`` where there is no interval (fewer than ten answers, or all alike). ``value`` is
    ``None`` where the figure is hidden; ``reason`` then says why, as a result row's code or in words.
    """

    label: str
    value: float | None
    low: float | None
    high: float | None
    n: int | None
    emphasised: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """A cycle's figure; ``break_before`` says in words why it cannot be compared with the one before (empty: it can).

    ``value`` is ``None`` where the figure is hidden; ``reason`` then says why, as a result row's code or in words.
    """

    label: str
    value: float | None
    low: float | None
    high: float | None
    n: int | None
    break_before: str = ""
    reason: str = ""
