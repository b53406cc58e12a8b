"""Recounts a demonstration's figures from ``truth/`` with pandas and exact fractions, without importing Sikte.

    python recount.py SIKTE_HOME/truth mmis-2026 RESULTS.json [LEVEL]

RESULTS.json is what ``sikte results mmis-2026 --format json`` printed (audience internal), of one LEVEL if it is named.
Every row is recomputed from the roster, the batteries, the cycle file and what each respondent sent, as ``formats`` and
``statistics`` say; the difference is printed and the exit status is 1 when any row differs, is missing, or is hidden
without reason.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

IDENTITY = ("level", "node_code", "segment", "segment_value", "questionnaire", "area", "item", "weighting")
LEVELS = ("unit", "provider", "district", "municipality")
SMALL_CELL = 5
SHARE_DIGITS = 6
HALF_OF_SIX_DECIMALS = 6e-7
Cell = tuple[str, str, str]
"""Unit, year, sex: nothing published is finer."""


def half_up(value: Fraction | None, digits: int) -> float | None:
    """Round once, half upwards."""
    if value is None:
        return None
    scaled = value * 10**digits + Fraction(1, 2)
    return float(Fraction(scaled.numerator // scaled.denominator, 10**digits))


@dataclass(frozen=True)
class Item:
    """An item with what scoring needs."""

    key: str
    type: str
    area: str
    battery: str
    show_if: str
    codes: tuple[str, ...]
    missing: frozenset[str]
    dont_know: frozenset[str]
    scores: dict[str, Fraction]
    positive: frozenset[str]
    share_of: str


@dataclass(frozen=True)
class Area:
    """An area with an index and its scored items."""

    key: str
    battery: str
    items: tuple[str, ...]
    least: int


@dataclass
class Counts:
    """What one cell holds of one measure."""

    options: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    n: int = 0
    blank: int = 0
    total: Fraction = Fraction(0)
    valid: int = 0

    def add(self, other: Counts) -> None:
        """Take in another cell."""
        for code, count in other.options.items():
            self.options[code] += count
        self.n += other.n
        self.blank += other.blank
        self.total += other.total
        self.valid += other.valid


def read_battery(path: Path) -> tuple[list[Item], list[Area]]:
    """Read a battery file."""
    document = yaml.load(path.read_text("utf-8"), yaml.BaseLoader)  # noqa: S506  BaseLoader makes strings only
    scales = document.get("scales", {})
    items = [_item(entry, scales, document["key"]) for entry in document["items"]]
    areas = []
    for entry in document.get("areas", []):
        scored = tuple(
            item.key for item in items if item.area == entry["key"] and item.type == "choice" and item.scores
        )
        least = entry.get("min_items", "half")
        if entry.get("index", "true") != "false":
            needed = (len(scored) + 1) // 2 if least == "half" else int(least)
            areas.append(Area(entry["key"], document["key"], scored, max(1, needed)))
    return items, areas


def _item(entry: dict[str, Any], scales: dict[str, Any], battery: str) -> Item:
    scale = scales.get(entry.get("scale", ""), {"options": []})
    options = scale["options"]
    scored = [option["code"] for option in options if "score" in option]
    scores = {option["code"]: Fraction(option["score"]) for option in options if "score" in option}
    positive = set(scale.get("positive", []))
    if entry.get("reversed") == "true":
        mirror = dict(zip(scored, reversed(scored), strict=True))
        scores = {code: scores[mirror[code]] for code in scored}
        positive = {mirror[code] for code in positive if code in mirror}
    return Item(
        key=entry["key"],
        type=entry.get("type", "choice"),
        area=entry.get("area", ""),
        battery=battery,
        show_if=entry.get("show_if", ""),
        codes=tuple(option["code"] for option in options),
        missing=frozenset(option["code"] for option in options if "missing" in option),
        dont_know=frozenset(option["code"] for option in options if option.get("missing") == "dont_know"),
        scores=scores,
        positive=frozenset(positive),
        share_of=scale.get("share_of", "substantive"),
    )


def condition(source: str) -> Any:
    """Compile a ``show_if`` of the kinds the demonstration uses: ``name in [a, b]`` joined by and, or, not."""
    membership = re.compile(r"([a-z][a-z0-9_-]*)\s+in\s+\[([^\]]*)\]")

    def python(match: re.Match[str]) -> str:
        codes = tuple(code.strip() for code in match[2].split(","))
        return f"(given.get({match[1]!r}, '') in {codes!r})"

    return compile(membership.sub(python, source), "show_if", "eval")


class Recount:
    """All figures of one cycle."""

    def __init__(self, truth: Path, cycle: str) -> None:
        place = truth / cycle
        self.cycle = yaml.load((place / "cycle.yaml").read_text("utf-8"), yaml.BaseLoader)  # noqa: S506
        self.units = _table(place / "roster" / "units.csv").set_index("unit_code")
        self.groups = _table(place / "roster" / "groups.csv").join(self.units[["unit_type"]], on="unit_code")
        self.responses = _table(truth / f"responses-{cycle}.csv")
        self.batteries = {path.stem: read_battery(path) for path in sorted((place / "batteries").glob("*.yaml"))}
        self.segments = frozenset(self.cycle.get("segments", []))
        self.minimum = int(self.cycle["policy"]["internal"]["min_answers"])
        self.questionnaires = {entry["key"]: Counted(self, entry) for entry in self.cycle["questionnaires"]}

    def nodes(self, units: Iterable[str]) -> Iterator[tuple[str, str, frozenset[str]]]:
        """Yield (level, node code, units under it) for the units of a frame."""
        frame = self.units.loc[sorted(set(units))]
        for unit in frame.index:
            yield "unit", unit, frozenset([unit])
        for level, column in zip(LEVELS[1:], ("provider_code", "district", "municipality_code"), strict=True):
            for code, part in frame.groupby(column):
                if code:
                    yield level, str(code), frozenset(part.index)


class Counted:
    """One questionnaire: its frame and the counts of its cells."""

    def __init__(self, recount: Recount, entry: dict[str, Any]) -> None:
        self.key, self.respondent = entry["key"], entry["respondent"]
        frame = recount.groups[recount.groups["respondent"] == self.respondent]
        if entry["unit_types"] != "all":
            frame = frame[frame["unit_type"].isin(entry["unit_types"])]
        if "years" in entry:
            frame = frame[frame["year"].isin(entry["years"])]
        self.frame = frame.assign(headcount=frame["headcount"].astype(int))
        self.headcounts = self.frame.groupby(["unit_code", "year"])["headcount"].sum().to_dict()
        self.items = [item for name in entry["batteries"] for item in recount.batteries[name][0]]
        self.areas = [area for name in entry["batteries"] for area in recount.batteries[name][1]]
        rows = recount.responses[recount.responses["questionnaire"] == self.key]
        years = self.frame.set_index(["unit_code", "group_code"])["year"]
        keys = pd.MultiIndex.from_frame(rows[["unit_code", "group_code"]])
        self.rows = rows.assign(year=years.reindex(keys).fillna("").to_numpy()).reset_index(drop=True)
        self.ballots: dict[Cell, int] = defaultdict(int)
        self.blank_ballots: dict[Cell, int] = defaultdict(int)
        self.measures: dict[tuple[str, str], dict[Cell, Counts]] = {}
        self._count()

    def _count(self) -> None:
        keys = {item.key: item for item in self.items}
        conditions = {item.key: condition(item.show_if) for item in self.items if item.show_if}
        for name in [("", item.key) for item in self.items if item.type != "note"]:
            self.measures[name] = defaultdict(Counts)
        for area in self.areas:
            self.measures[area.key, ""] = defaultdict(Counts)
        columns = [*{"unit_code", "year", "sex"}, *(key for key in keys if key not in {"sex", "year"})]
        for row in self.rows[columns].to_dict("records"):
            cell = (row["unit_code"], row["year"], row["sex"])
            given = self._given(row, conditions)
            self.ballots[cell] += 1
            self.blank_ballots[cell] += not any(given.values())
            for key, value in given.items():
                _count_item(self.measures["", key][cell], keys[key], value)
            for area in self.areas:
                _count_area(self.measures[area.key, ""][cell], area, keys, given)

    def _given(self, row: dict[str, str], conditions: dict[str, Any]) -> dict[str, str]:
        """Return the answers to the items that were asked; an item routed past is left out."""
        given: dict[str, str] = {}
        for item in self.items:
            if item.type == "note":
                continue
            if item.key in conditions and not eval(conditions[item.key], {"given": given}):  # noqa: S307  our own files
                continue
            given[item.key] = row[item.key]
        return given

    def figures(self, units: frozenset[str], segment: str, value: str, measure: tuple[str, str], weighting: str) -> Any:
        """Return the recomputed figures of one row, without identity columns."""
        wanted = [cell for cell in self.ballots if cell[0] in units and _in_segment(cell, segment, value)]
        figures: dict[str, Any] = {"answered": sum(self.ballots[cell] for cell in wanted)}
        figures["invited"] = self.invited(units, segment, value)
        rate = Fraction(figures["answered"], figures["invited"]) if figures["invited"] else None
        figures["response_rate"] = half_up(rate, SHARE_DIGITS)
        if measure == ("", ""):
            blank = sum(self.blank_ballots[cell] for cell in wanted)
            return figures | {"n": figures["answered"], "n_blank": blank}
        item = next((item for item in self.items if item.key == measure[1]), None)
        pooled = Counts()
        for cell in wanted:
            pooled.add(self.measures["", measure[1]][cell] if item else self.measures[measure][cell])
        figures["n"] = pooled.n
        if item is not None:
            figures["n_blank"] = pooled.blank
            is_choice = item.type == "choice"
            figures["n_dont_know"] = sum(pooled.options[code] for code in item.dont_know) if is_choice else None
            if item.codes:
                figures["distribution"] = {code: pooled.options[code] for code in item.codes}
        return figures | self._weighted(self._weight_cells(units, segment, value, weighting), measure, item)

    def invited(self, units: frozenset[str], segment: str, value: str) -> int | None:
        """Return the headcount; for sex the roster has none."""
        if segment == "sex":
            return None
        return sum(
            count
            for (unit, year), count in self.headcounts.items()
            if unit in units and (segment != "year" or year == value)
        )

    def respondents(self, units: frozenset[str]) -> int:
        """Return the ballots of these units."""
        return sum(count for cell, count in self.ballots.items() if cell[0] in units)

    def plain(self, units: frozenset[str], area: str, item_key: str) -> Fraction | None:
        """Return the plain mean score of an item or area over these units' respondents, or its share if unscored."""
        parts = self._weight_cells(units, "", "", "respondents")
        item = next((item for item in self.items if item.key == item_key), None)
        index, share = self._averages(parts, ("", item_key) if item else (area, ""), item)
        return share if item is not None and not item.scores else index

    def _weighted(
        self, parts: list[tuple[Fraction, list[Cell]]], measure: tuple[str, str], item: Item | None
    ) -> dict[str, Any]:
        index, share = self._averages(parts, measure, item)
        has_index = item is None or bool(item.scores)
        return {
            "index": half_up(index, 1) if has_index else None,
            "share_positive": half_up(share, SHARE_DIGITS),
        }

    def _averages(
        self, parts: list[tuple[Fraction, list[Cell]]], measure: tuple[str, str], item: Item | None
    ) -> tuple[Fraction | None, Fraction | None]:
        counts = self.measures["", measure[1]] if item else self.measures[measure]
        index, share = Average(), Average()
        for weight, cells in parts:
            part = Counts()
            for cell in cells:
                part.add(counts[cell])
            index.add(weight, part.total, part.valid)
            if item is not None and item.positive:
                substantive = sum(count for code, count in part.options.items() if code not in item.missing)
                dont_know = sum(part.options[code] for code in item.dont_know)
                positive = sum(part.options[code] for code in item.positive)
                share.add(weight, Fraction(positive), substantive + (dont_know if item.share_of == "answered" else 0))
        return index.value, share.value

    def _weight_cells(
        self, units: frozenset[str], segment: str, value: str, weighting: str
    ) -> list[tuple[Fraction, list[Cell]]]:
        """Return (weight, cells): unit × year by headcount, the years of a unit below five ballots as one cell.

        A year is a segment whose headcount the frame knows. Of any other segment (sex) it does not, so its part of a
        cell's headcount is estimated by its part of the cell's ballots.
        """
        wanted = [cell for cell in self.ballots if cell[0] in units and _in_segment(cell, segment, value)]
        if weighting == "respondents":
            return [(Fraction(1), wanted)]
        parts = []
        for members in self._strata(units, by_year_only=segment == "year"):
            inside = [cell for cell in self.ballots if cell[:2] in members]
            chosen = [cell for cell in inside if _in_segment(cell, segment, value)]
            headcount = sum(self.headcounts.get(unit_year, 0) for unit_year in members)
            ballots, domain = (sum(self.ballots[cell] for cell in cells) for cells in (inside, chosen))
            if domain:
                parts.append((Fraction((headcount or ballots) * domain, ballots), chosen))
        return parts

    def _strata(self, units: frozenset[str], *, by_year_only: bool) -> list[set[tuple[str, str]]]:
        ballots: dict[tuple[str, str], int] = defaultdict(int)
        for cell, count in self.ballots.items():
            ballots[cell[:2]] += count
        strata: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
        for unit_year in {*self.headcounts, *ballots}:
            if unit_year[0] in units:
                alone = by_year_only or ballots[unit_year] >= SMALL_CELL
                strata[unit_year if alone else (unit_year[0], "small")].add(unit_year)
        return list(strata.values())


