"""Publishes released windows to everyone: what public pages may read is copied into documents that never change."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from admin_portal.publishing.announcing import announce_publication
from admin_portal.publishing.documents import (
    PackedDocument,
    pack_node,
    pack_questionnaires,
    public_nodes,
    unit_cards,
)
from admin_portal.publishing.planning import (
    PublicationPlan,
    find_publication,
    parts_of,
    plan_publication,
    refuse_unaudited,
)
from admin_portal.publishing.rules import lock_cycle
from shared.clock import Clock
from shared.database.engine import Database
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.audit import record
from shared.model.cycles import Cycle, Questionnaire, find_cycle, find_windows
from shared.model.events import PUBLICATION_MADE, publish
from shared.model.policy import PUBLIC, rules_for
from shared.model.releases import (
    UNAUDITED,
    Publication,
    PublicEdition,
    PublishedDocument,
    canonical,
    current_publication,
    packed,
)

_DOCUMENTS_PER_INSERT = 200


@dataclass(frozen=True, slots=True)
class PublicationMade:
    """A publication as it was made; ``documents`` is how many it consists of."""

    id: int
    cycle: str
    plan: PublicationPlan
    documents: int
    announced: bool

    @property
    def number(self) -> int:
        """Its number within the cycle."""
        return self.plan.number


def publish_cycle(
    database: Database,
    clock: Clock,
    *,
    cycle_key: str,
    goes_public_at: datetime | None,
    reason: str,
    actor: str,
    unaudited: bool,
) -> PublicationMade:
    """Publish what units see of a cycle at ``goes_public_at`` (None: now) to everyone from then on.

    ``unaudited`` says whether figures that no joint audit has attacked may become public here. The copying is done
    before the writing transaction, so that nobody waits for it. Raises ``Refused`` as ``plan_publication`` does,
    ``not_audited``, and ``agreement_changed`` when an owner has taken a consent back since the figures were computed.
    """
    refuse_unaudited(allowed=unaudited)
    now = clock.now()
    while True:
        with database.read() as session:
            cycle = find_cycle(session, cycle_key)
            plan = plan_publication(session, cycle, goes_public_at=goes_public_at, reason=reason, now=now)
            documents = _documents(session, cycle, plan)
        with database.begin() as session:
            cycle = lock_cycle(session, cycle_key)
            if plan_publication(session, cycle, goes_public_at=goes_public_at, reason=reason, now=now) == plan:
                return _store(session, cycle, plan, documents, now=now, actor=actor)


def withdraw_publication(database: Database, clock: Clock, *, cycle_key: str, number: int, actor: str) -> None:
    """Take a publication back before it goes public; the site made ahead for it is never shown.

    Raises ``NotFound``, and ``Refused``: ``already_public`` afterwards, ``withdrawn`` the second time.
    """
    now = clock.now()
    with database.begin() as session:
        cycle = lock_cycle(session, cycle_key)
        publication = find_publication(session, cycle, number)
        if publication.withdrawn_at is not None:
            raise Refused("withdrawn", _("Publication %(number)d is withdrawn already.") % {"number": number})
        if publication.in_effect(now):
            text = _("Publication %(number)d is public. Correct it with a new release and a new publication.")
            raise Refused("already_public", text % {"number": number})
        publication.withdrawn_at = now
        _withdraw_editions(session, publication, now)
        record(session, at=now, actor=actor, action="publication.withdrawn", subject=cycle.key, number=number)


def _documents(session: Session, cycle: Cycle, plan: PublicationPlan) -> list[PackedDocument]:
    """Return all documents of the publication, packed; rows of some dozens of places are in memory at a time."""
    parts = parts_of(session, cycle, plan)
    questionnaires = [key for part in parts for key in part.questionnaires]
    cards, units, nodes = unit_cards(session), [], []
    for node in public_nodes(session, parts):
        if node.level == "unit":
            _refuse_without_consent(cycle, plan, node.code, shown=node.shown)
            units.append(cards[node.code])
        nodes.append(pack_node(node))
    head = _head(session, cycle, plan) | {"questionnaires": questionnaires, "units": units}
    return [PackedDocument("cycle", "", *packed(head)), *pack_questionnaires(session, cycle, questionnaires), *nodes]


def _refuse_without_consent(cycle: Cycle, plan: PublicationPlan, code: str, *, shown: bool) -> None:
    if shown and code in plan.withheld:
        text = _(
            "The owner of unit %(unit)s does not agree to publication on that day, but its figures were computed as if "
            "it did. Compute them anew and release them: sikte cycle recompute %(cycle)s --wait"
        )
        raise Refused("agreement_changed", text % {"unit": code, "cycle": cycle.key})


def _head(session: Session, cycle: Cycle, plan: PublicationPlan) -> dict[str, Any]:
    return {
        "cycle": cycle.key,
        "title": dict(cycle.title),
        "number": plan.number,
        "corrects": plan.corrects,
        "reason": plan.reason,
        "windows": list(plan.windows),
        "releases": list(plan.numbers),
        "collected": _collected(session, cycle, plan.windows),
        "goes_public_at": plan.goes_public_at.isoformat(),
        "protection": UNAUDITED,
        "policy": _public_policy(session, cycle),
        "earlier": _earlier(session, cycle, plan.goes_public_at),
    }


def _collected(session: Session, cycle: Cycle, windows: Sequence[str]) -> list[dict[str, str]]:
    """Return when answers were taken in each of the published windows: a series of years rests on it."""
    return [
        {"window": window.key, "opens": window.opens_at.isoformat(), "closes": window.closes_at.isoformat()}
        for window in find_windows(session, cycle, None)
        if window.key in windows
    ]


def _public_policy(session: Session, cycle: Cycle) -> dict[str, dict[str, float]]:
    """Return the thresholds that public figures of this cycle have passed, by kind of respondent."""
    kinds = session.scalars(select(Questionnaire.respondent).where(Questionnaire.cycle_id == cycle.id).distinct())
    found = {kind: rules_for(cycle.policy, PUBLIC, kind) for kind in sorted(kinds)}
    return {
        kind: {
            "min_answers": rules.min_answers,
            "min_distribution": rules.min_distribution,
            "min_response_rate": rules.min_response_rate,
        }
        for kind, rules in found.items()
    }


def _earlier(session: Session, cycle: Cycle, moment: datetime) -> list[dict[str, Any]]:
    """Return the other cycles that are public by then, oldest first."""
    others = session.scalars(select(Cycle).where(Cycle.id != cycle.id).order_by(Cycle.id))
    published = ((one, current_publication(session, one, moment)) for one in others)
    return [
        {"cycle": one.key, "title": dict(one.title), "number": publication.number}
        for one, publication in published
        if publication is not None
    ]


def _store(
    session: Session,
    cycle: Cycle,
    plan: PublicationPlan,
    documents: list[PackedDocument],
    *,
    now: datetime,
    actor: str,
) -> PublicationMade:
    publication = Publication(
        cycle_id=cycle.id,
        number=plan.number,
        releases=[str(number) for number in plan.numbers],
        windows=list(plan.windows),
        goes_public_at=plan.goes_public_at,
        reason=plan.reason,
        protection=UNAUDITED,
        content_hash=_content_hash(documents),
        created_at=now,
        created_by=actor,
    )
    session.add(publication)
    session.flush()
    _insert(session, publication, documents)
    publish(session, PUBLICATION_MADE, at=now, publication_id=publication.id)
    record(session, at=now, actor=actor, action="publication.made", subject=cycle.key, **_facts(plan, publication))
    announced = plan.goes_public_at <= now
    if announced:
        announce_publication(session, publication.id, now, actor=actor)
    return PublicationMade(publication.id, cycle.key, plan, len(documents), announced)


def _facts(plan: PublicationPlan, publication: Publication) -> dict[str, Any]:
    return {
        "number": plan.number,
        "windows": list(plan.windows),
        "releases": list(plan.numbers),
        "goes_public_at": plan.goes_public_at.isoformat(),
        "reason": plan.reason,
        "protection": UNAUDITED,
        "content_hash": publication.content_hash,
    }


def _content_hash(documents: list[PackedDocument]) -> str:
    return hashlib.sha256(canonical([[one.kind, one.key, one.sha256] for one in documents])).hexdigest()


def _insert(session: Session, publication: Publication, documents: list[PackedDocument]) -> None:
    rows = [
        {
            "publication_id": publication.id,
            "kind": document.kind,
            "key": document.key,
            "position": position,
            "sha256": document.sha256,
            "body": document.body,
        }
        for position, document in enumerate(documents)
    ]
    for start in range(0, len(rows), _DOCUMENTS_PER_INSERT):
        session.connection().execute(insert(PublishedDocument), rows[start : start + _DOCUMENTS_PER_INSERT])


def _withdraw_editions(session: Session, publication: Publication, now: datetime) -> None:
    """Withdraw the sites made with it, and have those made anew that other waiting publications were part of."""
    others: set[str] = set()
    for edition in session.scalars(select(PublicEdition).where(PublicEdition.withdrawn_at.is_(None))):
        if str(publication.id) in edition.publications:
            edition.withdrawn_at = now
            others |= set(edition.publications)
    left = select(Publication.id).where(
        Publication.id.in_([int(number) for number in others if number != str(publication.id)]),
        Publication.goes_public_at > now,
        Publication.withdrawn_at.is_(None),
    )
    for number in session.scalars(left.order_by(Publication.id)):
        publish(session, PUBLICATION_MADE, at=now, publication_id=number)
