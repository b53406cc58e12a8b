"""The second factor: one-time codes of an authenticator app (RFC 6238), each good once."""

from __future__ import annotations

import re
from datetime import datetime

import pyotp
import segno
from markupsafe import Markup

from shared.model.accounts import Account
from shared.sealing.tokens import TokenBox

SECONDS = 30
"""How long a code lasts (RFC 6238, section 5.2); the ones before and after it count too, for clocks that differ."""

_DIGITS = re.compile(r"\d{6}", re.ASCII)
_GROUP = 4


def new_secret() -> str:
    """Return a new secret in base32."""
    return pyotp.random_base32()


def seal_secret(secret_key: str, secret: str) -> str:
    """Return ``secret`` as it is stored: of no use without the application's own secret."""
    return _box(secret_key).seal({"secret": secret})


def open_secret(secret_key: str, account: Account) -> str:
    """Return the secret of ``account``, or "" when it has none or it was sealed under another application's secret."""
    value = _box(secret_key).open(account.totp_secret) if account.totp_secret else None
    return str((value or {}).get("secret", ""))


def accepted_step(secret: str, code: str, now: datetime, *, after: int) -> int | None:
    """Return the time step that ``code`` is right for, if it is later than ``after``, the last one used; else None."""
    digits = re.sub(r"\s", "", code)
    if not secret or not _DIGITS.fullmatch(digits):
        return None
    generator = pyotp.TOTP(secret)
    this = int(now.timestamp()) // SECONDS
    steps = (step for step in (this - 1, this, this + 1) if step > after)
    return next((step for step in steps if pyotp.utils.strings_equal(generator.at(step * SECONDS), digits)), None)


def in_groups(secret: str) -> str:
    """Return ``secret`` in groups of four, for whoever must type it."""
    return " ".join(secret[start : start + _GROUP] for start in range(0, len(secret), _GROUP))


def picture(secret: str, *, email: str, issuer: str) -> Markup:
    """Return the QR code that hands ``secret`` to an authenticator app, as inline SVG on its own white ground."""
    address = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)
    code = segno.make(address, error="m", micro=False)
    # Drawn by the library out of modules: nothing of the address stands in it as text.
    return Markup(code.svg_inline(scale=5, dark="#000", light="#fff", svgclass="qr", lineclass=None))  # noqa: S704


def _box(secret_key: str) -> TokenBox:
    return TokenBox(secret_key, "portal/totp")
