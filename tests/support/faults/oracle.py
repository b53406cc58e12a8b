"""The oracle of every fault test: what was acknowledged, answered, noted at close and counted must be the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select

from shared.database.engine import Database
from shared.model.audit import broken_entries
from shared.model.codes import Code
from shared.model.counting import Block, CountSlice, FreeText, Tally
from shared.model.cycles import CollectionWindow, Cycle, Questionnaire, SealGroup
from shared.model.events import Delivery, Event
from shared.model.results import latest_result_set
from shared.model.urn import Ballot, BoxKey, Draft
from shared.sealing.keystore import KeyStore
from tests.support.faults.world import PlannedCycle


def answered(database: Database, window_id: int) -> set[UUID]:
    """Return the codes of a window that the database holds as answered."""
    with database.read() as session:
        return set(session.scalars(select(Code.id).where(Code.window_id == window_id, Code.state == "answered")))


def in_urn(database: Database, window_id: int) -> int:
    """Return how many sealed ballots of a window there are."""
    of_window = select(func.count()).select_from(Ballot).join(SealGroup).where(SealGroup.window_id == window_id)
    with database.read() as session:
        return session.scalar(of_window) or 0


def control_total(database: Database, window_id: int) -> int:
    """Return the sum of what was noted at close."""
    noted = select(func.sum(SealGroup.control_total)).where(SealGroup.window_id == window_id)
    with database.read() as session:
        return session.scalar(noted) or 0


def state_of(database: Database, window_id: int) -> str:
    """Return the window's state."""
    with database.read() as session:
        return session.scalars(select(CollectionWindow.state).where(CollectionWindow.id == window_id)).one()


def faults_of_urn(database: Database, cycle: PlannedCycle, acknowledged: Iterable[UUID]) -> list[str]:
    """Return what is wrong with a closed, uncounted window; an empty list means nothing lost, nothing doubled."""
    thanked = set(acknowledged)
    marked = answered(database, cycle.window_id)
    faults = []
    if thanked != marked:
        faults.append(f"{len(thanked - marked)} acknowledged codes lost, {len(marked - thanked)} unacknowledged")
    for name, number in (
        ("in the urn", in_urn(database, cycle.window_id)),
        ("in the control total", control_total(database, cycle.window_id)),
    ):
        if number != len(thanked):
            faults.append(f"{number} ballots {name}, {len(thanked)} acknowledged")
    return faults


def faults_of_count(database: Database, keys: KeyStore, cycle: PlannedCycle, acknowledged: Iterable[UUID]) -> list[str]:
    """Return what is wrong with a counted window and its cycle's results; empty when all holds."""
    thanked = set(acknowledged)
    faults = _faults_of_sets(database, cycle, thanked)
    faults += _faults_of_sums(database, cycle, len(thanked))
    faults += _leftovers(database, keys, cycle)
    with database.read() as session:
        found = session.scalars(select(Cycle).where(Cycle.key == cycle.key)).one()
        if found.state != "ready":
            faults.append(f"the cycle is {found.state}")
        if latest_result_set(session, found) is None:
            faults.append("no result set")
        if broken_entries(session):
            faults.append("the audit chain is broken")
    return faults


def unfinished(database: Database) -> list[str]:
    """Return the deliveries that are not done, with their errors."""
    pending = select(Event.type, Delivery).join(Event).where(Delivery.done_at.is_(None)).order_by(Delivery.id)
    with database.read() as session:
        return [
            f"{kind} {delivery.consumer} part {delivery.part}: {delivery.attempts} attempts, "
            f"{'quarantined' if delivery.quarantined_at else 'pending'} {delivery.error}"
            for kind, delivery in session.execute(pending)
        ]


def quarantined(database: Database) -> list[int]:
    """Return the deliveries in quarantine."""
    with database.read() as session:
        return list(session.scalars(select(Delivery.id).where(Delivery.quarantined_at.is_not(None))))


def _faults_of_sets(database: Database, cycle: PlannedCycle, thanked: set[UUID]) -> list[str]:
    """Compare sets, not sums: one lost and one doubled would leave every sum right. Serials say whose ballot it is."""
    faults = []
    written = Counter(invitation.serial for invitation in cycle.invitations if invitation.code_id in thanked)
    texts = select(FreeText.body).join(Questionnaire, Questionnaire.id == FreeText.questionnaire_id)
    with database.read() as session:
        read = Counter(session.scalars(texts.where(Questionnaire.window_id == cycle.window_id)))
    if read != written:
        faults.append(f"{(written - read).total()} serials lost, {(read - written).total()} doubled or foreign")
    return faults


def _faults_of_sums(database: Database, cycle: PlannedCycle, expected: int) -> list[str]:
    window_id = cycle.window_id
    of_window = Questionnaire.window_id == window_id
    sums = {
        "noted at close": select(func.sum(SealGroup.control_total)).where(SealGroup.window_id == window_id),
        "counted": select(func.sum(SealGroup.counted)).where(SealGroup.window_id == window_id),
        "noted per slice": select(func.sum(CountSlice.control_total)).where(CountSlice.window_id == window_id),
        "in tallies": select(func.sum(Tally.ballots)).join(Questionnaire).where(of_window),
        "in blocks": select(func.sum(Block.rows)).join(Questionnaire).where(of_window),
    }
    unreadable = select(func.sum(SealGroup.unreadable)).where(SealGroup.window_id == window_id)
    with database.read() as session:
        found = {name: session.scalar(statement) or 0 for name, statement in sums.items()}
        lost = session.scalar(unreadable)
    faults = [f"{number} {name}, {expected} acknowledged" for name, number in found.items() if number != expected]
    return [*faults, f"{lost} unreadable"] if lost else faults


def _leftovers(database: Database, keys: KeyStore, cycle: PlannedCycle) -> list[str]:
    window_id = cycle.window_id
    left = {
        "ballots": select(func.count()).select_from(Ballot).join(SealGroup).where(SealGroup.window_id == window_id),
        "box keys": select(func.count()).select_from(BoxKey).where(BoxKey.window_id == window_id),
        "drafts": select(func.count()).select_from(Draft).join(Code).where(Code.window_id == window_id),
        "codes with a group": select(func.count())
        .select_from(Code)
        .where(Code.window_id == window_id, Code.group_id.is_not(None)),
        "codes that tell whether they answered": select(func.count())
        .select_from(Code)
        .where(Code.window_id == window_id, Code.state != "closed"),
        "slices not done": select(func.count())
        .select_from(CountSlice)
        .where(CountSlice.window_id == window_id, CountSlice.done.is_(False)),
    }
    with database.read() as session:
        numbers = {name: session.scalar(statement) or 0 for name, statement in left.items()}
    faults = [f"{number} {name} left" for name, number in numbers.items() if number]
    # A kill may leave the file under the name it was written by, which starts with a dot.
    kept = {path.name.lstrip(".").partition(".")[0] for path in (keys.folder / "windows").iterdir()}
    if str(window_id) in kept:
        faults.append("the private key is still there")
    if state_of(database, window_id) != "counted":
        faults.append(f"the window is {state_of(database, window_id)}")
    return faults
