"""Preparation: the principal's own analysis before the dialogue, a private draft until it is shared."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from sqlalchemy.orm import Session

from admin_portal.dialogues.finding import Found, find_dialogue
from shared.clock import Clock
from shared.database.engine import Database
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.audit import record
from shared.model.dialogues import Dialogue

MOST_WRITTEN = 5000
OPEN_STATES = frozenset({"offered", "booked"})
"""While a preparation can be changed, shared and taken back: until the dialogue is held or declined."""
PARTS = ("seen", "causes", "talk")


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is seen in the results, why it may be so, and what the dialogue should be about."""

    seen: str = ""
    causes: str = ""
    talk: str = ""

    def __bool__(self) -> bool:
        return bool(self.seen or self.causes or self.talk)


def analysis_of(dialogue: Dialogue) -> Analysis:
    """Return the analysis that a dialogue holds."""
    return Analysis(**json.loads(dialogue.preparation)) if dialogue.preparation else Analysis()


def stamp_of(dialogue: Dialogue) -> str:
    """Return a name for the text as it is now: a form that carries another one was opened before a change."""
    return hashlib.sha256(dialogue.preparation.encode()).hexdigest()[:16]


def write_preparation(
    database: Database,
    clock: Clock,
    *,
    round_key: str,
    unit_code: str,
    analysis: Analysis,
    stamp: str,
    actor: str,
    share: bool | None = None,
) -> None:
    """Save the analysis, and share it (True) or take it back (False) in the same moment.

    ``stamp`` is that of the text which was opened. Raises ``Refused``: ``stale`` (409) when it was changed meanwhile,
    ``dialogue_state`` once the dialogue is held or declined, ``length`` and ``nothing`` (422).
    """
    _check(analysis, share=share)
    with database.begin() as session:
        found = find_dialogue(session, round_key, unit_code, lock=True)
        if found.dialogue.state not in OPEN_STATES:
            text = _("The preparation is closed: the dialogue has been held or declined.")
            raise Refused("dialogue_state", text)
        if stamp != stamp_of(found.dialogue):
            text = _("The text was changed in another window after you opened it. Both versions are shown below.")
            raise Refused("stale", text)
        found.dialogue.preparation = json.dumps(asdict(analysis), ensure_ascii=False) if analysis else ""
        _share(session, found, clock, share=share, actor=actor)


def _check(analysis: Analysis, *, share: bool | None) -> None:
    for name in PARTS:
        if len(getattr(analysis, name)) > MOST_WRITTEN:
            text = _("Write at most %(length)d characters.")
            raise Refused(f"length_{name}", text % {"length": MOST_WRITTEN}, status=422)
    if share and not analysis:
        raise Refused("nothing", _("Write something before you share it."), status=422)


def _share(session: Session, found: Found, clock: Clock, *, share: bool | None, actor: str) -> None:
    dialogue, now = found.dialogue, clock.now()
    if share is None or share == (dialogue.preparation_shared_at is not None):
        return
    dialogue.preparation_shared_at = now if share else None
    action = "dialogue.preparation_shared" if share else "dialogue.preparation_taken_back"
    record(session, at=now, actor=actor, action=action, subject=found.subject)
