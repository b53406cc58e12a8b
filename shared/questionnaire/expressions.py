"""Routing conditions (``show_if``): a small language, parsed by recursive descent and evaluated without ``eval``.

Grammar, weakest binding first::

    either     = both {"or" both}
    both       = negation {"and" negation}
    negation   = "not" negation | test
    test       = "(" either ")" | "answered" "(" name ")" | name ("==" | "!=" | "<" | ">") value
               | name "in" "[" value {"," value} "]"

A value is a number, a word or a quoted text. Option codes compare as texts for ``==``, ``!=`` and ``in``, numerically
for ``<`` and ``>``. Any comparison on an unanswered name is false, ``!=`` too; hence ``not a == 1`` is true where ``a``
is unanswered and ``a != 1`` is not. An item with several ticked options equals, or is in, what any of them is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from shared.i18n import gettext as _
from shared.questionnaire.definition import Answer, Context

MAX_SOURCE_LENGTH = 1000
MAX_DEPTH = 20
KEYWORDS = frozenset({"and", "or", "not", "in", "answered"})

_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,9})?", re.ASCII)
_TOKEN = re.compile(
    r"""\s*(?:(?P<sign>==|!=|<(?!=)|>(?!=)|[()\[\],])|"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<word>-?\w[\w.-]*))"""
)


class ExpressionError(ValueError):
    """A condition cannot be understood; the message says what was met and where."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """``name operator value`` with one of ``==``, ``!=``, ``<``, ``>``."""

    name: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Membership:
    """``name in [values]``."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """``answered(name)``."""

    name: str


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition."""

    part: Expression


@dataclass(frozen=True, slots=True)
class And:
    """All of at least two conditions."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of at least two conditions."""

    parts: tuple[Expression, ...]


Expression: TypeAlias = Comparison | Membership | Answered | Not | And | Or


class _Token(NamedTuple):
    kind: str  # sign, word, quoted or end
    value: str
    position: int


@lru_cache(maxsize=4096)
def parse(source: str) -> Expression:
    """Return the condition written in ``source``; raises ``ExpressionError``."""
    if len(source) > MAX_SOURCE_LENGTH:
        raise ExpressionError(_("The condition is longer than %(limit)d characters.") % {"limit": MAX_SOURCE_LENGTH})
    parser = _Parser(list(_tokens(source)))
    expression = parser.either(0)
    parser.finish()
    return expression


def leaves(expression: Expression) -> Iterator[Comparison | Membership | Answered]:
    """Yield the single tests of a condition from left to right."""
    if isinstance(expression, Not):
        yield from leaves(expression.part)
    elif isinstance(expression, And | Or):
        for part in expression.parts:
            yield from leaves(part)
    else:
        yield expression


def names(expression: Expression) -> frozenset[str]:
    """Return every item and context name that a condition looks at."""
    return frozenset(test.name for test in leaves(expression))


def evaluate(expression: Expression, answers: Mapping[str, Answer], context: Context) -> bool:
    """Tell whether a condition holds for the answers given so far and the unit's ``unit_type`` and ``year``."""
    if isinstance(expression, Not):
        return not evaluate(expression.part, answers, context)
    if isinstance(expression, And):
        return all(evaluate(part, answers, context) for part in expression.parts)
    if isinstance(expression, Or):
        return any(evaluate(part, answers, context) for part in expression.parts)
    given = _given(expression.name, answers, context)
    if isinstance(expression, Answered):
        return bool(given)
    if isinstance(expression, Membership):
        return any(value in expression.values for value in given)
    return bool(given) and _compare(given, expression.operator, expression.value)


def _given(name: str, answers: Mapping[str, Answer], context: Context) -> tuple[str, ...]:
    value = context[name] if name in context else answers.get(name, "")
    if isinstance(value, tuple):
        return value
    text = str(value)
    return (text,) if text else ()


def _compare(given: tuple[str, ...], operator: str, value: str) -> bool:
    if operator == "==":
        return value in given
    if operator == "!=":
        return value not in given
    if len(given) != 1 or not _NUMBER.fullmatch(given[0]) or not _NUMBER.fullmatch(value):
        return False
    return float(given[0]) < float(value) if operator == "<" else float(given[0]) > float(value)


def _tokens(source: str) -> Iterator[_Token]:
    position = 0
    end = len(source.rstrip())
    while position < end:
        match = _TOKEN.match(source, position)
        if match is None:
            raise ExpressionError(
                _("Character %(place)d of the condition is not understood; ==, !=, <, > and in [..] are.")
                % {"place": _skip_spaces(source, position) + 1}
            )
        kind = str(match.lastgroup)
        yield _Token("quoted" if kind in {"double", "single"} else kind, match[kind], match.start(kind))
        position = match.end()
    yield _Token("end", "", end)


def _skip_spaces(source: str, position: int) -> int:
    return position + len(source[position:]) - len(source[position:].lstrip())


class _Parser:
    """Recursive descent over the tokens of one condition."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def either(self, depth: int) -> Expression:
        parts = [self._both(depth)]
        while self._took_word("or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def finish(self) -> None:
        if self._token.kind != "end":
            raise self._unexpected(_("the end, and or or"))

    @property
    def _token(self) -> _Token:
        return self._tokens[self._at]

    def _both(self, depth: int) -> Expression:
        parts = [self._negation(depth)]
        while self._took_word("and"):
            parts.append(self._negation(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _negation(self, depth: int) -> Expression:
        if depth > MAX_DEPTH:
            raise ExpressionError(_("The condition is nested more than %(limit)d deep.") % {"limit": MAX_DEPTH})
        if self._took_word("not"):
            return Not(self._negation(depth + 1))
        if self._took_sign("("):
            inner = self.either(depth + 1)
            self._need_sign(")")
            return inner
        return self._test()

    def _test(self) -> Expression:
        if self._took_word("answered"):
            self._need_sign("(")
            name = self._name()
            self._need_sign(")")
            return Answered(name)
        name = self._name()
        if self._took_word("in"):
            return Membership(name, self._list())
        token = self._token
        if token.kind != "sign" or token.value not in {"==", "!=", "<", ">"}:
            raise self._unexpected(_("==, !=, <, > or in"))
        self._at += 1
        return Comparison(name, token.value, self._value())

    def _list(self) -> tuple[str, ...]:
        self._need_sign("[")
        values = [self._value()]
        while self._took_sign(","):
            values.append(self._value())
        self._need_sign("]")
        return tuple(values)

    def _name(self) -> str:
        token = self._token
        if token.kind != "word" or token.value in KEYWORDS or not _NAME.fullmatch(token.value):
            raise self._unexpected(_("an item key, unit_type or year"))
        self._at += 1
        return token.value

    def _value(self) -> str:
        token = self._token
        if token.kind == "quoted" or (token.kind == "word" and token.value not in KEYWORDS):
            self._at += 1
            return token.value
        raise self._unexpected(_("a code, a number or a quoted text"))

    def _took_word(self, word: str) -> bool:
        return self._took("word", word)

    def _took_sign(self, sign: str) -> bool:
        return self._took("sign", sign)

    def _took(self, kind: str, value: str) -> bool:
        taken = self._token.kind == kind and self._token.value == value
        self._at += taken
        return taken

    def _need_sign(self, sign: str) -> None:
        if not self._took_sign(sign):
            raise self._unexpected(sign)

    def _unexpected(self, expected: str) -> ExpressionError:
        return ExpressionError(
            _("At character %(place)d of the condition %(expected)s was expected.")
            % {"place": self._token.position + 1, "expected": expected}
        )
