"""The consumer that tells people: one transaction writes all letters and notices of an event."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from analytics_worker.mail.letters import Teller, Telling, dialogues, measures, releases
from shared.clock import Clock
from shared.database.engine import Database
from shared.errors import Refused
from shared.events.claims import Claim, finish
from shared.i18n import gettext as _
from shared.model.events import (
    DIALOGUE_BOOKED,
    DIALOGUE_CANCELLED,
    DIALOGUE_GUESTS_CHANGED,
    DIALOGUE_HELD,
    DIALOGUE_MOVED,
    DIALOGUE_OFFERED,
    MEASURE_DUE,
    RESULTS_PUBLISHED,
    RESULTS_RELEASED,
)

TELLERS: Mapping[str, Teller] = MappingProxyType(
    {
        RESULTS_RELEASED: releases.tell_release,
        RESULTS_PUBLISHED: releases.tell_publication,
        DIALOGUE_OFFERED: dialogues.tell_offer,
        DIALOGUE_BOOKED: dialogues.tell_meeting,
        DIALOGUE_MOVED: dialogues.tell_meeting,
        DIALOGUE_CANCELLED: dialogues.tell_meeting,
        DIALOGUE_GUESTS_CHANGED: dialogues.tell_meeting,
        DIALOGUE_HELD: dialogues.tell_held,
        MEASURE_DUE: measures.tell_due,
    }
)
"""Who tells about which event. An event that nobody tells about is a fault, and shows as one."""


def tell_recipients(
    claim: Claim,
    *,
    database: Database,
    clock: Clock,
    portal_url: str,
    sender: str = "",
    tellers: Mapping[str, Teller] = TELLERS,
) -> None:
    """Write what the claimed event asks to be told, and finish the delivery, together.

    Raises ``Refused`` (``untold``) for an event without a teller.
    """
    teller = tellers.get(claim.event_type)
    if teller is None:
        text = _("Nothing says who is told about %(event)s, or how. This version of Sikte lacks it.")
        raise Refused("untold", text % {"event": claim.event_type})
    with database.begin() as session:
        teller(session, claim.payload, Telling(clock.now(), portal_url, sender, claim.part))
        finish(session, claim)
