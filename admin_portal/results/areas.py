"""Builds what is shown of a node's areas and questions from its rows: own figures, municipality, earlier cycles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from markupsafe import Markup

from admin_portal.results.figures import Asked, Figures, shown
from admin_portal.results.reading import MUNICIPALITY, Row
from admin_portal.results.series import Point, Round, series_of_area, series_of_item
from admin_portal.results.views import AreaView, ItemView, Line, Option
from admin_portal.results.wording import (
    area_definition,
    compared_text,
    facts_of,
    hidden,
    index_line,
    index_text,
    item_definition,
    local_text,
    share_line,
)
from shared.i18n import gettext as _
from shared.presentation import numbers
from shared.presentation.charts.data import Dot, OptionShare, Polarity, TrendPoint
from shared.presentation.charts.distribution import distribution
from shared.presentation.charts.interval_dot import interval_dot
from shared.presentation.charts.trend import trend
from shared.questionnaire.comparability import break_text
from shared.questionnaire.definition import Area, Battery, Item

NO_CHART = Markup()
LineOf: TypeAlias = Callable[..., Line]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a node's figures stand beside: its name, its rounds (the last is the one shown), the municipality."""

    level: str
    name: str
    rounds: tuple[Round, ...]
    municipality: Figures

    @property
    def figures(self) -> Figures:
        """The figures that are shown."""
        return self.rounds[-1].figures

    @property
    def internal(self) -> bool:
        """Whether spreads are counts, which only officers see."""
        return self.figures.visible.audience == "internal"

    @property
    def beside(self) -> Figures | None:
        """The municipality's figures, unless it is the municipality that is shown."""
        return None if self.level == MUNICIPALITY else self.municipality


def areas_of(scene: Scene, asked: Asked) -> tuple[AreaView, ...]:
    """Return a questionnaire's areas in its order; questions without an area come last under no title."""
    return tuple(view for battery in asked.definition.batteries for view in _areas_of_battery(scene, asked, battery))


def _areas_of_battery(scene: Scene, asked: Asked, battery: Battery) -> Iterator[AreaView]:
    for area, items in asked.areas_of(battery):
        row = scene.figures.area(asked.key, area.key) if area.index else None
        views = _items(scene, asked, battery, items, alone=row is not None and len(items) == 1)
        if row is not None or views:
            yield _area(scene, asked, battery, area, items, row, views)
    loose = _items(scene, asked, battery, [item for item in battery.items if item.area is None])
    if loose:
        yield _without_index(f"{battery.key}-other", _("Other questions"), loose)


