"""What the page of one unit's response rates shows: each questionnaire, its groups and the days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from admin_portal.home.choice import CycleChoice
from admin_portal.monitoring.counts import GroupCount
from admin_portal.monitoring.rates import Days, Place, Rate
from admin_portal.monitoring.small import FEW
from admin_portal.monitoring.views import bar_of, over_note, rate_words, spark_of, state_kind
from shared.i18n import gettext as _
from shared.presentation import numbers, words


@dataclass(frozen=True, slots=True)
class GroupView:
    """A class or group in words."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class AskedView:
    """A questionnaire at the unit; ``no_groups`` says why no groups are listed, where that is so."""

    label: str
    state: str
    state_kind: str
    target: str
    bar: Markup
    days: Markup
    note: str
    groups: tuple[GroupView, ...]
    no_groups: str


@dataclass(frozen=True, slots=True)
class UnitRatesView:
    """The page of one unit."""

    code: str
    name: str
    unit_type: str
    principal: str
    email: str
    cycle: str
    title: str
    cycles: tuple[CycleChoice, ...]
    live: bool
    as_at: str
    asked: tuple[AskedView, ...]
    few: int = FEW


def asked_view(rate: Rate, groups: Sequence[GroupCount], days: Days | None) -> AskedView:
    """Return what is shown of one questionnaire."""
    asked = rate.asked
    title = f"{rate.place.name}, {asked.label}"
    return AskedView(
        label=asked.label,
        state=words.window_state(asked.state),
        state_kind=state_kind(asked.state),
        target=numbers.percent(asked.target),
        bar=bar_of(f"unit-{asked.id}", title, rate, hidden=rate.hidden),
        days=spark_of(f"days-{asked.id}", _("Answers per day, %(who)s") % {"who": asked.label}, days),
        note=over_note(rate),
        groups=tuple(
            GroupView(one.name, rate_words(one.invited, one.answered, hidden=one.answered is None)) for one in groups
        ),
        no_groups="" if groups else _no_groups(rate),
    )


def unit_facts(place: Place) -> tuple[str, str]:
    """Return the unit's type in words and the principal, "not noted" where nobody is."""
    return words.unit_type(place.unit_type), place.principal or _("not noted")


def _no_groups(rate: Rate) -> str:
    asked = rate.asked
    if rate.hidden:
        return ""
    if asked.state == "counted":
        return _("The window is counted: what each group had answered is no longer kept.")
    if asked.code_model == "per_unit":
        return _("The unit shares one code, so answers belong to no group.")
    if asked.code_model == "import":
        return _("Answers come from a file and are followed for the whole unit only.")
    return ""
