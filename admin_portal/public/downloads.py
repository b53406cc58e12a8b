"""The published rows as files: CSV with point or comma, JSON; packed while they are written, however many there are."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

COLUMNS = (
    *("cycle", "release", "audience", "level", "node_code", "node_name", "segment", "segment_value"),
    *("respondent", "questionnaire", "battery", "area", "item", "invited", "answered", "response_rate"),
    *("n", "n_dont_know", "n_blank", "index", "index_low", "index_high"),
    *("share_positive", "share_low", "share_high", "distribution", "weighting", "definition"),
    *("compare_to", "difference", "difference_low", "difference_high", "certain", "status", "reason"),
)
"""The columns of the published format, written out here: public pages know nothing of the results behind them."""

CSV, SWEDISH_CSV, JSON = ".csv", "-sv.csv", ".json"
CSV_TYPE, JSON_TYPE = "text/csv; charset=utf-8", "application/json"

_GZIP = 31
"""zlib's window of 2^15 with a gzip header, whose time is always 0: the same content gives the same bytes."""

_LEVEL = 6
"""zlib's own: level 9 makes the site three per cent smaller and takes half as long again."""

_BATCH = 200
_JSON_ROW = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Packed:
    """A file of the site: the SHA-256 of its content, its type, its gzip-compressed body and its plain size."""

    id: str
    media_type: str
    body: bytes
    size: int


class _Packing:
    """A file while it is written: its pieces are never in memory together."""

    def __init__(self, media_type: str) -> None:
        self._media_type = media_type
        self._digest, self._packer, self._size = hashlib.sha256(), zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP), 0
        self._body = bytearray()

    def add(self, piece: bytes) -> None:
        """Write a piece."""
        self._digest.update(piece)
        self._body += self._packer.compress(piece)
        self._size += len(piece)

    def packed(self) -> Packed:
        """Return the file, which is complete."""
        self._body += self._packer.flush()
        return Packed(self._digest.hexdigest(), self._media_type, bytes(self._body), self._size)


def pack(media_type: str, pieces: Iterable[bytes]) -> Packed:
    """Return the file of these pieces, which are never in memory together."""
    packing = _Packing(media_type)
    for piece in pieces:
        packing.add(piece)
    return packing.packed()


def rows_files(rows: Iterable[dict[str, Any]]) -> Iterator[tuple[str, Packed]]:
    """Yield ending and file for each format of the rows, which are read once."""
    csv_files = [(_Csv(swedish=swedish), _Packing(CSV_TYPE)) for swedish in (False, True)]
    json_rows, before = _Packing(JSON_TYPE), "[\n"
    for some in _batches(rows):
        for writer, packing in csv_files:
            packing.add(writer.text_of(some))
        json_rows.add((before + ",\n".join(map(_json_row, some))).encode())
        before = ",\n"
    json_rows.add(b"\n]\n" if before == ",\n" else b"[]\n")
    for ending, (writer, packing) in zip((CSV, SWEDISH_CSV), csv_files, strict=True):
        packing.add(writer.text_of(()))
        yield ending, packing.packed()
    yield JSON, json_rows.packed()


class _Csv:
    """Rows as CSV: comma and point, or for Swedish spreadsheets semicolon and decimal comma behind a mark."""

    def __init__(self, *, swedish: bool) -> None:
        self._target = io.StringIO()
        self._writer = csv.writer(self._target, delimiter=";" if swedish else ",", lineterminator="\n")
        self._written = _WRITTEN_SWEDISH if swedish else _WRITTEN
        if swedish:
            self._target.write("\ufeff")
        self._writer.writerow(COLUMNS)

    def text_of(self, rows: Sequence[dict[str, Any]]) -> bytes:
        """Return the lines of ``rows``, the first time with the head before them."""
        written = self._written
        for row in rows:
            cells = map(row.get, COLUMNS)
            self._writer.writerow([written[type(cell)](cell) if type(cell) in written else cell for cell in cells])
        text = self._target.getvalue()
        self._target.seek(0)
        self._target.truncate()
        return text.encode()


def _json_row(row: dict[str, Any]) -> str:
    return _JSON_ROW.encode({column: row.get(column) for column in COLUMNS})


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    source = iter(rows)
    while some := list(islice(source, _BATCH)):
        yield some


def json_file(content: Sequence[Any]) -> Packed:
    """Return a JSON file to be read by people too."""
    return pack(JSON_TYPE, [json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode(), b"\n"])


def _boolean(value: object) -> str:
    return "true" if value else "false"


def _structure(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _comma(value: object) -> str:
    return str(value).replace(".", ",")


_WRITTEN: dict[type, Callable[[object], str]] = {bool: _boolean, dict: _structure, list: _structure}
_WRITTEN_SWEDISH = {**_WRITTEN, float: _comma}
"""What the csv module does not write as the format has it; nothing there it writes as nothing."""
