"""Reads YAML written by people: every value keeps its line and path, and all faults are collected with remedies."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import yaml

from shared.errors import Fault, FileFaults
from shared.i18n import gettext as _

MAX_FILE_LENGTH = 1_000_000

_KEY = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_INTEGER = re.compile(r"[+-]?\d{1,12}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
# A plain scalar begins after one of these, so an apostrophe inside a word does not open a quotation.
_OPENERS = frozenset("{[,:")


class FaultList:
    """The faults found so far in one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._faults: list[Fault] = []

    def add(self, row: int | None, path: str, problem: str, remedy: str) -> None:
        """Note one fault at a line (counted from 1) and a path within the file."""
        self._faults.append(Fault(self.file, row, path, problem, remedy))

    def __len__(self) -> int:
        return len(self._faults)

    def raise_if_any(self) -> None:
        """Raise ``FileFaults`` with every fault, each once, in reading order, unless there are none."""
        if self._faults:
            raise FileFaults(sorted(set(self._faults), key=lambda fault: (fault.row or 0, fault.column, fault.problem)))


@dataclass(frozen=True, slots=True)
class Place:
    """A value of the file with its path; each reading method notes a fault and returns None where it cannot read."""

    node: yaml.Node
    path: str
    faults: FaultList

    @property
    def line(self) -> int:
        """The line of the file, counted from 1."""
        return int(self.node.start_mark.line) + 1

    def fault(self, problem: str, remedy: str) -> None:
        """Note a fault at this place."""
        self.faults.add(self.line, self.path, problem, remedy)

    def mapping(self, *, required: tuple[str, ...] = (), optional: tuple[str, ...] | None = ()) -> dict[str, Place]:
        """Return the values by key; ``optional=None`` takes any key. Missing, unknown and repeated keys are faults."""
        if not isinstance(self.node, yaml.MappingNode):
            self.fault(_("Keys with values are expected here."), _("Write them as key: value."))
            return {}
        found: dict[str, Place] = {}
        for key_node, value_node in self.node.value:
            key = self._key(key_node)
            if key is None:
                continue
            place = Place(value_node, f"{self.path}.{key}" if self.path else key, self.faults)
            if key in found:
                place.fault(_("%(key)s is given twice.") % {"key": key}, _("Remove one of them."))
            elif optional is not None and key not in required and key not in optional:
                place.unknown(key, (*required, *optional))
            else:
                found[key] = place
        for key in required:
            if key not in found:
                self.fault(_("%(key)s is missing.") % {"key": key}, _("Add %(key)s: with its value.") % {"key": key})
        return found

    def unknown(self, key: str, known: tuple[str, ...]) -> None:
        """Note a key that has no meaning here; one without a value is most often a text cut in two by its comma."""
        if self.is_null:
            problem = _("%(key)s stands here without a value; a text that holds a comma is cut in two inside braces.")
            remedy = _("Put the whole text in quotes.")
        else:
            problem = _("%(key)s is not known here.")
            remedy = _("Remove it or use one of: %(known)s.") % {"known": ", ".join(known)}
        self.fault(problem % {"key": key}, remedy)

    def entries(self) -> list[Place]:
        """Return the entries of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.fault(_("A list is expected here."), _("Write [a, b], or one entry per line beginning with a dash."))
            return []
        return [Place(node, f"{self.path}[{index}]", self.faults) for index, node in enumerate(self.node.value)]

    @property
    def is_mapping(self) -> bool:
        """Whether keys with values are written here."""
        return isinstance(self.node, yaml.MappingNode)

    @property
    def is_null(self) -> bool:
        """Whether nothing is written here."""
        return isinstance(self.node, yaml.ScalarNode) and self.node.style is None and self.node.value in _NULLS

    def string(self) -> str | None:
        """Return a single value exactly as written (007 stays 007), normalised to NFC and without outer spaces."""
        if not isinstance(self.node, yaml.ScalarNode) or not self.node.value.strip() or self.is_null:
            self.fault(_("A value is expected here."), _("Write one text or number, in quotes if it holds a comma."))
            return None
        return unicodedata.normalize("NFC", self.node.value).strip()

    def key(self) -> str | None:
        """Return a key: small letters a to z, digits, underscore and hyphen, beginning with a letter."""
        value = self.string()
        return value if value is not None and self.is_key(value) else None

    def is_key(self, value: str) -> bool:
        """Tell whether ``value`` is fit to be a key; if not, note a fault here."""
        if _KEY.fullmatch(value):
            return True
        self.fault(
            _("The key holds characters that are not allowed."),
            _("Use small letters a to z, digits, _ and -, a letter first, at most 64 in all."),
        )
        return False

    def one_of(self, *allowed: str) -> str | None:
        """Return a value out of a closed list."""
        value = self.string()
        if value is None or value in allowed:
            return value
        self.fault(
            _("%(value)s is not allowed here.") % {"value": value},
            _("Use one of: %(allowed)s.") % {"allowed": ", ".join(allowed)},
        )
        return None

    def boolean(self) -> bool | None:
        """Return true or false."""
        if isinstance(self.node, yaml.ScalarNode) and self.node.style is None and self.node.value in {"true", "false"}:
            return bool(self.node.value == "true")
        self.fault(_("Neither true nor false."), _("Write true or false."))
        return None

    def integer(self, minimum: int, maximum: int) -> int | None:
        """Return a whole number within limits."""
        value = self.node.value if isinstance(self.node, yaml.ScalarNode) else ""
        if _INTEGER.fullmatch(value) and minimum <= int(value) <= maximum:
            return int(value)
        self.fault(
            _("A whole number is expected here."),
            _("Write a number from %(minimum)d to %(maximum)d.") % {"minimum": minimum, "maximum": maximum},
        )
        return None

    def text(self) -> dict[str, str]:
        """Return a wording by language; Swedish, the language of record, must be there."""
        if not isinstance(self.node, yaml.MappingNode):
            self.fault(_("A wording by language is expected here."), _("Write {sv: ..., en: ...}."))
            return {}
        wording: dict[str, str] = {}
        for language, place in self.mapping(optional=None).items():
            if place.is_null or not _LANGUAGE.fullmatch(language):
                place.unknown(language, ("sv", "en"))
            elif (value := place.string()) is not None:
                wording[language] = value
        if "sv" not in wording:
            self.fault(_("The Swedish text is missing."), _("Add sv: with the Swedish wording."))
        return wording

    def _key(self, node: yaml.Node) -> str | None:
        if isinstance(node, yaml.ScalarNode):
            return unicodedata.normalize("NFC", node.value)
        Place(node, self.path, self.faults).fault(_("A key must be a word."), _("Write the key as one word."))
        return None


def read_yaml(text: str, faults: FaultList) -> Place:
    """Return the top of a YAML file; raises ``FileFaults`` when it is no YAML, empty or too large."""
    source = text.removeprefix("\ufeff")
    if len(source) > MAX_FILE_LENGTH:
        faults.add(None, "", _("The file is too large."), _("Divide it; a file may hold a million characters."))
        faults.raise_if_any()
    try:
        node = yaml.compose(source, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        _explain(error, source, faults)
        node = None
    except RecursionError:
        faults.add(None, "", _("The file is nested too deeply."), _("Remove the needless braces and brackets."))
        node = None
    faults.raise_if_any()
    if node is not None:
        return Place(node, "", faults)
    raise FileFaults([Fault(faults.file, None, "", _("The file is empty."), _("Write the definition into it."))])


def _explain(error: yaml.YAMLError, source: str, faults: FaultList) -> None:
    """Note what the parser stumbled over, and every other line with an unquoted question mark inside braces."""
    unquoted = list(_lines_to_quote(source))
    for line in unquoted:
        faults.add(
            line,
            "",
            _("A text inside braces holds an unquoted question mark."),
            _('Put the text in quotes: {sv: "Vill du?"}.'),
        )
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    row = mark.line + 1 if mark is not None else _line_of_bad_character(error, source)
    if row in unquoted:
        return
    problem = _("This cannot be read as YAML (%(reason)s).") % {"reason": _reason(error)}
    remedy = _("Check indentation, braces and colons; quote texts that hold a comma, a colon, a question mark or a #.")
    faults.add(row, "", problem, remedy)


def _reason(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError):
        return str(error.problem or error.context)
    return _("a character that YAML does not allow")


def _line_of_bad_character(error: yaml.YAMLError, source: str) -> int | None:
    position = getattr(error, "position", None)
    return source.count("\n", 0, position) + 1 if isinstance(position, int) else None


def _lines_to_quote(source: str) -> Iterator[int]:
    """Yield the lines on which a plain text inside braces or brackets holds a question mark, which ends it in YAML."""
    for number, line in enumerate(source.splitlines(), start=1):
        depth = 0
        quote: Literal["", '"', "'"] = ""
        previous = " "
        for position, character in enumerate(line):
            if quote:
                quote = "" if character == quote else quote
            elif character in "\"'" and previous in _OPENERS:
                quote = '"' if character == '"' else "'"
            elif character == "#" and (position == 0 or line[position - 1].isspace()):
                break
            elif character == "?" and depth > 0:
                yield number
                break
            depth += (character in "{[") - (character in "}]") if not quote else 0
            previous = previous if character.isspace() else character
