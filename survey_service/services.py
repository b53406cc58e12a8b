"""What the respondent's site is given to work with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from flask import current_app

from shared.clock import Clock
from shared.database.box_keys import BoxKeys
from shared.database.engine import Database
from shared.web.tokens import DEFAULT_THEME, Theme

_EXTENSION = "sikte_survey"


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyServices:
    """The parts the site rests on, built once by the composition root and passed in."""

    database: Database
    clock: Clock
    box_keys: BoxKeys
    code_pepper: bytes = field(repr=False)
    secret_key: str = field(repr=False)
    survey_url: str
    cookie_name: str = "sikte-survey"
    theme: Theme = DEFAULT_THEME


def install(extensions: dict[str, object], services: SurveyServices) -> None:
    """Put ``services`` where the routes of this application find them."""
    extensions[_EXTENSION] = services


def services() -> SurveyServices:
    """Return the services of the running application."""
    return cast("SurveyServices", current_app.extensions[_EXTENSION])
