"""Makes room for a corrected cycle file: an earlier cycle of its key goes, if nobody has used it yet."""

from __future__ import annotations

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from shared.database.lifecycle import hold
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.codes import Code
from shared.model.cycles import CollectionWindow, Cycle, Questionnaire, QuestionnaireBattery, find_windows


def find_replaceable(session: Session, key: str, *, lock: bool = False) -> Cycle | None:
    """Return the cycle ``key`` that may be replaced, or None when there is none.

    ``lock`` keeps its windows from being opened meanwhile. Raises ``Refused`` (``cycle_exists``) with the reason when
    a window has begun or codes have been made.
    """
    cycle = session.scalar(select(Cycle).where(Cycle.key == key)) if key else None
    if cycle is None:
        return None
    windows = find_windows(session, cycle, None)
    if lock:
        hold(session, windows)
    begun = ", ".join(f"{window.key}: {window.state}" for window in windows if window.state != "planned")
    coded = session.scalar(select(exists().where(Code.window_id.in_([window.id for window in windows]))))
    if begun:
        text = _("There is a cycle %(key)s already, and it has begun (%(states)s). Give the new one another key.")
    elif coded or cycle.state != "scheduled":
        text = _("There is a cycle %(key)s already, and it has codes. Give the new one another key.")
    else:
        return cycle
    raise Refused("cycle_exists", text % {"key": key, "states": begun})


def remove(session: Session, cycle: Cycle) -> None:
    """Delete a cycle that nobody has used, with its windows and questionnaires."""
    questionnaires = select(Questionnaire.id).where(Questionnaire.cycle_id == cycle.id)
    session.execute(delete(QuestionnaireBattery).where(QuestionnaireBattery.questionnaire_id.in_(questionnaires)))
    session.execute(delete(Questionnaire).where(Questionnaire.cycle_id == cycle.id))
    session.execute(delete(CollectionWindow).where(CollectionWindow.cycle_id == cycle.id))
    session.execute(delete(Cycle).where(Cycle.id == cycle.id))
    session.expire_all()