@dataclass
class Average:
    """A mean over weighting cells: Σ N_h p_h / Σ N_h over the cells that hold a valid answer."""

    weighted: Fraction = Fraction(0)
    weights: Fraction = Fraction(0)

    def add(self, weight: Fraction, total: Fraction, valid: int) -> None:
        """Take in one cell."""
        if valid:
            self.weighted += weight * total / valid
            self.weights += weight

    @property
    def value(self) -> Fraction | None:
        """Return the mean, None without a valid answer."""
        return self.weighted / self.weights if self.weights else None


def _table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")


def _in_segment(cell: Cell, segment: str, value: str) -> bool:
    return not segment or cell[1 if segment == "year" else 2] == value


def _count_item(counts: Counts, item: Item, value: str) -> None:
    if not value:
        counts.blank += 1
        return
    for code in value.split("|") if item.type == "multiple" else [value]:
        if item.codes:
            counts.options[code] += 1
    if item.type == "choice" and value in item.missing:
        return
    counts.n += 1
    if value in item.scores:
        counts.total += item.scores[value]
        counts.valid += 1


def _count_area(counts: Counts, area: Area, items: dict[str, Item], given: dict[str, str]) -> None:
    scores = [items[key].scores[given[key]] for key in area.items if given.get(key, "") in items[key].scores]
    if len(scores) >= area.least:
        counts.n += 1
        counts.valid += 1
        counts.total += sum(scores, Fraction(0)) / len(scores)


