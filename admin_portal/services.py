"""What the portal is given to work with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from flask import current_app

from shared.clock import Clock
from shared.database.engine import Database
from shared.web.tokens import DEFAULT_THEME, Theme

_EXTENSION = "sikte_portal"


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalServices:
    """The parts the portal rests on, built once by the composition root and passed in.

    ``unaudited_publication`` says whether figures that no joint audit has attacked may be made public here;
    ``catches_mail`` whether letters stay on this machine, for anybody who tries it out to read.
    """

    database: Database
    clock: Clock
    secret_key: str = field(repr=False)
    code_pepper: bytes = field(repr=False)
    portal_url: str
    survey_url: str
    unaudited_publication: bool = False
    catches_mail: bool = False
    cookie_name: str = "sikte-portal"
    theme: Theme = DEFAULT_THEME


def install(extensions: dict[str, object], services: PortalServices) -> None:
    """Put ``services`` where the routes of this application find them."""
    extensions[_EXTENSION] = services


def services() -> PortalServices:
    """Return the services of the running application."""
    return cast("PortalServices", current_app.extensions[_EXTENSION])
