"""Who a unit's principal is and where letters reach them, corrected between two imports of the register."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.clock import Clock
from shared.errors import NotFound
from shared.i18n import gettext as _
from shared.model.audit import record
from shared.model.organisation import Unit

PRINCIPAL_CHANGED = "unit.principal_changed"


def change_principal(session: Session, clock: Clock, *, unit_code: str, name: str, email: str, actor: str) -> bool:
    """Note, in the caller's transaction, name and address of a unit's principal; returns whether anything changed.

    The audit log says that they changed, never the address. Raises ``NotFound``.
    """
    unit = session.scalar(select(Unit).where(Unit.code == unit_code).with_for_update())
    if unit is None:
        raise NotFound(_("There is no unit %(code)s.") % {"code": unit_code})
    changed = {"name": unit.principal_name != name, "email": unit.principal_email != email}
    if not any(changed.values()):
        return False
    unit.principal_name, unit.principal_email = name, email
    fields = [field for field, differs in changed.items() if differs]
    record(session, at=clock.now(), actor=actor, action=PRINCIPAL_CHANGED, subject=unit_code, fields=fields)
    return True
