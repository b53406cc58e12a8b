"""The chart palette against WCAG 2.1: 3:1 for what is drawn (1.4.11), 4.5:1 for what is read (1.4.3)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import shared.web
from shared.web.tokens import DARK, LIGHT, contrast

SHEET = (Path(str(shared.web.__file__)).parent / "static" / "charts.css").read_text()
_light, _dark = re.findall(r":root \{([^}]*)\}", SHEET)
PALETTES = {
    name: tokens | dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", text))
    for name, tokens, text in (("light", LIGHT, _light), ("dark", DARK, _dark))
}
DRAWN = [f"{side}-{shade}" for side in ("positive", "negative") for shade in (1, 2, 3)]
TEXTS = [(f"{side}-{shade}", "on-deep") for side in ("positive", "negative") for shade in (1, 2)]
TEXTS += [("positive-3", "on-pale"), ("negative-3", "on-pale"), ("middle", "on-pale"), ("missing", "on-missing")]

pytestmark = pytest.mark.parametrize("scheme", ["light", "dark"])


@pytest.mark.parametrize("colour", [*DRAWN, "middle", "own", "other", "bar", "edge"])
def test_what_is_drawn_stands_out_from_the_ground(scheme, colour):
    palette = PALETTES[scheme]
    assert contrast(palette[colour], palette["ground"]) >= 3


@pytest.mark.parametrize(("fill", "text"), TEXTS)
def test_what_stands_in_a_bar_can_be_read(scheme, fill, text):
    palette = PALETTES[scheme]
    assert contrast(palette[fill], palette[text]) >= 4.5


def test_a_rate_stands_out_from_its_track(scheme):
    assert contrast(PALETTES[scheme]["bar"], PALETTES[scheme]["bar-ground"]) >= 3


def test_both_schemes_name_the_same_colours(scheme):
    assert PALETTES[scheme].keys() == PALETTES["light"].keys()


def test_the_sheet_names_colours_only_where_it_defines_them(scheme):
    assert re.findall(r"#[0-9a-f]{3,6}\b", re.sub(r":root \{[^}]*\}", "", SHEET)) == []
