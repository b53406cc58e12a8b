"""What an operator holds of either database, and the attacks that need no more than that."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, text

from shared.database.questionnaires import load
from shared.model.urn import ballot_context, box_key_context
from shared.questionnaire.ballot import Layout
from shared.sealing.boxes import KEY_BYTES, NONCE_BYTES, BoxKey, CannotOpen, open_from
from shared.sealing.tokens import derive_key
from tests.support.adversary.attacks import Evidence, Row, within_cells
from tests.support.adversary.population import MARK, PEPPER, RATINGS, SECRET_KEY, SERIAL_LENGTH, World, unit_numbers

SERIAL = re.compile(MARK.encode() + rb"[abd][a-z2-7]{16}")
TABLES = ("code", "ballot", "draft", "box_key", "seal_group", "free_text", "block", "event", "delivery", "audit_entry")


@dataclass(slots=True)
class Snapshot:
    """All rows of the tables that matter, system columns among them, at one moment."""

    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def by(self, table: str, key: str) -> dict[Any, dict[str, Any]]:
        """Return the rows of a table by one column."""
        return {row[key]: row for row in self.tables[table]}


def read_tables(connection: Connection, *, system: bool) -> Snapshot:
    """Read the tables; ``system`` adds xmin, xmax and ctid (as page and line numbers)."""
    extra = ", xmin::text::bigint AS xmin, xmax::text::bigint AS xmax, ctid::text AS ctid" if system else ""
    snapshot = Snapshot()
    for table in TABLES:
        rows = connection.execute(text(f"SELECT *{extra} FROM {table}")).mappings()  # noqa: S608  fixed names
        snapshot.tables[table] = [_plain(dict(row)) for row in rows]
    return snapshot


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    for name, value in row.items():
        if name == "ctid":
            row[name] = tuple(int(part) for part in value.strip("()").split(","))
        elif name in {"id", "code_id", "box_key_id"} and isinstance(value, str):
            row[name] = UUID(value)
        elif isinstance(value, memoryview):
            row[name] = bytes(value)
    return row


@dataclass(slots=True)
class Holdings:
    """Snapshots by moment (mid, closed, counted, after), and who owns which sealed box as far as the files tell."""

    world: World
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    box_owner: dict[UUID, int] = field(default_factory=dict)
    """Person by ballot id: what equal transaction numbers or equal commits give away, by design."""

    def evidence(self) -> Evidence:
        """Return the attacks that both databases allow; each database adds its own orders."""
        casters = self.world.casters
        evidence = Evidence({person.number: person.group for person in casters})
        _add_rows(self, evidence)
        _add_person_orders(self, evidence)
        evidence.guesses["equal identifiers"] = dict(_equal_identifiers(self, evidence))
        evidence.guesses["boxes in clear"] = dict(self.carved(_boxes(self)))
        evidence.guesses["all remaining secrets"] = dict(self.carved(_opened(self)))
        evidence.guesses["events, deliveries and audit"] = dict(_named_by_events(self, evidence))
        evidence.guesses["slices"] = _by_slice(self, evidence)
        evidence.box_owners_known = len(self.box_owner) / max(1, len(casters))
        return evidence

    def carved(self, contents: Iterable[tuple[int, bytes]]) -> Iterator[tuple[Row, int]]:
        """Yield the serials found in contents of known persons."""
        for person, content in contents:
            for found in SERIAL.finditer(content):
                yield found.group().decode(), person

    def ballots(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the ballots whose owner is known, at their last moment in the urn."""
        for row in self.snapshots["closed"].tables["ballot"]:
            if row["id"] in self.box_owner:
                yield self.box_owner[row["id"]], row


