"""Which earlier cycles a figure may be compared with, and why a series breaks where it does: pure, from definitions."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal, TypeAlias

from shared.i18n import gettext as _
from shared.questionnaire.definition import LANGUAGE_OF_RECORD, Area, Battery, Item, Option, in_language

Break: TypeAlias = Literal["", "scale", "wording", "items", "asked", "target", "gap", "hidden", "shared_code"]
LONGEST_GAP_YEARS = 2
"""A series with a longer gap is two series (domain.md 2.8)."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """All that a figure's meaning rests on; two figures are comparable only where nothing of it differs.

    ``scale`` is how answers are given and scored, ``wording`` what is asked in the language of record, ``items`` which
    questions belong together (a figure of one item: itself), ``asked`` on what condition each is asked, ``target``
    who is asked, ``shared_code`` whether anybody with the code could answer again.
    """

    scale: Hashable
    wording: Hashable
    items: Hashable
    asked: Hashable
    target: Hashable
    shared_code: bool = False


@dataclass(frozen=True, slots=True)
class Edition:
    """A figure in one cycle: when its collection opened, what it means, and whether it may be shown."""

    opened: date
    meaning: Meaning
    shown: bool = True


def meaning_of_item(battery: Battery, item: Item, *, target: Hashable, shared_code: bool) -> Meaning:
    """Return what the figures of ``item`` mean."""
    return _meaning(battery, (item,), (item.key,), target, shared_code=shared_code)


def meaning_of_area(
    battery: Battery, area: Area, items: Sequence[Item], *, target: Hashable, shared_code: bool
) -> Meaning:
    """Return what the index of ``area`` means: its scored items in any order, and how many must be answered."""
    scored = sorted((item for item in items if item.scored_options), key=lambda item: item.key)
    members = (area.index, area.min_items, tuple(item.key for item in scored))
    return _meaning(battery, scored, members, target, shared_code=shared_code)


def breaks(editions: Sequence[Edition]) -> tuple[Break, ...]:
    """Return, for each edition in time order, why it does not continue the one before: "" where it does.

    The first continues nothing, and breaks nothing. Of several reasons the one that says most about the figure goes
    first: how it is measured, then who was asked, then how long ago.
    """
    return ("", *(_break(before, after) for before, after in pairwise(editions)))[: len(editions)]


def break_text(reason: str) -> str:
    """Return why a series breaks, in words."""
    words = {
        "scale": _("the answer options or their scores were changed"),
        "wording": _("the wording of a question was changed"),
        "items": _("the area got other questions, or another rule for how many must be answered"),
        "asked": _("the question is put to others than before"),
        "target": _("other years or kinds of units are asked"),
        "gap": _("more than two years lie between"),
        "hidden": _("the value before is hidden"),
        "shared_code": _("answers with a shared code, where nobody can rule out duplicates, are on one side only"),
    }
    return words.get(reason, "")


def _break(before: Edition, after: Edition) -> Break:
    old, new = before.meaning, after.meaning
    tests: tuple[tuple[Break, bool], ...] = (
        ("items", old.items != new.items),
        ("scale", old.scale != new.scale),
        ("wording", old.wording != new.wording),
        ("asked", old.asked != new.asked),
        ("target", old.target != new.target),
        ("shared_code", old.shared_code != new.shared_code),
        ("gap", after.opened.year - before.opened.year > LONGEST_GAP_YEARS),
        ("hidden", not before.shown),
    )
    return next((reason for reason, broken in tests if broken), "")


def _meaning(
    battery: Battery, items: Sequence[Item], members: Hashable, target: Hashable, *, shared_code: bool
) -> Meaning:
    return Meaning(
        scale=(battery.index_max, *(_scale(item) for item in items)),
        wording=tuple(in_language(item.text, LANGUAGE_OF_RECORD) for item in items),
        items=members,
        asked=tuple(item.show_if for item in items),
        target=target,
        shared_code=shared_code,
    )


def _scale(item: Item) -> Hashable:
    share = () if item.scale is None else (item.scale.positive, item.scale.share_of)
    return (item.type, item.reversed, share, tuple(_option(option) for option in item.options))


def _option(option: Option) -> Hashable:
    return (option.code, in_language(option.label, LANGUAGE_OF_RECORD), option.score, option.missing)
