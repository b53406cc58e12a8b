"""Puts the page of one node together: what to keep and examine, rates, the same thing side by side, every area."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor
from admin_portal.results.areas import Scene, areas_of, dot
from admin_portal.results.figures import Asked, Figures, shown
from admin_portal.results.reading import MUNICIPALITY, UNIT, Row, municipality_for, visible_rows
from admin_portal.results.series import rounds_of
from admin_portal.results.views import (
    BesideView,
    ChosenLine,
    ChosenView,
    QuestionnaireView,
    RateView,
)
from admin_portal.results.wording import compared_text, hidden, index_line, index_text, local_text
from shared.i18n import gettext as _
from shared.model.cycles import Cycle
from shared.presentation import numbers, words
from shared.presentation.charts.rate_bar import rate_bar
from shared.presentation.charts.side_by_side import side_by_side
from shared.presentation.sentences import Finding, keep_and_examine, response_note

COMMON_SCALE = 10.0
"""Figures of batteries with different best scores are put on this scale when they stand side by side."""


READING_ORDER = ("pupil", "child", "guardian", "staff", "principal")


@dataclass(frozen=True, slots=True)
class NodeFigures:
    """The figures of a node in words and charts, for any page that shows them."""

    rates: tuple[RateView, ...]
    chosen: ChosenView | None
    beside: tuple[BesideView, ...]
    questionnaires: tuple[QuestionnaireView, ...]


def scene_for(
    session: Session, *, actor: Actor, cycle: Cycle, level: str, node_code: str, now: datetime
) -> Scene | None:
    """Return what the actor may see of a node with all it stands beside; None where nothing may be seen."""
    visible = visible_rows(session, actor=actor, cycle=cycle, level=level, node_code=node_code, now=now)
    if not visible:
        return None
    rounds = rounds_of(session, actor=actor, cycle=cycle, level=level, node_code=node_code, now=now, current=visible)
    whole = municipality_for(session, actor, cycle, level, node_code)
    beside = Figures(visible)
    if level != MUNICIPALITY and whole is not None:
        rows = visible_rows(session, actor=actor, cycle=cycle, level=MUNICIPALITY, node_code=whole[0], now=now)
        beside = Figures(rows)
    return Scene(level, rounds[-1].figures.name, rounds, beside)


def node_figures(scene: Scene, *, only: str = "") -> NodeFigures:
    """Return the figures of a node ready to be shown; ``only`` names the one questionnaire to show in full.

    What to keep, and the same thing side by side, concern a unit: above it nothing is compared with a rest, and the
    same kind of people are asked different things at different places.
    """
    asked, of_unit = asked_in(scene), scene.level == UNIT
    return NodeFigures(
        rates=tuple(rate for one in asked if (rate := rate_view(one, scene.figures)) is not None),
        chosen=_chosen(scene, asked) if of_unit else None,
        beside=tuple(_beside(scene, asked)) if of_unit else (),
        questionnaires=tuple(_questionnaire(scene, one) for one in asked if only in {"", one.key}),
    )


def asked_in(scene: Scene) -> tuple[Asked, ...]:
    """Return the questionnaires that the node has figures of, as people read them."""
    return in_reading_order([scene.rounds[-1].asked[key] for key in scene.figures.questionnaires])


def in_reading_order(asked: Sequence[Asked]) -> tuple[Asked, ...]:
    """Return questionnaires with those whom it is about first, and the principals, who are few, last."""
    return tuple(sorted(asked, key=lambda one: READING_ORDER.index(one.respondent)))


def rate_view(asked: Asked, figures: Figures) -> RateView | None:
    """Return how many answered a questionnaire, None where the node did not get it."""
    row = figures.response(asked.key)
    if row is None:
        return None
    who = words.respondents(asked.respondent)
    text = rate_words(row) if shown(row) else ""
    chart = rate_bar(f"rate-{asked.key}", who, row["response_rate"], None, text) if text else ""
    return RateView(
        respondents=who,
        subtitle=subtitle_of(asked),
        chart=Markup(chart),  # noqa: S704  the chart escapes every text
        hidden=hidden(row),
        note=response_note(row["response_rate"]) if text else "",
    )


def rate_words(row: Row) -> str:
    """Return "222 of 239 have answered, 93 %"; without headcount only how many answered."""
    answered = numbers.count(row["answered"])
    if row["invited"] is None or row["response_rate"] is None:
        return _("%(answered)s have answered") % {"answered": answered}
    rate = numbers.percent(row["response_rate"])
    text = _("%(answered)s of %(invited)s have answered, %(rate)s")
    return text % {"answered": answered, "invited": numbers.count(row["invited"]), "rate": rate}


def subtitle_of(asked: Asked) -> str:
    """Return what was asked about: the titles of the batteries that have areas."""
    return ", ".join(local_text(battery.title) for battery in asked.definition.batteries if battery.areas)


def _questionnaire(scene: Scene, asked: Asked) -> QuestionnaireView:
    """Return a questionnaire's part; where the number who answered is hidden so is all else, which is said once."""
    rate = rate_view(asked, scene.figures)
    return QuestionnaireView(
        key=asked.key,
        heading=words.respondents(asked.respondent),
        subtitle=subtitle_of(asked),
        rate=rate,
        shared_code=asked.shared_code,
        areas=() if rate is not None and rate.hidden else areas_of(scene, asked),
    )


