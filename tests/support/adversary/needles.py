"""Byte search: where in all files stand answers, codes and keys that should not be there?"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from tests.support.adversary.population import MARK

_PREFIX = 8
_BLOCK = 8192
_TABLE_BITS = 20
_MIX = np.uint64(0x9E3779B97F4A7C15)


class Needles:
    """Thousands of exact byte strings of eight bytes or more, looked for at every offset at once."""

    def __init__(self, named: dict[bytes, str]) -> None:
        self._named = named
        self._lengths = sorted({len(needle) for needle in named})
        heads = [needle[:_PREFIX] for needle in named]
        self._prefixes = np.unique(np.frombuffer(b"".join(heads), dtype=np.uint64))
        self._table = np.zeros(1 << _TABLE_BITS, dtype=np.bool_)
        self._table[_mixed(self._prefixes)] = True

    def find(self, content: bytes) -> Iterator[tuple[int, str]]:
        """Yield the offset and the name of each needle in ``content``."""
        for shift in range(min(_PREFIX, len(content))):
            words = np.frombuffer(content, dtype=np.uint64, offset=shift, count=max(0, len(content) - shift) // _PREFIX)
            likely = np.flatnonzero(self._table[_mixed(words)] & (words != 0))
            place = np.searchsorted(self._prefixes, words[likely]).clip(max=len(self._prefixes) - 1)
            for word in likely[self._prefixes[place] == words[likely]].tolist():
                yield from self._at(content, word * _PREFIX + shift)

    def _at(self, content: bytes, offset: int) -> Iterator[tuple[int, str]]:
        for length in self._lengths:
            name = self._named.get(content[offset : offset + length])
            if name is not None:
                yield offset, name


def _mixed(words: np.ndarray) -> np.ndarray:
    return (words * _MIX) >> np.uint64(64 - _TABLE_BITS)


def spellings(secret: bytes) -> Iterator[bytes]:
    """Yield the ways a key may be written down: raw, hexadecimal, base64 of both alphabets."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    yield base64.b64encode(secret)[:40]
    yield base64.urlsafe_b64encode(secret)[:40]


def disguises(mark: str = MARK) -> tuple[bytes, ...]:
    """Return the mark in every spelling but its own: hexadecimal, base64 at each offset, UTF-16, reversed, capitals."""
    plain = mark.encode()
    forms = {plain.hex().encode(), plain.hex().upper().encode(), mark.encode("utf-16-le"), plain[::-1], plain.upper()}
    for shift in range(3):
        # Only the symbols that depend on no neighbouring byte.
        first, last = -(-shift * 4 // 3), (shift + len(plain)) * 4 // 3
        forms.add(base64.b64encode(bytes(shift) + plain + bytes(3))[first:last])
    return tuple(sorted(forms))


def occurrences(content: bytes, wanted: bytes) -> Iterator[int]:
    """Yield where ``wanted`` stands; faster by far than a pattern of several literals."""
    at = content.find(wanted)
    while at >= 0:
        yield at
        at = content.find(wanted, at + 1)


def different_pieces(folders: Iterable[Path]) -> Iterator[tuple[Path, int, bytes]]:
    """Yield what the files below ``folders`` hold, as (file, offset, content), leaving out empty and repeated blocks.

    A block that stands in several files is told of the first one: give the folders in order of time.
    """
    seen: set[bytes] = {_digest(bytes(_BLOCK))}
    for path in (path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()):
        content = path.read_bytes()
        begin = 0
        for start in range(0, len(content) + _BLOCK, _BLOCK):
            digest = _digest(content[start : start + _BLOCK])
            if start < len(content) and digest not in seen:
                seen.add(digest)
                continue
            if begin < start:
                yield path, begin, content[begin:start]
            begin = start + _BLOCK


def _digest(block: bytes) -> bytes:
    return hashlib.blake2b(block, digest_size=16).digest()
