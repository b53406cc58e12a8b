"""Figures and dates as people read them: the reader's decimal mark, a real minus sign, no false 0 % or 100 %.

Every function takes a value that may be shown. ``None`` (and only ``None``) gives an empty string, so that a template
can join parts; a *hidden* value must never reach the reader that way: whoever shows a row looks at its ``status`` first
and says ``sentences.reason_text`` instead (product.md rule 9: never 0, never blank).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache

from babel.dates import format_date
from babel.numbers import format_percent, get_decimal_symbol, get_group_symbol

from shared.clock import local
from shared.i18n import active_language
from shared.i18n import gettext as _

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
_ALL = Decimal(100)
_REMEMBERED = 8192
"""Numbers whose text is kept: pages say the same few over and over, and a look-up is quicker than writing one out."""


def decimal(value: float | None, digits: int = 1) -> str:
    """Return a finite number with so many decimals, rounded half up: "7,7", "12 345,0", "−0,3"."""
    return "" if value is None else _decimal(value, digits, active_language())


def count(number: int | None) -> str:
    """Return a whole number with its thousands set apart: "12 345"."""
    return decimal(number, 0)


def percent(share: float | None, digits: int = 0) -> str:
    """Return a share of 1 as a percentage, "41 %"; what is neither none nor all never reads as if it were.

    Where rounding would say 0 % or 100 % of something in between, one decimal more is shown: "99,6 %", at the very
    ends "0,1 %" and "99,9 %".
    """
    return "" if share is None else _percent(share, digits, active_language())


def signed(value: float | None, digits: int = 1) -> str:
    """Return a difference with its sign, "+0,8" or "−0,3"; what rounds to nothing has none: "0,0"."""
    if value is None:
        return ""
    rounded = _rounded(_exact(value), digits)
    return ("+" if rounded > 0 else "") + _written(rounded, digits, active_language())


def points(difference: float | None) -> str:
    """Return the difference of two shares in whole percentage points, with its sign: "+12"."""
    return "" if difference is None else signed(float(_exact(difference) * 100), 0)


def interval(low: float | None, high: float | None, fmt: Callable[[float], str] = decimal) -> str:
    """Return the ends of an interval, each written by ``fmt``: "6,9–8,1", "32–41 %", with a minus sign "−0,3 till 1,2".

    Empty unless both ends are known: half an interval says nothing.
    """
    if low is None or high is None:
        return ""
    lower, upper = fmt(low), fmt(high)
    if MINUS in lower or MINUS in upper or lower.startswith("+"):
        return _("%(low)s to %(high)s") % {"low": lower, "high": upper}
    mark = _percent_mark(active_language())
    return (lower.removesuffix(mark) if upper.endswith(mark) else lower) + DASH + upper


def day(when: date) -> str:
    """Return a day in short, "14 okt 2026"; of an instant the Swedish day."""
    swedish = local(when) if isinstance(when, datetime) else when
    return str(format_date(swedish, "d MMM y", locale=active_language())).replace(".", "")


def day_and_time(instant: datetime) -> str:
    """Return an instant in short, in Swedish time: "14 okt 2026 kl. 16.00"."""
    return _("%(day)s at %(hour)s:%(minute)s") % {"day": day(instant), **_clock_face(instant)}


def span(start: datetime, end: datetime) -> str:
    """Return a slot in words: "tisdag 12 januari 2027 kl. 9.00–10.00"; over midnight both days are named."""
    first, last = local(start), local(end)
    begins = _("%(day)s at %(hour)s:%(minute)s") % {"day": _weekday(first), **_clock_face(start)}
    if first.date() == last.date():
        ends = _("%(hour)s:%(minute)s") % _clock_face(end)
        return begins + DASH + ends
    return _("%(low)s to %(high)s") % {
        "low": begins,
        "high": _("%(day)s at %(hour)s:%(minute)s") % {"day": _weekday(last), **_clock_face(end)},
    }


def _weekday(swedish: date) -> str:
    return str(format_date(swedish, "EEEE d MMMM y", locale=active_language()))


def _clock_face(instant: datetime) -> dict[str, str]:
    swedish = local(instant)
    return {"hour": str(swedish.hour), "minute": f"{swedish:%M}"}


@lru_cache(maxsize=_REMEMBERED)
def _decimal(value: float, digits: int, language: str) -> str:
    return _written(_rounded(_exact(value), digits), digits, language)


@lru_cache(maxsize=_REMEMBERED)
def _percent(share: float, digits: int, language: str) -> str:
    exact = _exact(share) * 100
    rounded = _rounded(exact, digits)
    if 0 < exact < _ALL and rounded in (0, _ALL):
        digits = max(digits, 1)
        least = Decimal(1).scaleb(-digits)
        rounded = min(max(_rounded(exact, digits), least), _ALL - least)
    return _written(rounded, digits, language) + _percent_mark(language)


def _exact(value: float) -> Decimal:
    """Return the number as it is written, so that 0.145 rounds as people round it; numpy's floats are taken too."""
    return Decimal(repr(float(value)))


def _rounded(exact: Decimal, digits: int) -> Decimal:
    return exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _written(rounded: Decimal, digits: int, language: str) -> str:
    point, thousands = _marks(language)
    plain = f"{abs(rounded):,.{digits}f}".translate({ord("."): point, ord(","): thousands})
    return (MINUS if rounded < 0 else "") + plain


@cache
def _marks(language: str) -> tuple[str, str]:
    return get_decimal_symbol(language), get_group_symbol(language)


@cache
def _percent_mark(language: str) -> str:
    return str(format_percent(0, locale=language)).removeprefix("0")
