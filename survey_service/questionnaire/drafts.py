"""Drafts: answers on their way, padded to one length per questionnaire and sealed under a key only the device has."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, update
from sqlalchemy.orm import Session

from shared.model.base import Base
from shared.model.urn import Draft
from shared.questionnaire.ballot import SIZE_CLASSES
from shared.questionnaire.definition import Answer, Answers, Item, Questionnaire
from shared.sealing.boxes import BoxKey, CannotOpen

_draft = Base.metadata.tables[Draft.__tablename__]
_ADD = insert(_draft).values(code_id=bindparam("code"), box=bindparam("content"))
_REPLACE = update(_draft).where(_draft.c.code_id == bindparam("code")).values(box=bindparam("content"))
_PAGE = ""
"""Where a draft keeps its page; no item has an empty key."""

_PAGE_DIGITS = 4
_BYTES_PER_CHARACTER = 4
_NUMBER_DIGITS = 12
_PUNCTUATION = 6


@dataclass(frozen=True, slots=True)
class Opened:
    """What a draft holds: the answers, and the number of the page the respondent went to; 0 in drafts without one."""

    answers: Answers
    page: int = 0


def seal_draft(definition: Questionnaire, code_id: UUID, key: bytes, answers: Answers, page: int = 0) -> bytes:
    """Return the box of a draft: its length is the same for every respondent of the questionnaire."""
    content = json.dumps({_PAGE: page, **answers}, ensure_ascii=False, separators=(",", ":")).encode()
    return BoxKey(key).seal(content.ljust(draft_size(definition)), _context(code_id))


def open_draft(definition: Questionnaire, code_id: UUID, key: bytes | None, box: bytes) -> Opened | None:
    """Return what a draft holds, None when it is another device's (or no key is left)."""
    try:
        content = BoxKey(key).open(box, _context(code_id)) if key else None
    except CannotOpen:
        return None
    if content is None:
        return None
    stored = json.loads(content)
    answers = {item.key: _answer(stored[item.key]) for item in definition.items if item.key in stored}
    return Opened(answers, stored.get(_PAGE, 0))


def store_draft(session: Session, code_id: UUID, box: bytes, *, exists: bool) -> None:
    """Write a draft in the caller's transaction, which holds the code's row."""
    session.execute(_REPLACE if exists else _ADD, {"code": code_id, "content": box})


def delete_draft(session: Session, code_id: UUID) -> None:
    """Remove a draft that nobody can open any more."""
    session.execute(delete(Draft).where(Draft.code_id == code_id))


@lru_cache(maxsize=256)
def draft_size(definition: Questionnaire) -> int:
    """Return the length every draft is padded to: a ballot's size class, or whole multiples of the largest."""
    longest = 2 + _PUNCTUATION + _PAGE_DIGITS
    longest += sum(len(item.key) + _PUNCTUATION + _longest_answer(item) for item in definition.items)
    largest = SIZE_CLASSES[-1]
    return next((size for size in SIZE_CLASSES if longest <= size), -(-longest // largest) * largest)


def _longest_answer(item: Item) -> int:
    codes = [len(option.code.encode()) for option in item.options] or [0]
    longest = {
        "choice": max(codes),
        "multiple": sum(codes) + _PUNCTUATION * len(codes),
        "number": _NUMBER_DIGITS,
        "text": _BYTES_PER_CHARACTER * item.max_length,
    }
    return longest.get(item.type, 0)


def _answer(stored: str | int | list[str]) -> Answer:
    return tuple(stored) if isinstance(stored, list) else stored


def _context(code_id: UUID) -> bytes:
    return b"sikte/draft/1/" + code_id.bytes
