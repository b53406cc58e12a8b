"""Gathers the messages of the five packages into the catalogues: ``python -m shared.i18n.messages [--check]``."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from shared.i18n import LANGUAGES

ROOT = Path(__file__).parents[2]
LOCALES = Path(__file__).parent / "locales"
PACKAGES = ("admin_portal", "analytics_worker", "deploy", "shared", "survey_service")
SOURCE_LANGUAGE = "en"
_METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
_OPTIONS = {"**/templates/**.html": {"trimmed": "true", "newstyle_gettext": "true", "trim_blocks": "true"}}
_HEADER = (
    "# The messages of Sikte in this language. Made by `python -m shared.i18n.messages`; translations are written here."
)


def gather() -> Catalog:
    """Return every message of the sources, without places: they would change with each line that moves."""
    template = Catalog(project="Sikte", charset="utf-8")
    for package in PACKAGES:
        for found in extract_from_dir(ROOT / package, _METHODS, _OPTIONS):
            _file, _line, message, _comments, context = found
            template.add(message, context=context)
    return template


def update(language: str, template: Catalog) -> bytes:
    """Return the catalogue file of ``language`` with the messages of ``template``: new ones empty, unused ones gone."""
    catalogue = _catalogue(language)
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    if language == SOURCE_LANGUAGE:
        for message in catalogue:
            if message.id:
                message.string = message.id
    return _written(catalogue, language)


def missing(language: str) -> list[str]:
    """Return the messages that ``language`` lacks a translation of."""
    return [str(message.id) for message in _catalogue(language) if message.id and not _complete(message.string)]


def main(arguments: list[str]) -> int:
    """Update the catalogues; with ``--check`` change nothing and return 1 when one is behind or incomplete."""
    template = gather()
    faults = []
    for language in LANGUAGES:
        path = _path(language)
        content = update(language, template)
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        elif not path.exists() or path.read_bytes() != content:
            faults.append(f"{language}: behind the sources; run python -m shared.i18n.messages")
        faults += [f"{language}: not translated: {message}" for message in missing(language)]
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


def _path(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / "sikte.po"


def _catalogue(language: str) -> Catalog:
    """Return the catalogue as it is on disk, an empty one for a new language."""
    path = _path(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def _complete(string: str | tuple[str, ...] | list[str] | None) -> bool:
    return all(string) if isinstance(string, (tuple, list)) else bool(string)


def _written(catalogue: Catalog, language: str) -> bytes:
    """Return the file, sorted and with a header of the few lines that mean something: it changes with messages only."""
    body = BytesIO()
    write_po(body, catalogue, width=120, no_location=True, omit_header=True, sort_output=True)
    fields = (
        f"Language: {language}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        f"Plural-Forms: {catalogue.plural_forms}",
    )
    header = "\n".join((_HEADER, 'msgid ""', 'msgstr ""', *(f'"{field}\\n"' for field in fields)))
    return f"{header}\n\n".encode() + body.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
