"""Letters about measures: soon due, or past their date. They name the measure and lead to it; they hold no figures."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from analytics_worker.mail.letters import Telling
from shared.database.participants import Participant, principals
from shared.database.post import notify, write_mail
from shared.i18n import gettext as _
from shared.i18n import speaking
from shared.model.dialogues import Measure
from shared.model.organisation import Unit
from shared.presentation.numbers import day

SOON, LATE = "soon", "late"


def tell_due(session: Session, payload: Mapping[str, Any], telling: Telling) -> None:
    """Tell the unit's principals that a measure is due or late, unless it is closed or has another date by now."""
    measure = session.get_one(Measure, int(payload["measure_id"]))
    kind = LATE if payload["kind"] == LATE else SOON
    if not measure.open or measure.reminded != kind:
        return
    unit = session.get_one(Unit, measure.unit_id)
    for one in principals(session, unit):
        with speaking(one.language):
            _write(session, measure, unit, one, kind, telling)


def _write(session: Session, measure: Measure, unit: Unit, one: Participant, kind: str, telling: Telling) -> None:
    parts = {"unit": unit.name, "measure": measure.title, "when": day(measure.due_on)}
    said = {
        SOON: (_("Due soon: a measure of %(unit)s"), _("This measure of %(unit)s is due on %(when)s:")),
        LATE: (_("Past its date: a measure of %(unit)s"), _("This measure of %(unit)s was due on %(when)s:")),
    }
    subject, opening = said[kind]
    path = f"/measures/{measure.id}"
    lines = [
        _("Hello,"),
        opening % parts,
        measure.title,
        _("Write how it goes, or that it is done, here:"),
        telling.link(path),
        _("You get this letter because you are noted as principal of %(unit)s.") % parts,
        _("Pedagogcentrum"),
    ]
    occasion = f"measure/{measure.id}/{measure.due_on.isoformat()}/{kind}"
    write_mail(
        session,
        occasion=f"{occasion}/{hashlib.sha256(one.email.casefold().encode()).hexdigest()[:16]}",
        recipient=one.email,
        language=one.language,
        subject=subject % parts,
        body="\n\n".join(lines) + "\n",
        at=telling.now,
    )
    if one.account_id is not None:
        notify(
            session,
            account_id=one.account_id,
            occasion=occasion,
            kind=f"measure_{kind}",
            parameters={"unit": unit.name, "measure": measure.title},
            link=path,
            at=telling.now,
        )
