"""Creates a cycle from its file: batteries pinned to their newest versions, windows planned, nothing opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.batteries.library import read_text
from admin_portal.cycles.cycle_file import CyclePlan, QuestionnairePlan, read_cycle
from admin_portal.cycles.replacement import find_replaceable, remove
from shared.clock import Clock
from shared.database.engine import Database
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.audit import record
from shared.model.batteries import BatteryVersion, latest_version
from shared.model.cycles import CollectionWindow, Cycle, Questionnaire, QuestionnaireBattery
from shared.model.organisation import Unit, UnitGroup
from shared.questionnaire.ballot import Layout
from shared.questionnaire.battery_file import from_document
from shared.questionnaire.definition import Questionnaire as Definition
from shared.questionnaire.yaml_reader import FaultList

ROSTER_SEGMENTS = ("sex", "year")


@dataclass(frozen=True, slots=True)
class CreatedCycle:
    """A cycle that was (or with ``dry_run`` would be) created, with what the officer should look at."""

    key: str
    windows: tuple[str, ...]
    questionnaires: tuple[str, ...]
    warnings: tuple[str, ...]
    replaced: bool = False
    """Whether it takes the place of a cycle of that key that nobody had used yet."""


def create_cycle(database: Database, clock: Clock, path: Path, *, actor: str, dry_run: bool = False) -> CreatedCycle:
    """Create the cycle of a file and leave it scheduled.

    A cycle of that key with neither codes nor a window begun is replaced. Raises ``FileFaults`` with every fault of
    the file, held against the library and the clock, and ``Refused`` when a cycle of that key is in use.
    """
    return create_from_text(database, clock, read_text(path), file=path.name, actor=actor, dry_run=dry_run)


def create_from_text(
    database: Database, clock: Clock, text: str, *, file: str, actor: str, dry_run: bool = False
) -> CreatedCycle:
    """Create the cycle written in ``text``, as ``create_cycle`` does; ``file`` is the name used in faults."""
    faults = FaultList(file)
    plan = read_cycle(text, faults)
    if dry_run:
        with database.read() as session:
            earlier = find_replaceable(session, plan.key)
            _check(session, plan, faults, clock.now())
            return _created(session, plan, replaced=earlier is not None)
    with database.begin() as session:
        earlier = find_replaceable(session, plan.key, lock=True)
        versions = _check(session, plan, faults, clock.now())
        if earlier is not None:
            remove(session, earlier)
        _write(session, plan, versions, clock.now())
        action = "cycle.created" if earlier is None else "cycle.replaced"
        record(session, at=clock.now(), actor=actor, action=action, subject=plan.key)
        return _created(session, plan, replaced=earlier is not None)


def _check(session: Session, plan: CyclePlan, faults: FaultList, now: datetime) -> dict[str, BatteryVersion]:
    _check_not_past(plan, now)
    versions = _versions(session, plan)
    definitions = _definitions(plan, versions)
    _check_segments(plan, definitions)
    _check_sensitive_items(plan, definitions)
    faults.raise_if_any()
    return versions


def _check_not_past(plan: CyclePlan, now: datetime) -> None:
    for window in plan.windows:
        models = {one.code_model for one in plan.questionnaires if one.window == window.key}
        if window.closes_at and window.closes_at <= now and models - {"import", ""}:
            remedy = _(
                "Correct the times; only a window whose questionnaires all have codes: import may lie in the past."
            )
            window.place.fault(_("The window's end has passed."), remedy)


def _versions(session: Session, plan: CyclePlan) -> dict[str, BatteryVersion]:
    versions: dict[str, BatteryVersion] = {}
    known = ", ".join(session.scalars(select(BatteryVersion.key).distinct().order_by(BatteryVersion.key)))
    for questionnaire in plan.questionnaires:
        for key, place in questionnaire.batteries:
            version = latest_version(session, key) if key else None
            if version is not None:
                versions[key] = version
            elif key:
                remedy = _("Import it first, or correct the name. Batteries: %(known)s.")
                problem = _("There is no battery %(key)s.") % {"key": key}
                place.fault(problem, remedy % {"known": known or _("none yet")})
    return versions


def _definitions(plan: CyclePlan, versions: Mapping[str, BatteryVersion]) -> list[Definition]:
    """Build each questionnaire as respondents will get it: what cannot be built is a fault now, not at opening."""
    definitions: list[Definition] = []
    segments = {name: () for name, _place in plan.segments}
    for questionnaire in plan.questionnaires:
        batteries = []
        # A battery named twice has its fault already.
        for key, place in dict(questionnaire.batteries).items():
            if key not in versions:
                continue
            battery = from_document(versions[key].document)
            if questionnaire.respondent and battery.respondent != questionnaire.respondent:
                problem = _("Battery %(key)s is for %(battery)s, the questionnaire for %(questionnaire)s.")
                parts = {"key": key, "battery": battery.respondent, "questionnaire": questionnaire.respondent}
                place.fault(problem % parts, _("Choose another battery, or correct the respondent."))
            batteries.append(battery)
        try:
            definition = Definition(questionnaire.key, questionnaire.respondent, tuple(batteries))
            Layout(definition, segments)
        except Refused as refusal:
            questionnaire.place.fault(str(refusal), _("Mend the battery and import it again."))
        else:
            definitions.append(definition)
    return definitions


def _check_segments(plan: CyclePlan, definitions: list[Definition]) -> None:
    for name, place in plan.segments:
        items = [definition.item(name) for definition in definitions if name in definition]
        if any(item.type != "choice" for item in items):
            remedy = _("Use an item of type choice.")
            place.fault(_("Item %(name)s has no options to break down by.") % {"name": name}, remedy)
        elif name and not items and name not in ROSTER_SEGMENTS:
            problem = _("No questionnaire has an item %(name)s.") % {"name": name}
            place.fault(problem, _("Use sex, year or the key of an item."))


def _check_sensitive_items(plan: CyclePlan, definitions: list[Definition]) -> None:
    for name, place in plan.sensitive_items:
        if name and not any(name in definition for definition in definitions):
            problem = _("No questionnaire has an item %(name)s.") % {"name": name}
            place.fault(problem, _("Correct the name, or remove it."))


def _write(session: Session, plan: CyclePlan, versions: Mapping[str, BatteryVersion], now: datetime) -> None:
    segments = [name for name, _place in plan.segments]
    cycle = Cycle(
        key=plan.key, title=plan.title, state="scheduled", segments=segments, policy=plan.policy, created_at=now
    )
    session.add(cycle)
    session.flush()
    windows: dict[str, int] = {}
    for window in plan.windows:
        row = CollectionWindow(
            cycle_id=cycle.id,
            key=window.key,
            opens_at=window.opens_at,
            closes_at=window.closes_at,
            grace_minutes=window.grace_minutes,
            state="planned",
        )
        session.add(row)
        session.flush()
        windows[window.key] = row.id
    for questionnaire in plan.questionnaires:
        _write_questionnaire(session, cycle.id, windows[questionnaire.window], questionnaire, versions)


def _write_questionnaire(
    session: Session,
    cycle_id: int,
    window_id: int,
    plan: QuestionnairePlan,
    versions: Mapping[str, BatteryVersion],
) -> None:
    row = Questionnaire(
        cycle_id=cycle_id,
        window_id=window_id,
        key=plan.key,
        respondent=plan.respondent,
        unit_types=None if plan.unit_types is None else list(plan.unit_types),
        years=None if plan.years is None else list(plan.years),
        code_model=plan.code_model,
    )
    session.add(row)
    session.flush()
    session.add_all(
        QuestionnaireBattery(questionnaire_id=row.id, position=position, battery_id=versions[key].id)
        for position, (key, _place) in enumerate(plan.batteries)
    )
    session.flush()


def _created(session: Session, plan: CyclePlan, *, replaced: bool) -> CreatedCycle:
    groups = list(
        session.execute(
            select(Unit.unit_type, UnitGroup.respondent, UnitGroup.year)
            .join(UnitGroup, UnitGroup.unit_id == Unit.id)
            .where(Unit.active, UnitGroup.active)
            .distinct()
        )
    )
    warnings = [warning for one in plan.questionnaires for warning in _reach_warnings(one, groups)]
    if plan.sensitive_items:
        text = _("policy.sensitive_items is stored, but has no effect on results in this version.")
        warnings.append(text)
    return CreatedCycle(
        key=plan.key,
        windows=tuple(window.key for window in plan.windows),
        questionnaires=tuple(questionnaire.key for questionnaire in plan.questionnaires),
        warnings=tuple(warnings),
        replaced=replaced,
    )


def _reach_warnings(plan: QuestionnairePlan, groups: Sequence[tuple[str, str, str]]) -> list[str]:
    """Say which questionnaires, or years of theirs, reach no group of the roster as it is now."""
    years = {
        year
        for unit_type, respondent, year in groups
        if respondent == plan.respondent and (plan.unit_types is None or unit_type in plan.unit_types)
    }
    missing = [year for year in plan.years or () if year not in years]
    if not years or (plan.years is not None and len(missing) == len(plan.years)):
        return [_("Questionnaire %(key)s reaches no group of the roster.") % {"key": plan.key}]
    text = _("Questionnaire %(key)s: no group of the roster has year %(year)s.")
    return [text % {"key": plan.key, "year": year} for year in missing]
