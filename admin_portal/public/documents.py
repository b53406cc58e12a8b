"""Reads publications through the documents they consist of, and through nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.public.definitions import Asked, asked_of
from shared.clock import local
from shared.model.releases import Publication, PublishedDocument
from shared.questionnaire.definition import in_language

Row = dict[str, Any]
UNIT, MUNICIPALITY = "unit", "municipality"
NODE_KINDS = (UNIT, "provider", "district", MUNICIPALITY)


_SWEDISH_LETTERS = str.maketrans({"å": "{", "ä": "|", "æ": "|", "ö": "}", "ø": "}"})
"""The last letters of the alphabet in their order, as the characters that follow z in every encoding."""


@dataclass(frozen=True, slots=True)
class UnitCard:
    """What everyone may know of a unit that took part."""

    code: str
    name: str
    unit_type: str
    regi: str
    provider: str
    district: str


@dataclass(frozen=True)
class Published:
    """A publication as its documents tell it: the head, the questionnaires in order, and where rows can be had.

    ``nodes`` are the keys of its places by kind, in the order of the documents.
    """

    id: int
    head: Mapping[str, Any]
    questionnaires: tuple[Asked, ...]
    nodes: Mapping[str, tuple[str, ...]]

    @property
    def cycle(self) -> str:
        """The key of its cycle."""
        return str(self.head["cycle"])

    @property
    def number(self) -> int:
        """Its number within the cycle."""
        return int(self.head["number"])

    @property
    def goes_public_at(self) -> datetime:
        """When it goes, or went, public."""
        return datetime.fromisoformat(self.head["goes_public_at"])

    @cached_property
    def opened(self) -> date:
        """The first Swedish day on which answers were taken; without word of it, the day it goes public."""
        opens = [datetime.fromisoformat(one["opens"]) for one in self.head.get("collected", ())]
        return local(min(opens, default=self.goes_public_at)).date()

    @cached_property
    def units(self) -> Mapping[str, UnitCard]:
        """The units that took part, by code, in alphabetical order of their names."""
        cards = [
            UnitCard(**{name: str(card[name] or "") for name in UnitCard.__slots__}) for card in self.head["units"]
        ]
        return {card.code: card for card in sorted(cards, key=lambda card: (alphabetical(card.name), card.code))}

    def title(self, language: str) -> str:
        """Return the title of its cycle."""
        return in_language(self.head["title"], language)

    def asked(self, key: str) -> Asked | None:
        """Return the questionnaire named ``key``, if it is part of this publication."""
        return next((one for one in self.questionnaires if one.key == key), None)


def published(session: Session, publication_id: int) -> Published:
    """Return a publication by its documents; raises ``LookupError`` for one that has none."""
    mine = PublishedDocument.publication_id == publication_id
    places = select(PublishedDocument.kind, PublishedDocument.key).where(mine).order_by(PublishedDocument.position)
    nodes: dict[str, list[str]] = {kind: [] for kind in NODE_KINDS}
    for kind, key in session.execute(places):
        if kind in nodes:
            nodes[kind].append(key)
    texts = session.scalars(
        select(PublishedDocument)
        .where(mine, PublishedDocument.kind == "questionnaire")
        .order_by(PublishedDocument.position)
    )
    return Published(
        id=publication_id,
        head=head_of(session, publication_id),
        questionnaires=tuple(asked_of(document.content) for document in texts),
        nodes={kind: tuple(keys) for kind, keys in nodes.items()},
    )


def head_of(session: Session, publication_id: int) -> Mapping[str, Any]:
    """Return the head of a publication: cycle, number, reason, windows, units; raises ``LookupError``."""
    found = session.get(PublishedDocument, (publication_id, "cycle", ""))
    if found is None:
        message = "a publication without documents"
        raise LookupError(message)
    head: Mapping[str, Any] = found.content
    return head


def rows_of(session: Session, publication_id: int, kind: str, key: str) -> tuple[Row, ...]:
    """Return the published rows of one place, in their order; none where it took no part."""
    found = session.get(PublishedDocument, (publication_id, kind, key))
    return () if found is None else tuple(found.content["rows"])


def all_rows(session: Session, publication: Published) -> Iterator[Row]:
    """Yield all rows of a publication, one place in memory at a time."""
    for kind in NODE_KINDS:
        for key in publication.nodes[kind]:
            yield from rows_of(session, publication.id, kind, key)


def raw_questionnaires(session: Session, publication: Published) -> list[Any]:
    """Return the documents of the questionnaires as they were published."""
    return [
        session.get_one(PublishedDocument, (publication.id, "questionnaire", one.key)).content
        for one in publication.questionnaires
    ]


def alphabetical(name: str) -> str:
    """Return what names are ordered by in both languages of the site: Swedish names in the Swedish alphabet."""
    return name.casefold().translate(_SWEDISH_LETTERS)


def in_effect_at(publications: Iterable[Publication], moment: datetime) -> tuple[int, ...]:
    """Return the ids of the publications that everyone may see at ``moment``: of each cycle the newest, by id."""
    newest: dict[int, Publication] = {}
    for one in sorted(publications, key=lambda each: (each.cycle_id, each.number)):
        if one.in_effect(moment):
            newest[one.cycle_id] = one
    return tuple(sorted(one.id for one in newest.values()))


def all_publications(session: Session) -> list[Publication]:
    """Return every publication of every cycle, withdrawn ones among them."""
    return list(session.scalars(select(Publication).order_by(Publication.id)))
