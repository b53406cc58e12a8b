"""The hidden token of a form: sealed by us, for one purpose and one respondent, so that a forged form shows."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from shared.sealing.tokens import TokenBox

FIELD = "token"
_FOREIGN = frozenset({"cross-site", "same-site"})


class Forged(Exception):
    """A posted form that this site did not give to this browser for this page."""


@dataclass(frozen=True, slots=True)
class FormTokens:
    """Gives and checks tokens; ``subject`` is who the form is for, "" before anybody is known."""

    box: TokenBox

    def give(self, purpose: str, subject: str = "") -> str:
        """Return the token of a form."""
        return self.box.seal({"p": purpose, "s": subject})

    def demand(self, purpose: str, subject: str = "") -> None:
        """Raise ``Forged`` unless the posted form carries a token given for this purpose and subject.

        The token alone cannot stop another site from posting a form that it fetched itself; the browser's own word on
        where the post comes from (Sec-Fetch-Site) does. Browsers too old to say it still meet token and cookie rules.
        """
        value = self.box.open(request.form.get(FIELD, ""))
        if value != {"p": purpose, "s": subject} or request.headers.get("Sec-Fetch-Site") in _FOREIGN:
            raise Forged
