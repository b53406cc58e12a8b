"""Which units a publication would show something of, and why it leaves out the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from admin_portal.publishing.documents import Part, unit_cards
from admin_portal.publishing.hiding import SHOWN, hidden_by_unit
from admin_portal.publishing.planning import questionnaires_by_window, withheld_units
from shared.i18n import gettext as _
from shared.model.cycles import Cycle
from shared.model.policy import PUBLIC
from shared.model.releases import Release
from shared.presentation.sentences import reason_text
from shared.presentation.words import unit_type


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit: how many of its values become public, and the most frequent reason for which others do not."""

    code: str
    name: str
    kind: str
    shown: int
    hidden: int
    reason: str

    @property
    def included(self) -> bool:
        """Whether anything of it is shown."""
        return self.shown > 0


def lines(session: Session, cycle: Cycle, effective: Mapping[str, Release], moment: datetime) -> tuple[UnitLine, ...]:
    """Return a line for each unit of the released windows, by name; a consent taken back stands out."""
    of = questionnaires_by_window(session, cycle)
    parts = tuple(
        Part(release.number, release.result_set_id, tuple(of[window])) for window, release in effective.items()
    )
    cards, withheld = unit_cards(session), withheld_units(session, moment)
    kinds = {code: unit_type(code) for code in {card["unit_type"] for card in cards.values()}}
    found = [
        _line(cards[code], kinds, counts, withheld=code in withheld)
        for code, counts in hidden_by_unit(session, parts, PUBLIC).items()
    ]
    return tuple(sorted(found, key=lambda line: (line.name.casefold(), line.code)))


def _line(card: Mapping[str, str], kinds: Mapping[str, str], counts: Mapping[str, int], *, withheld: bool) -> UnitLine:
    shown = counts.get(SHOWN, 0)
    why = {reason: number for reason, number in counts.items() if reason != SHOWN}
    reason = reason_text(max(why, key=lambda one: why[one])) if why else ""
    if withheld and shown:
        reason = _("its owner no longer agrees: compute anew and release before you publish")
    return UnitLine(card["code"], card["name"], kinds[card["unit_type"]], shown, sum(why.values()), reason)