def _add_rows(self: Holdings, evidence: Evidence) -> None:
    """Name the truth, and the orders in which the counted rows can be read."""
    after = self.snapshots["after"]
    first = {str(person.answers["first"])[:SERIAL_LENGTH]: person.number for person in self.world.casters}
    second = {str(person.answers["second"]): person.number for person in self.world.casters}
    orders: dict[str, dict[Row, Any]] = {name: {} for name in ("first: id", "first: length", "second: id")}
    for row in after.tables["free_text"]:
        kind, key = row["item_key"], row["body"][:SERIAL_LENGTH]
        evidence.truth[key] = (first if kind == "first" else second)[key]
        evidence.family[key] = kind
        orders[f"{kind}: id"][key] = row["id"].int
        if kind == "first":
            orders["first: length"][key] = len(row["body"])
    orders["ratings: row"] = _block_rows(self, evidence)
    evidence.row_orders |= orders
    # Texts must not be joined to ratings or to one another either: whoever's rating lies first, whose text lies first?
    for name in ("ratings: row", "second: id"):
        evidence.person_orders[f"({name})"] = {evidence.truth[row]: place for row, place in orders[name].items()}


def _block_rows(self: Holdings, evidence: Evidence) -> dict[Row, int]:
    group_of_unit = unit_numbers(self.world)
    persons = {(person.group, person.ratings): person.number for person in self.world.casters}
    layout = layout_of(self.world)
    columns = [next(column for column in layout.columns if column.key == key) for key in RATINGS]
    places: dict[Row, int] = {}
    for block in self.snapshots["after"].tables["block"]:
        cells = np.frombuffer(block["cells"], dtype=np.uint8).reshape(-1, block["rows"])
        group = group_of_unit[block["unit_id"]]
        for number in range(block["rows"]):
            ratings = tuple(column.options[cells[column.offset, number] - 1] for column in columns)
            row = ("ratings", group, number)
            evidence.truth[row], evidence.family[row] = persons[group, ratings], "ratings"
            places[row] = number
    return places


def _add_person_orders(self: Holdings, evidence: Evidence) -> None:
    """Orders of the persons by codes, boxes, drafts and the proxy's log."""
    number_of = {person.code_id: person.number for person in self.world.casters}
    orders = evidence.person_orders
    codes = self.snapshots["closed"].by("code", "id")
    orders["code id"] = {number: code_id.int for code_id, number in number_of.items()}
    orders["code hash"] = {number: codes[code_id]["lookup"] for code_id, number in number_of.items()}
    orders["roster"] = {number: number for number in number_of.values()}
    orders["time in a proxy's log"] = {number: place for place, number in enumerate(self.world.access_log)}
    ballots = dict(self.ballots())
    orders["ballot id"] = {number: row["id"].int for number, row in ballots.items()}
    orders["ballot bytes"] = {number: row["box"] for number, row in ballots.items()}
    orders["ballot length"] = {number: len(row["box"]) for number, row in ballots.items()}
    orders["box key, ballot id"] = {number: (row["box_key_id"].int, row["id"].int) for number, row in ballots.items()}
    in_mid = {row["id"] for row in self.snapshots["mid"].tables["ballot"]}
    orders["backup difference"] = {number: (row["id"] not in in_mid, row["id"].int) for number, row in ballots.items()}
    drafts = {number_of.get(row["code_id"]): row for row in self.snapshots["mid"].tables["draft"]}
    orders["draft length"] = {number: len(row["box"]) for number, row in drafts.items() if number is not None}


def _equal_identifiers(self: Holdings, evidence: Evidence) -> Iterator[tuple[Row, int]]:
    known = {row["id"]: number for number, row in self.ballots()}
    known |= {person.code_id: person.number for person in self.world.casters}
    for row in self.snapshots["after"].tables["free_text"]:
        if row["id"] in known:
            yield row["body"][:SERIAL_LENGTH], known[row["id"]]


def _boxes(self: Holdings) -> Iterator[tuple[int, bytes]]:
    number_of = {person.code_id: person.number for person in self.world.casters}
    for number, row in self.ballots():
        yield number, row["box"]
    for snapshot in self.snapshots.values():
        for row in snapshot.tables["draft"]:
            if row["code_id"] in number_of:
                yield number_of[row["code_id"]], row["box"]


