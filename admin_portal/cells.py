"""Reads the cells of one row as codes, words, numbers, dates and addresses, noting a fault for each that is none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from admin_portal.files import Faults, Row
from shared.i18n import gettext as _

CODE_LENGTH = 50
NAME_LENGTH = 200
WORD_LENGTH = 20
MAX_HEADCOUNT = 100_000

_FORMULA_STARTS = ("=", "+", "@", "＝", "＋", "＠", "－")  # noqa: RUF001  Excel reads full-width forms too
_NUMBER = re.compile(r"(-?)(\d{1,12})(?:[.,](\d{1,12}))?", re.ASCII)
_EMAIL = re.compile(r"[^@\s,;:<>()\[\]\"\\|]+@[^@\s,;:<>()\[\]\"\\|.]+(?:\.[^@\s,;:<>()\[\]\"\\|.]+)+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}", re.ASCII)
_MAX_LANGUAGE_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Cells:
    """One row with the list that its faults go to; a method that cannot read notes a fault and gives an empty value."""

    file: str
    row: Row
    faults: Faults

    def fault(self, column: str, problem: str, remedy: str) -> None:
        """Note a fault in a column of this row."""
        self.faults.add(self.file, self.row.number, column, problem, remedy)

    def name(self, column: str, *, required: bool = False, limit: int = NAME_LENGTH) -> str:
        """Return a text of people: within the limit, without control characters, and no spreadsheet formula."""
        value = unicodedata.normalize("NFC", self.row[column])
        if not value:
            if required:
                self.fault(column, _("The cell is empty."), _("Fill it in."))
            return ""
        if len(value) > limit:
            problem = _("The text is longer than %(limit)d characters.") % {"limit": limit}
            self.fault(column, problem, _("Shorten it."))
        elif any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in value):
            self.fault(column, _("The text holds a line break or a control character."), _("Write it on one line."))
        elif value.startswith(_FORMULA_STARTS) or (value.startswith("-") and len(value) > 1):
            # Written out again it would run as a formula in the spreadsheet of whoever opens the file.
            self.fault(column, _("The text begins with =, +, - or @, as a formula does."), _("Begin it otherwise."))
        else:
            return value
        return ""

    def code(self, column: str, *, required: bool = True, limit: int = CODE_LENGTH) -> str:
        """Return a code or reference: a name without ``|``, which separates values elsewhere."""
        value = self.name(column, required=required, limit=limit)
        if "|" in value:
            self.fault(column, _("The code holds a |."), _("Leave it out."))
            return ""
        return value

    def word(self, column: str, allowed: Sequence[str]) -> str:
        """Return a word out of a closed list."""
        value = self.row[column].casefold()
        if value in allowed:
            return value
        shown = self.row[column][:WORD_LENGTH]
        problem = _("%(value)s is not allowed.") % {"value": shown} if shown else _("The cell is empty.")
        self.fault(column, problem, _("Use one of: %(allowed)s.") % {"allowed": ", ".join(allowed)})
        return ""

    def headcount(self, column: str) -> int:
        """Return a whole number from 0; ``25``, ``25.0`` and ``25,0`` are the same."""
        match = _NUMBER.fullmatch(self.row[column])
        if match is None:
            problem = _("The headcount is not a number.") if self.row[column] else _("The cell is empty.")
        elif match[1]:
            problem = _("The headcount is negative.")
        elif (match[3] or "").strip("0"):
            problem = _("The headcount is not a whole number.")
        elif int(match[2]) > MAX_HEADCOUNT:
            problem = _("The headcount is larger than %(limit)d.") % {"limit": MAX_HEADCOUNT}
        else:
            return int(match[2])
        self.fault(column, problem, _("Write the number of people in the group with digits, for example 25."))
        return 0

    def boolean(self, column: str, *, required: bool = False) -> bool:
        """Return true or false; an empty cell is false where it may be empty."""
        value = self.row[column].casefold()
        if value not in {"true", "false"} and (value or required):
            problem = _("Neither true nor false.") if value else _("The cell is empty.")
            self.fault(column, problem, _("Write true or false."))
        return value == "true"

    def email(self, column: str) -> str:
        """Return an e-mail address, or an empty text."""
        value = self.row[column]
        if not value or (_EMAIL.fullmatch(value) and len(value) <= NAME_LENGTH and value.isprintable()):
            return value
        self.fault(
            column, _("This is no e-mail address."), _("Write one address, for example a.b@example.se, or none.")
        )
        return ""

    def language(self, column: str) -> str:
        """Return a language tag such as ``sv`` or ``zh-Hant``, or an empty text."""
        value = self.row[column]
        if not value or (_LANGUAGE.fullmatch(value) and len(value) <= _MAX_LANGUAGE_LENGTH):
            return value
        self.fault(column, _("This is no language code."), _("Write a code such as sv, en or ar, or leave it empty."))
        return ""

    def day(self, column: str) -> date | None:
        """Return a date, or None for an empty cell."""
        value = self.row[column]
        if not value:
            return None
        with suppress(ValueError):
            if _DATE.fullmatch(value):
                return date.fromisoformat(value)
        self.fault(column, _("This is no date."), _("Write year-month-day, for example 2026-08-01."))
        return None
