"""Reads CSV files as people make them and collects every fault with file, row, column and remedy."""

from __future__ import annotations

import csv
import io
import os
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from shared.errors import Fault, FileFaults, Refused
from shared.i18n import gettext as _

MAX_FILE_BYTES = 100_000_000
MAX_COLUMNS = 2_000
DELIMITERS = ",;\t"

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_ZIP_MARK = b"PK\x03\x04"
_SEPARATOR_HINT = "sep="
"""Some spreadsheets write ``sep=;`` above the header."""


class Faults:
    """The faults of one import, over all its files."""

    def __init__(self) -> None:
        self._faults: list[tuple[int, Fault]] = []
        self._files: dict[str, int] = {}

    def add(self, file: str, row: int | None, column: str, problem: str, remedy: str) -> None:
        """Note a fault: its place, what is wrong and how to mend it."""
        position = self._files.setdefault(file, len(self._files))
        self._faults.append((position, Fault(file, row, column, problem, remedy)))

    def extend(self, faults: Sequence[Fault]) -> None:
        """Take over faults that were found elsewhere."""
        for fault in faults:
            self.add(fault.file, fault.row, fault.column, fault.problem, fault.remedy)

    def __bool__(self) -> bool:
        return bool(self._faults)

    def __len__(self) -> int:
        return len(self._faults)

    def raise_if_any(self) -> None:
        """Raise ``FileFaults`` with all faults, each once, file by file in reading order, unless there are none."""
        if self._faults:
            unique = dict.fromkeys(self._faults)
            ordered = sorted(unique, key=lambda entry: (entry[0], entry[1].row or 0))
            raise FileFaults(fault for _position, fault in ordered)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its number as a spreadsheet counts (the header is 1) and its cells by column."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file read: known columns found, rows, and columns that have no meaning here."""

    file: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    unknown: tuple[str, ...] = ()

    def warnings(self) -> list[str]:
        """Return a line for each column that was not used."""
        text = _("%(file)s: column %(column)s is not known and was not read.")
        return [text % {"file": self.file, "column": column} for column in self.unknown]


def read_bytes(path: Path) -> bytes:
    """Return a file's content; raises ``Refused`` when it cannot be read or is too large."""
    try:
        if path.is_dir():
            text = _("%(file)s is a folder. Name a file.")
            raise Refused("not_a_file", text % {"file": path.name})
        if path.stat().st_size > MAX_FILE_BYTES:
            raise too_large(path.name)
        return path.read_bytes()
    except FileNotFoundError as error:
        raise Refused("no_such_file", _("There is no file %(file)s.") % {"file": path}, status=404) from error
    except OSError as error:
        text = _("%(file)s cannot be read (%(reason)s).")
        raise Refused("unreadable_file", text % {"file": path, "reason": error.strerror}) from error


