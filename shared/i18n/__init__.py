"""Messages in the reader's language: English in the source, catalogues in ``locales``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

LANGUAGES: tuple[str, ...] = ("sv", "en")
DEFAULT_LANGUAGE = "sv"

_LOCALES = Path(__file__).parent / "locales"
_language: ContextVar[str] = ContextVar("language", default=DEFAULT_LANGUAGE)


@cache
def catalogue(language: str) -> NullTranslations:
    """Return the messages of ``language``, read from its ``.po`` file, so that no build step can be forgotten."""
    path = _LOCALES / language / "LC_MESSAGES" / "sikte.po"
    if not path.exists():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return Translations(compiled, domain="messages")


def active_language() -> str:
    """Return the language messages are given in right now."""
    return _language.get()


def set_language(language: str) -> None:
    """Give messages in ``language`` for the rest of this context (a request, a command)."""
    _language.set(language if language in LANGUAGES else DEFAULT_LANGUAGE)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Give messages in ``language`` inside the block."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def gettext(message: str) -> str:
    """Return ``message`` in the active language."""
    return str(catalogue(active_language()).gettext(message))


def ngettext(singular: str, plural: str, number: int) -> str:
    """Return the form of the message that fits ``number`` in the active language."""
    return str(catalogue(active_language()).ngettext(singular, plural, number))
