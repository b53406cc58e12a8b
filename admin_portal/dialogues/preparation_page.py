"""What the preparation of a dialogue shows: the unit's results, its earlier measures, and the principal's analysis."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor, Permission, permits
from admin_portal.access.scope import place_of
from admin_portal.dialogues.dialogue_page import address_of
from admin_portal.dialogues.finding import Found
from admin_portal.dialogues.preparation import OPEN_STATES, Analysis, analysis_of, stamp_of
from admin_portal.follow_up.indicators import unit_rounds
from admin_portal.follow_up.measure_page import FollowedMeasure, earlier_measures
from admin_portal.forms import Form
from admin_portal.results.node import node_figures, scene_for
from admin_portal.results.node_page import waiting_text
from admin_portal.results.reading import UNIT
from admin_portal.results.standing import standing
from admin_portal.results.views import ChosenView, QuestionnaireView, RateView
from admin_portal.results.wording import local_text
from shared.clock import local
from shared.i18n import gettext as _
from shared.model.cycles import Cycle
from shared.presentation.numbers import day_and_time


@dataclass(frozen=True, slots=True)
class ResultsPart:
    """The unit's results in the round's cycle, as far as the dialogue needs them; ``waiting``: why there are none."""

    cycle: str
    address: str
    waiting: str
    standing: tuple[str, ...] = ()
    chosen: ChosenView | None = None
    rates: tuple[RateView, ...] = ()
    questionnaires: tuple[QuestionnaireView, ...] = ()


@dataclass(frozen=True, slots=True)
class AnalysisPart:
    """The principal's analysis; without ``readable`` it is a draft that this reader is not shown.

    ``conflict`` says that it changed after the form was opened: ``saved`` is then what stands now.
    """

    own: bool
    editable: bool
    readable: bool
    shared: str
    saved: Analysis
    stamp: str
    form: Form
    conflict: str


@dataclass(frozen=True, slots=True)
class PreparationPage:
    """The page of a preparation."""

    address: str
    back: str
    unit: str
    round: str
    results: ResultsPart
    measures: tuple[FollowedMeasure, ...]
    analysis: AnalysisPart


def show_preparation(
    session: Session, found: Found, actor: Actor, now: datetime, form: Form, conflict: str = ""
) -> PreparationPage:
    """Return the preparation as ``actor`` may see it."""
    rounds = unit_rounds(session, actor=actor, unit=found.unit, now=now)
    today = local(now).date()
    return PreparationPage(
        address=f"{address_of(found)}/preparation",
        back=address_of(found),
        unit=found.unit.name,
        round=found.round.title,
        results=_results(session, found, actor, now),
        measures=earlier_measures(session, found.dialogue, found.unit, rounds, today),
        analysis=_analysis(found, actor, form, conflict),
    )


def _results(session: Session, found: Found, actor: Actor, now: datetime) -> ResultsPart:
    cycle = session.get_one(Cycle, found.round.cycle_id)
    title, address = local_text(cycle.title), f"/results/{cycle.key}/units/{found.unit.code}"
    scene = scene_for(session, actor=actor, cycle=cycle, level=UNIT, node_code=found.unit.code, now=now)
    if scene is None:
        return ResultsPart(title, "", waiting_text(session, actor, cycle, now))
    figures = node_figures(scene)
    areas_only = tuple(
        replace(one, areas=tuple(replace(area, items=()) for area in one.areas if area.index or area.hidden))
        for one in figures.questionnaires
    )
    lines = standing(session, actor, cycle, now)
    return ResultsPart(title, address, "", lines, figures.chosen, figures.rates, areas_only)


def _analysis(found: Found, actor: Actor, form: Form, conflict: str) -> AnalysisPart:
    """Return the analysis for who may read it: its principal always, others only while it is shared."""
    own = permits(actor, Permission.PREPARE_DIALOGUE, place_of(found.unit))
    shared_at = found.dialogue.preparation_shared_at
    readable = own or shared_at is not None
    return AnalysisPart(
        own=own,
        editable=own and found.dialogue.state in OPEN_STATES,
        readable=readable,
        shared="" if shared_at is None else _("Shared since %(when)s") % {"when": day_and_time(shared_at)},
        saved=analysis_of(found.dialogue) if readable else Analysis(),
        stamp=stamp_of(found.dialogue) if own else "",
        form=form,
        conflict=conflict,
    )
