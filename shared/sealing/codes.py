"""Codes that people type: 60 random bits, thirteen symbols without look-alikes, the last one a check symbol."""

from __future__ import annotations

import hashlib
import hmac
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U."""

SYMBOLS = 12
BITS = 60
GROUPS = (4, 4, 5)
_CHECK_MODULUS = 31
_WEIGHTS = tuple(pow(3, position, _CHECK_MODULUS) for position in range(SYMBOLS))
_FORGIVEN = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": "", "\u2013": "", "\u00a0": "", ".": ""})
MAXIMUM_TYPED = 64


def new_code() -> str:
    """Make a code from the operating system's random source, without separators."""
    number = secrets.randbits(BITS)
    symbols = "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(SYMBOLS)))
    return symbols + _check_symbol(symbols)


def display(code: str) -> str:
    """Return the code as people read it, in groups of four, four and five."""
    first, second = GROUPS[0], GROUPS[0] + GROUPS[1]
    return f"{code[:first]}-{code[first:second]}-{code[second:]}"


def normalise(typed: str) -> str | None:
    """Return the code that was meant, forgiving case, spaces, dashes, O for 0 and I or L for 1; None if it is none.

    A wrong check symbol answers None too: a slip of the finger needs no look-up.
    """
    if len(typed) > MAXIMUM_TYPED:
        return None
    code = typed.strip().upper().translate(_FORGIVEN)
    well_formed = len(code) == SYMBOLS + 1 and all(symbol in ALPHABET for symbol in code)
    return code if well_formed and _check_symbol(code[:-1]) == code[-1] else None


def lookup_hash(pepper: bytes, code: str) -> bytes:
    """Return the keyed hash a code is stored as: HMAC-SHA-256 under the pepper, 32 bytes, constant work."""
    return hmac.new(pepper, b"sikte/code/1" + code.encode("ascii"), hashlib.sha256).digest()


def _check_symbol(symbols: str) -> str:
    """Weighted sum modulo a prime, so that one wrong symbol or two swapped neighbours always show.

    Symbols that differ by 31 (0 and Z) cannot be told apart by it; the look-up does that.
    """
    total = sum(ALPHABET.index(symbol) * weight for symbol, weight in zip(symbols, _WEIGHTS, strict=True))
    return ALPHABET[total % _CHECK_MODULUS]
