"""How the answers are spread: a stacked bar around the middle of the scale, with *don't know* apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from shared.i18n import gettext as _
from shared.presentation import numbers
from shared.presentation.charts import svg
from shared.presentation.charts.data import OptionShare

HALF = 47.0
"""Per cent of the width that a share of 1 takes; two of them leave a gap before *don't know*, however it falls out."""

TOP, HEIGHT, BOTTOM = 6.0, 32.0, 6.0
BASELINE = TOP + HEIGHT / 2 + 5

INSIDE = 0.08
"""From this share on the percentage stands in the bar too."""

ROOMY = 0.15
"""From this share on it fits in a bar on a phone; between the two the sheet drops it where the chart is narrow."""

_SHADES = {1: "1", 2: "13", 3: "123"}
"""Shade of each option of one side, from the end of the scale to its middle, by how many there are."""

Piece = tuple[OptionShare, str, float, float]
"""An option, its class, where it begins and how wide it is, in per cent of the width."""


def distribution(
    key: str,
    title: str,
    options: Sequence[OptionShare],
    dont_know: OptionShare | None,
    n: int,
    *,
    with_key: bool = True,
) -> str:
    """Return the bar, with its options and percentages listed under it unless ``with_key`` is off.

    ``options`` are best to worst as in the questionnaire; ``missing`` ones among them join ``dont_know`` on the right.
    The positive end is always drawn to the left, of a reversed item too, so that a page of bars can be scanned; the
    middle of the scored options (an odd number: the middle of the middle one) lies on the same line in each. One per
    cent is equally wide on the whole page. ``n`` is how many answered, *don't know* included.
    """
    scored, missing = _sides(options, dont_know)
    pieces = _pieces(scored, missing)
    described = [f"{option.label}: {numbers.percent(option.share)}." for option, *_place in pieces]
    bars = svg.picture(key, title, [*described, f"{svg.answers(n)}."], TOP + HEIGHT + BOTTOM, _shapes(pieces))
    return svg.fragment("distribution", bars, _key(pieces, shares=True) if with_key else "")


def options_key(options: Sequence[OptionShare], dont_know: OptionShare | None) -> str:
    """Return the list of options with their colours, to stand once above several bars drawn without their own."""
    return svg.fragment("distribution", _key(_pieces(*_sides(options, dont_know)), shares=False))


def _sides(
    options: Sequence[OptionShare], dont_know: OptionShare | None
) -> tuple[list[OptionShare], list[OptionShare]]:
    """Return the scored options, positive end first, and those outside the scale."""
    scored = [option for option in options if option.polarity != "missing"]
    missing = [option for option in options if option.polarity == "missing"]
    if scored and scored[0].polarity == "negative":
        scored.reverse()
    return scored, missing + ([dont_know] if dont_know else [])


def _pieces(scored: Sequence[OptionShare], missing: Sequence[OptionShare]) -> list[Piece]:
    """Lay the options out; shares that were rounded up to more than 1 together are drawn as parts of their sum."""
    unit = HALF / max(1.0, sum(option.share for option in (*scored, *missing)))
    widths = [max(option.share, 0.0) * unit for option in scored]
    left = HALF - sum(widths[: len(widths) // 2]) - (widths[len(widths) // 2] / 2 if len(widths) % 2 else 0)
    begins = accumulate(widths, initial=left)
    pieces = [(*piece,) for piece in zip(scored, _classes(scored), begins, widths, strict=False)]
    apart = [max(option.share, 0.0) * unit for option in missing]
    begins = accumulate(apart, initial=svg.FULL - sum(apart))
    return pieces + [(option, "missing", at, width) for option, at, width in zip(missing, begins, apart, strict=False)]


def _classes(scored: Sequence[OptionShare]) -> list[str]:
    """Return the class of each scored option: side and shade, strongest at the ends of the scale."""
    sides = [option.polarity for option in scored]
    positive, negative = sides.count("positive"), sides.count("negative")
    shades = {
        "positive": [f"positive-{shade}" for shade in _shades(positive)],
        "negative": [f"negative-{shade}" for shade in reversed(_shades(negative))],
        "middle": ["middle"] * len(sides),
    }
    return [shades[side].pop(0) for side in sides]


def _shades(number: int) -> list[str]:
    """Return so many shades from the strongest on; four and more share the three there are."""
    return list(_SHADES.get(number) or (str(1 + 3 * at // number) for at in range(number)))


def _shapes(pieces: Sequence[Piece]) -> Iterator[str]:
    for option, shape, begin, width in pieces:
        if width > 0:
            yield svg.bar(begin, TOP, width, HEIGHT, shape)
        if option.share >= INSIDE:
            number = numbers.percent(option.share)
            room = "" if option.share >= ROOMY else " tight"
            yield svg.words(begin + width / 2, BASELINE, _bare(number), anchor="middle", shape=f"on-{shape}{room}")
    # Over and under the bar only: across it, it would cut the number of a middle option in two.
    yield svg.line(HALF, 0, HALF, TOP, "middle-line")
    yield svg.line(HALF, TOP + HEIGHT, HALF, TOP + HEIGHT + BOTTOM, "middle-line")


def _bare(percentage: str) -> str:
    """Return the number alone: the bar has no room for the mark, which stands in the list under it."""
    return percentage.rstrip("%").rstrip()


def _key(pieces: Sequence[Piece], *, shares: bool) -> str:
    """Return the options in the order of the bar, each with a sample of its colour."""
    lines = [
        f'<li><span class="sample {shape}"></span>{svg.escaped(option.label)}'
        + (f": <b>{svg.escaped(numbers.percent(option.share))}</b>" if shares else "")
        + "</li>"
        for option, shape, *_place in pieces
    ]
    name = svg.escaped(_("Answers"))
    return f'<ul class="chart-key" aria-label="{name}">{"".join(lines)}</ul>'
