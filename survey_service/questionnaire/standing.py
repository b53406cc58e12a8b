"""Where a respondent stands: code, window, draft and pages, read in one query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from shared.database.questionnaires import Loaded, load
from shared.model.base import Base
from shared.model.codes import Code
from shared.model.cycles import CollectionWindow, last_moment, takes_ballot
from shared.model.urn import Draft
from shared.questionnaire.definition import Answers, Item
from shared.questionnaire.routing import Page, page_size, pages
from survey_service.casting.forms import Form
from survey_service.questionnaire.drafts import Opened, open_draft
from survey_service.visit import Current, DraftKey

RECEIPT = "receipt"
REFUSED = "refused"
LATE = "late"
LOCKED = "locked"

# Tables, not entities: this runs for every page, and the unit of work has nothing to keep of it.
_code, _window, _draft = (Base.metadata.tables[entity.__tablename__] for entity in (Code, CollectionWindow, Draft))
_STANDING = (
    select(_code.c.state, _window.c.state, _window.c.closes_at, _window.c.grace_minutes, _draft.c.box)
    .select_from(_code)
    .join(_window, _window.c.id == _code.c.window_id)
    .outerjoin(_draft, _draft.c.code_id == _code.c.id)
    .where(_code.c.id == bindparam("code_id"))
)
_HOLD = select(_code.c.id).where(_code.c.id == bindparam("code_id")).with_for_update()


class Diverted(Exception):
    """The respondent belongs on another page: ``to`` says which; locked is a draft of another device."""

    def __init__(self, to: str) -> None:
        super().__init__(to)
        self.to = to


@dataclass(frozen=True, slots=True)
class WindowNow:
    """The window's state and times as they are at this moment."""

    state: str
    closes_at: datetime
    grace_minutes: int


@dataclass(frozen=True, slots=True)
class Standing:
    """An open form and what is saved of it; ``begun_at`` decides the grace.

    ``at`` is the number of the page where the respondent was, the check page's being above all others; 0 if unknown.
    """

    form: Form
    loaded: Loaded
    window: WindowNow
    answers: Answers
    has_draft: bool
    key: bytes
    begun_at: datetime
    at: int = 0

    @property
    def last_moment(self) -> datetime:
        """When this form must be in."""
        return last_moment(self.window, begun_at=self.begun_at)

    @property
    def per_page(self) -> int:
        """How many items a page of this respondent holds; one means a young one."""
        return page_size(self.loaded.respondent, self.form.year, self.form.unit_type)

    @property
    def young(self) -> bool:
        """Whether the respondent gets one question a page and words for children."""
        return self.per_page == 1

    def pages(self, answers: Answers | None = None) -> tuple[Page, ...]:
        """Return the pages with something to ask, given what is saved (or ``answers``)."""
        given = self.answers if answers is None else answers
        return pages(self.loaded.definition, given, self.form.context, per_page=self.per_page)

    def asked(self) -> tuple[Item, ...]:
        """Return the items of all pages, notes included."""
        return tuple(item for page in self.pages() for item in page.items)


def read_standing(
    session: Session, current: Current, draft: DraftKey | None, *, now: datetime, alone: bool = False
) -> Standing:
    """Return where the respondent stands; raises ``Diverted`` when there is nothing to answer here.

    ``alone`` holds the code's row until the transaction ends, so that two tabs never lose each other's page.
    """
    if current.form is None:
        raise Diverted(RECEIPT if current.kind != "shared" else LOCKED)
    parameters = {"code_id": current.code_id}
    if alone:
        # A statement of its own: the next one must see what the transaction we may have waited for has written.
        session.execute(_HOLD, parameters)
    row = session.execute(_STANDING, parameters).one_or_none()
    if row is None or row[0] == "void":
        raise Diverted(REFUSED)
    if row[0] == "answered":
        raise Diverted(RECEIPT)
    window = WindowNow(*row[1:4])
    if not takes_ballot(window, now=now, begun_at=current.begun_at):
        raise Diverted(LATE)
    loaded = load(session, current.form.questionnaire_id)
    opened = _saved(loaded, current.code_id, draft, row[4])
    return Standing(
        form=current.form,
        loaded=loaded,
        window=window,
        answers=opened.answers,
        has_draft=row[4] is not None,
        key=draft.key if draft else b"",
        begun_at=current.begun_at,
        at=opened.page,
    )


def _saved(loaded: Loaded, code_id: UUID, draft: DraftKey | None, box: bytes | None) -> Opened:
    if draft is None:
        raise Diverted(LOCKED)
    if box is None:
        return Opened({})
    opened = open_draft(loaded.definition, code_id, draft.key, box)
    if opened is None:
        raise Diverted(LOCKED)
    return opened
