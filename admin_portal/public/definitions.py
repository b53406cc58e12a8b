"""What was asked, read from the published questionnaires: batteries as the house knows them, and words for them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from shared.presentation import words
from shared.questionnaire.definition import Area, Battery, Item, Option, Scale, in_language


@dataclass(frozen=True)
class Asked:
    """A published questionnaire; ``years`` and ``unit_types`` (empty: all) are whom it is put to."""

    key: str
    respondent: str
    code_model: str
    years: tuple[str, ...]
    unit_types: tuple[str, ...]
    batteries: tuple[Battery, ...]

    @property
    def target(self) -> Hashable:
        """Whom it is put to: a series breaks where it changes."""
        return self.years, self.unit_types

    @property
    def shared_code(self) -> bool:
        """Whether nobody can rule out that somebody answered twice."""
        return self.code_model == "per_unit"

    def battery(self, key: str | None) -> Battery | None:
        """Return the battery named ``key``, if it is asked."""
        return next((one for one in self.batteries if one.key == key), None)

    def areas(self) -> Iterator[tuple[Battery, Area | None, tuple[Item, ...]]]:
        """Yield battery, area and its items, in order; after each battery's areas what stands in none (area None)."""
        for battery in self.batteries:
            for area in battery.areas:
                yield battery, area, tuple(item for item in battery.items if item.area == area.key)
            loose = tuple(item for item in battery.items if item.area is None)
            if loose:
                yield battery, None, loose

    def heading(self, language: str) -> str:
        """Return who answered and about what: "Elevernas syn på skolan", "Rektorer: Rektors bild"."""
        titles = [in_language(battery.title, language) for battery in self.batteries[:1]]
        return words.asked(self.respondent, titles[0]) if titles else words.respondents(self.respondent)


def asked_of(document: Mapping[str, Any]) -> Asked:
    """Return the questionnaire of a published document; a damaged one raises ``KeyError``."""
    return Asked(
        key=document["key"],
        respondent=document["respondent"],
        code_model=document["code_model"],
        years=tuple(document.get("years") or ()),
        unit_types=tuple(document.get("unit_types") or ()),
        batteries=tuple(_battery(one, document["respondent"]) for one in document["batteries"]),
    )


def _battery(document: Mapping[str, Any], respondent: str) -> Battery:
    areas = document["areas"]
    items = [_item(item, area["key"]) for area in areas for item in area["items"]]
    return Battery(
        key=document["key"],
        title=document["title"],
        respondent=respondent,
        index_max=Fraction(document["index_max"]),
        areas=tuple(Area(one["key"], one["title"], one.get("index", True), one.get("min_items")) for one in areas),
        items=(*items, *(_item(item, None) for item in document.get("items", ()))),
    )


def _item(document: Mapping[str, Any], area: str | None) -> Item:
    options = tuple(_option(option) for option in document.get("options", ()))
    scale = Scale("", options, tuple(document.get("positive", ())), document.get("share_of") or "substantive")
    item = Item(
        key=document["key"],
        type=document["type"],
        text=document["text"],
        area=area,
        scale=scale if options else None,
        reversed=document["reversed"],
        show_if=document.get("show_if") or None,
    )
    if not (item.reversed and item.scale):
        return item
    # Published are the codes that are positive for this item; the scale's own are their mirror, as mirroring twice.
    mirrored = Scale("", options, item.positive_codes, scale.share_of)
    return Item(item.key, item.type, item.text, area, mirrored, reversed=True, show_if=item.show_if)


def _option(document: Mapping[str, Any]) -> Option:
    score = document.get("score")
    return Option(
        document["code"], document["label"], None if score is None else Fraction(score), document.get("missing") or None
    )


__all__ = ["Asked", "asked_of"]
