"""Decisions in plain words: what a comparison says, why a value is hidden, what to keep and what to examine.

Nothing is decided here. Whether a difference is certain comes from the stored decision (statistics.md: corrected for
many comparisons, and large enough to matter); these sentences never say more than that decision does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.i18n import gettext as _
from shared.i18n import ngettext
from shared.presentation import numbers

LOW_RESPONSE = 0.5
"""Below this a figure carries "low response rate" and gets no comparison (formats.md)."""

CHOSEN = 3
"""How many to keep and how many to examine (interface.md)."""


def reasons() -> dict[str, str]:
    """Return why a value is hidden, in plain words, for each reason a result row may give."""
    return {
        "too_few": _("too few answers"),
        "low_response_rate": _("too low response rate"),
        "complementary": _("hidden so that another hidden value cannot be worked out"),
        "no_agreement": _("the independent owner has not agreed to publication"),
        "not_screened": _("free text that nobody has screened yet"),
    }


def reason_text(reason: str | None) -> str:
    """Return why a value is hidden; words that are no known reason are returned as they stand."""
    return reasons().get(reason or "", reason or "")


def reason_mark(reason: str | None) -> str:
    """Return the reason in a word or two, for a place in a chart or a table cell too narrow for more."""
    marks = {"too_few": _("too few answers"), "low_response_rate": _("too few have answered")}
    return marks.get(reason or "", _("hidden"))


def instead_text(reason: str | None) -> str:
    """Return what the reader can use instead of a value hidden for this reason; empty for words of one's own."""
    remedies = {
        "too_few": _("Use the figures for the whole municipality, and talk about the question with those it concerns."),
        "low_response_rate": _("Take the answers as something to talk about, not as a measurement."),
        "complementary": _("Use the figures shown for all respondents together or for the whole municipality."),
        "no_agreement": _("Ask the unit's owner, or use the figures for the whole municipality."),
        "not_screened": _("The texts are shown here once they have been screened."),
    }
    return remedies.get(reason or "", "")


def response_note(rate: float | None) -> str:
    """Return the note that a figure with a response rate below a half must carry, otherwise nothing."""
    if rate is None or rate >= LOW_RESPONSE:
        return ""
    text = _("Low response rate (%(rate)s): those who did not answer may think otherwise. No comparison is made.")
    return text % {"rate": numbers.percent(rate)}


def level_word(difference: float | None, certain: bool | None) -> str:  # noqa: FBT001 - the stored decision, as it stands in the row
    """Return "higher", "level" or "lower": the only three words a comparison is given (statistics.md)."""
    if not certain or not difference:
        return _("level")
    return _("higher") if difference > 0 else _("lower")


def compared(
    difference: float | None,
    low: float | None,
    high: float | None,
    certain: bool | None,  # noqa: FBT001 - the stored decision, as it stands in the row
    *,
    unit_word: str,
    n: int | None = None,
    by_share: bool = False,
    against: str = "",
) -> str:
    """Return what a comparison says, with its size, its interval, how many answered and, if it says nothing, why.

    ``unit_word`` names who is compared as it stands inside a sentence ("skolan", "Solgläntans förskola"), ``against``
    what it is compared with (left out: the rest of the municipality). ``difference`` and the ends of its 95 % interval
    are in index points or, ``by_share``, in shares of 1, read as percentage points.
    """
    names = {"unit": unit_word, "against": against or _("the rest of the municipality")}
    if difference is None:
        return _begun(_("%(unit)s is not compared with %(against)s.") % names)
    if not certain or not difference:
        head = _("No certain difference between %(unit)s and %(against)s") % names
        return f"{head}: {_size(difference, low, high, n, by_share=by_share)} {_why_not(low, high)}"
    higher, lower = _("%(unit)s is higher than %(against)s"), _("%(unit)s is lower than %(against)s")
    head = _begun((higher if difference > 0 else lower) % names)
    return f"{head}: {_size(difference, low, high, n, by_share=by_share)}"


def _begun(sentence: str) -> str:
    """Return the sentence with a capital first, whatever it begins with."""
    return sentence[:1].upper() + sentence[1:]


def _size(difference: float, low: float | None, high: float | None, n: int | None, *, by_share: bool) -> str:
    """Return "0,8 index points (95 % interval 0,3–1,3, 42 answers).", without what is not known."""
    factor, digits = (100, 0) if by_share else (1, 1)
    word = _("percentage points") if by_share else _("index points")
    between = numbers.interval(low, high, lambda end: numbers.decimal(round(end * factor, 6), digits))
    known = [
        _("95 %% interval %(interval)s") % {"interval": between} if between else "",
        "" if n is None else ngettext("%(number)s answer", "%(number)s answers", n) % {"number": numbers.count(n)},
    ]
    size = numbers.points(difference) if by_share else numbers.signed(difference)
    inside = ", ".join(filter(None, known))
    return f"{size} {word}" + (f" ({inside})." if inside else ".")


def _why_not(low: float | None, high: float | None) -> str:
    """Return why a difference is not called certain: no interval, an interval over nothing, or too many comparisons."""
    if low is None or high is None:
        return _("There are too few answers to say how certain it is.")
    if low <= 0 <= high:
        return _("It may be chance.")
    return _("It is too small to matter, or may be chance when so many comparisons are made at once.")


@dataclass(frozen=True, slots=True)
class Finding:
    """A shown area or item: its level as a share of what its scale can reach, its difference as a part of the same.

    ``level`` 0–1 and ``difference`` −1–1, so that a battery that goes to 10 and one that goes to 100 can be ordered
    together; ``difference`` and ``certain`` are ``None`` where no comparison is made.
    """

    key: str
    label: str
    level: float
    difference: float | None = None
    certain: bool | None = None

    @property
    def certainly_higher(self) -> bool:
        """Whether the stored decision says that it is higher than what it is compared with."""
        return bool(self.certain) and (self.difference or 0) > 0

    @property
    def certainly_lower(self) -> bool:
        """Whether the stored decision says that it is lower than what it is compared with."""
        return bool(self.certain) and (self.difference or 0) < 0


@dataclass(frozen=True, slots=True)
class Chosen:
    """What to keep and what to examine, best reason first; no finding stands in both. ``rule`` says how it was done."""

    keep: tuple[Finding, ...]
    examine: tuple[Finding, ...]
    rule: str


def keep_and_examine(findings: Sequence[Finding], *, number: int = CHOSEN) -> Chosen:
    """Choose what to keep and what to examine among the shown areas or items, by the rule that ``Chosen.rule`` states.

    Certain differences come first, by size: higher is kept, lower is examined, and never the other way round. Places
    left are filled one by one with the highest and the lowest level among the rest. Ties keep the given order.
    """
    by_size = sorted(findings, key=lambda finding: -abs(finding.difference or 0))
    keep = [finding for finding in by_size if finding.certainly_higher][:number]
    examine = [finding for finding in by_size if finding.certainly_lower][:number]
    rest = sorted(
        (finding for finding in findings if not (finding.certainly_higher or finding.certainly_lower)),
        key=lambda finding: -finding.level,
    )
    while rest and (len(keep) < number or len(examine) < number):
        if len(keep) < number and (len(keep) <= len(examine) or len(examine) >= number):
            keep.append(rest.pop(0))
        else:
            examine.append(rest.pop())
    return Chosen(tuple(keep), tuple(examine), choosing_rule())


def choosing_rule() -> str:
    """Return the rule of ``keep_and_examine`` in words."""
    return _(
        "First come certain differences from the rest of the municipality, the largest first: higher to keep, lower to"
        " examine. Places left are filled with the highest and the lowest results, which need not differ from others'."
    )
