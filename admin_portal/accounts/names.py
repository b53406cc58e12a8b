"""The name that people sign in with: an e-mail address in one spelling."""

from __future__ import annotations

import unicodedata


def one_spelling(email: str) -> str:
    """Return ``email`` as accounts keep it: without blanks around it, in small letters."""
    return unicodedata.normalize("NFC", email).strip().lower()
