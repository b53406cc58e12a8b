"""Saving a page: read what was posted, write the draft under the code's row lock, say where to go next."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from shared.questionnaire.routing import Page, next_page, page_at, previous_page
from shared.questionnaire.validation import read_page
from shared.web.forms.envelope import FIELDS, Envelope
from shared.web.forms.token import Forged
from survey_service.here import standing_in
from survey_service.questionnaire.drafts import seal_draft, store_draft
from survey_service.questionnaire.standing import Standing

BACK = "back"
PAUSE = "pause"
CHECK = "/check"
INTRODUCTION = "/introduction"


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved page: where the respondent stands now, the page if it is shown again, and what could not be taken."""

    standing: Standing
    page: Page | None
    errors: dict[str, str]


def save_page(
    session: Session, number: int, form: MultiDict[str, str], envelope: Envelope, *, from_check: bool
) -> Saved:
    """Save the posted page ``number``, and where its button leads to, into the draft.

    What can be taken is saved even if something else on the page cannot. An item that the form does not name keeps
    its answer: this page may have been open since before another tab gave it. Only the button ``clear`` takes a choice
    back; other controls are always posted, several choices with a blank one. Raises ``Forged`` for a control that no
    form of this questionnaire has.
    """
    standing = standing_in(session, alone=True)
    if any(name not in FIELDS and name not in standing.loaded.definition for name in form):
        raise Forged
    page = page_at(standing.pages(), number)
    if page is None:
        return Saved(standing, None, {})
    posted = [item for item in page.items if item.key in form]
    given, errors = read_page(posted, form.getlist)
    replaced = {item.key for item in posted}
    answers = {key: answer for key, answer in standing.answers.items() if key not in replaced} | given
    answers.pop(envelope.clear, None)
    after = replace(standing, answers=answers)
    stays = (errors and envelope.action != BACK) or envelope.clear or envelope.language
    at = number if stays else _leads_to(after, number, envelope.action, from_check=from_check)
    return Saved(_store(session, standing, replace(after, at=at)), page, errors)


def page_address(number: int) -> str:
    """Return the address of a page of questions."""
    return f"/questions/{number}"


def page_to_resume(standing: Standing) -> str:
    """Return the address where the respondent was, for a form not begun the first page.

    A draft that does not say where leads to the first page with a question left blank, without one to the check page.
    """
    if standing.at or not standing.has_draft:
        return page_after(standing, standing.at - 1)
    for page in standing.pages():
        if any(item.type != "note" and item.key not in standing.answers for item in page.items):
            return page_address(page.number)
    return CHECK


def after_the_last(standing: Standing) -> int:
    """Return a number above those of all pages, where the check page lies."""
    return len(standing.loaded.definition.items) + 1


def page_after(standing: Standing, number: int) -> str:
    """Return the address after page ``number``, given what is answered: the next page, at the end the check page."""
    following = next_page(standing.pages(), number)
    return page_address(following.number) if following else CHECK


def page_before(standing: Standing, number: int) -> str:
    """Return the address before page ``number``, at the beginning the introduction."""
    before = previous_page(standing.pages(), number)
    return page_address(before.number) if before else INTRODUCTION


def _leads_to(standing: Standing, number: int, action: str, *, from_check: bool) -> int:
    """Return the number of the page to which a button of page ``number`` leads."""
    if action == PAUSE:
        return number
    if from_check:
        return after_the_last(standing)
    pages = standing.pages()
    if action == BACK:
        before = previous_page(pages, number)
        return before.number if before else number
    following = next_page(pages, number)
    return following.number if following else after_the_last(standing)


def _store(session: Session, before: Standing, after: Standing) -> Standing:
    if before.has_draft and (after.answers, after.at) == (before.answers, before.at):
        return before
    code_id = after.form.code_id
    box = seal_draft(after.loaded.definition, code_id, after.key, after.answers, after.at)
    store_draft(session, code_id, box, exists=before.has_draft)
    return replace(after, has_draft=True)
