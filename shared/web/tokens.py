"""Design tokens: the values that make the look, and a municipality's theme, as data that becomes CSS variables."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.errors import SettingsError
from shared.i18n import gettext as _

MINIMUM_CONTRAST = 4.5
"""WCAG 2.1, 1.4.3: text against its ground."""

GROUND = "#ffffff"
DARK_GROUND = "#14181d"

LIGHT = {
    "ground": GROUND,
    "raised": "#f4f6f7",
    "ink": "#16202a",
    "quiet": "#4a5763",
    "line": "#c3ccd3",
    "edge": "#66727d",
    "warn": "#b3261e",
    "warn-ground": "#fdf1f0",
    "focus": "#ffbf00",
    "focus-ink": "#16202a",
}
DARK = {
    "ground": DARK_GROUND,
    "raised": "#1e252c",
    "ink": "#eef2f5",
    "quiet": "#b4bfc9",
    "line": "#39444e",
    "edge": "#8c99a5",
    "warn": "#ffb4a9",
    "warn-ground": "#3a1f1c",
    "focus": "#ffd24d",
    "focus-ink": "#14181d",
}
_COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Theme:
    """A municipality's name and its colour on a light and on a dark ground."""

    name: str = "Sikte"
    colour: str = "#0b5c57"
    colour_on_dark: str = "#7fd1c7"


DEFAULT_THEME = Theme()


def stylesheet_tokens(theme: Theme) -> str:
    """Return the CSS variables of ``theme``; raises ``SettingsError`` for a colour too weak to read."""
    _demand_contrast(theme.colour, GROUND)
    _demand_contrast(theme.colour_on_dark, DARK_GROUND)
    light = LIGHT | {"brand": theme.colour, "on-brand": GROUND}
    dark = DARK | {"brand": theme.colour_on_dark, "on-brand": DARK_GROUND}
    return f":root{{{_variables(light)}}}@media screen and (prefers-color-scheme:dark){{:root{{{_variables(dark)}}}}}"


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two ``#rrggbb`` colours (WCAG 2.1, 1 to 21)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _variables(values: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in values.items())


def _demand_contrast(colour: str, ground: str) -> None:
    if not _COLOUR.fullmatch(colour):
        text = _("The theme's colour %(colour)s is not written as #rrggbb with small letters.")
        raise SettingsError(text % {"colour": colour})
    if contrast(colour, ground) < MINIMUM_CONTRAST:
        text = _(
            "The theme's colour %(colour)s cannot be read on %(ground)s; choose one with a contrast of 4.5 or more."
        )
        raise SettingsError(text % {"colour": colour, "ground": ground})


def _luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.1 from sRGB."""
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)  # noqa: PLR2004
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
