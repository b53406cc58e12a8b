"""Publications written by hand: any number of units, any name, any figure, without collecting an answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from shared.model.cycles import Cycle
from shared.model.releases import UNAUDITED, Publication, PublishedDocument, canonical, packed
from shared.model.results import ROW_COLUMNS

PUBLIC_AT = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
OPTIONS = [
    {"code": str(code), "label": {"sv": f"Svar {code}", "en": f"Answer {code}"}, "missing": "", "score": score}
    for code, score in ((4, "10"), (3, "20/3"), (2, "10/3"), (1, "0"))
]
DONT_KNOW = {"code": "9", "label": {"sv": "Vet ej", "en": "Don't know"}, "missing": "dont_know", "score": None}


@dataclass(frozen=True)
class Unit:
    """A unit of a written publication; ``index`` None is hidden for ``reason``."""

    code: str
    name: str
    index: float | None = 7.3
    n: int = 41
    reason: str = "too_few"
    unit_type: str = "grundskola"
    regi: str = "municipal"


@dataclass(frozen=True)
class Written:
    """What a publication is written from; ``areas`` of ``items`` questions each."""

    cycle: str = "enkat-2026"
    year: int = 2026
    units: Sequence[Unit] = (Unit("A", "Skola A"), Unit("B", "Skola B", 6.1))
    areas: int = 2
    items: int = 2
    number: int = 1
    goes_public_at: datetime = PUBLIC_AT
    reason: str = ""
    corrects: int | None = None
    wording: str = "Hur är det?"
    municipality: str = "Sundby kommun"
    more: Mapping[str, Any] = field(default_factory=dict)


def units(number: int) -> list[Unit]:
    """Return so many units of all kinds, some of them hidden."""
    kinds = ("forskola", "grundskola", "fritidshem")
    return [
        Unit(
            f"U{place:04d}",
            f"Enheten {place}",
            index=None if place % 7 == 0 else round(5 + place % 40 / 10, 1),
            n=20 + place % 80,
            unit_type=kinds[place % 3],
        )
        for place in range(number)
    ]


def write_publication(session: Session, written: Written) -> int:
    """Store a publication with its documents and return its id; nothing is announced."""
    cycle = session.query(Cycle).filter_by(key=written.cycle).one_or_none()
    if cycle is None:
        title = {"sv": f"Enkät {written.year}", "en": f"Survey {written.year}"}
        cycle = Cycle(
            key=written.cycle, title=title, state="released", segments=[], policy={}, created_at=written.goes_public_at
        )
        session.add(cycle)
        session.flush()
    contents = documents(written, cycle.title)
    publication = Publication(
        cycle_id=cycle.id,
        number=written.number,
        releases=["1"],
        windows=["host"],
        goes_public_at=written.goes_public_at,
        reason=written.reason,
        protection=UNAUDITED,
        content_hash=hashlib.sha256(canonical([[*key, content] for key, content in contents])).hexdigest(),
        created_at=written.goes_public_at,
        created_by="test",
    )
    session.add(publication)
    session.flush()
    for position, ((kind, key), content) in enumerate(contents):
        sha256, body = packed(content)
        session.add(
            PublishedDocument(
                publication_id=publication.id, kind=kind, key=key, position=position, sha256=sha256, body=body
            )
        )
    session.flush()
    return publication.id


def documents(written: Written, title: Mapping[str, str]) -> list[tuple[tuple[str, str], dict[str, Any]]]:
    """Return the documents of a publication by kind and key."""
    head = {
        "cycle": written.cycle,
        "title": dict(title),
        "number": written.number,
        "corrects": written.corrects,
        "reason": written.reason,
        "windows": ["host"],
        "collected": [
            {
                "window": "host",
                "opens": f"{written.year}-09-14T06:00:00+00:00",
                "closes": f"{written.year}-10-16T14:00:00+00:00",
            }
        ],
        "goes_public_at": written.goes_public_at.isoformat(),
        "protection": UNAUDITED,
        "policy": {"pupil": {"min_answers": 10, "min_distribution": 20, "min_response_rate": 0.5}},
        "questionnaires": ["elev"],
        "units": [
            {
                "code": unit.code,
                "name": unit.name,
                "unit_type": unit.unit_type,
                "regi": unit.regi,
                "provider": written.municipality,
                "district": "Norr",
            }
            for unit in written.units
        ],
        "earlier": [],
        **written.more,
    }
    whole = Unit("0001", written.municipality, 7.0, 4000)
    return [
        (("cycle", ""), head),
        (("questionnaire", "elev"), questionnaire(written)),
        *((("unit", unit.code), node(written, "unit", unit)) for unit in written.units),
        (("municipality", "0001"), node(written, "municipality", whole)),
    ]


def questionnaire(written: Written) -> dict[str, Any]:
    """Return the document of the one questionnaire."""
    areas = [
        {
            "key": f"omrade{area}",
            "title": {"sv": f"Område {area}", "en": f"Area {area}"},
            "index": True,
            "min_items": None,
            "items": [_item(written, area, item) for item in range(written.items)],
        }
        for area in range(written.areas)
    ]
    battery = {"key": "bat", "title": {"sv": "Batteriet", "en": "The battery"}, "index_max": 10, "items": []}
    return {
        "key": "elev",
        "respondent": "pupil",
        "code_model": "slips",
        "unit_types": None,
        "years": ["5", "8"],
        "batteries": [{**battery, "areas": areas}],
    }


def node(written: Written, level: str, unit: Unit) -> dict[str, Any]:
    """Return the document of a place."""
    weightings = ("respondents",) if level == "unit" else ("frame", "respondents")
    rows = [row for weighting in weightings for row in _rows(written, level, unit, weighting)]
    return {"level": level, "code": unit.code, "name": unit.name, "rows": rows}


def _item(written: Written, area: int, item: int) -> dict[str, Any]:
    return {
        "key": f"fraga{area}-{item}",
        "text": {"sv": f"{written.wording} {area}.{item}", "en": f"How is it? {area}.{item}"},
        "type": "choice",
        "reversed": False,
        "show_if": "",
        "positive": ["4", "3"],
        "share_of": "substantive",
        "options": [*OPTIONS, DONT_KNOW],
    }


def _rows(written: Written, level: str, unit: Unit, weighting: str) -> list[dict[str, Any]]:
    blank = dict.fromkeys(ROW_COLUMNS)
    base = {
        **blank,
        "cycle": written.cycle,
        "release": 1,
        "audience": "public",
        "level": level,
        "node_code": unit.code,
        "node_name": unit.name,
        "respondent": "pupil",
        "questionnaire": "elev",
        "weighting": weighting,
        "status": "shown",
    }
    hidden = unit.index is None
    if hidden:
        base |= {"status": "hidden", "reason": unit.reason}
    else:
        base |= {"invited": unit.n + 9, "answered": unit.n, "response_rate": round(unit.n / (unit.n + 9), 2)}
    rows = [{**base, "n": None if hidden else unit.n, "definition": "answered of invited"}]
    for area in range(written.areas):
        named = {"battery": "bat", "area": f"omrade{area}"}
        figures = {} if hidden else _figures(unit)
        rows.append({**base, **named, **figures, "definition": "mean of persons with at least 1 of 2 items"})
        for item in range(written.items):
            shares = {} if hidden else {"share_positive": 0.64, "share_low": 0.51, "share_high": 0.77}
            spread = {} if hidden else {"distribution": {"4": 30, "3": 34, "2": 20, "1": 10, "9": 6}}
            asked = {"item": f"fraga{area}-{item}", "definition": "top-2, denominator substantive; linear 0-10"}
            counts = {} if hidden else {"n_dont_know": 2, "n_blank": 1}
            rows.append({**base, **named, **figures, **shares, **spread, **counts, **asked})
        if level == "unit":
            against = {"compare_to": "rest", "certain": area == 0, "difference": 0.9}
            rows.append({**base, **named, **figures, **({"compare_to": "rest"} if hidden else against)})
    return rows


def _figures(unit: Unit) -> dict[str, Any]:
    index = unit.index or 0.0
    return {
        "index": index,
        "index_low": round(index - 0.4, 1),
        "index_high": round(index + 0.4, 1),
        "n": unit.n,
    }
