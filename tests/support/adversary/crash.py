"""A casting process that dies between the mark on the code and the ballot in the urn."""

from __future__ import annotations

import json
import os
import signal
import sys
from uuid import UUID

from sqlalchemy import event

from shared.clock import FixedClock
from shared.database.box_keys import BoxKeys
from shared.database.engine import open_database
from survey_service.casting.cast import cast
from survey_service.casting.forms import open_form
from tests.support.adversary.population import NOW


def _die(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
    if statement.startswith("INSERT INTO ballot"):
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Send what stands on standard input: ``{"url", "code_id", "answers"}``."""
    given = json.load(sys.stdin)
    database = open_database(given["url"])
    event.listen(database.engine, "before_cursor_execute", _die)
    with database.read() as session:
        form = open_form(session, UUID(given["code_id"]))
    clock = FixedClock(NOW)
    cast(database, clock, BoxKeys(database), form=form, answers=given["answers"], begun_at=clock.now())


if __name__ == "__main__":
    main()
