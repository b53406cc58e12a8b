"""Builds what results are computed from, out of answers written down one by one, without a database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from analytics_worker.closing.columns import Counter
from analytics_worker.results.documents import compute, documents
from analytics_worker.results.organisation import Place, Unit
from analytics_worker.results.tables import Source, published_segments
from shared.model.results import ROW_COLUMNS
from shared.questionnaire.ballot import Layout
from shared.questionnaire.battery_file import parse_battery
from shared.questionnaire.definition import Questionnaire
from tests.support.agree import AGREE

SMALL = f"""
key: skr
index_max: 10
title: {{sv: Elevernas syn}}
respondent: pupil
scales:{AGREE}
areas:
  - {{key: trygghet, title: {{sv: Trygghet}}, index: true, min_items: half}}
items:
  - {{key: trygg, area: trygghet, scale: agree, text: {{sv: Jag är trygg.}}}}
  - {{key: orolig, area: trygghet, scale: agree, reversed: true, text: {{sv: Jag är orolig.}}}}
  - {{key: skola, scale: agree, text: {{sv: Jag gillar skolan.}}}}
  - {{key: varfor, type: text, max_length: 20, text: {{sv: "Vill du berätta?"}}}}
"""
TOWN = Place("0001", "Sundby kommun")
MUNICIPAL = Place("K", "Sundby kommun")
Ballot = tuple[int, Mapping[str, Any], Mapping[str, str]]


def unit(code: str, *, provider: Place = MUNICIPAL, district: str | None = "Norr", may_publish: bool = True) -> Unit:
    """A unit of the town."""
    return Unit(
        Place(code, f"Unit {code}"), provider, Place(district, district) if district else None, TOWN, may_publish
    )


def source(
    units: Sequence[Unit],
    headcounts: Mapping[tuple[int, str], int],
    ballots: Iterable[Ballot],
    *,
    battery: str = SMALL,
    breakdowns: Mapping[str, tuple[str, ...]] | None = None,
    segments: Sequence[str] = ("sex", "year"),
    respondent: str = "pupil",
    code_model: str = "slips",
    key: str = "elev",
) -> Source:
    """Return the source of one questionnaire; a ballot is (unit's place, answers, breakdown values)."""
    definition = Questionnaire(key, respondent, (parse_battery(battery, "battery.yaml"),))
    values = {name: tuple(given) for name, given in sorted((breakdowns or {"year": ("5", "8")}).items())}
    layout = Layout(definition, values)
    votes = list(ballots)
    fixed = [
        layout.encode(answers, given, {"unit_type": "grundskola", "year": given.get("year", "")})[: layout.fixed_length]
        for _at, answers, given in votes
    ]
    found = Counter(definition, layout).tally(
        np.frombuffer(b"".join(fixed), dtype=np.uint8).reshape(-1, layout.fixed_length),
        np.array([at for at, _answers, _given in votes], dtype=np.int64),
    )
    years = ("", *values["year"])
    frame = np.zeros((len(units), len(years)), dtype=np.int64)
    for (at, year), number in headcounts.items():
        frame[at, years.index(year)] += number
    return Source(
        key=key,
        respondent=respondent,
        code_model=code_model,
        definition=definition,
        breakdowns=values,
        segments=published_segments(segments, values),
        units=tuple(units),
        tally_unit=found.cells.unit,
        tally_values=found.cells.values.astype(np.int64),
        counts=np.column_stack([found.ballots, found.blank_ballots, found.counts]),
        headcounts=frame,
    )


def cast(at: int, number: int, answers: Mapping[str, Any], **values: str) -> list[Ballot]:
    """Return a number of equal ballots from one unit; ``year`` is 5 unless given."""
    return [(at, answers, {"year": "5", **values})] * number


def rows_of(
    sources: Source | Sequence[Source], *, audience: str = "internal", policy: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Return the rows that an audience gets of these sources, as dictionaries."""
    given = [sources] if isinstance(sources, Source) else sources
    found = documents(compute(given), cycle="c-2026", policy=policy or {})
    return [dict(zip(ROW_COLUMNS, row, strict=True)) for one in found if one.audience == audience for row in one.rows]


def row(rows: Iterable[Mapping[str, Any]], **wanted: Any) -> Mapping[str, Any]:
    """Return the one row with these identities; all respondents and no comparison unless said."""
    wanted = {"segment": None, "compare_to": None, "item": None, "area": None, **wanted}
    found = [one for one in rows if all(one[name] == value for name, value in wanted.items())]
    assert len(found) == 1, f"{len(found)} rows for {wanted}"
    return found[0]
