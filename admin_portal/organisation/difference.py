"""What a roster changes: units, groups, persons and agreements added, changed and gone, told in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.i18n import gettext as _

ADDED, CHANGED, GONE = "added", "changed", "gone"
KINDS = ("unit", "group", "person", "agreement")
ACTIVE = "active"
UNSHOWN_FIELDS = frozenset({"email", "principal_email"})


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs; ``fields`` are (name, old, new), and ``place`` the group that a person belongs to."""

    kind: str
    action: str
    key: str
    fields: tuple[tuple[str, str, str], ...] = ()
    place: str = ""

    def line(self) -> str:
        """Return the change in words; addresses are named as changed, never shown."""
        texts = {
            ("unit", ADDED): _("Unit %(key)s: added"),
            ("unit", CHANGED): _("Unit %(key)s: changed"),
            ("unit", GONE): _("Unit %(key)s: gone from the file, no longer in use"),
            ("group", ADDED): _("Group %(key)s: added"),
            ("group", CHANGED): _("Group %(key)s: changed"),
            ("group", GONE): _("Group %(key)s: gone from the file, no longer in use"),
            ("person", ADDED): _("Person %(key)s: added"),
            ("person", CHANGED): _("Person %(key)s: changed"),
            ("person", GONE): _("Person %(key)s: gone from the file, removed"),
            ("agreement", ADDED): _("Agreement of %(key)s: added"),
        }
        text = texts[self.kind, self.action] % {"key": self.key}
        details = ", ".join(_field(name, old, new) for name, old, new in self.fields)
        return f"{text} ({details})" if details else text


def _field(name: str, old: str, new: str) -> str:
    if name in UNSHOWN_FIELDS:
        return f"{name}: " + _("other than before")
    if name == ACTIVE:
        # Only a row of the file changes it, and what stands in the file is in use.
        return _("in use again")
    return f"{name}: {old or '–'} → {new or '–'}"


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes of an import, in order; ``applied`` says whether they have been made."""

    changes: tuple[Change, ...]
    warnings: tuple[str, ...] = ()
    applied: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing differs."""
        return not self.changes

    def count(self, kind: str, action: str) -> int:
        """Return how many things of one kind were added, changed or gone."""
        return sum(change.kind == kind and change.action == action for change in self.changes)

    def counts(self) -> dict[str, int]:
        """Return the numbers by ``<kind>_<action>``, those that are not zero."""
        numbers = Counter(f"{change.kind}_{change.action}" for change in self.changes)
        return dict(sorted(numbers.items()))

    def summary(self) -> str:
        """Return the whole in one line."""
        if self.empty:
            return _("Nothing differs from what is there.")
        names = {
            "unit": _("units"),
            "group": _("groups"),
            "person": _("persons"),
            "agreement": _("agreements"),
        }
        text = _("%(what)s: %(added)d added, %(changed)d changed, %(gone)d gone")
        return "; ".join(
            text
            % {
                "what": names[kind],
                "added": self.count(kind, ADDED),
                "changed": self.count(kind, CHANGED),
                "gone": self.count(kind, GONE),
            }
            for kind in KINDS
            if any(change.kind == kind for change in self.changes)
        )

    def lines(self) -> Iterator[str]:
        """Yield the changes in words; persons added or gone are counted by group: nobody reads ten thousand lines."""
        for change in self.changes:
            if change.kind != "person" or change.action == CHANGED:
                yield change.line()
        people = Counter((change.place, change.action) for change in self.changes if change.kind == "person")
        texts: Mapping[str, str] = {
            ADDED: _("Persons of %(group)s: %(number)d added"),
            GONE: _("Persons of %(group)s: %(number)d gone from the file, removed"),
        }
        for (group, action), number in people.items():
            if action in texts:
                yield texts[action] % {"group": group, "number": number}
