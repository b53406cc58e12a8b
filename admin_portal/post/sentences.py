"""The sentences of the notices: what each kind says, filled in with its parameters, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.i18n import gettext as _


def sentence(kind: str, parameters: Mapping[str, Any]) -> str:
    """Return what a notice of ``kind`` says; one of a kind or parameter unknown here says only that there is news."""
    template = _templates().get(kind, "")
    try:
        return template % dict(parameters) if template else _news()
    except (KeyError, TypeError, ValueError):
        return _news()


def _templates() -> Mapping[str, str]:
    """Return the sentence of each kind of notice, with named parameters."""
    return {
        "results_released": _("The results of %(cycle)s are here."),
        "results_corrected": _("The results of %(cycle)s have been corrected: %(reason)s"),
        "results_published": _("The results of %(cycle)s are public now."),
        "dialogue_offered": _("A quality dialogue about %(unit)s can be booked."),
        "dialogue_booked": _("The quality dialogue about %(unit)s is booked."),
        "dialogue_moved": _("The quality dialogue about %(unit)s has a new time."),
        "dialogue_cancelled": _("The time of the quality dialogue about %(unit)s is cancelled."),
        "dialogue_declined": _("%(unit)s has declined its quality dialogue."),
        "dialogue_held": _("The minutes of the quality dialogue about %(unit)s can be confirmed."),
        "measure_soon": _("A measure of %(unit)s is due soon: %(measure)s"),
        "measure_late": _("A measure of %(unit)s has passed its date: %(measure)s"),
    }


def _news() -> str:
    return _("There is news for you.")