def too_large(file: str) -> Refused:
    """Return the refusal of a file above the limit."""
    text = _("%(file)s is larger than %(limit)d MB. Divide it.")
    return Refused("file_too_large", text % {"file": file, "limit": MAX_FILE_BYTES // 1_000_000})


def decode(content: bytes, file: str, faults: Faults, *, remedy: str) -> str | None:
    """Return the text of a UTF-8 file, with or without a mark; notes a fault and returns None for anything else."""
    if content.startswith(_ZIP_MARK):
        faults.add(file, None, "", _("This is a spreadsheet or an archive, not text."), remedy)
        return None
    if content.startswith(_UTF16_MARKS):
        faults.add(file, None, "", _("The file is encoded as UTF-16."), remedy)
        return None
    zero = content.find(b"\0")
    if zero >= 0:
        row = content.count(b"\n", 0, zero) + 1
        faults.add(file, row, "", _("The file holds zero bytes, so it is not plain text."), remedy)
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        faults.add(file, row, "", _("The file is not encoded as UTF-8 (perhaps as Latin-1 or Windows-1252)."), remedy)
        return None


def read_table(
    content: bytes, file: str, faults: Faults, *, required: Sequence[str], optional: Sequence[str] | None
) -> Table:
    """Return the rows of a CSV file; ``optional=None`` keeps every further column.

    Encoding, delimiter (comma, semicolon or tab) and a byte order mark are detected, header names trimmed and taken
    without regard to case. Faults are noted; a table whose header is wrong has no rows.
    """
    remedy = _("Save it as CSV UTF-8 (in a spreadsheet: Save as, CSV UTF-8).")
    text = decode(content, file, faults, remedy=remedy)
    if text is None:
        return Table(file, (), ())
    known = (*required, *(optional or ()))
    records = _records(text, file, faults, known)
    header = next(records, None)
    if header is None:
        if not faults:
            faults.add(file, None, "", _("The file is empty."), _("Give a header row and the rows below it."))
        return Table(file, (), ())
    number, names = header
    columns = _header(names, known)
    if optional is None:
        # Further columns are keys of items and segments, which are in small letters.
        columns = [column.casefold() for column in columns]
    if not _check_header(file, number, columns, required, faults):
        return Table(file, (), ())
    wanted = [column if optional is None or column in known else "" for column in columns]
    rows = tuple(_rows(records, wanted, file, faults))
    unknown = tuple(column for column, use in zip(columns, wanted, strict=True) if column and not use)
    return Table(file, tuple(column for column in wanted if column), rows, unknown)


def _records(text: str, file: str, faults: Faults, known: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the records that hold anything, numbered from 1 as a spreadsheet shows them."""
    delimiter = _delimiter(text, known)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            record = next(reader, None)
        except csv.Error:
            problem = _("The row cannot be read: a quotation mark is not closed, or stands inside a cell.")
            faults.add(
                file, number, "", problem, _('Put the cell in quotes and double each quote inside: "a ""b"" c".')
            )
            return
        if record is None:
            return
        is_hint = number == 1 and len(record) <= 2 and record[:1] and record[0].lower().startswith(_SEPARATOR_HINT)  # noqa: PLR2004  "sep=," is cut in two by its own comma
        if any(cell.strip() for cell in record) and not is_hint:
            yield number, record


def _delimiter(text: str, known: Sequence[str]) -> str:
    """Return the delimiter under which the header shows most known names, and then most columns."""
    lines = (line for line in text.splitlines() if line.strip())
    header = next((line for line in lines if not line.lower().startswith(_SEPARATOR_HINT)), "")

    def fit(delimiter: str) -> tuple[int, int]:
        try:
            cells = next(csv.reader([header], delimiter=delimiter), [])
        except csv.Error:
            return 0, 0
        return sum(name in known for name in _header(cells, known)), len(cells)

    return max(DELIMITERS, key=fit)


def _header(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return the column names without outer spaces, in the case of the format where they are known."""
    spelling = {name.casefold(): name for name in known}
    trimmed = (unicodedata.normalize("NFC", name).strip() for name in names)
    return [spelling.get(name.casefold(), name) for name in trimmed]


def _check_header(file: str, number: int, columns: Sequence[str], required: Sequence[str], faults: Faults) -> bool:
    missing = [column for column in required if column not in columns]
    for column in missing:
        found = ", ".join(name for name in columns if name)
        remedy = _("Add the column to the header. Found: %(found)s.") % {"found": found[:500]}
        faults.add(file, number, column, _("The column is missing."), remedy)
    twice = sorted({column for column in columns if column and columns.count(column) > 1})
    for column in twice:
        faults.add(
            file, number, column, _("The column stands twice in the header."), _("Remove or rename one of them.")
        )
    too_many = len(columns) > MAX_COLUMNS
    if too_many:
        problem = _("The file has more than %(limit)d columns.") % {"limit": MAX_COLUMNS}
        faults.add(file, number, "", problem, _("Remove those that are not needed."))
    return not (missing or twice or too_many)


def _rows(records: Iterator[tuple[int, list[str]]], columns: Sequence[str], file: str, faults: Faults) -> Iterator[Row]:
    width = len(columns)
    for number, record in records:
        if len(record) < width or any(cell.strip() for cell in record[width:]):
            problem = _("The row has %(found)d cells, the header %(width)d.") % {"found": len(record), "width": width}
            remedy = _(
                "Give each column a cell, an empty one if need be, and put cells that hold a delimiter in quotes."
            )
            faults.add(file, number, "", problem, remedy)
            continue
        # A row longer than the header by empty cells is what spreadsheets write; nothing is lost by leaving them out.
        yield Row(number, {column: cell.strip() for column, cell in zip(columns, record, strict=False) if column})


def check_writable(path: Path) -> None:
    """Raise ``Refused`` when no file can be written at ``path``: to be asked before anything is done for its sake."""
    folder = path.parent
    if path.is_dir():
        text = _("%(path)s is a folder. Name a file.")
    elif not folder.is_dir():
        text = _("%(path)s cannot be written: there is no folder %(folder)s. Make it, or choose another place.")
    elif not os.access(folder, os.W_OK | os.X_OK):
        text = _("%(path)s cannot be written: you may not write in %(folder)s. Choose another place.")
    else:
        return
    raise Refused("cannot_write", text % {"path": path, "folder": folder})


def write_atomically(path: Path, content: str, *, owner_only: bool = False) -> bool:
    """Write a text file whole or not at all; returns whether it replaced one. Raises ``Refused`` when it cannot.

    ``owner_only`` creates it readable by nobody else from its first byte.
    """
    replaced = path.exists()
    temporary = path.with_name(f".{path.name}.{token_hex(6)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if owner_only else 0o666)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        text = _("%(path)s cannot be written (%(reason)s). Choose another place.")
        raise Refused("cannot_write", text % {"path": path, "reason": error.strerror}) from error
    return replaced
