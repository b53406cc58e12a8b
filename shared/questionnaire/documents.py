"""A battery as a canonical document: to store, to write as YAML, and to compare by fingerprints."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, TypeAlias

import yaml

from shared.questionnaire.definition import (
    DEFAULT_MAX_LENGTH,
    LANGUAGE_OF_RECORD,
    Area,
    Battery,
    Item,
    Option,
    Scale,
    Text,
)

# JSON as it comes out of a JSON column: the shape is that of the battery file.
Document: TypeAlias = dict[str, Any]


def to_document(battery: Battery) -> Document:
    """Return the battery as JSON-able values, shaped like its file; scores are exact ("20/3"), defaults left out."""
    return {
        "key": battery.key,
        "index_max": int(battery.index_max),
        "title": _ordered(battery.title),
        "respondent": battery.respondent,
        "scales": {scale.key: _scale_document(scale) for scale in sorted(battery.scales, key=lambda scale: scale.key)},
        "areas": [_area_document(area) for area in battery.areas],
        "items": [_item_document(item) for item in battery.items],
    }


def from_document(document: Mapping[str, Any]) -> Battery:
    """Return the battery of a document made by ``to_document``; a damaged document raises ``KeyError``."""
    scales = {key: _scale(key, value) for key, value in document["scales"].items()}
    return Battery(
        key=document["key"],
        title=document["title"],
        respondent=document["respondent"],
        index_max=Fraction(document["index_max"]),
        areas=tuple(_area(area) for area in document["areas"]),
        items=tuple(_item(item, scales) for item in document["items"]),
        scales=tuple(scales[key] for key in sorted(scales)),
    )


def to_yaml(battery: Battery) -> str:
    """Return the battery as a file that ``parse_battery`` reads back to an equal battery."""
    return yaml.dump(
        to_document(battery),
        Dumper=_PlainDumper,
        allow_unicode=True,
        sort_keys=False,
        width=120,
        default_flow_style=None,
    )


def fingerprint(battery: Battery) -> str:
    """Return SHA-256 (hex) over everything respondents and scoring see; the battery's and scales' keys do not count."""
    document = to_document(battery)
    return _digest(
        {
            "index_max": document["index_max"],
            "title": document["title"],
            "respondent": document["respondent"],
            "areas": document["areas"],
            "items": [_resolved(item) for item in battery.items],
        }
    )


def trend_fingerprint(battery: Battery, area_key: str) -> str:
    """Return SHA-256 (hex) over what makes an area's figures comparable between cycles.

    Wording, options, scores and order of its items in the language of record, and the index rule; translations, help,
    titles and routing may change without breaking the trend (source: the design's page on the field, 2.8). Raises
    ``KeyError`` for an unknown area.
    """
    areas = {area.key: area for area in battery.areas}
    area = areas[area_key]
    items = [_of_record(item) for item in battery.items if item.area == area_key]
    return _digest(
        {
            "index_max": int(battery.index_max),
            "respondent": battery.respondent,
            "index": area.index,
            "min_items": area.min_items,
            "items": items,
        }
    )


class _PlainDumper(yaml.SafeDumper):
    """Writes values that occur twice out in full, without anchors."""

    def ignore_aliases(self, data: object) -> bool:
        """Never alias ``data``."""
        del data
        return True


def _digest(value: Document) -> str:
    canonical = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def _resolved(item: Item) -> Document:
    document = _item_document(item)
    if item.scale is not None:
        document["scale"] = _scale_document(item.scale)
    return document


def _of_record(item: Item) -> Document:
    options = [
        [option.code, option.label.get(LANGUAGE_OF_RECORD), _score_text(option), option.missing]
        for option in item.options
    ]
    return {
        "key": item.key,
        "type": item.type,
        "text": item.text.get(LANGUAGE_OF_RECORD),
        "options": options,
        "positive": sorted(item.positive_codes),
        "share_of": item.scale.share_of if item.scale is not None else None,
        "reversed": item.reversed,
    }


def _ordered(text: Text) -> dict[str, str]:
    """Return a wording with Swedish first: a JSON column need not keep the order of keys."""
    return {key: text[key] for key in sorted(text, key=lambda language: (language != LANGUAGE_OF_RECORD, language))}


def _score_text(option: Option) -> str | None:
    return None if option.score is None else str(option.score)


def _scale_document(scale: Scale) -> Document:
    document: Document = {"options": [_option_document(option) for option in scale.options]}
    if scale.positive:
        document["positive"] = list(scale.positive)
    document["share_of"] = scale.share_of
    return document


def _option_document(option: Option) -> Document:
    document: Document = {"code": option.code}
    if option.score is not None:
        # Whole numbers stay numbers, so that others can read the file without knowing of fractions.
        document["score"] = int(option.score) if option.score.denominator == 1 else str(option.score)
    if option.missing is not None:
        document["missing"] = option.missing
    return {**document, "label": _ordered(option.label)}


def _area_document(area: Area) -> Document:
    return {
        "key": area.key,
        "title": _ordered(area.title),
        "index": area.index,
        "min_items": "half" if area.min_items is None else area.min_items,
    }


def _item_document(item: Item) -> Document:
    optional: tuple[tuple[str, object, bool], ...] = (
        ("area", item.area, item.area is not None),
        ("scale", item.scale.key if item.scale is not None else None, item.scale is not None),
        ("reversed", item.reversed, item.reversed),
        ("show_if", item.show_if, item.show_if is not None),
        ("max_length", item.max_length, item.type == "text"),
        ("minimum", item.minimum, item.minimum is not None),
        ("maximum", item.maximum, item.maximum is not None),
        ("help", _ordered(item.help), bool(item.help)),
    )
    kept = {name: value for name, value, present in optional if present}
    return {"key": item.key, "type": item.type, **kept, "text": _ordered(item.text)}


def _scale(key: str, document: Document) -> Scale:
    options = tuple(_option(option) for option in document["options"])
    return Scale(key, options, tuple(document.get("positive", ())), document["share_of"])


def _option(document: Document) -> Option:
    score = document.get("score")
    return Option(
        document["code"], document["label"], Fraction(score) if score is not None else None, document.get("missing")
    )


def _area(document: Document) -> Area:
    min_items = document["min_items"]
    return Area(document["key"], document["title"], document["index"], None if min_items == "half" else min_items)


def _item(document: Document, scales: Mapping[str, Scale]) -> Item:
    return Item(
        key=document["key"],
        type=document["type"],
        text=document["text"],
        area=document.get("area"),
        scale=scales[document["scale"]] if "scale" in document else None,
        reversed=document.get("reversed", False),
        show_if=document.get("show_if"),
        help=document.get("help", {}),
        max_length=document.get("max_length", DEFAULT_MAX_LENGTH),
        minimum=document.get("minimum"),
        maximum=document.get("maximum"),
    )
