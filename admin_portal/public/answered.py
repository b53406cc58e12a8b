"""Who answered, in plain words: no figure without how many it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from admin_portal.public.documents import Row
from shared.i18n import gettext as _
from shared.i18n import ngettext
from shared.presentation import numbers
from shared.presentation.sentences import instead_text, reason_text, response_note


def answered_sentence(respondent: str, row: Row, years: Sequence[str]) -> str:
    """Return "87 av 112 elever i årskurs 5 och 8 svarade (78 %)." of a response row, or why it is not shown."""
    if row["status"] != "shown":
        return hidden_sentence(row["reason"])
    facts = {
        "answered": numbers.count(row["answered"]),
        "invited": numbers.count(row["invited"]),
        "rate": numbers.percent(row["response_rate"]),
        "years": listed(years),
    }
    with_years = {
        "pupil": _("%(answered)s of %(invited)s pupils in year %(years)s answered (%(rate)s)."),
        "guardian": _("Guardians of %(answered)s of %(invited)s children in year %(years)s answered (%(rate)s)."),
    }
    without = {
        "child": _("%(answered)s of %(invited)s children took part (%(rate)s)."),
        "pupil": _("%(answered)s of %(invited)s pupils answered (%(rate)s)."),
        "guardian": _("Guardians of %(answered)s of %(invited)s children answered (%(rate)s)."),
        "staff": _("%(answered)s of %(invited)s members of staff answered (%(rate)s)."),
        "principal": _("%(answered)s of %(invited)s principals answered (%(rate)s)."),
    }
    chosen = with_years.get(respondent) if years else None
    said = (chosen or without.get(respondent) or _("%(answered)s of %(invited)s answered (%(rate)s).")) % facts
    return " ".join(filter(None, (said, _blank(row["n_blank"] or 0))))


def _blank(number: int) -> str:
    if not number:
        return ""
    text = ngettext("%(number)s of the answers was blank.", "%(number)s of the answers were blank.", number)
    return text % {"number": numbers.count(number)}


def hidden_sentence(reason: str | None) -> str:
    """Return why nothing is shown, and what can be used instead."""
    why = _("Not shown: %(why)s.") % {"why": reason_text(reason)}
    return " ".join(filter(None, (why, instead_text(reason))))


def notes(row: Row, *, shared_code: bool) -> tuple[str, ...]:
    """Return what must be read with the figures: a low response rate, a shared code."""
    found = [response_note(row["response_rate"])] if row["status"] == "shown" else []
    if shared_code:
        found.append(_("They answered with a shared code. That somebody answered twice cannot be ruled out."))
    return tuple(filter(None, found))


def listed(words: Sequence[str]) -> str:
    """Return "2, 5 och 8"."""
    if len(words) < 2:  # noqa: PLR2004  a list of one needs no "and"
        return "".join(words)
    return _("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}
