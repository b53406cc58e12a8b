"""Issues invitation codes, exactly as many as there are people to ask, and withdraws lost ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from admin_portal.cycles.code_plan import Planned, plan_codes
from shared.clock import Clock
from shared.database.dispatch import dispatch_public_key
from shared.database.engine import Database
from shared.database.pepper import note_pepper
from shared.errors import NotFound, Refused
from shared.i18n import gettext as _
from shared.model.audit import record
from shared.model.codes import Code, code_context
from shared.model.cycles import CollectionWindow, Cycle, Questionnaire, find_cycle
from shared.model.events import INVITATIONS_ISSUED, publish
from shared.model.organisation import Unit
from shared.model.urn import Draft
from shared.sealing.boxes import seal_to
from shared.sealing.codes import lookup_hash, new_code, normalise


@dataclass(frozen=True, slots=True)
class Issued:
    """What issuing did: new codes by questionnaire, codes that stood already, and what to look at."""

    cycle: str
    created: dict[str, int]
    standing: dict[str, int]
    notes: tuple[str, ...]

    @property
    def total(self) -> int:
        """How many codes are new."""
        return sum(self.created.values())


@dataclass(frozen=True, slots=True)
class _Secret:
    """A code's row without its owner: made before the transaction, so that nobody waits for the sealing."""

    id: UUID
    lookup: bytes
    sealed: bytes


def issue_codes(database: Database, clock: Clock, *, code_pepper: bytes, cycle_key: str, actor: str) -> Issued:
    """Issue the codes that are missing and return what was done; run again it adds nothing unless the roster grew.

    Slips and ``per_unit`` codes belong to nobody; ``personal`` and ``per_child`` codes to the rows of the roster, or to
    nobody where the group has none. Codes answered or still open stand; withdrawn ones are replaced. Raises ``Refused``
    when the cycle has no codes to issue, the instance no dispatch key to seal them to, or open codes another pepper.
    """
    public_key = dispatch_public_key(database)
    with database.read() as session:
        number = len(plan_codes(session, find_cycle(session, cycle_key)).codes)
    pool = [_secret(public_key, code_pepper) for _number in range(number)]
    with database.begin() as session:
        cycle = find_cycle(session, cycle_key)
        # One issuer at a time: a second one waits here and then finds nothing left to add.
        session.execute(select(Cycle.id).where(Cycle.id == cycle.id).with_for_update())
        plan = plan_codes(session, cycle)
        pool.extend(_secret(public_key, code_pepper) for _number in range(len(plan.codes) - len(pool)))
        created = Counter(planned.questionnaire_key for planned in plan.codes)
        note_pepper(session, code_pepper)
        if plan.codes:
            session.execute(insert(Code), list(_rows(plan.codes, pool)))
            now = clock.now()
            record(session, at=now, actor=actor, action="codes.issued", subject=cycle.key, codes=dict(created))
            publish(session, INVITATIONS_ISSUED, at=now, cycle_id=cycle.id, codes=len(plan.codes))
    return Issued(cycle_key, {key: created[key] for key in plan.standing}, plan.standing, plan.notes)


def _secret(public_key: bytes, pepper: bytes) -> _Secret:
    code, code_id = new_code(), uuid4()
    return _Secret(code_id, lookup_hash(pepper, code), seal_to(public_key, code.encode(), code_context(code_id)))


def _rows(planned: Sequence[Planned], pool: Sequence[_Secret]) -> Iterator[dict[str, Any]]:
    for plan, secret in zip(planned, pool, strict=False):
        yield {
            "id": secret.id,
            "window_id": plan.window_id,
            "kind": plan.kind,
            "state": "issued",
            "lookup": secret.lookup,
            "questionnaire_id": plan.questionnaire_id,
            "unit_id": plan.unit_id,
            "group_id": plan.group_id,
            "person_ref": plan.person_ref,
            "segments": plan.segments,
            "sealed": secret.sealed,
        }


@dataclass(frozen=True, slots=True)
class VoidedCode:
    """Whose code was withdrawn, as far as anyone may know, and whether it was one for a whole unit."""

    questionnaire: str
    unit_code: str
    shared: bool


def void_code(
    database: Database, clock: Clock, *, code_pepper: bytes, cycle_key: str, typed: str, actor: str
) -> VoidedCode:
    """Withdraw a code that was lost; issuing again replaces it.

    Raises ``NotFound`` for what is no code of the cycle, and ``Refused`` when it has answered (its ballot cannot be
    told from the others), was withdrawn before, or belongs to a window that has closed. The code is never repeated.
    """
    code = normalise(typed)
    if code is None:
        text = _("This is no code: one of its symbols is wrong or missing. Compare it with the slip or letter.")
        raise NotFound(text)
    with database.begin() as session:
        cycle = find_cycle(session, cycle_key)
        row = session.execute(
            select(Code.id, Code.kind, Questionnaire.key, Unit.code)
            .join(CollectionWindow, CollectionWindow.id == Code.window_id)
            .outerjoin(Questionnaire, Questionnaire.id == Code.questionnaire_id)
            .outerjoin(Unit, Unit.id == Code.unit_id)
            .where(Code.lookup == lookup_hash(code_pepper, code), CollectionWindow.cycle_id == cycle.id)
        ).one_or_none()
        if row is None:
            raise NotFound(_("Cycle %(cycle)s has no such code.") % {"cycle": cycle.key})
        _withdraw(session, row[0])
        voided = VoidedCode(row[2] or "", row[3] or "", shared=row[1] == "shared")
        subject = f"{cycle.key}/{voided.questionnaire}"
        record(session, at=clock.now(), actor=actor, action="code.voided", subject=subject, unit=voided.unit_code)
    return voided


def _withdraw(session: Session, code_id: UUID) -> None:
    """Withdraw the code where it is still open; the statement itself asks, since a ballot may come first."""
    open_windows = select(CollectionWindow.id).where(CollectionWindow.state.in_(("planned", "opening", "open")))
    withdrawn = session.execute(
        update(Code)
        .where(Code.id == code_id, Code.state == "issued", Code.window_id.in_(open_windows))
        .values(state="void", sealed=None)
        .returning(Code.id)
    ).all()
    if not withdrawn:
        raise _cannot_withdraw(session.scalar(select(Code.state).where(Code.id == code_id)))
    session.execute(delete(Draft).where(Draft.code_id == code_id))


def _cannot_withdraw(state: str | None) -> Refused:
    if state == "answered":
        text = _("The code has been answered. Its answer lies in the urn and cannot be found again.")
        return Refused("code_answered", text)
    if state == "void":
        return Refused("code_void", _("The code was withdrawn before. Nothing has changed."))
    return Refused("window_closed", _("The window has closed, so the code opens nothing any more."))
