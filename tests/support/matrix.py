"""The permission matrix: every route of the portal, filled in for every role, and what the policy says of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask
from werkzeug.routing import Rule

from admin_portal.access.guard import OPEN, permission_of
from admin_portal.access.policy import MAY, Permission

ROLES: dict[str, tuple[str, str] | str] = {
    "officer": "officer",
    "area head": ("area_head", "Norr"),
    "principal": ("principal", "A"),
    "leadership group member": ("leadership", "A"),
    "owner representative": ("owner", "I"),
    "board reader": "board_reader",
    "auditor": "auditor",
}
UNITS_OF_ROLE = {"area head": "AB", "principal": "A", "leadership group member": "A", "owner representative": "C"}
UNITS_OF_PLACE = {
    "unit": {"A": "A", "C": "C"},
    "district": {"Norr": "AB", "Syd": "C"},
    "provider": {"K": "AB", "I": "C"},
    "": {"": ""},
}
"""The places that a route is asked for, and the units in each: of the tiny cycle, so that everybody has another's."""

KINDS = (
    (re.compile(r"^/results/.*/districts/"), "code", "district"),
    (re.compile(r"^/results/.*/providers/"), "code", "provider"),
    (re.compile(r"^/agreements/"), "code", "provider"),
    (re.compile(r"^/(units|rates|results|dialogues|measures|board)/"), "code", "unit"),
    (re.compile(r"^/(dialogues|measures)/"), "unit", "unit"),
    (re.compile(r"^/(dialogues|measures)/"), "unit_code", "unit"),
)
"""Which argument of which routes names a place, and of what kind."""


@dataclass(frozen=True)
class Case:
    """One request: a route filled in, at a place of a kind ("" for none)."""

    rule: str
    method: str
    path: str
    permission: object
    kind: str
    place: str

    def allowed(self, role: str) -> bool:
        """Whether the policy lets ``role`` in here: by the permission, and for a place only if all of it is theirs."""
        code = ROLES[role] if isinstance(ROLES[role], str) else ROLES[role][0]
        if not isinstance(self.permission, Permission) or self.permission not in MAY[str(code)]:
            return False
        within = UNITS_OF_ROLE.get(role, "ABC")
        return set(UNITS_OF_PLACE[self.kind][self.place]) <= set(within)

    def surprise(self, who: str, status: int, location: str = "") -> str:
        """Return what is wrong with an answer, or "".

        Nobody is led to the sign-in page; who is not let in gets 403, or 404 for what is not said to exist; nobody at
        all gets a server error, whatever a page thinks of an empty form or a missing cycle.
        """
        if status >= 500:
            return self.told(who, status)
        if self.permission == OPEN or (who in ROLES and self.allowed(who)):
            return self.told(who, status) if status in {401, 403} else ""
        if who not in ROLES:
            return "" if status == 303 and location.startswith("/sign-in") else self.told(who, status)
        return "" if status in {403, 404} else self.told(who, status)

    def told(self, who: str, status: int) -> str:
        """Return the case with its answer, for the list of surprises."""
        return f"{who}: {self.method} {self.path} ({self.permission}) gave {status}"


class Unfilled(AssertionError):
    """A route has an argument that the matrix cannot fill: name it in ``KINDS`` or in the values of the test."""


def cases(app: Flask, values: dict[str, str]) -> Iterator[Case]:
    """Yield each route with each method at each place; raises ``Unfilled`` with those that it cannot fill."""
    unfilled: list[str] = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if rule.endpoint == "static_file":
            continue
        kind, argument = _kind(rule)
        for place in UNITS_OF_PLACE[kind]:
            given = {name: _value(rule, name, values) for name in rule.arguments} | ({argument: place} if kind else {})
            lacking = sorted(name for name, value in given.items() if not value)
            if lacking:
                unfilled.append(f"{rule.rule}: {', '.join(lacking)}")
                continue
            _domain, path = rule.build(_converted(rule, given)) or ("", "")
            permission = permission_of(app.view_functions[rule.endpoint])
            for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}):
                yield Case(rule.rule, method, path, permission, kind, place)
    if unfilled:
        raise Unfilled("; ".join(unfilled))


def _value(rule: Rule, name: str, values: dict[str, str]) -> str:
    """Return the value of an argument: ``cycles.key`` goes before ``key``, since each part has keys of its own."""
    part = rule.rule.split("/")[1]
    return values.get(f"{part}.{name}", values.get(name, ""))


def _kind(rule: Rule) -> tuple[str, str]:
    for pattern, argument, kind in KINDS:
        if argument in rule.arguments and pattern.match(rule.rule):
            return kind, argument
    return "", ""


def _converted(rule: Rule, given: dict[str, str]) -> dict[str, object]:
    return {name: int(value) if value.isdecimal() else value for name, value in given.items()}
