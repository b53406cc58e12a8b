"""Sealing to a public key: what anyone can close and only the holder of the private key can open.

A *box* holds a padded ballot under a symmetric **box key**. A process that casts makes a random box key, seals that key
once to the window's public key, uses it for its ballots for a while and throws it away: one million ballots then cost
about a second to open instead of half a minute (``docs/decisions/0005``).
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
OVERHEAD = NONCE_BYTES + TAG_BYTES


class CannotOpen(Exception):
    """The box was not sealed to this key, or was altered."""


@dataclass(frozen=True, slots=True, repr=False)
class KeyPair:
    """An X25519 key pair as raw bytes, 32 each."""

    public: bytes
    private: bytes


def new_key_pair() -> KeyPair:
    """Make a key pair from the operating system's random source."""
    private = X25519PrivateKey.generate()
    return KeyPair(public=private.public_key().public_bytes_raw(), private=private.private_bytes_raw())


def public_of(private: bytes) -> bytes:
    """Return the public half that belongs to ``private``."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def seal_to(public: bytes, content: bytes, context: bytes) -> bytes:
    """Seal ``content`` to ``public``; ``context`` (never secret) must be the same when it is opened.

    An ephemeral X25519 exchange, HKDF-SHA-256 and AES-256-GCM. Returns ephemeral public key (32 bytes) || ciphertext
    || tag (16 bytes); the key is used once, so the nonce is zero.
    """
    ephemeral = X25519PrivateKey.generate()
    ephemeral_public = ephemeral.public_key().public_bytes_raw()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(public))
    key = _derive(shared, ephemeral_public + public + context)
    return ephemeral_public + AESGCM(key).encrypt(bytes(NONCE_BYTES), content, context)


def open_from(private: bytes, sealed: bytes, context: bytes) -> bytes:
    """Open what ``seal_to`` sealed; raises ``CannotOpen`` when the key, the context or any byte is wrong."""
    ephemeral_public, ciphertext = sealed[:KEY_BYTES], sealed[KEY_BYTES:]
    try:
        own = X25519PrivateKey.from_private_bytes(private)
        shared = own.exchange(X25519PublicKey.from_public_bytes(ephemeral_public))
        public = own.public_key().public_bytes_raw()
        key = _derive(shared, ephemeral_public + public + context)
        return AESGCM(key).decrypt(bytes(NONCE_BYTES), ciphertext, context)
    except (InvalidTag, ValueError) as error:
        raise CannotOpen from error


class BoxKey:
    """A symmetric key that seals and opens many boxes of one window."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, content: bytes, context: bytes) -> bytes:
        """Return nonce (12 bytes) || ciphertext || tag (16 bytes).

        The nonce is random: a counter would keep the order of arrival. Ninety-six random bits repeat with probability
        below 2**-64 within the some thousand boxes that one key seals.
        """
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, context)

    def open(self, box: bytes, context: bytes) -> bytes:
        """Return the content; raises ``CannotOpen`` when key, context or any byte is wrong."""
        try:
            return self._cipher.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], context)
        except (InvalidTag, ValueError) as error:
            raise CannotOpen from error


def new_key() -> bytes:
    """Return 32 random bytes."""
    return os.urandom(KEY_BYTES)


def _derive(secret: bytes, information: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"sikte/seal/1" + information).derive(secret)
