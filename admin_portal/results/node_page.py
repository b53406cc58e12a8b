"""The page of one node in one cycle, or the page that says why there are no figures for this reader yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor
from admin_portal.results.areas import Scene
from admin_portal.results.node import asked_in, node_figures, scene_for, subtitle_of
from admin_portal.results.reading import DISTRICT, MUNICIPALITY, PROVIDER, UNIT, effective_releases, reads_internally
from admin_portal.results.segments import segment_label, segment_tables
from admin_portal.results.sharing import sharing_view
from admin_portal.results.standing import standing
from admin_portal.results.views import Link, NodeView, SegmentsView, Waiting
from admin_portal.results.wording import local_text
from shared.i18n import gettext as _
from shared.model.accounts import LEADERSHIP
from shared.model.cycles import Cycle
from shared.model.organisation import Unit
from shared.model.results import latest_result_set
from shared.presentation import words

Crumbs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Which node a page is about."""

    level: str
    code: str

    def address(self, cycle: Cycle) -> str:
        """Return the page's address."""
        if self.level == MUNICIPALITY:
            return f"/results/{quote(cycle.key)}/municipality"
        return f"/results/{quote(cycle.key)}/{self.level}s/{quote(self.code)}"


def node_page(
    session: Session,
    *,
    actor: Actor,
    cycle: Cycle,
    place: Place,
    now: datetime,
    segment: str = "",
    questionnaire: str = "",
) -> NodeView | SegmentsView | Waiting:
    """Return the page of a node for this reader; ``segment`` asks for the figures broken down by it.

    A unit's questionnaires stand on one page; above the unit there are many, and ``questionnaire`` says which to show.
    """
    scene = scene_for(session, actor=actor, cycle=cycle, level=place.level, node_code=place.code, now=now)
    if scene is None:
        return _waiting(session, actor, cycle, place, now)
    lines = standing(session, actor, cycle, now)
    subtitle = _subtitle(session, cycle, place)
    links = _segment_links(scene, place.address(cycle), segment)
    if segment in scene.figures.segments:
        tables, reasons = segment_tables(scene, segment)
        return SegmentsView(
            title=scene.name,
            subtitle=subtitle,
            crumbs=crumbs_of(cycle, place),
            standing=lines,
            segments=links,
            downloads=_downloads(cycle, place),
            tables=tables,
            reasons=reasons,
        )
    only = "" if place.level == UNIT else _one_of(scene, questionnaire)
    figures = node_figures(scene, only=only)
    return NodeView(
        title=scene.name,
        subtitle=subtitle,
        crumbs=crumbs_of(cycle, place),
        standing=lines,
        rates=figures.rates,
        chosen=figures.chosen,
        beside=figures.beside,
        parts=_parts(scene, only),
        questionnaires=figures.questionnaires,
        segments=links,
        downloads=_downloads(cycle, place),
        sharing=sharing_view(session, actor, cycle, place.code) if place.level == UNIT else None,
    )


def _one_of(scene: Scene, questionnaire: str) -> str:
    keys = [one.key for one in asked_in(scene)]
    return questionnaire if questionnaire in keys else keys[0]


def _parts(scene: Scene, only: str) -> tuple[Link, ...]:
    """Return the ways to the questionnaires: places in the page, or pages of their own."""
    return tuple(
        Link(
            f"?questionnaire={quote(one.key)}#questionnaire-{one.key}" if only else f"#questionnaire-{one.key}",
            words.asked(one.respondent, subtitle_of(one)),
            current=one.key == only,
        )
        for one in asked_in(scene)
    )


def crumbs_of(cycle: Cycle, place: Place | None = None) -> Crumbs:
    """Return the way to a page of a cycle."""
    own = f"/results/{quote(cycle.key)}"
    start = (("/results", _("Results")), (own, local_text(cycle.title)))
    if place is not None and place.level == UNIT:
        return (*start, (f"{own}/units", _("Units")))
    return start if place is not None else start[:1]


def waiting_text(session: Session, actor: Actor, cycle: Cycle, now: datetime) -> str:
    """Return why this reader has no figures of the cycle, and what will bring them."""
    if reads_internally(actor):
        if latest_result_set(session, cycle) is None:
            return _("No window of this cycle has been counted. Results are computed when a window closes.")
        return _("This part of the organisation has no figures in this cycle.")
    if not effective_releases(session, cycle, now):
        return _(
            "The results of this cycle are not released yet. Pedagogcentrum releases them when they have been reviewed,"
            " and each unit is told by e-mail."
        )
    if any(held.role == LEADERSHIP for held in actor.held):
        return _("The principal has not shared these results with the leadership group. Ask your principal.")
    return _("There are no released figures here for your role. Ask Pedagogcentrum if there should be.")


def _waiting(session: Session, actor: Actor, cycle: Cycle, place: Place, now: datetime) -> Waiting:
    return Waiting(
        title=_title(session, place),
        crumbs=crumbs_of(cycle, place),
        heading=_("No results to show yet"),
        text=waiting_text(session, actor, cycle, now),
        link=Link("/rates", _("See the response rates")) if _follows_rates(actor) else None,
    )


def _follows_rates(actor: Actor) -> bool:
    return any(held.role != LEADERSHIP for held in actor.held)


def _title(session: Session, place: Place) -> str:
    if place.level == UNIT:
        return session.scalar(select(Unit.name).where(Unit.code == place.code)) or place.code
    return words.level(place.level)


def _subtitle(session: Session, cycle: Cycle, place: Place) -> str:
    title = local_text(cycle.title)
    if place.level != UNIT:
        return f"{_LEVELS[place.level]()}, {title}"
    row = session.execute(select(Unit.unit_type, Unit.regi).where(Unit.code == place.code)).first()
    if row is None:
        return title
    return f"{words.unit_type(row[0])}, {words.regi(row[1]).lower()}. {title}"


_LEVELS = {
    MUNICIPALITY: lambda: _("All units, municipal and independent"),
    DISTRICT: lambda: _("All units of the district"),
    PROVIDER: lambda: _("All units of the provider"),
}


def _segment_links(scene: Scene, address: str, segment: str) -> tuple[Link, ...]:
    if not scene.figures.segments:
        return ()
    whole = Link(address, _("All respondents"), segment not in scene.figures.segments)
    parts = (
        Link(f"{address}?segment={quote(name)}", segment_label(scene, name), name == segment)
        for name in scene.figures.segments
    )
    return (whole, *parts)


def _downloads(cycle: Cycle, place: Place) -> tuple[Link, ...]:
    address = place.address(cycle)
    return (Link(f"{address}.csv", _("Figures as CSV")), Link(f"{address}.json", _("Figures as JSON")))
