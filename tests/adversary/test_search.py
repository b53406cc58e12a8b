"""The byte search finds what is planted, in every spelling and wherever in a file it begins."""

from __future__ import annotations

import base64
import os

import pytest

from tests.support.adversary.needles import Needles, different_pieces, disguises, occurrences, spellings
from tests.support.adversary.population import MARK

KEY = bytes(range(100, 132))
TEXT = f"xy{MARK}a234567 and more"


@pytest.mark.parametrize("shift", range(9))
@pytest.mark.parametrize("spelling", list(spellings(KEY)), ids=["raw", "hex", "HEX", "base64", "urlsafe"])
def test_a_planted_key_is_found_at_every_offset(spelling, shift):
    planted = os.urandom(4000 + shift) + spelling + os.urandom(500)
    needles = Needles(dict.fromkeys(spellings(KEY), "key") | {os.urandom(16): "other" for _ in range(500)})
    assert next(iter(needles.find(planted))) == (4000 + shift, "key")
    assert list(needles.find(os.urandom(50_000))) == []


@pytest.mark.parametrize(
    "disguised",
    [TEXT.encode().hex().encode(), TEXT.encode("utf-16-le"), TEXT.encode()[::-1], TEXT.upper().encode()]
    + [base64.b64encode(b"z" * shift + TEXT.encode()) for shift in range(3)],
    ids=["hex", "utf-16", "reversed", "capitals", "base64", "base64+1", "base64+2"],
)
def test_an_answer_is_found_in_every_disguise(disguised):
    assert any(list(occurrences(b"before " + disguised + b" after", form)) for form in disguises())


def test_a_block_is_told_of_the_first_folder_that_holds_it(tmp_path):
    for name, content in (("early", b"A" * 8192 + b"B" * 8192), ("late", b"B" * 8192 + b"C" * 100 + bytes(9000))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(content)
    pieces = [(path.parent.name, at, content[:1]) for path, at, content in different_pieces(sorted(tmp_path.iterdir()))]
    assert pieces == [("early", 0, b"A"), ("late", 8192, b"C")]
