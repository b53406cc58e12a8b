"""Addresses of the public site: safe for any file system, one for each code."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_portal.public.addresses import slug, up


@given(st.text(min_size=1, max_size=50))
def test_a_folder_is_plain_whatever_the_code(code):
    assert re.fullmatch(r"[A-Za-z0-9_~-]{1,50}", slug(code))


@given(st.lists(st.text(min_size=1, max_size=20), min_size=2, max_size=2, unique=True))
def test_two_codes_never_share_a_folder(codes):
    assert slug(codes[0]) != slug(codes[1])


@pytest.mark.parametrize(
    ("path", "way"), [("index.html", ""), ("sv/index.html", "../"), ("sv/a/b/index.html", "../../../")]
)
def test_the_way_up_leads_to_the_top(path, way):
    assert up(path) == way
