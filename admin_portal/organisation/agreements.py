"""Owners' agreements on publication: listed, given by command or file, never overwritten: a newer word goes before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.organisation.agreement_rows import AgreementRow
from shared.clock import Clock, local
from shared.database.engine import Database
from shared.errors import NotFound, Refused
from shared.i18n import gettext as _
from shared.model.audit import record
from shared.model.organisation import Provider, PublicationAgreement, Unit, may_publish

_REFERENCE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class AgreementGiven:
    """What a command said: ``added`` is False when the same stood there already."""

    provider_code: str
    unit_code: str
    publish: bool
    added: bool


def list_agreements(session: Session, *, day: date) -> list[dict[str, object]]:
    """Return the agreements by provider and unit, newest last, and how many of the units they let be published now."""
    units = list(session.scalars(select(Unit).where(Unit.active, Unit.regi == "independent")))
    given = list(session.scalars(select(PublicationAgreement)))
    codes: dict[int, str] = dict(session.execute(select(Unit.id, Unit.code)).all())
    rows: list[dict[str, object]] = []
    for provider in session.scalars(select(Provider).order_by(Provider.code)):
        own = [unit for unit in units if unit.provider_id == provider.id]
        agreements = [agreement for agreement in given if agreement.provider_id == provider.id]
        if not own and not agreements:
            continue
        published = sum(may_publish(unit, agreements, day) for unit in own)
        identity = {"provider_code": provider.code, "provider_name": provider.name}
        state: dict[str, object] = {"units": len(own), "units_published": published}
        rows.extend({**identity, **_shown(one, codes), **state} for one in _in_order(agreements, codes))
        if not agreements:
            nothing = dict.fromkeys(("unit_code", "publish", "valid_from", "valid_to", "reference"), "")
            rows.append({**identity, **nothing, **state})
    return rows


def _in_order(agreements: Iterable[PublicationAgreement], codes: dict[int, str]) -> list[PublicationAgreement]:
    return sorted(agreements, key=lambda one: (codes[one.unit_id] if one.unit_id else "", one.id))


def _shown(agreement: PublicationAgreement, codes: dict[int, str]) -> dict[str, object]:
    return {
        "unit_code": codes[agreement.unit_id] if agreement.unit_id else "",
        "publish": agreement.publish,
        "valid_from": agreement.valid_from.isoformat() if agreement.valid_from else "",
        "valid_to": agreement.valid_to.isoformat() if agreement.valid_to else "",
        "reference": agreement.reference,
    }


def set_agreement(database: Database, clock: Clock, *, word: AgreementRow, actor: str) -> AgreementGiven:
    """Note an owner's word; the newest one counts. Raises ``NotFound`` and ``Refused`` for what cannot be meant."""
    if word.valid_from and word.valid_to and word.valid_to < word.valid_from:
        text = _("The agreement ends before it begins. Correct one of the dates.")
        raise Refused("agreement_dates", text, status=422)
    if len(word.reference) > _REFERENCE_LENGTH:
        text = _("The reference is longer than %(limit)d characters. Shorten it.")
        raise Refused("agreement_reference", text % {"limit": _REFERENCE_LENGTH}, status=422)
    with database.begin() as session:
        provider = _provider(session, word.provider_code)
        unit = _unit(session, provider, word.unit_code)
        _refuse_municipal(session, provider)
        agreement = _as_agreement(word, provider.id, unit.id if unit else None)
        newest = session.scalar(
            select(PublicationAgreement)
            .where(
                PublicationAgreement.provider_id == provider.id,
                PublicationAgreement.unit_id.is_not_distinct_from(agreement.unit_id),
            )
            .order_by(PublicationAgreement.id.desc())
            .limit(1)
        )
        added = newest is None or not _same(newest, agreement)
        if added:
            session.add(agreement)
            session.flush()
            subject = f"{word.provider_code}/{word.unit_code}" if word.unit_code else word.provider_code
            record(session, at=clock.now(), actor=actor, action="agreement.set", subject=subject, publish=word.publish)
    return AgreementGiven(word.provider_code, word.unit_code, word.publish, added)


def new_agreements(session: Session, rows: Iterable[AgreementRow]) -> list[AgreementRow]:
    """Return the rows that say something else than the newest agreement of the same provider, unit and dates."""
    codes: dict[int, str] = dict(session.execute(select(Unit.id, Unit.code)).all())
    providers: dict[int, str] = dict(session.execute(select(Provider.id, Provider.code)).all())
    newest: dict[tuple[str, str, date | None, date | None], PublicationAgreement] = {}
    for one in session.scalars(select(PublicationAgreement).order_by(PublicationAgreement.id)):
        unit_code = codes[one.unit_id] if one.unit_id else ""
        newest[providers[one.provider_id], unit_code, one.valid_from, one.valid_to] = one
    fresh = []
    for row in rows:
        said = newest.get((row.provider_code, row.unit_code, row.valid_from, row.valid_to))
        if said is None or (said.publish, said.reference) != (row.publish, row.reference):
            fresh.append(row)
    return fresh


def add_agreements(session: Session, rows: Iterable[AgreementRow]) -> None:
    """Write the agreements of checked rows, in their order."""
    for row in rows:
        provider = _provider(session, row.provider_code)
        unit = _unit(session, provider, row.unit_code)
        session.add(_as_agreement(row, provider.id, unit.id if unit else None))
        session.flush()


def today(clock: Clock) -> date:
    """Return the Swedish date by the clock."""
    return local(clock.now()).date()


def _refuse_municipal(session: Session, provider: Provider) -> None:
    """Refuse a word that could have no effect: what the municipality runs itself is published without agreement."""
    kinds = set(session.scalars(select(Unit.regi).where(Unit.provider_id == provider.id)))
    if kinds == {"municipal"}:
        text = _("Provider %(code)s is municipal: municipal units are published without agreement. Nothing was noted.")
        raise Refused("municipal_provider", text % {"code": provider.code})


def _as_agreement(row: AgreementRow, provider_id: int, unit_id: int | None) -> PublicationAgreement:
    return PublicationAgreement(
        provider_id=provider_id,
        unit_id=unit_id,
        publish=row.publish,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        reference=row.reference,
    )


def _same(one: PublicationAgreement, other: PublicationAgreement) -> bool:
    def said(agreement: PublicationAgreement) -> tuple[object, ...]:
        return agreement.publish, agreement.valid_from, agreement.valid_to, agreement.reference

    return said(one) == said(other)


def _provider(session: Session, code: str) -> Provider:
    provider = session.scalar(select(Provider).where(Provider.code == code))
    if provider is None:
        known = ", ".join(session.scalars(select(Provider.code).order_by(Provider.code))) or _("none yet")
        raise NotFound(_("There is no provider %(code)s. Providers: %(known)s.") % {"code": code, "known": known})
    return provider


def _unit(session: Session, provider: Provider, code: str) -> Unit | None:
    if not code:
        return None
    unit = session.scalar(select(Unit).where(Unit.code == code, Unit.provider_id == provider.id))
    if unit is None:
        own = select(Unit.code).where(Unit.provider_id == provider.id).order_by(Unit.code)
        text = _("Provider %(provider)s has no unit %(unit)s. Its units: %(known)s.")
        known = ", ".join(session.scalars(own)) or _("none yet")
        raise NotFound(text % {"provider": provider.code, "unit": code, "known": known})
    return unit
