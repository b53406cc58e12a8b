"""Which language a visitor reads, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from shared.i18n import DEFAULT_LANGUAGE, LANGUAGES

NAMES = {"sv": "Svenska", "en": "English", "nb": "Bokmål", "nn": "Nynorsk", "ar": "العربية", "fa": "فارسی"}
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ckb"})


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """One language a visitor can choose; ``name`` is its own name for itself."""

    code: str
    name: str
    chosen: bool


def preferred_language() -> str:
    """Return the language the browser asks for among ours, else Swedish."""
    return request.accept_languages.best_match(LANGUAGES) or DEFAULT_LANGUAGE


def direction(language: str) -> str:
    """Return the value of the ``dir`` attribute."""
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


def choices(language: str) -> tuple[LanguageChoice, ...]:
    """Return the languages of the site in their fixed order."""
    return tuple(LanguageChoice(code, NAMES[code], code == language) for code in LANGUAGES)
