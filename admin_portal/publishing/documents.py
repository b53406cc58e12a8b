"""Copies what may be public into the documents of a publication: rows of the public audience, and the texts to them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from admin_portal.publishing.texts import questionnaire_document
from shared.model.cycles import Cycle, Questionnaire
from shared.model.organisation import District, Provider, Unit
from shared.model.policy import PUBLIC
from shared.model.releases import packed
from shared.model.results import ROW_COLUMNS, ResultDocument

LEVELS = ("unit", "provider", "district", "municipality")
_NODES_AT_A_TIME = 50
_NAME, _RELEASE = ROW_COLUMNS.index("node_name"), ROW_COLUMNS.index("release")


@dataclass(frozen=True, slots=True)
class Part:
    """What a publication takes from one release: the rows of these questionnaires of its result set."""

    release: int
    result_set_id: int
    questionnaires: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PackedDocument:
    """A document as it is stored: hash and body of its canonical JSON."""

    kind: str
    key: str
    sha256: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Node:
    """A place of the organisation with its public rows, as lists in the order of ``columns``."""

    level: str
    code: str
    name: str
    columns: list[str]
    rows: list[list[Any]]

    @property
    def shown(self) -> bool:
        """Whether any row holds a figure."""
        status = self.columns.index("status")
        return any(row[status] == "shown" for row in self.rows)


def public_nodes(session: Session, parts: Sequence[Part]) -> Iterator[Node]:
    """Yield each place with its public rows of ``parts``, some dozens in memory at a time, by level and code.

    The rows are those of the result sets' public documents, with the number of the release they were released by.
    """
    places = select(ResultDocument.level, ResultDocument.node_code).where(
        ResultDocument.result_set_id.in_({part.result_set_id for part in parts}), ResultDocument.audience == PUBLIC
    )
    found = sorted({tuple(row) for row in session.execute(places)}, key=lambda row: (LEVELS.index(row[0]), row[1]))
    for start in range(0, len(found), _NODES_AT_A_TIME):
        some = found[start : start + _NODES_AT_A_TIME]
        tables = _tables(session, parts, some)
        for level, code in some:
            rows = [row for part in parts for row in _rows(tables.get((part.result_set_id, level, code)), part)]
            if rows:
                yield Node(level, code, rows[0][_NAME], list(ROW_COLUMNS), rows)


def pack_node(node: Node) -> PackedDocument:
    """Return the document of a place."""
    identity = {"level": node.level, "code": node.code, "name": node.name}
    content = {**identity, "columns": node.columns, "rows": node.rows}
    return PackedDocument(node.level, node.code, *packed(content))


def pack_questionnaires(session: Session, cycle: Cycle, keys: Sequence[str]) -> list[PackedDocument]:
    """Return the documents of the questionnaires named by ``keys``, in the cycle's order."""
    wanted = select(Questionnaire).where(Questionnaire.cycle_id == cycle.id, Questionnaire.key.in_(keys))
    return [
        PackedDocument("questionnaire", one.key, *packed(questionnaire_document(session, one)))
        for one in session.scalars(wanted.order_by(Questionnaire.id))
    ]


def unit_cards(session: Session) -> dict[str, dict[str, str]]:
    """Return by code what everyone may know of each unit: its name, kind, owner and district."""
    rows = session.execute(
        select(Unit.code, Unit.name, Unit.unit_type, Unit.regi, Provider.name, District.name)
        .join(Provider, Provider.id == Unit.provider_id)
        .outerjoin(District, District.id == Unit.district_id)
    )
    names = ("code", "name", "unit_type", "regi", "provider", "district")
    return {row[0]: dict(zip(names, (*row[:5], row[5] or ""), strict=True)) for row in rows}


def _tables(
    session: Session, parts: Sequence[Part], places: Sequence[tuple[Any, ...]]
) -> Mapping[tuple[int, str, str], bytes]:
    wanted = select(
        ResultDocument.result_set_id, ResultDocument.level, ResultDocument.node_code, ResultDocument.body
    ).where(
        ResultDocument.result_set_id.in_({part.result_set_id for part in parts}),
        ResultDocument.audience == PUBLIC,
        tuple_(ResultDocument.level, ResultDocument.node_code).in_(places),
    )
    return {(row[0], row[1], row[2]): row[3] for row in session.execute(wanted)}


def _rows(body: bytes | None, part: Part) -> Iterator[list[Any]]:
    """Yield the rows of a stored document that the part takes, in ``ROW_COLUMNS`` and with its release's number."""
    if body is None:
        return
    table = json.loads(zlib.decompress(body))
    columns: list[str] = table["columns"]
    order = None if columns == list(ROW_COLUMNS) else [columns.index(name) for name in ROW_COLUMNS]
    of, wanted = columns.index("questionnaire"), frozenset(part.questionnaires)
    for row in table["rows"]:
        if row[of] in wanted:
            chosen = row if order is None else [row[place] for place in order]
            chosen[_RELEASE] = part.release
            yield chosen
