"""The message catalogues hold every text of the sources, whole, in each language, with the same placeholders."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from shared.i18n import LANGUAGES, gettext, ngettext, speaking
from shared.i18n.messages import LOCALES, gather, main, missing, update
from tests.support.source import PACKAGES, Module, modules

PLACEHOLDER = re.compile(r"%(?:\((?P<name>\w+)\))?[-+ #0]*\d*(?:\.\d+)?(?P<kind>[a-z%])", re.IGNORECASE)
GETTEXT, NGETTEXT = {"_", "gettext"}, {"ngettext"}


def catalogue(language: str) -> Catalog:
    with (LOCALES / language / "LC_MESSAGES" / "sikte.po").open("rb") as file:
        return read_po(file, locale=language)


def messages(language: str) -> list[Message]:
    return [message for message in catalogue(language) if message.id]


def forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, tuple | list) else (text or "",)


def placeholders(text: str) -> list[str]:
    return sorted(match[0] for match in PLACEHOLDER.finditer(text) if match["name"] or match["kind"] != "%")


@pytest.fixture(scope="module")
def template() -> Catalog:
    return gather()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated_and_none_is_doubtful(language: str):
    assert missing(language) == []
    assert [message.id for message in messages(language) if message.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_is_what_the_sources_say_now(language: str, template: Catalog):
    path = LOCALES / language / "LC_MESSAGES" / "sikte.po"
    assert path.read_bytes() == update(language, template), "run: make messages"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_placeholders_of_its_message(language: str):
    wrong = []
    for message in messages(language):
        ids = forms(message.id)
        strings = forms(message.string)
        for at, string in enumerate(strings):
            wanted = ids[0] if at == 0 else ids[-1]
            if placeholders(string) != placeholders(wanted):
                wrong.append(f"{wanted!r}: {string!r}")
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plural_has_all_forms_of_the_language(language: str):
    wanted = catalogue(language).num_plurals
    found = {message.id: len(forms(message.string)) for message in messages(language) if message.pluralizable}
    assert set(found.values()) == {wanted}


def test_placeholders_are_named_so_that_a_translation_may_turn_them_round(template: Catalog):
    unnamed = [
        message.id
        for message in template
        for text in forms(message.id)
        if any(not match["name"] and match["kind"] != "%" for match in PLACEHOLDER.finditer(text))
        and message.python_format
    ]
    assert unnamed == []


def test_swedish_is_not_left_in_english():
    same = [text for message in messages("sv") for text in forms(message.id) if text in forms(message.string)]
    assert [text for text in same if re.search(r"[a-z]{2,} [a-z]{2,}", text)] == []


def test_a_translation_begins_with_the_same_spaces_and_ends_without():
    def outer(text: str) -> tuple[int, int]:
        return len(text) - len(text.lstrip()), len(text) - len(text.rstrip())

    wrong = [
        string
        for message in messages("sv")
        for text, string in zip(forms(message.id), forms(message.string), strict=False)
        if outer(text) != outer(string)
    ]
    assert wrong == []


def unreadable_calls(module: Module) -> Iterator[str]:
    """Yield the calls whose text the extraction cannot see."""
    for node in ast.walk(module.tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        texts = node.args[:1] if node.func.id in GETTEXT else node.args[:2] if node.func.id in NGETTEXT else []
        if any(not (isinstance(text, ast.Constant) and isinstance(text.value, str)) for text in texts):
            yield f"{module.path}:{node.lineno}"


def test_every_text_is_written_out_where_it_is_used():
    sources = [module for module in modules(*PACKAGES) if not module.path.startswith("shared/i18n/")]
    assert [place for module in sources for place in unreadable_calls(module)] == []


def test_the_check_of_texts_sees_one_that_is_put_together():
    module = Module("made.py", "_(f'{x} is wrong')\n", ast.parse("_(f'{x} is wrong')\n"))
    assert list(unreadable_calls(module)) == ["made.py:1"]


def test_messages_come_in_the_reader_s_language():
    with speaking("sv"):
        assert gettext("The file is empty.") == "Filen är tom."
        assert (
            ngettext("%(number)d answer in the urn.", "%(number)d answers in the urn.", 2) == "%(number)d svar i urnan."
        )
    with speaking("en"):
        assert gettext("The file is empty.") == "The file is empty."
        assert ngettext("%(number)d answer in the urn.", "%(number)d answers in the urn.", 2).startswith(
            "%(number)d answers"
        )


def test_the_command_that_checks_the_catalogues_is_content(capsys: pytest.CaptureFixture[str]):
    assert main(["--check"]) == 0
    assert capsys.readouterr().out == ""