def _area(
    scene: Scene,
    asked: Asked,
    battery: Battery,
    area: Area,
    items: Sequence[Item],
    row: Row | None,
    views: tuple[ItemView, ...],
) -> AreaView:
    title = local_text(area.title)
    if row is None:
        return _without_index(area.key, title, views)
    points = series_of_area(scene.rounds, asked, area, battery.key)
    beside = None if scene.beside is None else scene.beside.area(asked.key, area.key)
    key, maximum = f"{asked.key}-{area.key}", float(battery.index_max)
    scored = sum(1 for item in items if item.scored_options)
    least = area.min_items or -(-scored // 2)
    return AreaView(
        key=area.key,
        title=title,
        hidden=hidden(row),
        index=index_text(row) if shown(row) else "",
        compared=compared_text(row, scene.figures.area_against_rest(asked.key, area.key), scene.name),
        dots=_dots(scene, key, title, row, beside, maximum),
        trend=_trend(key, title, points, maximum) if shown(row) or len(points) > 1 else NO_CHART,
        trend_note="" if len(points) > 1 else _("There is no earlier cycle with these questions."),
        lines=(*_now(scene, row, beside, index_line), *_earlier(points, index_line)),
        definition=area_definition(row, scored, least, numbers.decimal(maximum, 0)),
        items=views,
    )


def _without_index(key: str, title: str, views: tuple[ItemView, ...]) -> AreaView:
    return AreaView(key, title, None, "", "", NO_CHART, NO_CHART, "", (), "", views)


def _dots(scene: Scene, key: str, title: str, row: Row, beside: Row | None, maximum: float) -> Markup:
    if not shown(row):
        return NO_CHART
    dots = [dot(scene.name, row, emphasised=True)]
    if beside is not None:
        dots.append(dot(_("The municipality, all units"), beside))
    return Markup(interval_dot(f"dots-{key}", title, dots, maximum=maximum))  # noqa: S704  the chart escapes every text


def dot(label: str, row: Row, *, emphasised: bool = False, scale: float = 1.0) -> Dot:
    """Return a row's index as a dot, multiplied by ``scale``; hidden, it says why."""
    if row["index"] is None:
        return Dot(label, None, None, None, None, emphasised, row["reason"] or _("no index"))
    ends = [None if row[name] is None else row[name] * scale for name in ("index_low", "index_high")]
    return Dot(label, row["index"] * scale, ends[0], ends[1], row["n"], emphasised)


def _trend(key: str, title: str, points: Sequence[Point], maximum: float) -> Markup:
    """Draw the series; a hidden value before is a gap already, and needs no break beside it."""
    if len(points) < 2:  # noqa: PLR2004  one point is no series
        return NO_CHART
    drawn = [
        TrendPoint(
            label=point.label,
            value=point.row["index"],
            low=point.row["index_low"],
            high=point.row["index_high"],
            n=point.row["n"],
            break_before="" if point.break_before == "hidden" else break_text(point.break_before),
            reason=(point.row["reason"] or _("no index")) if point.row["index"] is None else "",
        )
        for point in points
    ]
    name = _("%(title)s, earlier cycles") % {"title": title}
    return Markup(trend(f"trend-{key}", name, drawn, maximum))  # noqa: S704  the chart escapes every text


def _now(scene: Scene, row: Row, beside: Row | None, line: LineOf) -> Iterator[Line]:
    yield line(scene.name, row)
    if scene.beside is not None:
        yield line(_("The municipality, all units"), beside)


def _earlier(points: Sequence[Point], line: LineOf) -> Iterator[Line]:
    """Yield the earlier cycles, newest first; each says where the series breaks after it."""
    following = [*(point.break_before for point in points[1:]), ""]
    for point, broken in reversed(list(zip(points, following, strict=True))[:-1]):
        why = break_text(broken)
        yield line(point.label, point.row, _("not comparable with the next: %(why)s") % {"why": why} if why else "")


def _items(
    scene: Scene, asked: Asked, battery: Battery, items: Sequence[Item], *, alone: bool = False
) -> tuple[ItemView, ...]:
    """Return the questions that have figures; one that is ``alone`` in its area has been compared there."""
    found = ((item, scene.figures.item(asked.key, item.key)) for item in items)
    views = (_item(scene, asked, battery, item, row) for item, row in found if row is not None)
    return tuple(replace(view, compared="") if alone else view for view in views)


def _item(scene: Scene, asked: Asked, battery: Battery, item: Item, row: Row) -> ItemView:
    text, key = local_text(item.text), f"{asked.key}-{item.key}"
    beside = None if scene.beside is None else scene.beside.item(asked.key, item.key)
    visible = shown(row)
    line = share_line if item.positive_codes else index_line
    points = series_of_item(scene.rounds, asked, item, battery.key) if item.type == "choice" else ()
    spread = row["distribution"]
    return ItemView(
        key=item.key,
        text=text,
        hidden=hidden(row),
        chart=_spread(key, text, item, row, internal=scene.internal) if spread else NO_CHART,
        chart_note=_no_spread(item) if visible and not spread else "",
        facts=facts_of(row) if visible else (),
        compared=compared_text(row, scene.figures.item_against_rest(asked.key, item.key), scene.name),
        options=_options(item, row, beside, internal=scene.internal) if spread else (),
        lines=(*_now(scene, row, beside, line), *_earlier(points, line)) if item.type == "choice" else (),
        definition=item_definition(item, row),
        counted=scene.internal,
    )


def _shares(row: Row, *, internal: bool) -> dict[str, float]:
    """Return each option's part of those who answered, 0–1. Whoever chose several stands at each of them."""
    spread = row["distribution"] or {}
    whole = 100 if not internal else sum(spread.values())
    return {code: value / whole if whole else 0.0 for code, value in spread.items()}


def _spread(key: str, text: str, item: Item, row: Row, *, internal: bool) -> Markup:
    if item.type != "choice":
        return NO_CHART
    shares = _shares(row, internal=internal)
    options = [
        OptionShare(local_text(option.label), shares.get(option.code, 0.0), _polarity(item, option.code))
        for option in item.options
    ]
    answered = row["n"] + (row["n_dont_know"] or 0)
    return Markup(distribution(f"spread-{key}", text, options, None, answered))  # noqa: S704  the chart escapes every text


def _polarity(item: Item, code: str) -> Polarity:
    scored = [option.code for option in item.scored_options]
    option = next(option for option in item.options if option.code == code)
    if option.missing is not None:
        return "missing"
    if code in item.positive_codes:
        return "positive"
    if code not in scored or (len(scored) % 2 and scored[len(scored) // 2] == code):
        return "middle"
    return "negative"


def _options(item: Item, row: Row, beside: Row | None, *, internal: bool) -> tuple[Option, ...]:
    whole = row["n"] if item.type == "multiple" else None
    own = _shares(row, internal=internal)
    if whole and internal:
        own = {code: count / whole for code, count in row["distribution"].items()}
    other = {} if beside is None or item.type == "multiple" else _shares(beside, internal=internal)
    return tuple(
        Option(
            label=local_text(option.label),
            share=numbers.percent(own.get(option.code, 0.0)),
            number=numbers.count(row["distribution"].get(option.code, 0)) if internal else "",
            municipality=numbers.percent(other[option.code]) if option.code in other else "",
        )
        for option in item.options
    )


def _no_spread(item: Item) -> str:
    if item.type in {"choice", "multiple"}:
        return _("The spread of the answers is not shown: the answers are too few for it to be safe.")
    if item.type == "text":
        return _("Free text. The texts themselves are not shown in this version.")
    return _("Numbers. They are not summed up in this version.")
