"""A unit's own page: its facts, groups and principal, whether it may be published, and what was changed when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor, Permission, permits
from admin_portal.access.scope import find_unit, place_of
from admin_portal.organisation.agreements import today
from admin_portal.organisation.principals import PRINCIPAL_CHANGED
from shared.clock import Clock, local
from shared.i18n import gettext as _
from shared.model.accounts import Account
from shared.model.audit import AuditEntry
from shared.model.cycles import Cycle
from shared.model.organisation import District, Provider, PublicationAgreement, Unit, UnitGroup, may_publish
from shared.presentation import numbers, words
from shared.questionnaire.definition import RESPONDENTS

_SHOWN_ENTRIES = 10
_USER = "user:"
_WITH_RESULTS = ("ready", "released", "published", "archived")
_IMPORTED, _AGREED = "roster.imported", "agreement.set"


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group: its name, year and how many are in it."""

    code: str
    name: str
    year: str
    headcount: str


@dataclass(frozen=True, slots=True)
class GroupTable:
    """The groups with one kind of respondent."""

    respondents: str
    lines: tuple[GroupLine, ...]
    total: str

    @property
    def has_years(self) -> bool:
        """Whether any of the groups has a year."""
        return any(line.year for line in self.lines)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was changed: when, what, by whom."""

    day: str
    what: str
    who: str


@dataclass(frozen=True, slots=True)
class UnitPage:
    """A unit's page."""

    code: str
    name: str
    active: bool
    facts: tuple[tuple[str, str], ...]
    principal_name: str
    principal_email: str
    publication: str
    published: bool
    groups: tuple[GroupTable, ...]
    links: tuple[tuple[str, str], ...]
    entries: tuple[Entry, ...]
    may_change: bool
    may_agree: bool
    provider_code: str
    sees_principal: bool


def unit_page(session: Session, actor: Actor, code: str, *, clock: Clock) -> UnitPage:
    """Return the page of the unit ``code``; raises ``NotFound``, or ``Refused`` outside the actor's scope."""
    unit = find_unit(session, actor, Permission.SEE_UNITS, code)
    place = place_of(unit)
    provider = session.get_one(Provider, unit.provider_id)
    agreements = list(
        session.scalars(select(PublicationAgreement).where(PublicationAgreement.provider_id == provider.id))
    )
    published = may_publish(unit, agreements, today(clock))
    may_change = permits(actor, Permission.CHANGE_ROSTER, place)
    return UnitPage(
        code=unit.code,
        name=unit.name,
        active=unit.active,
        facts=_facts(session, unit, provider),
        principal_name=unit.principal_name,
        principal_email=unit.principal_email,
        publication=_publication(unit, published=published, spoken=bool(agreements)),
        published=published,
        groups=_groups(session, unit),
        links=_links(session, actor, unit),
        entries=_entries(session, unit, provider) if may_change else (),
        may_change=may_change,
        may_agree=unit.regi == "independent" and permits(actor, Permission.AGREE_TO_PUBLICATION, place),
        provider_code=provider.code,
        sees_principal=may_change or permits(actor, Permission.BOOK_DIALOGUE, place),
    )


def _facts(session: Session, unit: Unit, provider: Provider) -> tuple[tuple[str, str], ...]:
    district = session.get(District, unit.district_id) if unit.district_id else None
    facts = (
        (_("Kind"), words.unit_type(unit.unit_type)),
        (_("Run as"), words.regi(unit.regi)),
        (_("Run by"), provider.name),
        (_("District"), district.name if district else "–"),
        (_("Code"), unit.code),
        (_("School unit code"), unit.school_unit_code),
    )
    return tuple((label, value) for label, value in facts if value)


def _publication(unit: Unit, *, published: bool, spoken: bool) -> str:
    if unit.regi == "municipal":
        return _("Municipal: figures may be published without an agreement.")
    if published:
        return _("The owner has agreed: figures may be published per unit.")
    if spoken:
        return _("The owner does not agree today: no figures of this unit are published.")
    return _("The owner has not said anything yet: no figures of this unit are published.")


def _groups(session: Session, unit: Unit) -> tuple[GroupTable, ...]:
    groups = list(
        session.scalars(
            select(UnitGroup).where(UnitGroup.unit_id == unit.id, UnitGroup.active).order_by(UnitGroup.code)
        )
    )
    tables = []
    for respondent in RESPONDENTS:
        own = [group for group in groups if group.respondent == respondent]
        lines = tuple(GroupLine(one.code, one.name, one.year, numbers.count(one.headcount)) for one in own)
        if lines:
            total = numbers.count(sum(group.headcount for group in own))
            tables.append(GroupTable(words.respondents(respondent), lines, total))
    return tuple(tables)


def _links(session: Session, actor: Actor, unit: Unit) -> tuple[tuple[str, str], ...]:
    """Return where else something is told of this unit, as far as the reader may go there."""
    with_results = select(Cycle.key).where(Cycle.state.in_(_WITH_RESULTS)).order_by(Cycle.id.desc()).limit(1)
    newest = session.scalar(with_results)
    links = (
        (f"/rates/{unit.code}", _("Response rates"), Permission.SEE_RATES),
        (f"/results/{newest}/units/{unit.code}" if newest else "/results", _("Results"), Permission.SEE_RESULTS),
        ("/dialogues", _("Quality dialogues"), Permission.SEE_DIALOGUES),
        ("/measures", _("Measures"), Permission.SEE_MEASURES),
    )
    place = place_of(unit)
    return tuple((address, label) for address, label, permission in links if permits(actor, permission, place))


def _entries(session: Session, unit: Unit, provider: Provider) -> tuple[Entry, ...]:
    """Return the newest decisions that touched the unit: imports of the register, its principal, its agreements."""
    own = (AuditEntry.action == PRINCIPAL_CHANGED) & (AuditEntry.subject == unit.code)
    said = (AuditEntry.action == _AGREED) & AuditEntry.subject.in_((provider.code, f"{provider.code}/{unit.code}"))
    found = session.scalars(
        select(AuditEntry)
        .where((AuditEntry.action == _IMPORTED) | own | said)
        .order_by(AuditEntry.id.desc())
        .limit(_SHOWN_ENTRIES)
    ).all()
    names = _names(session, found)
    texts = {
        _IMPORTED: _("Register imported from %(subject)s"),
        PRINCIPAL_CHANGED: _("Principal changed"),
        _AGREED: _("Agreement on publication noted for %(subject)s"),
    }
    return tuple(
        Entry(numbers.day(local(entry.at).date()), texts[entry.action] % {"subject": entry.subject}, names[entry.actor])
        for entry in found
    )


def _names(session: Session, entries: Sequence[AuditEntry]) -> dict[str, str]:
    """Return the names behind the actors of ``entries``; whoever works at the command line stands as written."""
    labels = {entry.actor for entry in entries}
    accounts = {label: int(label.removeprefix(_USER)) for label in labels if label.removeprefix(_USER).isdecimal()}
    found: dict[int, str] = dict(
        session.execute(select(Account.id, Account.name).where(Account.id.in_(accounts.values()))).all()
    )
    return {label: found.get(accounts.get(label, 0), label) for label in labels}
