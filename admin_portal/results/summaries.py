"""What a list says of many units: rates and certain differences, kept in memory since documents never change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session

from admin_portal.results.reading import UNIT, Source
from shared.model.results import ResultDocument, ResultSummary, summarised, unpack_rows

MOST_KEPT = 20_000
"""More summaries than this are forgotten and read again."""

_AT_ONCE = 500
"""Documents asked for in one query: below SQLite's limit of parameters."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A questionnaire's response row."""

    questionnaire: str
    reason: str | None
    shown: bool
    invited: int | None
    answered: int | None
    response_rate: float | None


@dataclass(frozen=True, slots=True)
class Certain:
    """A certain difference of an area, or of an item without an area's index, from the rest of the municipality."""

    questionnaire: str
    area: str | None
    item: str | None
    higher: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """A unit in a list."""

    rates: tuple[Rate, ...] = ()
    certain: tuple[Certain, ...] = ()


Name = tuple[int, str, str]
_kept: WeakKeyDictionary[Engine, dict[Name, Summary]] = WeakKeyDictionary()


def summaries_of(session: Session, source: Source, codes: Sequence[str]) -> dict[str, Summary]:
    """Return the summaries of units within the reader's scope, by code, limited to what the source may give."""
    kept = _kept.setdefault(session.get_bind().engine, {})
    if len(kept) > MOST_KEPT:
        kept.clear()
    wanted = [(number, source.audience, code) for number in source.sets for code in codes]
    for name, summary in _read(session, source, [name for name in wanted if name not in kept]):
        kept[name] = summary
    return {code: _joined(source, code, kept) for code in codes}


def _joined(source: Source, code: str, kept: dict[Name, Summary]) -> Summary:
    """Return a unit's summary from the result sets it is spread over, without what they hold beyond the releases."""
    rates: list[Rate] = []
    certain: list[Certain] = []
    for number, keys in source.sets.items():
        summary = kept.get((number, source.audience, code), Summary())
        rates += [rate for rate in summary.rates if rate.questionnaire in keys]
        certain += [one for one in summary.certain if one.questionnaire in keys]
    order = list(source.numbers)
    rates.sort(key=lambda rate: order.index(rate.questionnaire))
    certain.sort(key=lambda one: order.index(one.questionnaire))
    return Summary(tuple(rates), tuple(certain))


def _read(session: Session, source: Source, names: Sequence[Name]) -> Iterable[tuple[Name, Summary]]:
    for number in {name[0] for name in names}:
        codes = [code for set_id, _audience, code in names if set_id == number]
        for code, content in contents_of(session.connection(), number, source.audience, codes):
            yield (number, source.audience, code), _summary(content)


def contents_of(
    connection: Connection, result_set_id: int, audience: str, codes: Sequence[str] | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield code and summary of units of a result set, of all with ``codes`` None; in no order.

    A set from before there were summaries has its documents opened instead.
    """
    whole = (ResultSummary.result_set_id == result_set_id, ResultSummary.audience == audience)
    stored = select(ResultSummary.unit_code, ResultSummary.content).where(*whole)
    for some in _portions(codes):
        limited = stored if some is None else stored.where(ResultSummary.unit_code.in_(some))
        found = {row[0]: row[1] for row in connection.execute(limited)}
        yield from found.items()
        if not found:
            yield from _opened(connection, result_set_id, audience, some)


def _portions(codes: Sequence[str] | None) -> Iterator[Sequence[str] | None]:
    if codes is None:
        yield None
        return
    for start in range(0, len(codes), _AT_ONCE):
        yield codes[start : start + _AT_ONCE]


def _opened(
    connection: Connection, result_set_id: int, audience: str, codes: Sequence[str] | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    documents = select(ResultDocument.node_code, ResultDocument.body).where(
        ResultDocument.result_set_id == result_set_id,
        ResultDocument.audience == audience,
        ResultDocument.level == UNIT,
    )
    if codes is not None:
        documents = documents.where(ResultDocument.node_code.in_(codes))
    for code, body in connection.execution_options(yield_per=50).execute(documents):
        yield code, summarised(*unpack_rows(body))


def _summary(content: Mapping[str, Any]) -> Summary:
    return Summary(
        tuple(Rate(**rate) for rate in content["rates"]),
        tuple(Certain(**certain) for certain in content["certain"]),
    )
