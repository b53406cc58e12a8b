"""Texts of a battery in the language they are looked at in, and routing conditions in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.i18n import gettext as _
from shared.presentation import words
from shared.questionnaire.definition import LANGUAGE_OF_RECORD, UNIT_TYPES, Battery, Item, Text, in_language
from shared.questionnaire.expressions import And, Answered, Comparison, Expression, Membership, Not, Or, parse
from shared.web.language import direction


@dataclass(frozen=True, slots=True)
class Wording:
    """A text with the language it is in, so that a voice reads it rightly."""

    text: str
    lang: str
    dir: str


def worded(text: Text, language: str) -> Wording:
    """Return ``text`` in ``language``, or in the one that takes its place."""
    used = next((one for one in (language, LANGUAGE_OF_RECORD, "en", *text) if one in text), language)
    return Wording(text.get(used, ""), used, direction(used))


def languages_of(battery: Battery) -> tuple[str, ...]:
    """Return the languages that any question has, that of record first."""
    found = {language for item in battery.items for language in item.text}
    return tuple(sorted(found, key=lambda language: (language != LANGUAGE_OF_RECORD, language)))


def condition_in_words(source: str, battery: Battery, language: str) -> str:
    """Return on what condition a question is asked: “I am safe.” is “Not at all” or “Rather badly”."""
    return _say(parse(source), {item.key: item for item in battery.items}, language)


def _say(condition: Expression, items: Mapping[str, Item], language: str) -> str:
    if isinstance(condition, And):
        return f" {_('and')} ".join(_grouped(part, items, language) for part in condition.parts)
    if isinstance(condition, Or):
        return f" {_('or')} ".join(_grouped(part, items, language) for part in condition.parts)
    if isinstance(condition, Not):
        return _("it is not so that %(condition)s") % {"condition": _grouped(condition.part, items, language)}
    if isinstance(condition, Answered):
        return _("%(what)s is answered") % {"what": _name(condition.name, items, language)}
    return _test(condition, items, language)


def _grouped(part: Expression, items: Mapping[str, Item], language: str) -> str:
    text = _say(part, items, language)
    return f"({text})" if isinstance(part, And | Or) else text


def _test(test: Comparison | Membership, items: Mapping[str, Item], language: str) -> str:
    values = test.values if isinstance(test, Membership) else (test.value,)
    texts = {
        "in": _("%(what)s is %(value)s"),
        "==": _("%(what)s is %(value)s"),
        "!=": _("%(what)s is anything but %(value)s"),
        "<": _("%(what)s is below %(value)s"),
        ">": _("%(what)s is above %(value)s"),
    }
    operator = "in" if isinstance(test, Membership) else test.operator
    value = f" {_('or')} ".join(_value(test.name, value, items, language) for value in values)
    return texts[operator] % {"what": _name(test.name, items, language), "value": value}


def _name(name: str, items: Mapping[str, Item], language: str) -> str:
    if name in items:
        return _("“%(words)s”") % {"words": in_language(items[name].text, language)}
    return {"unit_type": _("the kind of unit"), "year": _("the year")}.get(name, name)


def _value(name: str, value: str, items: Mapping[str, Item], language: str) -> str:
    if name in items:
        labels = {option.code: in_language(option.label, language) for option in items[name].options}
        return _("“%(words)s”") % {"words": labels.get(value, value)}
    return words.unit_type(value) if value in UNIT_TYPES else value
