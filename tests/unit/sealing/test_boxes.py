"""Boxes open for the right key and context only, and never repeat themselves."""

from __future__ import annotations

import pytest

from shared.sealing.boxes import OVERHEAD, BoxKey, CannotOpen, new_key, new_key_pair, open_from, public_of, seal_to


def test_what_is_sealed_to_a_public_key_opens_with_its_private_key() -> None:
    pair = new_key_pair()
    assert open_from(pair.private, seal_to(pair.public, b"content", b"window 1"), b"window 1") == b"content"


def test_the_public_key_follows_from_the_private_one() -> None:
    pair = new_key_pair()
    assert public_of(pair.private) == pair.public


@pytest.mark.parametrize("harm", ["other key", "other context", "first byte", "last byte", "cut short", "empty"])
def test_a_sealed_value_does_not_open_when_anything_is_wrong(harm: str) -> None:
    pair = new_key_pair()
    sealed = seal_to(pair.public, b"content", b"window 1")
    private = new_key_pair().private if harm == "other key" else pair.private
    context = b"window 2" if harm == "other context" else b"window 1"
    with pytest.raises(CannotOpen):
        open_from(private, _harm(sealed, harm), context)


@pytest.mark.parametrize("harm", ["other key", "other context", "first byte", "last byte", "cut short", "empty"])
def test_a_box_does_not_open_when_anything_is_wrong(harm: str) -> None:
    key = new_key()
    box = BoxKey(key).seal(b"ballot", b"group 1")
    opener = BoxKey(new_key() if harm == "other key" else key)
    with pytest.raises(CannotOpen):
        opener.open(_harm(box, harm), b"group 2" if harm == "other context" else b"group 1")


def test_the_length_of_a_box_depends_on_the_length_of_its_content_alone() -> None:
    key = BoxKey(new_key())
    assert {len(key.seal(content, b"")) for content in (bytes(64), b"\xff" * 64)} == {64 + OVERHEAD}


def test_the_same_ballot_never_looks_the_same_twice() -> None:
    key = BoxKey(new_key())
    assert len({key.seal(bytes(64), b"") for _ in range(1000)}) == 1000


def _harm(sealed: bytes, harm: str) -> bytes:
    match harm:
        case "first byte":
            return bytes([sealed[0] ^ 1]) + sealed[1:]
        case "last byte":
            return sealed[:-1] + bytes([sealed[-1] ^ 1])
        case "cut short":
            return sealed[:20]
        case "empty":
            return b""
        case _:
            return sealed
