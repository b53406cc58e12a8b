"""How large a demonstration is: units of each type, how many of them independent, and how many answer over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.errors import Refused
from shared.i18n import gettext as _


@dataclass(frozen=True, slots=True)
class Size:
    """``units`` of each type; ``fullness`` scales classes per unit; ``earlier_cycles`` are answered by import."""

    name: str
    units: Mapping[str, int]
    fullness: float
    over_http: int
    earlier_cycles: tuple[str, ...]

    @property
    def total_units(self) -> int:
        """How many units the municipality has."""
        return sum(self.units.values())


MUNICIPALITY_UNITS = {
    "forskola": 27,
    "grundskola": 15,
    "fritidshem": 11,
    "pedagogisk_omsorg": 4,
    "anpassad_grundskola": 3,
}
EARLIER = ("mmis-2024", "mmis-2025")
NATION_FACTOR = 84

SIZES = {
    "small": Size(
        "small",
        {"forskola": 3, "grundskola": 2, "fritidshem": 1, "pedagogisk_omsorg": 1, "anpassad_grundskola": 1},
        0.45,
        12,
        EARLIER,
    ),
    "municipality": Size("municipality", MUNICIPALITY_UNITS, 1.0, 300, EARLIER),
    # The earlier cycles are left out: their files of a million rows would be read as one transaction each.
    "nation": Size("nation", {kind: count * NATION_FACTOR for kind, count in MUNICIPALITY_UNITS.items()}, 1.0, 300, ()),
}


def size_named(name: str) -> Size:
    """Return the size called ``name``; raises ``Refused`` naming the sizes there are."""
    if name not in SIZES:
        text = _("There is no demonstration of size %(name)s. Choose one of: %(sizes)s.")
        raise Refused("unknown_size", text % {"name": name, "sizes": ", ".join(SIZES)})
    return SIZES[name]
