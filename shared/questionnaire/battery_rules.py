"""The rules a battery must keep beyond the form of its file: scores, positive codes, areas and routing conditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import lcm

from shared.i18n import gettext as _
from shared.questionnaire.definition import CONTEXT_NAMES, UNIT_TYPES, Area, Item, Option
from shared.questionnaire.expressions import KEYWORDS, Answered, Comparison, ExpressionError, Membership, leaves, parse
from shared.questionnaire.yaml_reader import Place

# An item's key is its column in the responses file, its name in conditions, and name and id in the respondent's form.
_COLUMNS = frozenset({"unit_code", "group_code", "questionnaire"})
_FORM_FIELDS = frozenset({"token", "action", "clear", "code"})
_FORM_IDS = frozenset({"main", "form", "place", "faults"})
RESERVED_KEYS = KEYWORDS | frozenset(CONTEXT_NAMES) | _COLUMNS | _FORM_FIELDS | _FORM_IDS
UNREAD_SCORE = Fraction(-1)
"""Stands for a score that has its fault already: no score can be written like it, and nothing more is said of it."""
# The square of a person's integer score sum, over a million persons, must fit in 64 bits.
MAX_SCORE_SUM = 1_000_000


def check_options(place: Place, entries: Sequence[Place], options: Sequence[Option], limit: int) -> None:
    """Codes are unique, scores stand on all substantive options or none, and run from best to worst."""
    if not 0 < len(options) <= limit:
        place.fault(_("A scale has from 1 to %(limit)d options.") % {"limit": limit}, _("Add or remove options."))
    _check_repeated(entries, [option.code for option in options])
    scored = any(option.score is not None for option in options)
    lowest: Fraction | None = None
    for entry, option in zip(entries, options, strict=True):
        if option.score is None:
            if scored and option.missing is None:
                entry.fault(
                    _("The option has neither score nor missing, while others of the scale have scores."),
                    _("Give it a score, or name why it is missing, for example missing: dont_know."),
                )
            continue
        if option.score == UNREAD_SCORE:
            continue
        if lowest is not None and option.score > lowest:
            entry.fault(
                _("The options do not run from best to worst: this score is higher than one before it."),
                _("Put the options in order of falling score; turn single items with reversed: true."),
            )
        lowest = option.score


def _check_repeated(entries: Sequence[Place], codes: Sequence[str]) -> None:
    for position, code in enumerate(codes):
        if code and code in codes[:position]:
            entries[position].fault(
                _("Code %(code)s is given twice.") % {"code": code}, _("Give each option a code of its own.")
            )


def check_positive(place: Place, entries: Sequence[Place], positive: Sequence[str], options: Sequence[Option]) -> None:
    """A scale with scores says which codes are positive, each once, and none of them is a missing value."""
    if not positive and any(option.score is not None for option in options):
        place.fault(
            _("The scale does not say which options are positive."),
            _("Add positive: with the codes that count in the share, for example [4, 3]."),
        )
    _check_repeated(entries, positive)
    substantive = {option.code for option in options if option.missing is None}
    for entry, code in zip(entries, positive, strict=True):
        if code and code not in substantive:
            entry.fault(
                _("%(code)s is no substantive option of the scale.") % {"code": code},
                _("Name options that are in the list and not marked as missing."),
            )


def check_item_options(places: Mapping[str, Place], item: Item) -> None:
    """Only an item with scores can be reversed; limits of a number leave something between them."""
    if item.reversed and item.scale is not None and not item.scored_options:
        places["reversed"].fault(
            _("The item is reversed, but the options of its scale have no scores to turn."),
            _("Give the scale scores, or remove reversed."),
        )
    if item.minimum is not None and item.maximum is not None and item.minimum > item.maximum:
        places["minimum"].fault(_("The minimum is larger than the maximum."), _("Exchange or correct them."))


def check_areas(
    places: Mapping[str, Place], areas: Mapping[str, Area], items: Sequence[Item], best: Fraction, *, complete: bool
) -> None:
    """An area with an index has scored items, no fewer than it asks for, and scores that can be summed exactly.

    ``complete`` is False when items or scales could not be read, so that it is not known what an area lacks.
    """
    for key, area in areas.items():
        scored = [item for item in items if item.area == key and item.type == "choice" and item.scored_options]
        if not area.index:
            continue
        if not complete and not scored:
            continue
        if not scored:
            places[key].fault(
                _("The area has an index, but none of its items has scores."),
                _("Write index: false, or give it items whose scale has scores."),
            )
        elif complete and area.min_items is not None and area.min_items > len(scored):
            places[key].fault(
                _("min_items is larger than the area's number of scored items, %(count)d.") % {"count": len(scored)},
                _("Write half or a number from 1 to %(count)d.") % {"count": len(scored)},
            )
        if common_denominator(scored) * best * len(scored) > MAX_SCORE_SUM:
            places[key].fault(
                _("The scores of the area's scales have too fine a common denominator."),
                _("Write the scores as simple fractions, for example 20/3."),
            )


def common_denominator(items: Iterable[Item]) -> int:
    """Return the least number that makes every score of these items whole."""
    return lcm(*(option.score.denominator for item in items for option in item.options if option.score is not None))


def check_condition(place: Place, item: Item, earlier: Mapping[str, Item], all_keys: frozenset[str]) -> None:
    """A condition can be read, names earlier items that are answered, and compares with values they can take."""
    if item.show_if is None:
        return
    try:
        expression = parse(item.show_if)
    except ExpressionError as error:
        place.fault(str(error), _('Write for example "trygg in [1, 2] and answered(trivsel)".'))
        return
    for test in leaves(expression):
        if test.name in earlier:
            _check_test(place, test, earlier[test.name])
        elif test.name == "unit_type":
            _check_values(place, test, UNIT_TYPES)
        elif test.name not in CONTEXT_NAMES:
            _fault_name(place, test.name, item, all_keys)


def _fault_name(place: Place, name: str, item: Item, all_keys: frozenset[str]) -> None:
    if name == item.key:
        problem = _("The condition of %(name)s names the item itself.")
    elif name in all_keys:
        problem = _("The condition names %(name)s, which comes later, so that it is not answered yet.")
    else:
        problem = _("The condition names %(name)s, which is no item of this battery.")
    place.fault(problem % {"name": name}, _("Name an earlier item, unit_type or year, or move the item."))


def _check_test(place: Place, test: Comparison | Membership | Answered, item: Item) -> None:
    if item.type == "note":
        place.fault(
            _("The condition names %(name)s, a note, which has no answer.") % {"name": item.key},
            _("Name an item that is answered."),
        )
    elif item.type == "text" and not isinstance(test, Answered):
        place.fault(
            _("The condition compares %(name)s, whose answer is free text.") % {"name": item.key},
            _("Write answered(%(name)s), the only condition for a text.") % {"name": item.key},
        )
    elif item.scale is not None:
        _check_values(place, test, [option.code for option in item.options])


def _check_values(place: Place, test: Comparison | Membership | Answered, possible: Sequence[str]) -> None:
    if isinstance(test, Answered) or (isinstance(test, Comparison) and test.operator in {"<", ">"}):
        return
    values = test.values if isinstance(test, Membership) else (test.value,)
    for value in values:
        if value not in possible:
            place.fault(
                _("The condition compares %(name)s with %(value)s, which it never is.")
                % {"name": test.name, "value": value},
                _("Use one of: %(known)s.") % {"known": ", ".join(possible)},
            )
