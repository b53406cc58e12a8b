"""An item's key stands as name and id in the respondent's form, where nothing of ours may have the same one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.questionnaire.battery_rules import RESERVED_KEYS
from shared.web.forms.envelope import FIELDS
from tests.support.source import REPOSITORY

FIXED = re.compile(r'<(?!meta)[^>]*?\s(?:id|name)="([a-z]+)"')
TEMPLATES = [
    *(REPOSITORY / "shared" / "web" / "templates").rglob("*.html"),
    *(REPOSITORY / "survey_service" / "templates").rglob("*.html"),
]


def test_the_fields_around_every_form_are_reserved():
    assert FIELDS <= RESERVED_KEYS


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_the_fixed_names_and_ids_of_a_page_are_reserved(template: Path):
    found = set(FIXED.findall(template.read_text(encoding="utf-8")))
    assert found <= RESERVED_KEYS


def test_names_and_ids_are_found_at_all():
    found = {name for template in TEMPLATES for name in FIXED.findall(template.read_text(encoding="utf-8"))}
    assert found >= {"action", "clear", "token", "form", "main", "place"}
