"""A response rate as a bar, with the target as a line across it."""

from __future__ import annotations

from collections.abc import Iterator

from shared.i18n import gettext as _
from shared.presentation import numbers
from shared.presentation.charts import svg

HEIGHT, BAR = 20.0, 12.0


def rate_bar(key: str, title: str, rate: float | None, target: float | None, words: str) -> str:
    """Return ``words`` ("42 av 60 har svarat, 70 %") over the bar; ``rate`` and ``target`` are shares of 1.

    ``rate`` is ``None`` where it may not be shown: the bar is then left out, and ``words`` alone say what can be said.
    A rate above 1 (more answers than headcount) fills the bar; the words tell.
    """
    text = f'<p class="chart-words">{svg.escaped(words)}</p>'
    if rate is None:
        return svg.fragment("rate", text)
    aim = "" if target is None else _("The target is %(target)s.") % {"target": numbers.percent(target)}
    described = [f"{numbers.percent(rate)}.", aim]
    return svg.fragment("rate", text, svg.picture(key, title, described, HEIGHT, _shapes(rate, target)))


def _shapes(rate: float, target: float | None) -> Iterator[str]:
    top = (HEIGHT - BAR) / 2
    yield svg.bar(0, top, svg.FULL, BAR, "ground")
    yield svg.bar(0, top, svg.FULL * min(max(rate, 0.0), 1.0), BAR, "rate")
    if target is not None:
        at = svg.FULL * min(max(target, 0.0), 1.0)
        yield svg.line(at, 0, at, HEIGHT, "target-edge")
        yield svg.line(at, 0, at, HEIGHT, "target")