def _opened(self: Holdings) -> Iterator[tuple[int, bytes]]:
    """Open boxes with every secret that is left, each in every way a key is used."""
    secrets = remaining_secrets(self.world)
    window = self.world.window_id
    keys = {
        row["id"]: BoxKey(key)
        for row in self.snapshots["closed"].tables["box_key"]
        for secret in secrets
        if (key := _attempt(open_from, secret, row["sealed"], box_key_context(window)))
    }
    guessed = [BoxKey(secret) for secret in secrets]
    for number, row in self.ballots():
        context = ballot_context(row["seal_group_id"])
        for cipher in [*guessed, *(keys[row["box_key_id"]] for _ in [0] if row["box_key_id"] in keys)]:
            content = _attempt(cipher.open, row["box"], context)
            if content:
                yield number, content
    number_of = {person.code_id: person.number for person in self.world.casters}
    for row in self.snapshots["mid"].tables["draft"]:
        for cipher in guessed:
            content = _attempt(cipher.open, row["box"], b"sikte/draft/1/" + row["code_id"].bytes)
            if content and row["code_id"] in number_of:
                yield number_of[row["code_id"]], content


def _attempt(function: Any, *arguments: Any) -> bytes | None:
    try:
        result: bytes = function(*arguments)
    except CannotOpen:
        return None
    return result


def remaining_secrets(world: World) -> list[bytes]:
    """Return every 32-byte secret the operator has: key files, and what pepper and secret key turn into."""
    found = [path.read_bytes() for path in sorted(world.keys.folder.rglob("*")) if path.is_file()]
    purposes = ("survey", "token", "form", "csrf", "draft", "box", "ballot")
    found += [derive_key(secret, purpose) for secret in (SECRET_KEY, PEPPER.decode()) for purpose in purposes]
    found += [hashlib.sha256(PEPPER).digest(), hashlib.sha256(SECRET_KEY.encode()).digest()]
    return [secret[:KEY_BYTES] for secret in found if len(secret) >= KEY_BYTES]


def _named_by_events(self: Holdings, evidence: Evidence) -> Iterator[tuple[Row, int]]:
    """Events, deliveries and the audit log must name nobody: neither code, nor person, nor ballot."""
    after = self.snapshots["after"]
    everything = " ".join(str(row) for table in ("event", "delivery", "audit_entry") for row in after.tables[table])
    rows = {evidence.truth[row]: row for row, family in evidence.family.items() if family == "first"}
    owner = {number: row["id"] for number, row in self.ballots()}
    for person in self.world.casters:
        names = [person.code, f"'{person.ref}'", person.code_id.hex, str(person.code_id)]
        names += [str(owner[person.number])] if person.number in owner else []
        if any(name in everything for name in names):
            yield rows[person.number], person.number


def _by_slice(self: Holdings, evidence: Evidence) -> dict[Row, int]:
    """Deal the rows of each unit and slice among the persons whose ballot lay in that slice."""
    slice_of = {row["id"]: row["slice_number"] for row in self.snapshots["closed"].tables["seal_group"]}
    persons = {
        number: ((evidence.group_of[number], slice_of[row["seal_group_id"]]), row["id"].int)
        for number, row in self.ballots()
    }
    rows = {
        row["body"][:SERIAL_LENGTH]: (
            (evidence.group_of[evidence.truth[row["body"][:SERIAL_LENGTH]]], row["slice_number"]),
            row["id"].int,
        )
        for row in self.snapshots["after"].tables["free_text"]
        if row["item_key"] == "first"
    }
    return within_cells(persons, rows)


def layout_of(world: World) -> Layout:
    """Return the layout of the questionnaire's ballots."""
    with world.database.read() as session:
        layout = load(session, world.questionnaire_id).layout
    if layout is None:
        raise LookupError("the window was never opened")
    return layout


def repeated_nonces(self: Holdings) -> int:
    """Return how many different boxes of drafts and ballots share a nonce with another."""
    boxes = {row["box"] for snapshot in self.snapshots.values() for row in snapshot.tables["ballot"]}
    boxes |= {row["box"] for snapshot in self.snapshots.values() for row in snapshot.tables["draft"]}
    return len(boxes) - len({box[:NONCE_BYTES] for box in boxes})
