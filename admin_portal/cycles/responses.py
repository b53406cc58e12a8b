"""Imports answers from a file: checked row by row, then sealed into the urn as if each had been cast."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from admin_portal.cycles.frame import sections
from admin_portal.cycles.response_file import (
    IDENTITY_COLUMNS,
    Reading,
    Response,
    Target,
    missing_segments,
    read_responses,
    unused_columns,
)
from admin_portal.files import Faults, Table, read_bytes, read_table
from shared.clock import Clock
from shared.database.box_keys import BoxKeys
from shared.database.engine import Database
from shared.database.locks import share_window
from shared.database.questionnaires import load
from shared.database.urn import seal_ballot
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.audit import record
from shared.model.cycles import CollectionWindow, Cycle, SealGroup, find_cycle
from shared.model.urn import Ballot

_MESSAGE_WINDOW = "window_state"


@dataclass(frozen=True, slots=True)
class ImportedResponses:
    """How many responses were taken by questionnaire, how many were wholly blank, and what to look at."""

    cycle: str
    taken: dict[str, int]
    blank: int
    notes: tuple[str, ...]

    @property
    def total(self) -> int:
        """How many responses were taken."""
        return sum(self.taken.values())


def import_responses(
    database: Database,
    clock: Clock,
    box_keys: BoxKeys,
    *,
    cycle_key: str,
    path: Path,
    actor: str,
    dry_run: bool = False,
    add: bool = False,
) -> ImportedResponses:
    """Seal every row of a responses file into the urn, all or none; with ``dry_run`` only check them.

    Only questionnaires with ``codes: import`` in open windows take answers from a file. Raises ``FileFaults`` with
    every fault, and ``Refused`` when nothing can be imported or, without ``add``, when the urn holds answers already.
    """
    with database.read() as session:
        cycle = find_cycle(session, cycle_key)
        targets = _targets(session, cycle)
        faults = Faults()
        table = read_table(read_bytes(path), path.name, faults, required=IDENTITY_COLUMNS, optional=None)
        reading = read_responses(table, targets, faults)
        _refuse_answered(session, reading.responses, add=add)
        _check_room(session, table, reading, faults)
    faults.raise_if_any()
    outcome = _outcome(cycle, table, reading, targets)
    if not dry_run and reading.responses:
        ballots = _sealed(reading.responses, box_keys)
        with database.begin() as session:
            _cast(session, ballots, {response.loaded.window_id for response in reading.responses})
            _refuse_overfull(session, reading.responses)
            subject = f"{cycle.key} {path.name}"[:200]
            record(
                session, at=clock.now(), actor=actor, action="responses.imported", subject=subject, rows=outcome.taken
            )
    return outcome


def _targets(session: Session, cycle: Cycle) -> dict[str, Target]:
    importing = [one for one in sections(session, cycle) if one.questionnaire.code_model == "import"]
    if not importing:
        text = _("Cycle %(cycle)s has no questionnaire with codes: import, so it takes no answers from a file.")
        raise Refused("no_import", text % {"cycle": cycle.key})
    waiting = [one for one in importing if one.window.state == "open"]
    if not waiting:
        states = ", ".join(sorted({f"{one.window.key}: {one.window.state}" for one in importing}))
        text = _("No window of cycle %(cycle)s takes answers from a file now (%(states)s). Open it: sikte cycle open")
        raise Refused(_MESSAGE_WINDOW, text % {"cycle": cycle.key, "states": states})
    return {one.questionnaire.key: Target.of(one, load(session, one.questionnaire.id)) for one in waiting}


def _refuse_answered(session: Session, responses: Iterable[Response], *, add: bool) -> None:
    """Refuse a file that may have been imported before: ballots cannot be compared, so a second time doubles them."""
    questionnaires = {response.loaded.id for response in responses}
    there = session.scalar(
        select(func.count())
        .select_from(Ballot)
        .join(SealGroup, SealGroup.id == Ballot.seal_group_id)
        .where(SealGroup.questionnaire_id.in_(questionnaires))
    )
    if there and not add:
        text = _(
            "The urn already holds %(number)d answers to these questionnaires. Importing a file twice would double "
            "them. Nothing was imported; if these are further answers, say --add."
        )
        raise Refused("answers_there", text % {"number": there})


def _check_room(session: Session, table: Table, reading: Reading, faults: Faults) -> None:
    """Note when the urn would hold more ballots of a seal group than were invited."""
    for (unit_code, questionnaire), number in _overfull(session, reading.responses).items():
        problem = _("Unit %(unit)s would have %(number)d answers more to %(questionnaire)s than people invited.")
        parts = {"unit": unit_code, "number": number, "questionnaire": questionnaire}
        remedy = _("Remove from the file the answers that were imported before.")
        faults.add(table.file, None, "", problem % parts, remedy)


def _overfull(session: Session, responses: Iterable[Response], *, counted: bool = False) -> dict[tuple[str, str], int]:
    new = Counter(response.group.seal_group_id for response in responses)
    names = {response.group.seal_group_id: (response.group.unit_code, response.loaded.key) for response in responses}
    questionnaires = {response.loaded.id for response in responses}
    rows = session.execute(
        select(SealGroup.id, SealGroup.invited, func.count(Ballot.id))
        .outerjoin(Ballot, Ballot.seal_group_id == SealGroup.id)
        .where(SealGroup.questionnaire_id.in_(questionnaires))
        .group_by(SealGroup.id, SealGroup.invited)
    )
    return {
        names[seal_group_id]: there + (0 if counted else new[seal_group_id]) - invited
        for seal_group_id, invited, there in rows
        # A file that is too long by itself has its fault at the row; this is about what lies in the urn besides.
        if seal_group_id in names and there and there + (0 if counted else new[seal_group_id]) > invited
    }


def _refuse_overfull(session: Session, responses: Sequence[Response]) -> None:
    """Look again with the ballots in: another import may have run meanwhile."""
    if _overfull(session, responses, counted=True):
        text = _("Another import put answers into the urn meanwhile. Nothing of this file was imported; try again.")
        raise Refused("answers_there", text)


def _outcome(cycle: Cycle, table: Table, reading: Reading, targets: Mapping[str, Target]) -> ImportedResponses:
    if not reading.responses:
        return ImportedResponses(cycle.key, {}, 0, (_("%(file)s holds no response.") % {"file": table.file},))
    taken = Counter(response.loaded.key for response in reading.responses)
    used = [target for key, target in targets.items() if taken[key]]
    unknown = _("%(file)s: column %(column)s is not known and was not read.")
    notes = [unknown % {"file": table.file, "column": column} for column in unused_columns(table, used)]
    missing = _("%(file)s has no column %(column)s, so that segment stays unknown.")
    notes += [missing % {"file": table.file, "column": column} for column in missing_segments(table, used)]
    if reading.routed_past:
        text = _("%(number)d answers to items that were routed past were left out.")
        notes.append(text % {"number": reading.routed_past})
    blank = sum(not response.answers for response in reading.responses)
    return ImportedResponses(cycle.key, {key: taken[key] for key in sorted(taken)}, blank, tuple(notes))


def _sealed(responses: Iterable[Response], box_keys: BoxKeys) -> list[dict[str, Any]]:
    """Seal each response as casting does, before the transaction: a box key is stored in one of its own."""
    ballots = [
        seal_ballot(
            response.loaded,
            box_keys,
            seal_group_id=response.group.seal_group_id,
            answers=response.answers,
            roster=response.segments,
            context=response.group.context,
        )
        for response in responses
    ]
    # The order of rows in a file may name people; nothing of it goes into the urn.
    secrets.SystemRandom().shuffle(ballots)
    return ballots


def _cast(session: Session, ballots: Sequence[Mapping[str, Any]], windows: Iterable[int]) -> None:
    connection = session.connection()
    for window_id in sorted(windows):
        share_window(connection, window_id)
        state = session.scalar(select(CollectionWindow.state).where(CollectionWindow.id == window_id))
        if state != "open":
            text = _("The window has closed meanwhile. Nothing was imported.")
            raise Refused(_MESSAGE_WINDOW, text)
    connection.execute(insert(Ballot), ballots)
