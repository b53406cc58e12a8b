"""Handles ``window.counted``: computes a cycle's next result set and stores a document per audience and node."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from analytics_worker.results.documents import RULES_VERSION, compute, documents
from analytics_worker.results.loading import Inputs, counted_windows, load_inputs
from shared.clock import local
from shared.events.claims import Claim, finish
from shared.model.cycles import CollectionWindow, Cycle
from shared.model.events import RESULTS_READY, publish
from shared.model.results import ROW_COLUMNS, ResultDocument, ResultSet, ResultSummary, pack_rows, summarised

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from shared.clock import Clock
    from shared.database.engine import Database

_ROWS_PER_INSERT = 500


@dataclass(frozen=True, slots=True)
class _Packed:
    """What is stored of a result set, as rows of its tables but for the set's id."""

    documents: list[dict[str, Any]] = field(default_factory=list)
    summaries: list[dict[str, Any]] = field(default_factory=list)


def compute_results(claim: Claim, *, database: Database, clock: Clock) -> None:
    """Compute the results of all counted windows of the window's cycle as its next numbered set, and say so.

    The same tallies, frame and rules give the same documents, byte for byte.
    """
    stored = False
    while not stored:
        now = clock.now()
        with database.read() as session:
            cycle_id = session.get_one(CollectionWindow, int(claim.payload["window_id"])).cycle_id
            inputs = load_inputs(session, cycle_id, local(now).date())
        packed = _packed(inputs)
        with database.begin() as session:
            stored = _store(session, inputs, packed, now)
            if stored:
                finish(session, claim)


def _packed(inputs: Inputs) -> _Packed:
    packed, columns = _Packed(), list(ROW_COLUMNS)
    found = documents(compute(inputs.sources), cycle=inputs.cycle, policy=inputs.policy)
    for position, document in enumerate(found):
        audience, level, code = document.audience, document.level, document.place.code
        body = pack_rows(columns, document.rows)
        row = {"audience": audience, "level": level, "node_code": code, "position": position, "body": body}
        packed.documents.append(row)
        if level == "unit":
            summary = summarised(columns, document.rows)
            packed.summaries.append({"audience": audience, "unit_code": code, "content": summary})
    return packed


def _store(session: Session, inputs: Inputs, packed: _Packed, now: datetime) -> bool:
    """Store the set under the next number; False when another window was counted meanwhile, which it would lack."""
    session.get_one(Cycle, inputs.cycle_id, with_for_update=True)
    if counted_windows(session, inputs.cycle_id) != inputs.windows:
        return False
    of_cycle = select(func.coalesce(func.max(ResultSet.number), 0)).where(ResultSet.cycle_id == inputs.cycle_id)
    result_set = ResultSet(
        cycle_id=inputs.cycle_id,
        number=(session.scalar(of_cycle) or 0) + 1,
        windows=list(inputs.windows),
        provenance={
            "questionnaires": inputs.fingerprints(),
            "rules": RULES_VERSION,
            "code": version("sikte"),
            "input": inputs.hash(),
            "losses": inputs.losses,
        },
        created_at=now,
    )
    session.add(result_set)
    session.flush()
    for table, rows in ((ResultDocument, packed.documents), (ResultSummary, packed.summaries)):
        for start in range(0, len(rows), _ROWS_PER_INSERT):
            some = [{"result_set_id": result_set.id, **row} for row in rows[start : start + _ROWS_PER_INSERT]]
            session.connection().execute(insert(table), some)
    publish(session, RESULTS_READY, at=now, cycle_id=inputs.cycle_id, result_set_id=result_set.id)
    return True
