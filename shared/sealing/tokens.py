"""Small sealed values that a browser carries: readable and changeable by nobody but us, and valid for a while."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class TokenBox:
    """Seals JSON values for one purpose under a key derived from the application's secret (AES-256-GCM)."""

    __slots__ = ("_cipher", "_purpose")

    def __init__(self, secret: str, purpose: str) -> None:
        self._cipher = AESGCM(derive_key(secret, purpose))
        self._purpose = purpose.encode()

    def seal(self, value: dict[str, Any]) -> str:
        """Return ``value`` as URL-safe text."""
        nonce = os.urandom(_NONCE_BYTES)
        content = json.dumps(value, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, content, self._purpose)).decode()

    def open(self, token: str) -> dict[str, Any] | None:
        """Return the sealed value, or None when the token is not ours."""
        try:
            raw = base64.urlsafe_b64decode(token.encode("ascii"))
            content = self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], self._purpose)
            value = json.loads(content)
        except (InvalidTag, ValueError, binascii.Error):
            return None
        return value if isinstance(value, dict) else None


def derive_key(secret: str, purpose: str) -> bytes:
    """Return 32 bytes for ``purpose``: one secret in the settings, unrelated keys for each use."""
    return hmac.new(secret.encode(), b"sikte/" + purpose.encode(), hashlib.sha256).digest()
