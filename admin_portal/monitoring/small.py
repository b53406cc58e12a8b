"""Small groups: which numbers are left out so that nobody can count on few people, not even by subtraction."""

from __future__ import annotations

from collections.abc import Sequence

FEW = 10
"""Of fewer invited than this no number is shown, to anybody."""


def hidden_among(invited: Sequence[int]) -> frozenset[int]:
    """Return the positions of the parts whose numbers must not stand beside the others and the sum of all.

    ``invited`` are the headcounts of the parts. Parts of fewer than ``FEW`` are hidden. Since sum minus shown gives the
    hidden parts together, each small part must be among at least ``FEW`` others who are invited: if the small parts are
    not enough for that, the smallest other part is hidden with them.

    Only headcounts decide, never answers: what is hidden does not change while answers come, so that neither a part
    that suddenly disappears nor the difference of two visits tells anything. A sum of none (or of all) says so of every
    part, as any sum does.
    """
    small = [place for place, number in enumerate(invited) if 0 < number < FEW]
    numbers = [invited[place] for place in small]
    if not small or sum(numbers) - max(numbers) >= FEW:
        return frozenset(small)
    others = [place for place, number in enumerate(invited) if number >= FEW]
    return frozenset([*small, *sorted(others, key=lambda place: (invited[place], place))[:1]])


def shows_sum(invited: Sequence[int]) -> bool:
    """Whether the sum over all parts may be shown: at least ``FEW`` are invited in all."""
    return sum(invited) >= FEW
