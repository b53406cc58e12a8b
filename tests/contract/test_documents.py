"""What the documents say about files, columns and commands is what the code has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest
from babel.messages.pofile import read_po

from admin_portal.accounts.listing import COLUMNS as ACCOUNT_COLUMNS
from admin_portal.cycles.code_file import CODE_COLUMNS
from admin_portal.cycles.status import LIST_COLUMNS, STATUS_COLUMNS, UNIT_COLUMNS
from admin_portal.dialogues.listing import DIALOGUE_COLUMNS, ROUND_COLUMNS, SLOT_COLUMNS
from admin_portal.follow_up.listing import COLUMNS as MEASURE_COLUMNS
from admin_portal.organisation.agreement_rows import AGREEMENT_COLUMNS
from admin_portal.organisation.roster_file import ROSTER_FILES
from admin_portal.publishing.documents import LEVELS
from admin_portal.publishing.history import EDITION_COLUMNS, STATES
from analytics_worker.disclosure.decisions import REASONS
from deploy.cli.main import cli
from shared.config import Settings
from shared.i18n import messages
from shared.model.cycles import CODE_MODELS, WINDOW_STATES
from shared.model.dialogues import DIALOGUE_STATES, MEASURE_STATES, ROUND_STATES
from shared.model.organisation import REGI
from shared.model.policy import MINIMUMS, RESPONSE_RATES
from shared.model.releases import UNAUDITED
from shared.model.results import AUDIENCES, ROW_COLUMNS
from shared.questionnaire.definition import ITEM_TYPES, RESPONDENTS, UNIT_TYPES
from tests.support.source import REPOSITORY

DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)")
COMMAND = re.compile(r"(?:`|\$ |bin/|Se: |med: )sikte ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)")
FORMATS = (REPOSITORY / "docs" / "formats.md").read_text()


def names(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


@pytest.mark.parametrize("document", DOCUMENTS, ids=names)
def test_every_link_inside_the_repository_leads_somewhere(document: Path):
    targets = [match[1] for match in LINK.finditer(document.read_text())]
    assert [target for target in targets if not (document.parent / target).exists()] == []


def heading_names(document: Path) -> set[str]:
    """Return the names that links within a document use for its headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=names)
def test_every_link_to_a_heading_leads_to_one(document: Path):
    links = re.findall(r"\]\(([\w./-]*)#([^)]+)\)", document.read_text())
    wrong = [
        f"{target}#{name}"
        for target, name in links
        if name not in heading_names((document.parent / target) if target else document)
    ]
    assert wrong == []


@cache
def words_on_screen() -> frozenset[str]:
    """Return every Swedish text that a page, letter or command may show; what is filled in stands as "…"."""
    with (messages.LOCALES / "sv" / "LC_MESSAGES" / "sikte.po").open("rb") as file:
        texts = [text for message in read_po(file, locale="sv") for text in _forms(message.string)]
    return frozenset(_plain(re.sub(r"%\(\w+\)[sd]", "…", text).replace("%%", "%")) for text in texts)


def _plain(text: str) -> str:
    return text.strip().rstrip(".:")


def _forms(text: object) -> list[str]:
    return [str(one) for one in (text if isinstance(text, (list, tuple)) else [text])]


@pytest.mark.parametrize("guide", sorted((REPOSITORY / "docs" / "guider").glob("*.md")), ids=names)
def test_what_a_guide_quotes_from_the_screen_is_on_a_screen(guide: Path):
    found = re.findall(r"(?<!\*)\*([A-ZÅÄÖ][^*\n]*)\*(?!\*)", guide.read_text())
    assert found
    assert [words for words in found if _plain(words) not in words_on_screen()] == []


def quoted(text: str) -> set[str]:
    """Return the words in code style, lists in one pair of quotes taken apart."""
    return {word for found in re.findall(r"`([^`\n]+)`", text) for word in re.split(r"[,\s|]+", found)}


WORDS = {
    "results": ROW_COLUMNS,
    "audiences": AUDIENCES,
    "reasons": [reason for reason in REASONS if reason],
    "codes": CODE_COLUMNS,
    "status": STATUS_COLUMNS,
    "units": UNIT_COLUMNS,
    "cycles": LIST_COLUMNS,
    "agreements": [*AGREEMENT_COLUMNS[0], *AGREEMENT_COLUMNS[1]],
    "roster": ROSTER_FILES,
    "code models": CODE_MODELS,
    "window states": WINDOW_STATES,
    "unit types": UNIT_TYPES,
    "respondents": RESPONDENTS,
    "regi": REGI,
    "releases": [*EDITION_COLUMNS, *STATES, UNAUDITED],
    "documents": ["cycle", "questionnaire", *LEVELS],
    "accounts": ACCOUNT_COLUMNS,
    "dialogues": [*DIALOGUE_COLUMNS, *ROUND_COLUMNS, *SLOT_COLUMNS, *DIALOGUE_STATES, *ROUND_STATES],
    "measures": [*MEASURE_COLUMNS, *MEASURE_STATES],
}


@pytest.mark.parametrize("kind", WORDS)
def test_the_formats_page_names_every_column_and_word_of_the_code(kind: str):
    assert [word for word in WORDS[kind] if word not in quoted(FORMATS)] == []


def test_the_formats_page_names_every_type_of_item():
    assert [kind for kind in ITEM_TYPES if f"type: {kind}" not in FORMATS] == []


def test_the_formats_page_states_the_thresholds_of_the_code():
    for audience, minimums in MINIMUMS.items():
        (line,) = re.findall(rf"^  {audience}: (\{{min.*\}})$", FORMATS, re.MULTILINE)
        stated = {**minimums, **(RESPONSE_RATES if audience == "public" else {})}
        assert dict(re.findall(r"(\w+): ([\d.]+)", line)) == {name: str(value) for name, value in stated.items()}


def test_the_formats_page_names_every_setting():
    settings = {f"SIKTE_{name.upper()}" for name in Settings.__dataclass_fields__}
    assert sorted(settings - quoted(FORMATS)) == []


def words_of(command: click.Command, path: str = "") -> Iterator[str]:
    """Yield every command as it is typed after ``sikte``."""
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from words_of(found, f"{path} {name}".strip())


def test_every_command_that_a_document_names_exists():
    known = set(words_of(cli))
    wrong = []
    for document in DOCUMENTS:
        for match in COMMAND.finditer(document.read_text()):
            group, _space, name = match[1].partition(" ")
            is_group = any(command.startswith(f"{group} ") for command in known)
            if group not in known or (is_group and name and f"{group} {name}" not in known):
                wrong.append(f"{names(document)}: sikte {match[1]}")
    assert wrong == []
