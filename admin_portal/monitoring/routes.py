"""The pages of the response rates: all units in the reader's reach, one unit, and the file."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from admin_portal.access.guard import current_actor, needs
from admin_portal.access.policy import Actor, Permission
from admin_portal.downloads import csv_download
from admin_portal.home.choice import chosen_cycle, title_of
from admin_portal.monitoring.counts import (
    Reach,
    asked_in,
    groups_of,
    history_of,
    places_in,
    reach_of,
    read_counts,
)
from admin_portal.monitoring.rates import NEED, SORTS, Asked, Days, Filter, Rate, chosen, per_day
from admin_portal.monitoring.table_file import COLUMNS, rate_rows
from admin_portal.monitoring.unit_view import UnitRatesView, asked_view, unit_facts
from admin_portal.monitoring.views import RatesView, as_at_words, rates_view, spark_of
from admin_portal.pages import page
from admin_portal.services import services
from shared.errors import NotFound
from shared.i18n import gettext as _
from shared.model.accounts import AREA_HEAD, OFFICER, OWNER

blueprint = Blueprint("monitoring", __name__)
CALLERS = (OFFICER, AREA_HEAD, OWNER)
"""Who sees whom to call: those who look after several units."""


@blueprint.get("/rates")
@needs(Permission.SEE_RATES)
def all_rates() -> Response:
    """Show the rates of all units in reach."""
    with services().database.read() as session:
        view = _all_rates(session, current_actor())
    return page("monitoring/rates.html", view)


@blueprint.get("/rates.csv")
@needs(Permission.SEE_RATES)
def rates_download() -> Response:
    """Give the rates looked for as a file."""
    with services().database.read() as session:
        cycle, _cycles = chosen_cycle(session, request.args.get("cycle", ""))
        if cycle is None:
            raise NotFound(_("There is no cycle yet."))
        reach = reach_of(current_actor(), services().clock.now())
        rates = read_counts(session, asked_in(session, cycle, reach), reach).rates(places_in(session, reach))
    return csv_download(f"rates-{cycle.key}.csv", COLUMNS, rate_rows(cycle.key, chosen(rates, _filter())))


@blueprint.get("/rates/<code>")
@needs(Permission.SEE_RATES, unit="code")
def unit_rates(code: str) -> Response:
    """Show the rates of one unit, by questionnaire and group."""
    with services().database.read() as session:
        view = _unit_rates(session, current_actor(), code)
    return page("monitoring/unit.html", view)


def _all_rates(session: Session, actor: Actor) -> RatesView:
    cycle, cycles = chosen_cycle(session, request.args.get("cycle", ""))
    if cycle is None:
        return RatesView()
    now = services().clock.now()
    reach = reach_of(actor, now)
    asked = asked_in(session, cycle, reach)
    counts = read_counts(session, asked, reach)
    wanted = _filter()
    totals = [total for total in counts.totals() if total.invited]
    view = rates_view(
        rates=counts.rates(places_in(session, reach)),
        totals=totals,
        wanted=wanted,
        page=request.args.get("page", 1, int),
        cycle=cycle.key,
        now=now,
        calls=any(actor.has(role) for role in CALLERS),
    )
    one = [total for total in totals if len(totals) == 1 or total.asked.key == wanted.questionnaire]
    has_days = bool(one) and one[0].answered is not None
    return replace(
        view,
        title=title_of(cycle),
        cycles=tuple(cycles),
        live=reach.live and any(one.open for one in asked),
        as_at=as_at_words(asked, now, live=reach.live),
        days=spark_of("days", _("Answers per day"), _days(session, one[0].asked, reach)) if has_days else view.days,
    )


def _unit_rates(session: Session, actor: Actor, code: str) -> UnitRatesView:
    cycle, cycles = chosen_cycle(session, request.args.get("cycle", ""))
    now = services().clock.now()
    reach = reach_of(actor, now)
    (place,) = places_in(session, reach, code=code)
    asked = [] if cycle is None else asked_in(session, cycle, reach)
    rates = read_counts(session, asked, reach, unit_id=place.id).rates([place])
    unit_type, principal = unit_facts(place)
    return UnitRatesView(
        code=place.code,
        name=place.name,
        unit_type=unit_type,
        principal=principal,
        email=place.email,
        cycle="" if cycle is None else cycle.key,
        title="" if cycle is None else title_of(cycle),
        cycles=tuple(cycles),
        live=reach.live and any(rate.asked.open for rate in rates),
        as_at=as_at_words([rate.asked for rate in rates], now, live=reach.live),
        asked=tuple(
            asked_view(
                rate,
                [] if rate.hidden else groups_of(session, rate.asked, place.id),
                None if rate.hidden else _days(session, rate.asked, reach, rate),
            )
            for rate in rates
        ),
    )


def _days(session: Session, asked: Asked, reach: Reach, rate: Rate | None = None) -> Days | None:
    """Return the answers per day, up to what the reader may see now."""
    history = history_of(session, asked, reach, unit_id=None if rate is None else rate.place.id)
    newest = None
    if rate is not None and rate.answered is not None and asked.as_at is None:
        newest = (min(reach.now, asked.closes_at), rate.answered)
    return per_day(history, latest=newest if history else None)


def _filter() -> Filter:
    given = {name: request.args.get(name, "").strip() for name in ("questionnaire", "district", "search")}
    sort = request.args.get("sort", NEED)
    return Filter(**given, unit_type=request.args.get("type", ""), sort=sort if sort in SORTS else NEED)
