"""Reads what a cycle's results are computed from: tallies, frozen headcounts, the organisation, owners' agreements."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analytics_worker.results.organisation import Place, Unit
from analytics_worker.results.tables import YEAR, Source, published_segments
from analytics_worker.statistics.arrays import IntArray
from shared.database.questionnaires import Loaded, load
from shared.model.counting import Tally
from shared.model.cycles import CollectionWindow, Cycle, FrameGroup, Questionnaire, SealGroup
from shared.model.organisation import District, Municipality, Provider, PublicationAgreement, may_publish
from shared.model.organisation import Unit as StoredUnit
from shared.questionnaire.battery_file import fingerprint
from shared.questionnaire.scoring import TallyLayout


@dataclass(frozen=True, slots=True)
class Inputs:
    """A cycle's counted windows and everything that their results follow from.

    ``losses`` names each window that was counted without some of its ballots: how many, and the officer's reason.
    """

    cycle_id: int
    cycle: str
    policy: dict[str, Any]
    windows: tuple[str, ...]
    losses: dict[str, dict[str, Any]]
    sources: tuple[Source, ...]

    def fingerprints(self) -> dict[str, list[str]]:
        """Return the fingerprints of each questionnaire's batteries."""
        return {one.key: [fingerprint(battery) for battery in one.definition.batteries] for one in self.sources}

    def hash(self) -> str:
        """Return a SHA-256 over all numbers and rules the results follow from."""
        digest = hashlib.sha256(json.dumps([self.cycle, self.policy, self.fingerprints()], sort_keys=True).encode())
        for source in self.sources:
            names = [source.key, source.respondent, source.code_model, source.breakdowns, source.segments]
            units = [
                [unit.place.code, unit.provider.code, unit.district and unit.district.code, unit.municipality.code]
                for unit in source.units
            ]
            agreed = [unit.may_publish for unit in source.units]
            digest.update(json.dumps([names, units, agreed], sort_keys=True).encode())
            for numbers in (source.tally_unit, source.tally_values, source.counts, source.headcounts):
                digest.update(np.ascontiguousarray(numbers.astype("<i8")).tobytes())
        return digest.hexdigest()


def counted_windows(session: Session, cycle_id: int) -> tuple[str, ...]:
    """Return the keys of the windows that are counted, in the order of the cycle."""
    wanted = select(CollectionWindow.key).where(
        CollectionWindow.cycle_id == cycle_id, CollectionWindow.state == "counted"
    )
    return tuple(session.scalars(wanted.order_by(CollectionWindow.id)))


def load_inputs(session: Session, cycle_id: int, day: date) -> Inputs:
    """Return the inputs of a cycle's results; ``day`` decides which agreements on publication hold."""
    cycle = session.get_one(Cycle, cycle_id)
    windows = counted_windows(session, cycle_id)
    questionnaires = session.scalars(
        select(Questionnaire.id)
        .join(CollectionWindow, CollectionWindow.id == Questionnaire.window_id)
        .where(Questionnaire.cycle_id == cycle_id, CollectionWindow.key.in_(windows))
        .order_by(Questionnaire.id)
    )
    organisation = _organisation(session, day)
    loaded = [load(session, questionnaire_id) for questionnaire_id in questionnaires]
    sources = [_source(session, one, tuple(cycle.segments), organisation) for one in loaded]
    return Inputs(
        cycle_id=cycle_id,
        cycle=cycle.key,
        policy=cycle.policy,
        windows=windows,
        losses=_losses(session, cycle_id),
        sources=tuple(source for source in sources if source.units),
    )


def _losses(session: Session, cycle_id: int) -> dict[str, dict[str, Any]]:
    unreadable = func.sum(SealGroup.unreadable)
    windows = (
        select(CollectionWindow.key, unreadable, CollectionWindow.loss_accepted)
        .join(SealGroup, SealGroup.window_id == CollectionWindow.id)
        .where(CollectionWindow.cycle_id == cycle_id, CollectionWindow.state == "counted")
        .group_by(CollectionWindow.id, CollectionWindow.key, CollectionWindow.loss_accepted)
        .having(unreadable > 0)
        .order_by(CollectionWindow.id)
    )
    return {key: {"unreadable": lost, "reason": reason} for key, lost, reason in session.execute(windows)}


