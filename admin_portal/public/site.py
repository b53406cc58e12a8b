"""What a public site shows: the published cycles in time order, and for each unit the newest one that holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from admin_portal.public.documents import MUNICIPALITY, UNIT, Published, Row, UnitCard, alphabetical, published, rows_of
from admin_portal.public.rendering import Edition
from admin_portal.public.sections import Place
from admin_portal.public.series import headline
from shared.i18n import active_language
from shared.i18n import gettext as _
from shared.model.releases import UNAUDITED
from shared.presentation import numbers, words
from shared.questionnaire.definition import UNIT_TYPES


@dataclass(frozen=True, slots=True)
class Listed:
    """A unit as lists name it: never with a figure, so that no list is a ranking."""

    code: str
    name: str
    about: str


@dataclass(frozen=True, slots=True)
class ListedType:
    """The units of one kind, in alphabetical order."""

    unit_type: str
    name: str
    units: tuple[Listed, ...]


@dataclass(frozen=True)
class Site:
    """The publications that an edition shows, oldest collection first; the last one is what the start page is about."""

    publications: tuple[Published, ...]
    municipality: Row | None
    """Any row of the newest municipality, for its code and name."""

    @property
    def main(self) -> Published:
        """The publication of the newest cycle."""
        return self.publications[-1]

    @cached_property
    def units(self) -> Mapping[str, tuple[UnitCard, Published]]:
        """Each unit by code, with the newest publication that holds it, in alphabetical order."""
        newest = {code: (card, one) for one in self.publications for code, card in one.units.items()}
        return dict(sorted(newest.items(), key=lambda entry: (alphabetical(entry[1][0].name), entry[0])))

    @property
    def owner(self) -> str:
        """The name of the municipality; several in one site have no common name."""
        return "" if self.municipality is None else str(self.municipality["node_name"])

    def edition(self) -> Edition:
        """Return what every page says, in the language that is spoken."""
        facts = {"number": self.main.number, "day": numbers.day(self.main.goes_public_at)}
        return Edition(
            owner=self.owner,
            cycle=self.main.title(active_language()),
            published=_("Publication %(number)s, %(day)s") % facts,
            protection=protection_text(str(self.main.head["protection"])),
        )

    def by_type(self) -> tuple[ListedType, ...]:
        """Return the units grouped by kind, in the language that is spoken."""
        groups: dict[str, list[Listed]] = {}
        for card, _publication in self.units.values():
            groups.setdefault(card.unit_type, []).append(Listed(card.code, card.name, about(card)))
        kinds = [ListedType(kind, words.unit_type(kind), tuple(units)) for kind, units in groups.items()]
        return tuple(sorted(kinds, key=lambda kind: _age(kind.unit_type)))

    def history(self, publication: Published) -> tuple[Published, ...]:
        """Return the cycles up to and with ``publication``, oldest first."""
        return self.publications[: self.publications.index(publication) + 1]


def load_site(session: Session, publications: Sequence[int]) -> Site:
    """Return the site of these publications, which must be at least one."""
    loaded = sorted((published(session, number) for number in publications), key=lambda one: (one.opened, one.id))
    codes = loaded[-1].nodes[MUNICIPALITY]
    rows = rows_of(session, loaded[-1].id, MUNICIPALITY, codes[0]) if len(codes) == 1 else ()
    return Site(tuple(loaded), next(iter(rows), None))


def _age(unit_type: str) -> int:
    """Return the place of a kind of unit in the order in which children come to them."""
    return UNIT_TYPES.index(unit_type) if unit_type in UNIT_TYPES else len(UNIT_TYPES)


class Rows:
    """The rows of one kind of place over the publications, each document read once."""

    def __init__(self, session: Session, kind: str, key: str) -> None:
        self._session, self._kind, self._key = session, kind, key
        self._read: dict[int, tuple[Row, ...]] = {}
        self._areas: dict[int, tuple[Row, ...]] = {}

    def __call__(self, publication: Published) -> tuple[Row, ...]:
        """Return the rows in ``publication``."""
        if publication.id not in self._read:
            self._read[publication.id] = rows_of(self._session, publication.id, self._kind, self._key)
        return self._read[publication.id]

    def areas(self, publication: Published) -> tuple[Row, ...]:
        """Return the rows of the areas' indexes for all respondents in ``publication``: what series are made of."""
        if publication.id not in self._areas:
            rows = (row for row in self(publication) if row["area"] and not row["item"] and headline(row))
            self._areas[publication.id] = tuple(rows)
        return self._areas[publication.id]


def unit_place(site: Site, rows: Rows, municipality: Rows | None, code: str) -> Place:
    """Return what the page of a unit is made of."""
    card, publication = site.units[code]
    return Place(
        name=card.name,
        code=code,
        rows=rows(publication),
        rows_of=rows.areas,
        publication=publication,
        history=site.history(publication),
        beside=municipality.areas(publication) if municipality else (),
        beside_name=_("The whole municipality") if municipality else "",
    )


def municipality_place(site: Site, rows: Rows) -> Place:
    """Return what the page of the whole municipality is made of."""
    return Place(
        name=site.owner,
        code="",
        rows=rows(site.main),
        rows_of=rows.areas,
        publication=site.main,
        history=site.publications,
    )


def unit_rows(session: Session, code: str) -> Rows:
    """Return the rows of a unit."""
    return Rows(session, UNIT, code)


def municipality_rows(session: Session, site: Site) -> Rows | None:
    """Return the rows of the municipality, None where the site is of several."""
    if site.municipality is None:
        return None
    return Rows(session, MUNICIPALITY, str(site.municipality["node_code"]))


def about(card: UnitCard) -> str:
    """Return what stands beside a unit's name: how it is run, by whom, where."""
    owner = card.provider if card.regi == "independent" else ""
    return ", ".join(filter(None, (words.regi(card.regi).lower(), owner, card.district)))


def protection_text(protection: str) -> str:
    """Return how the figures are protected, in words; nothing more than has been done."""
    if protection == UNAUDITED:
        return _(
            "Figures that too few people are behind are hidden, and others with them so that those cannot be worked "
            "out. No joint audit has been made of everything published together."
        )
    return protection


def newest_first(heads: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the heads of publications, newest first."""
    return sorted(heads, key=lambda head: (head["goes_public_at"], head["cycle"], head["number"]), reverse=True)