def compare(recount: Recount, rows: list[dict[str, Any]], only: str = "") -> list[str]:
    """Return a line for every published row that differs from the recount, is hidden without reason or missing.

    ``only`` names the one level whose rows were asked for.
    """
    faults: list[str] = []
    published: dict[tuple[str, ...], dict[str, Any]] = {}
    nodes = {
        (counted.key, level, code): units
        for counted in recount.questionnaires.values()
        for level, code, units in recount.nodes(counted.frame["unit_code"])
    }
    for row in rows:
        identity = tuple(row[name] or "" for name in IDENTITY)
        if row["compare_to"]:
            faults.extend(_compare_difference(recount, row, identity))
            continue
        if identity in published:
            faults.append(f"{identity}: stands twice")
        published[identity] = row
        units = nodes.get((row["questionnaire"], row["level"], row["node_code"]))
        if units is None:
            faults.append(f"{identity}: no such node in the frame")
            continue
        faults.extend(_compare_row(recount, row, units, identity))
    expected = {identity for identity in _expected(recount, nodes) if only in {"", identity[0]}}
    faults.extend(f"{identity}: missing" for identity in sorted(expected - set(published)))
    return faults


def _compare_row(
    recount: Recount, row: dict[str, Any], units: frozenset[str], identity: tuple[str, ...]
) -> Iterator[str]:
    counted = recount.questionnaires[row["questionnaire"]]
    if row["item"] in recount.segments:
        yield f"{identity}: a segment has no row as an item"
    measure = ("", row["item"]) if row["item"] else (row["area"] or "", "")
    figures = counted.figures(units, row["segment"] or "", row["segment_value"] or "", measure, row["weighting"])
    if row["status"] == "hidden":
        shown = [name for name in figures if row.get(name) is not None and name != "invited"]
        if shown:
            yield f"{identity}: hidden, yet shows {shown}"
        if row["reason"] == "too_few" and figures["n"] >= recount.minimum:
            yield f"{identity}: hidden as too_few with n = {figures['n']}"
        return
    if figures["n"] < recount.minimum:
        yield f"{identity}: shown with n = {figures['n']}"
    for name, value in figures.items():
        if row[name] != value and not _close(row[name], value):
            yield f"{identity}: {name} is {row[name]}, recounted {value}"


