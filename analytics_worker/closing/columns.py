"""Opened ballots as columns of bytes: which are well formed, and what they add up to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shared.questionnaire.ballot import ANSWERED, BLANK, FORMAT_VERSION, ROUTED_PAST, Column, Layout
from shared.questionnaire.definition import Item, Questionnaire
from shared.questionnaire.scoring import TallyLayout

Bytes: TypeAlias = NDArray[np.uint8]
Rows: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
_BYTE_VALUES = 256


def well_formed(layout: Layout, plain: Bytes) -> Flags:
    """Return for each row of ``plain`` (n, size) whether its fixed part is one that ``Layout.encode`` can write.

    A ballot without free texts must end in zeros; those with any are checked one by one with ``Layout.texts``. Bounds
    of numbers are no part of the format: casting checks them, and who could forge a box could forge one inside them.
    """
    good: Flags = plain[:, 0] == FORMAT_VERSION
    for column in layout.columns:
        good &= _cell_checks[column.kind](column, plain[:, column.offset : column.offset + column.width])
    good &= has_text(layout, plain) | ~plain[:, layout.fixed_length :].any(axis=1)
    return good


def has_text(layout: Layout, plain: Bytes) -> Flags:
    """Return for each row whether it carries a free text."""
    offsets = [column.offset for column in layout.columns if column.kind == "text"]
    return np.asarray((plain[:, offsets] == ANSWERED).any(axis=1), dtype=np.bool_)


def _small(column: Column, cells: Bytes) -> Flags:
    return np.asarray(cells[:, 0] <= len(column.options), dtype=np.bool_)


def _choice(column: Column, cells: Bytes) -> Flags:
    routed: Flags = cells[:, 0] == ROUTED_PAST
    return _small(column, cells) | routed


def _state(_column: Column, cells: Bytes) -> Flags:
    state = cells[:, 0]
    empty = ((state == BLANK) | (state == ROUTED_PAST)) & ~cells[:, 1:].any(axis=1)
    return np.asarray(empty | (state == ANSWERED), dtype=np.bool_)


def _multiple(column: Column, cells: Bytes) -> Flags:
    allowed = np.frombuffer(((1 << len(column.options)) - 1).to_bytes(column.width - 1, "little"), dtype=np.uint8)
    inside = ~(cells[:, 1:] & ~allowed).any(axis=1)
    chosen = (cells[:, 0] != ANSWERED) | cells[:, 1:].any(axis=1)
    return np.asarray(_state(column, cells) & inside & chosen, dtype=np.bool_)


_cell_checks: dict[str, Callable[[Column, Bytes], Flags]] = {
    "segment": _small,
    "choice": _choice,
    "multiple": _multiple,
    "number": _state,
    "text": _state,
}


class Cells(NamedTuple):
    """Finest breakdown cells: their units (cells,), and values (cells, breakdowns), 0 unknown, i the i-th value."""

    unit: Rows
    values: Bytes

    def name(self, layout: Layout, position: int) -> str:
        """Return the values of a cell joined by ``|`` in the order of the sorted breakdown names; unknown is empty."""
        segments = [column for column in layout.columns if column.kind == "segment"]
        chosen = self.values[position].tolist()
        return "|".join(
            column.options[value - 1] if value else "" for column, value in zip(segments, chosen, strict=True)
        )


class Tallies(NamedTuple):
    """What the ballots add up to per cell: ballots, wholly blank ones, and ``counts`` (cells, tally width) as int64."""

    cells: Cells
    ballots: Rows
    blank_ballots: Rows
    counts: NDArray[np.int64]


class Counter:
    """Adds up ballots of one questionnaire: what depends on the questionnaire alone is made once, here."""

    def __init__(self, questionnaire: Questionnaire, layout: Layout) -> None:
        self.layout = layout
        self.tally_layout = TallyLayout(questionnaire)
        self._items = {item.key: item for item in questionnaire.items if item.type != "note"}
        self._columns = {column.key: column for column in layout.columns if column.kind != "segment"}
        self._segments = [column.offset for column in layout.columns if column.kind == "segment"]
        self._areas = tuple(area.key for _battery, area, _items in questionnaire.areas if area.index)

    def tally(self, fixed: Bytes, unit: Rows) -> Tallies:
        """Return the tallies of well-formed ballots.

        ``fixed`` (n, fixed_length) holds their fixed parts, ``unit`` (n,) a number for each ballot's unit. The order of
        the rows makes no difference, and tallies of parts add up to the tally of the whole.
        """
        first, cell = self._cells(fixed, unit)
        size = len(first)
        counts = np.zeros((size, self.tally_layout.width), dtype=np.int64)
        for item in self._items.values():
            counts[:, self.tally_layout.item_slice(item.key)] = self._item(item, fixed, cell, size)
        for area in self._areas:
            counts[:, self.tally_layout.area_slice(area)] = self._area(area, fixed, cell, size)
        blank = cell[self._wholly_blank(fixed)]
        return Tallies(
            Cells(unit[first], fixed[first][:, self._segments]),
            np.bincount(cell, minlength=size),
            np.bincount(blank, minlength=size),
            counts,
        )

    def _cells(self, fixed: Bytes, unit: Rows) -> tuple[Rows, Rows]:
        """Return one row of each finest cell, and for every row the number of its cell."""
        first, cell = _numbered(unit)
        for offset in self._segments:
            first, cell = _numbered(cell * _BYTE_VALUES + fixed[:, offset])
        return first, cell

    def _cells_of(self, item: Item, fixed: Bytes) -> Bytes:
        column = self._columns[item.key]
        return fixed[:, column.offset : column.offset + column.width]

    def _wholly_blank(self, fixed: Bytes) -> Flags:
        """Return which ballots answer nothing: every item is blank or routed past."""
        states = fixed[:, [column.offset for column in self._columns.values()]]
        return np.asarray(((states == BLANK) | (states == ROUTED_PAST)).all(axis=1), dtype=np.bool_)

    def _item(self, item: Item, fixed: Bytes, cell: Rows, size: int) -> NDArray[np.int64]:
        cells = self._cells_of(item, fixed)
        found = _cross(cell, cells[:, 0], size)
        blank_and_routed = found[:, [BLANK, ROUTED_PAST]]
        if item.type == "choice":
            return np.column_stack([found[:, 1 : len(item.options) + 1], blank_and_routed])
        answered = found[:, [ANSWERED]]
        if item.type == "multiple":
            return np.column_stack([_chosen(cells, cell, size, len(item.options)), answered, blank_and_routed])
        if item.type == "number":
            return np.column_stack([answered, _number_sums(cells, cell, size), blank_and_routed])
        return np.column_stack([answered, blank_and_routed])

    def _area(self, area: str, fixed: Bytes, cell: Rows, size: int) -> NDArray[np.int64]:
        """Return persons, Σ score sum and Σ its square for each number k of answered items that gives a mean."""
        answered = np.zeros(len(fixed), dtype=np.int64)
        score_sum = np.zeros(len(fixed), dtype=np.int64)
        for item in self.tally_layout.area_items(area):
            score, valid = _score_tables(self.tally_layout.scores(item.key))
            value = self._cells_of(item, fixed)[:, 0]
            answered += valid[value]
            score_sum += score[value]
        parts: list[NDArray[np.int64]] = []
        for k in self.tally_layout.area_counts(area):
            persons = answered == k
            at, scores = cell[persons], score_sum[persons]
            parts += [np.bincount(at, minlength=size), _sum_by(at, scores, size), _sum_by(at, scores * scores, size)]
        return np.column_stack(parts)


def _numbered(key: Rows) -> tuple[Rows, Rows]:
    _distinct, first, number = np.unique(key, return_index=True, return_inverse=True)
    return first.astype(np.int64), number.astype(np.int64)


def _cross(cell: Rows, value: Bytes, size: int) -> NDArray[np.int64]:
    """Return how often each byte value occurs in each cell, (size, 256)."""
    return np.bincount(cell * _BYTE_VALUES + value, minlength=size * _BYTE_VALUES).reshape(size, _BYTE_VALUES)


def _sum_by(cell: Rows, values: Rows, size: int) -> NDArray[np.int64]:
    # Not bincount with weights: those are floats, and Σ S² can pass 2**53.
    total = np.zeros(size, dtype=np.int64)
    np.add.at(total, cell, values)
    return total


def _chosen(cells: Bytes, cell: Rows, size: int, options: int) -> NDArray[np.int64]:
    bits = np.unpackbits(cells[:, 1:], axis=1, count=options, bitorder="little")
    columns = [np.bincount(cell[bits[:, option] == 1], minlength=size) for option in range(options)]
    return np.column_stack(columns)


def _number_sums(cells: Bytes, cell: Rows, size: int) -> NDArray[np.int64]:
    answered = cells[:, 0] == ANSWERED
    number = np.ascontiguousarray(cells[answered, 1:]).view(">i4").reshape(-1).astype(np.int64)
    at = cell[answered]
    return np.column_stack([_sum_by(at, number, size), _sum_by(at, number * number, size)])


def _score_tables(scores: Sequence[int | None]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return score and 1-if-scored by byte value; blank, missing options and routed past count nothing."""
    score = np.zeros(_BYTE_VALUES, dtype=np.int64)
    valid = np.zeros(_BYTE_VALUES, dtype=np.int64)
    for position, value in enumerate(scores, start=1):
        if value is not None:
            score[position], valid[position] = value, 1
    return score, valid
