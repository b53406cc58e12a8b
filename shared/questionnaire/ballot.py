"""The plaintext of a ballot: a fixed layout of bytes per questionnaire, so that ballots are counted column by column.

Layout, version 1::

    1 byte            format version
    1 byte            per breakdown, in sorted order of names: 0 unknown, i = the i-th value, counted from 1
    per item in order, notes left out:
      choice          1 byte: 0 blank, i = the i-th option, 255 routed past
      multiple        1 state byte, then one bit per option, least significant bit of the first byte first
      number          1 state byte, then 4 bytes, big-endian, two's complement
      text            1 state byte
    per answered text in item order: 2 bytes big-endian length, UTF-8
    zeros up to the size class

A state byte is 0 blank, 1 answered, 255 routed past; what follows it is zero unless answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.errors import Refused
from shared.i18n import gettext as _
from shared.questionnaire.definition import MAX_OPTIONS, Answer, Answers, Context, Item, Questionnaire
from shared.questionnaire.routing import with_routing

FORMAT_VERSION = 1
BLANK = 0
ANSWERED = 1
ROUTED_PAST = 255
SIZE_CLASSES = (64, 256, 1024, 4096, 16384, 65536)

_LENGTH_BYTES = 2
_NUMBER_BYTES = 4
_BYTES_PER_CHARACTER = 4


@dataclass(frozen=True, slots=True)
class Column:
    """Where one breakdown or item lies: ``width`` bytes from ``offset``; ``options`` are the codes bytes stand for.

    ``kind`` is ``segment``, ``choice``, ``multiple``, ``number`` or ``text``.
    """

    key: str
    kind: str
    offset: int
    width: int
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DecodedBallot:
    """A ballot read back: known segment values, answers, and the keys of items the respondent was not asked."""

    segments: dict[str, str]
    answers: Answers
    routed_past: frozenset[str]


class Layout:
    """The bytes of every ballot of one questionnaire with its breakdowns (name to values).

    ``columns`` lie in order within the first ``fixed_length`` bytes; ``size`` is the length of every ballot. Raises
    ``Refused`` when a breakdown or scale has more than 250 values or the longest possible ballot fits no size class.
    """

    def __init__(self, questionnaire: Questionnaire, breakdowns: Mapping[str, tuple[str, ...]]) -> None:
        self._questionnaire = questionnaire
        self._items = {item.key: item for item in questionnaire.items if item.type != "note"}
        columns: list[Column] = []
        offset = 1
        for name in sorted(breakdowns):
            columns.append(Column(name, "segment", offset, 1, tuple(breakdowns[name])))
            offset += 1
        for item in self._items.values():
            columns.append(_item_column(item, offset))
            offset += columns[-1].width
        _refuse_many_options(columns)
        self.columns = tuple(columns)
        self.fixed_length = offset
        self.size = self._size_class()

    def encode(self, answers: Mapping[str, Answer], segment_values: Mapping[str, str], context: Context) -> bytes:
        """Return the ballot of checked answers (``check_answers``), padded to ``size``.

        A segment value outside the breakdown's values is written as unknown. Raises ``ValueError``, never with content,
        when an answer does not fit its item.
        """
        plain = bytearray(self.fixed_length)
        plain[0] = FORMAT_VERSION
        asked = {item.key for item, is_asked in with_routing(self._questionnaire, answers, context) if is_asked}
        tail = bytearray()
        for column in self.columns:
            place = slice(column.offset, column.offset + column.width)
            if column.kind == "segment":
                plain[column.offset] = _position(column, segment_values.get(column.key, ""))
            elif column.key not in asked:
                plain[column.offset] = ROUTED_PAST
            elif column.key in answers:
                plain[place] = _encode_answer(column, answers[column.key])
                if column.kind == "text":
                    tail += _encode_text(answers[column.key])
        if self.fixed_length + len(tail) > self.size:
            raise ValueError(_MALFORMED)
        return bytes(plain + tail).ljust(self.size, b"\0")

    def decode(self, plain: bytes) -> DecodedBallot:
        """Return what a ballot says; raises ``ValueError``, without content, for anything ``encode`` cannot write."""
        texts = self.texts(plain)
        segments: dict[str, str] = {}
        answers: Answers = {}
        routed_past: set[str] = set()
        for column in self.columns:
            cell = plain[column.offset : column.offset + column.width]
            if column.kind == "segment":
                if cell[0]:
                    segments[column.key] = _option_at(column, cell[0])
            elif cell[0] in {BLANK, ROUTED_PAST}:
                _require(not any(cell[1:]))
                if cell[0] == ROUTED_PAST:
                    routed_past.add(column.key)
            else:
                answers[column.key] = _decode_answer(column, cell, texts)
        return DecodedBallot(segments, answers, frozenset(routed_past))

    def texts(self, plain: bytes) -> dict[str, str]:
        """Return the free texts of a ballot by item; raises ``ValueError``, never with content, when malformed."""
        _require(len(plain) == self.size and plain[0] == FORMAT_VERSION)
        found: dict[str, str] = {}
        at = self.fixed_length
        for column in self.columns:
            if column.kind != "text" or plain[column.offset] != ANSWERED:
                continue
            length = int.from_bytes(plain[at : at + _LENGTH_BYTES], "big")
            at += _LENGTH_BYTES
            _require(0 < length <= self.size - at)
            found[column.key] = _decode_text(plain[at : at + length], self._items[column.key].max_length)
            at += length
        _require(not any(plain[at:]))
        return found

    def _size_class(self) -> int:
        longest = self.fixed_length + sum(
            _LENGTH_BYTES + _BYTES_PER_CHARACTER * item.max_length
            for item in self._items.values()
            if item.type == "text"
        )
        for size in SIZE_CLASSES:
            if longest <= size:
                return size
        raise Refused(
            "ballot_too_large",
            _(
                "A ballot of questionnaire %(key)s could take %(longest)d bytes, more than %(limit)d. "
                "Give its text items a shorter max_length, or use fewer of them."
            )
            % {"key": self._questionnaire.key, "longest": longest, "limit": SIZE_CLASSES[-1]},
        )


# One message for all: what exactly is wrong with a ballot could say something about its content.
_MALFORMED = "The ballot is malformed."


def _require(condition: bool) -> None:  # noqa: FBT001 - reads as an assertion
    if not condition:
        raise ValueError(_MALFORMED)


def _item_column(item: Item, offset: int) -> Column:
    options = tuple(option.code for option in item.options)
    widths = {"choice": 1, "multiple": 1 + (len(options) + 7) // 8, "number": 1 + _NUMBER_BYTES, "text": 1}
    return Column(item.key, item.type, offset, widths[item.type], options)


def _refuse_many_options(columns: list[Column]) -> None:
    for column in columns:
        if len(column.options) > MAX_OPTIONS:
            raise Refused(
                "too_many_options",
                _("%(key)s has more than %(limit)d values. Divide them into fewer.")
                % {"key": column.key, "limit": MAX_OPTIONS},
            )


def _position(column: Column, code: str) -> int:
    return column.options.index(code) + 1 if code in column.options else BLANK


def _encode_answer(column: Column, answer: Answer) -> bytes:
    if column.kind == "choice" and isinstance(answer, str):
        position = _position(column, answer)
        _require(position > 0)
        return bytes([position])
    if column.kind == "multiple" and isinstance(answer, tuple):
        _require(bool(answer) and set(answer) <= set(column.options))
        bits = sum(1 << (_position(column, code) - 1) for code in set(answer))
        return bytes([ANSWERED]) + bits.to_bytes(column.width - 1, "little")
    if column.kind == "number" and isinstance(answer, int):
        _require(-(2**31) <= answer < 2**31)
        return bytes([ANSWERED]) + answer.to_bytes(_NUMBER_BYTES, "big", signed=True)
    _require(column.kind == "text" and isinstance(answer, str) and bool(answer))
    return bytes([ANSWERED])


def _encode_text(answer: Answer) -> bytes:
    encoded = str(answer).encode("utf-8")
    _require(len(encoded) < 1 << (8 * _LENGTH_BYTES))
    return len(encoded).to_bytes(_LENGTH_BYTES, "big") + encoded


def _decode_text(encoded: bytes, max_length: int) -> str:
    try:
        text = encoded.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    # Outside the handler: a decoding error carries the bytes, and must not travel along as the cause.
    _require(0 < len(text) <= max_length)
    return text


def _option_at(column: Column, position: int) -> str:
    _require(0 < position <= len(column.options))
    return column.options[position - 1]


def _decode_answer(column: Column, cell: bytes, texts: Mapping[str, str]) -> Answer:
    if column.kind == "choice":
        return _option_at(column, cell[0])
    _require(cell[0] == ANSWERED)
    if column.kind == "text":
        return texts[column.key]
    if column.kind == "number":
        return int.from_bytes(cell[1:], "big", signed=True)
    bits = int.from_bytes(cell[1:], "little")
    _require(0 < bits < 1 << len(column.options))
    return tuple(code for position, code in enumerate(column.options) if bits >> position & 1)