def _compare_difference(recount: Recount, row: dict[str, Any], identity: tuple[str, ...]) -> Iterator[str]:
    """Hold a unit's difference from the rest against the plain means of both; hidden ones show nothing."""
    if row["status"] == "hidden":
        return
    counted = recount.questionnaires[row["questionnaire"]]
    units = frozenset(counted.frame["unit_code"])
    own = frozenset([row["node_code"]])
    mean, rest = (counted.plain(part, row["area"] or "", row["item"] or "") for part in (own, units - own))
    difference = float(mean - rest) if mean is not None and rest is not None else None
    if difference is None or abs(difference - row["difference"]) > HALF_OF_SIX_DECIMALS:
        yield f"{identity}: differs from the rest by {row['difference']}, recounted {difference}"
    if counted.respondents(own) * 2 < (counted.invited(own, "", "") or 0):
        yield f"{identity}: compared below half the frame"


def _close(published: Any, recounted: Any) -> bool:
    """Floats that print the same are the same: both stem from one decimal rounding."""
    both = isinstance(published, int | float) and isinstance(recounted, int | float)
    return both and abs(published - recounted) < 1e-9


def _expected(recount: Recount, nodes: dict[tuple[str, str, str], frozenset[str]]) -> Iterator[tuple[str, ...]]:
    """Yield the identities of the undivided rows that must be there, shown or hidden."""
    for key, level, code in nodes:
        counted = recount.questionnaires[key]
        for weighting in ("respondents",) if level == "unit" else ("frame", "respondents"):
            for item in counted.items:
                if item.type != "note" and item.key not in recount.segments:
                    yield level, code, "", "", key, item.area, item.key, weighting
            for area in counted.areas:
                yield level, code, "", "", key, area.key, "", weighting
        yield level, code, "", "", key, "", "", "respondents"


def main(arguments: list[str]) -> int:
    """Recount and report; returns the exit status."""
    truth, cycle, results, *level = arguments
    rows = json.loads(Path(results).read_text("utf-8"))
    faults = compare(Recount(Path(truth), cycle), rows, *level)
    hidden = sum(row["status"] == "hidden" for row in rows)
    for fault in faults[:50]:
        print(fault)  # noqa: T201
    print(f"{len(rows)} rows, {hidden} hidden, {len(faults)} differences")  # noqa: T201
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