@dataclass(frozen=True, slots=True)
class _Index:
    """An area's index with where it belongs."""

    asked: Asked
    key: str
    title: str
    maximum: float
    row: Row
    rest: Row | None
    wordings: tuple[str, ...]


def _indexes(scene: Scene, asked: Sequence[Asked]) -> Iterator[_Index]:
    for one in asked:
        for battery, area, items in one.definition.areas:
            row = scene.figures.area(one.key, area.key)
            if row is not None:
                rest = scene.figures.area_against_rest(one.key, area.key)
                texts = tuple(local_text(item.text) for item in items if item.scored_options)
                yield _Index(one, area.key, local_text(area.title), float(battery.index_max), row, rest, texts)


def _chosen(scene: Scene, asked: Sequence[Asked]) -> ChosenView | None:
    """Choose among the areas that are shown with an index and a response rate that bears it."""
    known = {
        f"{one.asked.key}-{one.key}": one
        for one in _indexes(scene, asked)
        if one.row["index_low"] is not None and one.row["reason"] is None
    }
    chosen = keep_and_examine([_finding(key, one) for key, one in known.items()])
    if not chosen.keep and not chosen.examine:
        return None

    def lines(findings: Sequence[Finding]) -> tuple[ChosenLine, ...]:
        return tuple(_chosen_line(scene, known[finding.key]) for finding in findings)

    left_out = _("Areas with a low response rate, or too few answers for an interval, are left out.")
    return ChosenView(lines(chosen.keep), lines(chosen.examine), f"{chosen.rule} {left_out}")


def _finding(key: str, one: _Index) -> Finding:
    compared = one.rest is not None and shown(one.rest) and one.rest["difference"] is not None
    return Finding(
        key=key,
        label=one.title,
        level=one.row["index"] / one.maximum,
        difference=one.rest["difference"] / one.maximum if compared and one.rest else None,
        certain=one.rest["certain"] if compared and one.rest else None,
    )


def _chosen_line(scene: Scene, one: _Index) -> ChosenLine:
    label = f"{one.title} ({words.respondents(one.asked.respondent).lower()})"
    text = _("Index %(index)s of %(maximum)s, %(answers)s.") % {
        "index": index_text(one.row),
        "maximum": numbers.decimal(one.maximum, 0),
        "answers": _answers(one.row),
    }
    compared = compared_text(one.row, one.rest, scene.name, with_n=False)
    return ChosenLine(f"#area-{one.asked.key}-{one.key}", label, " ".join(filter(None, (text, compared))))


def _answers(row: Row) -> str:
    return _("%(number)s persons") % {"number": numbers.count(row["n"])}


def _beside(scene: Scene, asked: Sequence[Asked]) -> Iterator[BesideView]:
    """Put areas of the same key or title side by side, where more than one kind of respondent has answered them."""
    groups: dict[str, list[_Index]] = {}
    for one in _indexes(scene, asked):
        name = next((key for key, group in groups.items() if _same_thing(group, one)), one.key)
        groups.setdefault(name, []).append(one)
    for key, group in groups.items():
        if len({one.asked.respondent for one in group}) > 1 and any(shown(one.row) for one in group):
            yield _beside_view(key, group)


def _same_thing(group: Sequence[_Index], one: _Index) -> bool:
    return any(one.key == other.key or one.title.casefold() == other.title.casefold() for other in group)


def _beside_view(key: str, group: Sequence[_Index]) -> BesideView:
    same_scale = len({one.maximum for one in group}) == 1
    maximum = group[0].maximum if same_scale else COMMON_SCALE
    dots = [dot(words.respondents(one.asked.respondent), one.row, scale=maximum / one.maximum) for one in group]
    title = group[0].title
    return BesideView(
        title=title,
        chart=Markup(side_by_side(f"beside-{key}", title, dots, maximum=maximum)),  # noqa: S704  the chart escapes
        wordings=tuple((words.respondents(one.asked.respondent), one.wordings) for one in group),
        lines=tuple(index_line(words.respondents(one.asked.respondent), one.row) for one in group),
    )