def _organisation(session: Session, day: date) -> dict[int, Unit]:
    """Return every unit by its id, in the order of codes. A district has no code but its name."""
    agreements = list(session.scalars(select(PublicationAgreement)))
    several = (session.scalar(select(func.count()).select_from(Municipality)) or 0) > 1
    rows = session.execute(
        select(StoredUnit, Provider, District, Municipality)
        .join(Provider, Provider.id == StoredUnit.provider_id)
        .join(Municipality, Municipality.id == Provider.municipality_id)
        .outerjoin(District, District.id == StoredUnit.district_id)
        .order_by(StoredUnit.code)
    )
    return {
        unit.id: Unit(
            place=Place(unit.code, unit.name),
            provider=Place(provider.code, provider.name),
            district=_district(district, municipality if several else None),
            municipality=Place(municipality.code, municipality.name),
            may_publish=may_publish(unit, agreements, day),
        )
        for unit, provider, district, municipality in rows
    }


def _district(district: District | None, municipality: Municipality | None) -> Place | None:
    """Return a district's place; its name is unique in its municipality, which is named where there are several."""
    if district is None:
        return None
    return Place(f"{municipality.code}/{district.name}" if municipality else district.name, district.name)


def _source(session: Session, loaded: Loaded, segments: Sequence[str], organisation: dict[int, Unit]) -> Source:
    breakdowns: dict[str, tuple[str, ...]] = {YEAR: (), **(loaded.breakdowns or {})}
    breakdowns = {name: breakdowns[name] for name in sorted(breakdowns)}
    frame, tallies = _frame(session, loaded.id), _tallies(session, loaded.id)
    known = {row[0] for row in frame} | {row[0] for row in tallies}
    place = {unit_id: at for at, unit_id in enumerate(unit_id for unit_id in organisation if unit_id in known)}
    tallies.sort(key=lambda row: (place[row[0]], row[1]))
    return Source(
        key=loaded.key,
        respondent=loaded.respondent,
        code_model=loaded.code_model,
        definition=loaded.definition,
        breakdowns=breakdowns,
        segments=published_segments(segments, breakdowns),
        units=tuple(organisation[unit_id] for unit_id in place),
        tally_unit=np.array([place[row[0]] for row in tallies], dtype=np.int64),
        tally_values=_values(breakdowns, [row[1] for row in tallies]),
        counts=_counts(tallies, TallyLayout(loaded.definition).width),
        headcounts=_headcounts(frame, place, ("", *breakdowns[YEAR])),
    )


def _frame(session: Session, questionnaire_id: int) -> list[Any]:
    headcounts = (
        select(FrameGroup.unit_id, FrameGroup.year, func.sum(FrameGroup.headcount))
        .where(FrameGroup.questionnaire_id == questionnaire_id)
        .group_by(FrameGroup.unit_id, FrameGroup.year)
    )
    return list(session.execute(headcounts))


def _tallies(session: Session, questionnaire_id: int) -> list[Any]:
    columns = (Tally.unit_id, Tally.cell, Tally.ballots, Tally.blank_ballots, Tally.counts)
    return list(session.execute(select(*columns).where(Tally.questionnaire_id == questionnaire_id)))


def _headcounts(frame: Sequence[Any], place: dict[int, int], years: Sequence[str]) -> IntArray:
    headcounts = np.zeros((len(place), len(years)), dtype=np.int64)
    for unit_id, year, headcount in frame:
        headcounts[place[unit_id], years.index(year) if year in years else 0] += int(headcount)
    return headcounts


def _values(breakdowns: dict[str, tuple[str, ...]], cells: Sequence[str]) -> IntArray:
    places = [{"": 0, **{value: at for at, value in enumerate(values, start=1)}} for values in breakdowns.values()]
    rows = [[known[value] for known, value in zip(places, cell.split("|"), strict=True)] for cell in cells]
    return np.array(rows, dtype=np.int64).reshape(len(cells), len(places))


def _counts(tallies: Sequence[Any], width: int) -> IntArray:
    ballots = np.array([(row[2], row[3]) for row in tallies], dtype=np.int64).reshape(len(tallies), 2)
    columns = np.frombuffer(b"".join(row[4] for row in tallies), dtype="<i8").reshape(len(tallies), width)
    return np.concatenate([ballots, columns.astype(np.int64)], axis=1)
