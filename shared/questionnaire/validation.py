"""What counts as an answer: a posted page, a cell of a responses file, and the whole set before it is cast."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping

from shared.errors import Refused
from shared.i18n import gettext as _
from shared.questionnaire.definition import NUMBER_LIMIT, Answer, Answers, Context, Item, Questionnaire
from shared.questionnaire.routing import with_routing

_WHOLE_NUMBER = re.compile(r"[+-]?\d{1,12}", re.ASCII)
_MINUS_SIGNS = str.maketrans("\u2212\u2013", "--")


class _InvalidError(ValueError):
    """An answer does not fit its item; the message is for the respondent and never repeats the answer."""


def read_page(items: Iterable[Item], form: Callable[[str], list[str]]) -> tuple[Answers, dict[str, str]]:
    """Read the posted values of one page's items, ``form(key)`` being those of one control.

    Returns the answers given, blanks left out, and a message per item whose value cannot be taken.
    """
    answers: Answers = {}
    errors: dict[str, str] = {}
    for item in items:
        if item.type == "note":
            continue
        try:
            answer = _read_values(item, form(item.key))
        except _InvalidError as error:
            errors[item.key] = str(error)
        else:
            if answer is not None:
                answers[item.key] = answer
    return answers, errors


def read_cell(item: Item, cell: str) -> Answer | None:
    """Return the answer in a cell of a responses file (several codes joined by ``|``), None if blank.

    Raises ``ValueError`` with what is allowed, never with what the cell holds.
    """
    values = cell.split("|") if item.type == "multiple" else [cell]
    return _read_values(item, [value if item.type == "text" else value.strip() for value in values])


def check_answers(questionnaire: Questionnaire, answers: Mapping[str, Answer], context: Context) -> Answers:
    """Return the answers that are cast: checked against their items, without blanks and without items routed past.

    Raises ``Refused("invalid_answers")``, which names the item and never the value.
    """
    unknown = [key for key in answers if key not in questionnaire]
    if unknown:
        raise Refused("invalid_answers", _("An answer belongs to no item of this questionnaire."), status=422)
    # Everything is checked before routing, so that a condition never looks at a value that could not be answered.
    checked = {
        item.key: answer
        for item in questionnaire.items
        if item.key in answers and (answer := _checked(item, answers[item.key])) is not None
    }
    asked = {item.key for item, is_asked in with_routing(questionnaire, checked, context) if is_asked}
    return {key: answer for key, answer in checked.items() if key in asked}


def _checked(item: Item, answer: Answer) -> Answer | None:
    try:
        if item.type == "multiple" and isinstance(answer, tuple):
            return _read_values(item, list(answer))
        if item.type == "number" and isinstance(answer, int) and not isinstance(answer, bool):
            return _within_limits(item, answer)
        if item.type in {"choice", "text"} and isinstance(answer, str):
            return _read_values(item, [answer])
    except _InvalidError:
        pass
    # Raised outside the handler: the chained exception could otherwise end up in a log with its local values.
    raise Refused("invalid_answers", _("The answer to %(item)s cannot be taken.") % {"item": item.key}, status=422)


def _read_values(item: Item, values: list[str]) -> Answer | None:
    if item.type == "multiple":
        return _multiple(item, [value for value in values if value])
    if len(values) > 1:
        raise _InvalidError(_("Only one answer can be given here."))
    value = values[0] if values else ""
    if item.type == "choice":
        return _choice(item, value)
    if item.type == "number":
        return _number(item, value)
    if item.type == "text":
        return _text(item, value)
    if value:
        raise _InvalidError(_("This is no question; nothing can be answered here."))
    return None


def _choice(item: Item, value: str) -> str | None:
    if not value:
        return None
    if all(value != option.code for option in item.options):
        raise _InvalidError(_("Choose one of the options: %(codes)s.") % {"codes": _codes(item)})
    return value


def _multiple(item: Item, values: list[str]) -> tuple[str, ...] | None:
    chosen = set(values)
    if not chosen.issubset(option.code for option in item.options):
        raise _InvalidError(_("Choose among the options: %(codes)s.") % {"codes": _codes(item)})
    return tuple(option.code for option in item.options if option.code in chosen) or None


def _codes(item: Item) -> str:
    return ", ".join(option.code for option in item.options)


def _number(item: Item, value: str) -> int | None:
    digits = "".join(value.split()).translate(_MINUS_SIGNS)
    if not digits:
        return None
    if not _WHOLE_NUMBER.fullmatch(digits):
        raise _InvalidError(_("Write a whole number with digits."))
    return _within_limits(item, int(digits))


def _within_limits(item: Item, number: int) -> int:
    minimum = -NUMBER_LIMIT if item.minimum is None else item.minimum
    maximum = NUMBER_LIMIT if item.maximum is None else item.maximum
    if not minimum <= number <= maximum:
        raise _InvalidError(
            _("Write a whole number from %(minimum)d to %(maximum)d.") % {"minimum": minimum, "maximum": maximum}
        )
    return number


def _text(item: Item, value: str) -> str | None:
    text = _clean(value)
    if len(text) > item.max_length:
        raise _InvalidError(_("Write at most %(limit)d characters.") % {"limit": item.max_length})
    return text or None


def _clean(value: str) -> str:
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(character for character in lines if _is_printable(character))
    return unicodedata.normalize("NFC", kept).strip()


def _is_printable(character: str) -> bool:
    # Format characters (Cf) stay: joiners belong to the spelling of several languages.
    return character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cs"}
