"""Passwords: hashed with argon2id, verified with the same work for everybody, and judged when they are chosen."""

from __future__ import annotations

import re
import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shared.i18n import gettext as _

MINIMUM = 12
MAXIMUM = 200
HASHER = PasswordHasher()
"""The library's own parameters, which follow RFC 9106; a hash with others is renewed at the next sign-in."""

_LEAST_OWN = 6
_LEAST_DIFFERENT = 5
_SHORTEST_WORD = 4
_SHORTEST_RUN = 3
_ROWS = ("abcdefghijklmnopqrstuvwxyzåäö", "qwertyuiopå", "asdfghjklöä", "zxcvbnm", "01234567890", "1qaz2wsx3edc4rfv")
_WORDS = """
password lösenord losenord hemligt hemlig admin administrator welcome valkommen välkommen letmein iloveyou secret sikte
sommar vinter höst vår januari februari mars april juni juli augusti september oktober november december rektor skolan
skola förskola forskola grundskola kommun kommunen pedagogcentrum sverige stockholm test master dragon
"""
_YEAR = re.compile(r"(?:19|20)\d\d")
_NO_LETTER = re.compile(r"[\W_]+")


def hash_password(password: str) -> str:
    """Return the argon2id hash of ``password``, with its salt and parameters."""
    return HASHER.hash(_normalised(password))


def verifies(stored: str, password: str) -> bool:
    """Whether ``password`` is the one hashed in ``stored``; "" (nobody, or none chosen) costs as much and never is."""
    try:
        HASHER.verify(stored or _nobodys(HASHER), _normalised(password))
    except (VerificationError, InvalidHashError):
        return False
    return bool(stored)


def outdated(stored: str) -> bool:
    """Whether ``stored`` was made with other parameters than today's."""
    return HASHER.check_needs_rehash(stored)


def fault_of(password: str, *, email: str = "", name: str = "") -> str:
    """Return why ``password`` cannot be chosen, in words, or "".

    What others would try first is worth nothing: the person's own name and address, common words, years, rows of the
    keyboard and repetitions are taken away, and enough must be left.
    """
    text = _normalised(password)
    if len(text) < MINIMUM:
        return _("Choose a password of at least %(number)d characters. Several words make a good one.") % {
            "number": MINIMUM
        }
    if len(text) > MAXIMUM:
        return _("Choose a password of at most %(number)d characters.") % {"number": MAXIMUM}
    own = _without_runs(_without_words(text.casefold(), email, name))
    if len(own) < _LEAST_OWN or len(set(own)) < _LEAST_DIFFERENT:
        return _(
            "This password is easy to guess: it rests on a name, a common word, a year or a pattern. "
            "Choose several words that have nothing to do with you."
        )
    return ""


def _normalised(password: str) -> str:
    return unicodedata.normalize("NFC", password)


@cache
def _nobodys(hasher: PasswordHasher) -> str:
    """Return a hash that no password fits, made by ``hasher`` so that it takes as long as a real one."""
    return hasher.hash(secrets.token_urlsafe())


def _without_words(text: str, email: str, name: str) -> str:
    own = _NO_LETTER.split(f"{email} {name}".casefold())
    for word in sorted({*_WORDS.split(), *own}, key=len, reverse=True):
        if len(word) >= _SHORTEST_WORD:
            text = text.replace(word, "")
    return _NO_LETTER.sub("", _YEAR.sub("", text))


def _without_runs(text: str) -> str:
    """Return ``text`` without stretches of three or more that follow a row of the keyboard, or repeat one sign."""
    kept, place = [], 0
    while place < len(text):
        run = max(_run(text, place), 1)
        if run < _SHORTEST_RUN:
            kept.append(text[place])
            run = 1
        place += run
    return "".join(kept)


def _run(text: str, start: int) -> int:
    rows = (*_ROWS, *(row[::-1] for row in _ROWS), text[start] * len(text))
    length = 1
    while start + length < len(text) and any(text[start : start + length + 1] in row for row in rows):
        length += 1
    return length
