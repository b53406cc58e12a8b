"""Owners' agreements on publication as pages: what each has said, and what follows from it today."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.orm import Session

from admin_portal.access.policy import MAY, Actor, Permission
from admin_portal.access.scope import demand, sees_all_units
from shared.errors import NotFound, Refused
from shared.i18n import gettext as _
from shared.model.organisation import Provider, PublicationAgreement, Unit, may_publish
from shared.presentation import numbers, words


@dataclass(frozen=True, slots=True)
class Word:
    """What an owner has said of all its units, or of one; ``newest`` of several for the same unit."""

    whom: str
    publish: bool
    span: str
    reference: str
    newest: bool


@dataclass(frozen=True, slots=True)
class UnitStanding:
    """An independent unit and whether its figures may be published today."""

    code: str
    name: str
    type: str
    published: bool


@dataclass(frozen=True, slots=True)
class OwnerPage:
    """An owner with its units and words."""

    code: str
    name: str
    units: tuple[UnitStanding, ...]
    words: tuple[Word, ...]

    @property
    def published(self) -> int:
        """How many of the units may be published today."""
        return sum(unit.published for unit in self.units)


@dataclass(frozen=True, slots=True)
class AgreementsPage:
    """All owners that the reader may speak for; ``recomputable`` are (key, title) of cycles with results."""

    owners: tuple[OwnerPage, ...]
    recomputable: tuple[tuple[str, str], ...] = ()


def owners_within(actor: Actor, permission: Permission) -> ColumnElement[bool]:
    """Return the condition on ``Provider`` that holds for those over which ``actor`` may do ``permission``."""
    if sees_all_units(actor, permission):
        return true()
    own = [held.provider_id for held in actor.held if permission in MAY.get(held.role, ()) and held.provider_id]
    return or_(false(), *(Provider.id == provider_id for provider_id in own))


def find_owner(session: Session, actor: Actor, code: str) -> Provider:
    """Return the owner ``code``; raises ``NotFound``, or ``Refused`` (403) when ``actor`` may not speak for it."""
    demand(actor, Permission.AGREE_TO_PUBLICATION)
    provider = session.scalar(select(Provider).where(Provider.code == code))
    if provider is None:
        raise NotFound(_("There is no provider %(code)s.") % {"code": code})
    allowed = owners_within(actor, Permission.AGREE_TO_PUBLICATION)
    if session.scalar(select(Provider.id).where(Provider.id == provider.id, allowed)) is None:
        raise Refused("forbidden", _("Your role does not include this. Ask Pedagogcentrum if it should."), status=403)
    return provider


def owner_pages(session: Session, actor: Actor, *, day: date) -> tuple[OwnerPage, ...]:
    """Return the owners with independent units that ``actor`` may speak for, by name."""
    independent = select(Unit.provider_id).where(Unit.active, Unit.regi == "independent")
    owners = session.scalars(
        select(Provider)
        .where(owners_within(actor, Permission.AGREE_TO_PUBLICATION), Provider.id.in_(independent))
        .order_by(Provider.name)
    ).all()
    ids = [owner.id for owner in owners]
    units = session.scalars(select(Unit).where(Unit.provider_id.in_(ids), Unit.regi == "independent", Unit.active))
    said = session.scalars(select(PublicationAgreement).where(PublicationAgreement.provider_id.in_(ids)))
    every_unit, every_word = units.all(), said.all()
    return tuple(
        _owner(
            owner,
            [unit for unit in every_unit if unit.provider_id == owner.id],
            [word for word in every_word if word.provider_id == owner.id],
            day,
        )
        for owner in owners
    )


def owner_page(session: Session, provider: Provider, *, day: date) -> OwnerPage:
    """Return one owner's page."""
    own = (Unit.provider_id == provider.id) & Unit.active & (Unit.regi == "independent")
    said = select(PublicationAgreement).where(PublicationAgreement.provider_id == provider.id)
    return _owner(provider, session.scalars(select(Unit).where(own)).all(), session.scalars(said).all(), day)


def _owner(provider: Provider, units: Sequence[Unit], said: Sequence[PublicationAgreement], day: date) -> OwnerPage:
    standing = tuple(
        UnitStanding(unit.code, unit.name, words.unit_type(unit.unit_type), may_publish(unit, said, day))
        for unit in sorted(units, key=lambda unit: unit.name.casefold())
    )
    names = {unit.id: unit.name for unit in units}
    return OwnerPage(provider.code, provider.name, standing, tuple(_words(said, names)))


def _words(said: Sequence[PublicationAgreement], names: dict[int, str]) -> Iterable[Word]:
    """Yield what was said, newest first; of several words on the same units the newest counts."""
    seen: set[int | None] = set()
    for word in sorted(said, key=lambda one: one.id, reverse=True):
        whom = names.get(word.unit_id, _("a unit no longer in use")) if word.unit_id else _("All units")
        yield Word(whom, word.publish, span(word.valid_from, word.valid_to), word.reference, word.unit_id not in seen)
        seen.add(word.unit_id)


def span(first: date | None, last: date | None) -> str:
    """Return from when to when a word holds."""
    if first and last:
        return _("%(first)s to %(last)s") % {"first": numbers.day(first), "last": numbers.day(last)}
    if first:
        return _("from %(first)s") % {"first": numbers.day(first)}
    if last:
        return _("until %(last)s") % {"last": numbers.day(last)}
    return _("until further notice")
