"""Computes a cycle's results in memory: numbers in, the rows of every audience and node out, the same each time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics_worker.disclosure.decisions import decide as decide_disclosure
from analytics_worker.results.cells import Results
from analytics_worker.results.comparisons import Compared, against_the_rest, decide
from analytics_worker.results.frame import frame_estimates
from analytics_worker.results.indicators import respondents
from analytics_worker.results.measures import figures, measures_of
from analytics_worker.results.organisation import LEVELS, Place
from analytics_worker.results.protection import rows_to_decide
from analytics_worker.results.rows import Row, View
from analytics_worker.results.tables import Source, table_of
from shared.model.policy import INTERNAL, PUBLIC, UNIT_AUDIENCE, rules_for

AUDIENCES = (INTERNAL, UNIT_AUDIENCE, PUBLIC)
RULES_VERSION = 1
"""Counts changes of the rules and formulas that results are computed by."""


@dataclass(frozen=True, slots=True)
class Document:
    """The rows of one node for one audience, in their fixed order."""

    audience: str
    level: str
    place: Place
    rows: list[Row]


def compute(sources: Sequence[Source]) -> list[Results]:
    """Return the indicators of a cycle's questionnaires; certainty is decided over all of them together."""
    compared: list[Compared] = []
    for source in sources:
        shared_code = source.code_model == "per_unit"
        measures = measures_of(source.definition, segments=source.segments, shared_code=shared_code)
        table = table_of(source)
        compared.append(Compared(table, measures, against_the_rest(table, measures)))
    return [_results(one, certain) for one, certain in zip(compared, decide(compared), strict=True)]


def _results(one: Compared, certain: Any) -> Results:
    of = figures(one.measures, one.table.counts)
    return Results(
        table=one.table,
        measures=one.measures,
        figures=of,
        respondents=respondents(one.table, one.measures, of),
        frame=frame_estimates(one.table, one.measures),
        comparison=one.comparison,
        certain=certain,
    )


def documents(results: Sequence[Results], *, cycle: str, policy: Mapping[str, Any]) -> Iterator[Document]:
    """Yield a document for every audience and node, one at a time, by audience, level and code."""
    decided = [rows_to_decide(one.table, one.measures, one.figures) for one in results]
    where = _places(results)
    for audience in AUDIENCES:
        views = []
        for one, rows in zip(results, decided, strict=True):
            rules = rules_for(policy, audience, one.table.source.respondent)
            decision = decide_disclosure(rows, rules)
            views.append(
                View(cycle=cycle, audience=audience, results=one, decision=decision, min_answers=rules.min_answers)
            )
        for (level, place), nodes in where.items():
            found = [row for at, node in nodes for row in views[at].rows(node)]
            yield Document(audience, level, place, found)


def _places(results: Sequence[Results]) -> dict[tuple[str, Place], list[tuple[int, int]]]:
    """Return for every place where it stands: questionnaire and node, in the order of the documents."""
    found: dict[tuple[str, Place], list[tuple[int, int]]] = {}
    for at, one in enumerate(results):
        for position, node in enumerate(one.table.nodes):
            found.setdefault((node.level, node.place), []).append((at, position))
    return dict(sorted(found.items(), key=lambda entry: (LEVELS.index(entry[0][0]), entry[0][1])))
