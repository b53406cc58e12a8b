"""Casts the simulated ballots: most through the site's use case, some page by page over HTTP like anyone else."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select

from deploy.bootstrap import Container, survey_services
from deploy.demo.ballots import Sender
from deploy.demo.client import Page, Respondent
from shared.database.box_keys import BoxKeys
from shared.errors import SikteError
from shared.i18n import gettext as _
from shared.model.codes import Code
from shared.sealing.codes import lookup_hash, normalise
from survey_service.app import create_app
from survey_service.casting.cast import CAST, cast
from survey_service.casting.forms import Form, open_form
from survey_service.entry.lookup import make_form_code

CASTING_THREADS = 2
HTTP_RESPONDENTS_AT_ONCE = 4
SECOND_GUARDIANS = 5
"""How many second guardians try the code their child's other guardian has answered with."""


@dataclass(slots=True)
class Tally:
    """What the casting did."""

    direct: int = 0
    over_http: int = 0
    pages: int = 0
    quit: int = 0
    told: int = 0

    @property
    def ballots(self) -> int:
        """Ballots cast in all."""
        return self.direct + self.over_http


class Polling:
    """Casts rounds of ballots into a demonstration's open windows."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._box_keys = BoxKeys(container.database)
        self._ids: dict[bytes, UUID] = {}
        self.done = Tally()

    def read_codes(self) -> None:
        """Learn which hash belongs to which code's row, in one query instead of ten thousand."""
        with self._container.database.read() as session:
            rows = session.execute(select(Code.lookup, Code.id).where(Code.lookup.is_not(None)))
            self._ids = {bytes(lookup): number for lookup, number in rows if lookup is not None}

    def cast_directly(self, senders: Sequence[Sender]) -> None:
        """Cast through the use case, as the site does when a respondent presses Send."""
        forms = self._open_forms(senders)
        with ThreadPoolExecutor(CASTING_THREADS) as pool:
            self.done.direct += sum(pool.map(self._cast, senders, forms))

    def answer_over_http(self, senders: Sequence[Sender], quitters: Sequence[Sender]) -> None:
        """Serve the respondent's site on a free port and answer page by page; ``quitters`` stop half way."""
        with (
            serving(self._container) as address,
            ThreadPoolExecutor(HTTP_RESPONDENTS_AT_ONCE, thread_name_prefix="respondent") as pool,
        ):
            self.done.quit += sum(pool.map(lambda sender: _quit_half_way(address, sender), quitters))
            pages = list(pool.map(lambda sender: _answer(address, sender), senders))
            children = [sender for sender in senders if sender.codes == "per_child"][:SECOND_GUARDIANS]
            self.done.told += sum(pool.map(lambda sender: _second_guardian(address, sender), children))
        self.done.over_http += len(pages)
        self.done.pages += sum(pages)

    def _open_forms(self, senders: Sequence[Sender]) -> list[Form]:
        """Open everybody's form; whoever has a shared code gets a form of their own first, as on the introduction."""
        container, now = self._container, self._container.clock.now()
        numbers = [self._ids[lookup_hash(container.code_pepper, normalise(sender.code) or "")] for sender in senders]
        with container.database.begin() as session:
            own = [
                make_form_code(session, number, now=now, begun_at=now - sender.begins_before)
                if sender.shared
                else number
                for sender, number in zip(senders, numbers, strict=True)
            ]
        with container.database.read() as session:
            return [open_form(session, number) for number in own]

    def _cast(self, sender: Sender, form: Form) -> int:
        container = self._container
        outcome = cast(
            container.database,
            container.clock,
            self._box_keys,
            form=form,
            answers=sender.answers,
            begun_at=container.clock.now() - sender.begins_before,
        )
        if outcome != CAST:
            raise SikteError(_("A code of the demonstration had been used before."))
        return 1


@contextmanager
def serving(container: Container) -> Iterator[str]:
    """Serve the respondent's site on a free port of this machine; gives its address."""
    from cheroot.wsgi import Server

    server = Server(
        ("127.0.0.1", 0), None, numthreads=HTTP_RESPONDENTS_AT_ONCE, server_name="sikte", shutdown_timeout=2
    )
    server.prepare()
    address = f"http://127.0.0.1:{server.bind_addr[1]}"
    server.wsgi_app = create_app(replace(survey_services(container), survey_url=address))
    thread = threading.Thread(target=server.serve, name="survey", daemon=True)
    thread.start()
    try:
        yield address
    finally:
        server.stop()
        thread.join()


def _answer(address: str, sender: Sender) -> int:
    """Answer one questionnaire from code to receipt; returns the number of pages seen."""
    respondent = Respondent(address)
    try:
        last = respondent.answer(respondent.open(sender.url), sender.answers)
    finally:
        respondent.close()
    if last.kind != "receipt":
        text = _("A respondent of the demonstration ended on the page %(page)s.")
        raise SikteError(text % {"page": last.kind})
    return respondent.pages


def _second_guardian(address: str, sender: Sender) -> bool:
    """Try a code that the other guardian has answered with; returns whether the site said so."""
    respondent = Respondent(address)
    try:
        return respondent.open(sender.url).kind == "receipt"
    finally:
        respondent.close()


def _quit_half_way(address: str, sender: Sender) -> int:
    """Answer until the second page of questions and leave; returns 1."""
    seen: list[Page] = []

    def enough(page: Page) -> bool:
        seen.extend([page] if page.kind == "questions" else [])
        return len(seen) > 1 or page.kind == "check"

    respondent = Respondent(address)
    try:
        respondent.answer(respondent.open(sender.url), sender.answers, stop=enough)
    finally:
        respondent.close()
    return 1
