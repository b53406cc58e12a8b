"""Errors a person can act on: what is wrong, where it is, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared.i18n import gettext as _


class SikteError(Exception):
    """Something a person must hear about, said in their language; the command line exits with 1."""


class Refused(SikteError):
    """A rule says no.

    ``code`` is a stable word for programs (``window_closed``), ``status`` the HTTP status that fits, and
    the message says what is wrong and what to do instead.
    """

    def __init__(self, code: str, message: str, *, status: int = 409) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class NotFound(Refused):
    """What was named does not exist."""

    def __init__(self, message: str) -> None:
        super().__init__("not_found", message, status=404)


class SettingsError(SikteError):
    """The configuration cannot be used; the message names the variable and the remedy."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault of an imported file: place (rows counted from 1 with the header), problem and remedy."""

    file: str
    row: int | None
    column: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        parts = [self.file]
        if self.row is not None:
            parts.append(_("row %(number)d") % {"number": self.row})
        if self.column:
            parts.append(_("column %(name)s") % {"name": self.column})
        return f"{', '.join(parts)}: {self.problem} {self.remedy}"


class FileFaults(SikteError):
    """An import was refused whole: all the faults of its files, in reading order."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))
