"""Finds a node's figures by what they measure, and the questions behind them; nothing is computed here."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.results.reading import Row, VisibleRows
from shared.database.questionnaires import load
from shared.model.cycles import Cycle, Questionnaire
from shared.questionnaire.definition import Area, Battery, Item
from shared.questionnaire.definition import Questionnaire as Definition

SHARED_CODE = "per_unit"
_RESPONSE, _AREA, _ITEM = "response", "area", "item"
Key = tuple[str, str | None, str | None, str, str | None, bool]


@dataclass(frozen=True, slots=True)
class Asked:
    """A questionnaire of a cycle as its figures need it: what was asked, of whom, and how codes were given out."""

    key: str
    respondent: str
    shared_code: bool
    definition: Definition
    target: Hashable

    def battery(self, key: str) -> Battery | None:
        """Return the battery named ``key``, if it is asked here."""
        return next((battery for battery in self.definition.batteries if battery.key == key), None)

    def areas_of(self, battery: Battery) -> Iterator[tuple[Area, tuple[Item, ...]]]:
        """Yield the areas of a battery with their items."""
        return ((area, items) for owner, area, items in self.definition.areas if owner is battery)


def questionnaires_of(session: Session, cycle: Cycle) -> dict[str, Asked]:
    """Return the questionnaires of ``cycle`` by key, in their order; what was once opened is read once a process."""
    wanted = select(Questionnaire.id, Questionnaire.unit_types, Questionnaire.years)
    rows = session.execute(wanted.where(Questionnaire.cycle_id == cycle.id).order_by(Questionnaire.id))
    found = {}
    for questionnaire_id, unit_types, years in rows:
        loaded = load(session, questionnaire_id)
        target = (tuple(sorted(unit_types or ())), tuple(sorted(years or ())))
        shared_code = loaded.code_model == SHARED_CODE
        found[loaded.key] = Asked(loaded.key, loaded.respondent, shared_code, loaded.definition, target)
    return found


class Figures:
    """The rows of one node, found by questionnaire, segment and measure; the headline weighting where there are two."""

    def __init__(self, visible: VisibleRows) -> None:
        self.visible = visible
        self._rows: dict[Key, Row] = {}
        for row in visible.rows:
            # The headline weighting comes first in a document, so the plain pooling never takes its place.
            self._rows.setdefault(_key(row), row)

    def __bool__(self) -> bool:
        return bool(self._rows)

    @property
    def name(self) -> str:
        """The name that the node had when its figures were computed, "" without figures."""
        return str(self.visible.rows[0]["node_name"]) if self.visible.rows else ""

    @property
    def questionnaires(self) -> tuple[str, ...]:
        """The keys of the questionnaires that there are figures of, in order."""
        return tuple(dict.fromkeys(row["questionnaire"] for row in self.visible.rows))

    @property
    def segments(self) -> tuple[str, ...]:
        """The breakdowns that there are rows of."""
        return tuple(sorted({row["segment"] for row in self.visible.rows if row["segment"] is not None}))

    def values(self, questionnaire: str, segment: str) -> tuple[str, ...]:
        """Return the values of a breakdown of a questionnaire, in order."""
        found = (key[2] for key in self._rows if key[0] == questionnaire and key[1] == segment)
        return tuple(dict.fromkeys(value for value in found if value is not None))

    def response(self, questionnaire: str, segment: str | None = None, value: str | None = None) -> Row | None:
        """Return the row of the response rate."""
        return self._rows.get((questionnaire, segment, value, _RESPONSE, None, False))

    def area(self, questionnaire: str, key: str, segment: str | None = None, value: str | None = None) -> Row | None:
        """Return the row of an area's index."""
        return self._rows.get((questionnaire, segment, value, _AREA, key, False))

    def item(self, questionnaire: str, key: str, segment: str | None = None, value: str | None = None) -> Row | None:
        """Return the row of an item."""
        return self._rows.get((questionnaire, segment, value, _ITEM, key, False))

    def area_against_rest(self, questionnaire: str, key: str) -> Row | None:
        """Return the row that compares an area with the rest of the municipality."""
        return self._rows.get((questionnaire, None, None, _AREA, key, True))

    def item_against_rest(self, questionnaire: str, key: str) -> Row | None:
        """Return the row that compares an item with the rest of the municipality."""
        return self._rows.get((questionnaire, None, None, _ITEM, key, True))


def shown(row: Mapping[str, object] | None) -> bool:
    """Whether there is a row, and it says something."""
    return row is not None and row["status"] == "shown"


def _key(row: Row) -> Key:
    if row["item"] is not None:
        kind, key = _ITEM, row["item"]
    else:
        kind, key = (_RESPONSE, None) if row["area"] is None else (_AREA, row["area"])
    return (row["questionnaire"], row["segment"], row["segment_value"], kind, key, row["compare_to"] is not None)
