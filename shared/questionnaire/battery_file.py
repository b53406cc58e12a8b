"""Reads a battery from Sikte's YAML, with every fault named by line, path and remedy, and writes it back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from shared.i18n import gettext as _
from shared.questionnaire.battery_rules import (
    RESERVED_KEYS,
    UNREAD_SCORE,
    check_areas,
    check_condition,
    check_item_options,
    check_options,
    check_positive,
)
from shared.questionnaire.definition import (
    DEFAULT_MAX_LENGTH,
    ITEM_TYPES,
    MAX_OPTIONS,
    NUMBER_LIMIT,
    RESPONDENTS,
    Area,
    Battery,
    Item,
    Option,
    Scale,
)
from shared.questionnaire.documents import fingerprint, from_document, to_document, to_yaml, trend_fingerprint
from shared.questionnaire.yaml_reader import FaultList, Place, read_yaml

__all__ = [
    "fingerprint",
    "from_document",
    "parse_battery",
    "to_document",
    "to_yaml",
    "trend_fingerprint",
]

MAX_ITEMS = 500
MAX_TEXT_LENGTH = 4000

_CODE = re.compile(r"\w[\w.-]{0,31}")
_SCORE = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)(?:/(\d{1,6}))?", re.ASCII)
_KEYS_OF_TYPE: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "choice": (("scale",), ("reversed",)),
    "multiple": (("scale",), ()),
    "number": ((), ("minimum", "maximum")),
    "text": ((), ("max_length",)),
    "note": ((), ()),
}


def parse_battery(text: str, file: str) -> Battery:
    """Return the battery written in ``text``; ``file`` is the name used in faults.

    Raises ``FileFaults`` with all faults of the file, each with its line as row and its path (``items[3].scale``) as
    column.
    """
    faults = FaultList(file)
    battery = _battery(read_yaml(text, faults))
    faults.raise_if_any()
    return battery


def _battery(top: Place) -> Battery:
    places = top.mapping(required=("key", "index_max", "title", "respondent", "items"), optional=("scales", "areas"))
    index_max = _index_max(places.get("index_max"))
    before = len(top.faults)
    scales = _scales(places.get("scales"), index_max)
    areas, area_places = _areas(places.get("areas"))
    items = _items(places.get("items"), scales, frozenset(areas))
    # An item that could not be read may be the one an area is missing.
    check_areas(area_places, areas, items, index_max, complete=len(top.faults) == before)
    return Battery(
        key=_read_key(places.get("key")),
        title=_read_text(places.get("title")),
        respondent=(places["respondent"].one_of(*RESPONDENTS) if "respondent" in places else None) or "",
        index_max=index_max,
        areas=tuple(areas.values()),
        items=tuple(items),
        scales=tuple(scales[key] for key in sorted(scales)),
    )


def _read_key(place: Place | None) -> str:
    return (place.key() if place is not None else None) or ""


def _read_text(place: Place | None) -> dict[str, str]:
    return place.text() if place is not None else {}


def _index_max(place: Place | None) -> Fraction:
    value = place.one_of("10", "100") if place is not None else None
    # With index_max missing or faulty, scores are held against the largest that could be meant.
    return Fraction(value or 100)


def _scales(place: Place | None, index_max: Fraction) -> dict[str, Scale]:
    scales: dict[str, Scale] = {}
    for key, scale_place in (place.mapping(optional=None) if place is not None else {}).items():
        scale_place.is_key(key)
        scales[key] = _scale(key, scale_place, index_max)
    return scales


def _scale(key: str, place: Place, index_max: Fraction) -> Scale:
    places = place.mapping(required=("options",), optional=("positive", "share_of"))
    option_places = places["options"].entries() if "options" in places else []
    options = tuple(_option(entry, index_max) for entry in option_places)
    if "options" in places:
        check_options(places["options"], option_places, options, MAX_OPTIONS)
    positive_places = places["positive"].entries() if "positive" in places else []
    positive = tuple(entry.string() or "" for entry in positive_places)
    check_positive(place, positive_places, positive, options)
    share_of = places["share_of"].one_of("substantive", "answered") if "share_of" in places else None
    return Scale(key, options, positive, share_of or "substantive")


def _option(place: Place, index_max: Fraction) -> Option:
    places = place.mapping(required=("code", "label"), optional=("score", "missing"))
    if "score" in places and "missing" in places:
        place.fault(
            _("An option that counts as missing has no score."), _("Remove either score or missing from the option.")
        )
    code = _code(places["code"]) if "code" in places else ""
    score = _score(places["score"], index_max) if "score" in places else None
    missing = places["missing"].key() if "missing" in places else None
    return Option(code, _read_text(places.get("label")), None if "missing" in places else score, missing)


def _code(place: Place) -> str:
    value = place.string()
    if value is None or _CODE.fullmatch(value):
        return value or ""
    place.fault(
        _("The option code holds characters that are not allowed."),
        _("Use letters, digits, _, . and -, a letter or digit first, at most 32 in all."),
    )
    return ""


def _score(place: Place, index_max: Fraction) -> Fraction:
    value = place.string()
    if value is None:
        return UNREAD_SCORE
    match = _SCORE.fullmatch(value)
    if match is None:
        place.fault(_("The score is no number."), _("Write a number such as 10 or 6.67, or a fraction such as 20/3."))
        return UNREAD_SCORE
    if match[2] is not None and int(match[2]) == 0:
        place.fault(_("The score divides by zero."), _("Write a fraction such as 20/3."))
        return UNREAD_SCORE
    score = Fraction(match[1]) / int(match[2] or 1)
    if score > index_max:
        place.fault(
            _("The score is larger than index_max, which is %(maximum)s.") % {"maximum": index_max},
            _("Write a score from 0 to %(maximum)s.") % {"maximum": index_max},
        )
        return UNREAD_SCORE
    return score


def _areas(place: Place | None) -> tuple[dict[str, Area], dict[str, Place]]:
    areas: dict[str, Area] = {}
    found: dict[str, Place] = {}
    for entry in place.entries() if place is not None else []:
        places = entry.mapping(required=("key", "title"), optional=("index", "min_items"))
        key = _read_key(places.get("key"))
        if key in areas:
            entry.fault(_("Area %(key)s is given twice.") % {"key": key}, _("Rename or remove one of them."))
        index = places["index"].boolean() if "index" in places else True
        area = Area(key, _read_text(places.get("title")), index is not False, _min_items(places.get("min_items")))
        if key:
            areas[key] = area
            found[key] = entry
    return areas, found


def _min_items(place: Place | None) -> int | None:
    if place is None or getattr(place.node, "value", None) == "half":
        return None
    return place.integer(1, MAX_ITEMS)


def _items(place: Place | None, scales: Mapping[str, Scale], areas: frozenset[str]) -> list[Item]:
    if place is None:
        return []
    entries = place.entries()
    if not 0 < len(entries) <= MAX_ITEMS:
        place.fault(
            _("A battery has from 1 to %(limit)d items.") % {"limit": MAX_ITEMS}, _("Add items, or divide the battery.")
        )
    items: dict[str, Item] = {}
    conditions: list[tuple[Place, Item, dict[str, Item]]] = []
    for entry in entries[:MAX_ITEMS]:
        places, item = _item(entry, scales, areas)
        if item.key in items:
            entry.fault(_("Item %(key)s is given twice.") % {"key": item.key}, _("Rename or remove one of them."))
        if "show_if" in places:
            conditions.append((places["show_if"], item, dict(items)))
        if item.key:
            items[item.key] = item
    for condition_place, item, earlier in conditions:
        check_condition(condition_place, item, earlier, frozenset(items))
    return list(items.values())


def _item(place: Place, scales: Mapping[str, Scale], areas: frozenset[str]) -> tuple[dict[str, Place], Item]:
    kind = _type(place)
    required, optional = _KEYS_OF_TYPE[kind]
    places = place.mapping(required=("key", "text", *required), optional=("type", "area", "show_if", "help", *optional))
    minimum = places["minimum"].integer(-NUMBER_LIMIT, NUMBER_LIMIT) if "minimum" in places else None
    maximum = places["maximum"].integer(-NUMBER_LIMIT, NUMBER_LIMIT) if "maximum" in places else None
    max_length = places["max_length"].integer(1, MAX_TEXT_LENGTH) if "max_length" in places else None
    item = Item(
        key=_item_key(places.get("key")),
        type=kind,
        text=_read_text(places.get("text")),
        area=_listed(places.get("area"), areas, _("Add it to areas, or correct the name.")),
        scale=scales.get(_listed(places.get("scale"), frozenset(scales), _("Add it to scales, or correct it.")) or ""),
        reversed=bool(places["reversed"].boolean()) if "reversed" in places else False,
        show_if=places["show_if"].string() if "show_if" in places else None,
        help=_read_text(places.get("help")),
        max_length=max_length or DEFAULT_MAX_LENGTH,
        minimum=minimum,
        maximum=maximum,
    )
    check_item_options(places, item)
    return places, item


def _type(place: Place) -> str:
    """Return the item's type, read before its other keys since it decides which of them are allowed."""
    for key_node, value_node in getattr(place.node, "value", ()) if place.is_mapping else ():
        if getattr(key_node, "value", None) == "type":
            return Place(value_node, f"{place.path}.type", place.faults).one_of(*ITEM_TYPES) or "choice"
    return "choice"


def _item_key(place: Place | None) -> str:
    key = _read_key(place)
    if place is not None and key in RESERVED_KEYS:
        place.fault(_("%(key)s has another meaning in Sikte.") % {"key": key}, _("Choose another item key."))
    return key


def _listed(place: Place | None, known: frozenset[str], remedy: str) -> str | None:
    name = place.string() if place is not None else None
    if place is not None and name is not None and name not in known:
        place.fault(_("%(name)s is not defined in this file.") % {"name": name}, remedy)
        return None
    return name
