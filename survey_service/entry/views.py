"""What the code page, the refusal and the introduction show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from shared.database.questionnaires import Loaded, load
from shared.i18n import active_language
from shared.i18n import gettext as _
from shared.model.codes import Code
from shared.model.cycles import CollectionWindow, Cycle
from shared.model.organisation import Municipality, Provider, Unit, UnitGroup
from shared.model.policy import INTERNAL, PUBLIC, UNIT_AUDIENCE, rules_for
from shared.presentation.moments import in_words
from shared.questionnaire.definition import Item, in_language
from shared.questionnaire.routing import page_size
from survey_service.visit import Current

_ANONYMOUS = frozenset({"slips", "per_unit"})


@dataclass(frozen=True, slots=True)
class CodeView:
    """The code page; ``notice`` is a heading and a text, ``error`` belongs to the code field."""

    typed: str = ""
    error: str = ""
    notice: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class RefusedView:
    """Why a code opens nothing; ``retry`` shows the code field again, ``error`` beside it."""

    heading: str
    text: str
    error: str = ""
    typed: str = ""


@dataclass(frozen=True, slots=True)
class PreviewSection:
    """Questions to read beforehand that share their options."""

    questions: tuple[str, ...]
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IntroductionView:
    """The introduction: who asks about what, in whose words, under which promise, until when.

    ``promise`` says from how many answers results are seen; ``conditional``: some questions depend on an answer.
    """

    title: str
    municipality: str
    unit: str
    group: str
    respondent: str
    code_model: str
    anonymous: bool
    young: bool
    deadline: str
    promise: str
    has_text: bool
    preview: tuple[PreviewSection, ...]
    number_of_questions: int
    conditional: bool
    resumed: bool = False
    locked: bool = False


def code_view(notice: str, typed: str) -> CodeView:
    """Return the code page with the notice named in its address, if there is such a notice."""
    notices = {
        "start": (_("Enter your code"), _("The questions open with your code. Your browser must allow cookies.")),
        "expired": (
            _("You have been away for a while"),
            _("Enter your code again. What you saved on this device is still there."),
        ),
        "paused": (
            _("Your answers are saved"),
            _("Enter the same code on this device to go on. On another device you would have to start again."),
        ),
    }
    return CodeView(typed=typed, notice=notices.get(notice))


def unknown_code(typed: str) -> RefusedView:
    """Return the one page for unknown, malformed and withdrawn codes."""
    return RefusedView(
        heading=_("The code does not work"),
        text=_("Check it against your letter or slip and try again. If it still does not work, ask for a new one."),
        error=_("This code does not work"),
        typed=typed,
    )


def early_code(opens: Any, now: datetime) -> RefusedView:
    """Return the page of a code whose window has not opened."""
    return RefusedView(
        heading=_("The survey has not opened yet"),
        text=_("It opens %(moment)s. Come back then with the same code.") % {"moment": in_words(opens, now)},
    )


def late_code() -> RefusedView:
    """Return the page of a code whose window has closed."""
    return RefusedView(
        heading=_("The code is no longer valid"),
        text=_("The survey has closed and takes no more answers. Answers that were sent in time are counted."),
    )


def late_answer() -> RefusedView:
    """Return the page of a form that was sent or saved too late.

    It holds for whoever sent in time without seeing the receipt too: after the count nobody can tell these apart.
    """
    return RefusedView(
        heading=_("Your answer did not come in"),
        text=_(
            "The survey had closed before it was sent, and takes no more answers. "
            "If you had already sent an answer before it closed, that answer is counted."
        ),
    )


def introduction_view(session: Session, current: Current, *, now: datetime) -> IntroductionView | None:
    """Return the introduction to the questionnaire of a code, None when the code has none any more."""
    row = session.execute(
        select(Code.questionnaire_id, Cycle, Unit, UnitGroup, Municipality.name, CollectionWindow.closes_at)
        .join(CollectionWindow, CollectionWindow.id == Code.window_id)
        .join(Cycle, Cycle.id == CollectionWindow.cycle_id)
        .join(Unit, Unit.id == Code.unit_id)
        .join(Provider, Provider.id == Unit.provider_id)
        .join(Municipality, Municipality.id == Provider.municipality_id)
        .outerjoin(UnitGroup, UnitGroup.id == Code.group_id)
        .where(Code.id == current.code_id)
    ).one_or_none()
    return None if row is None else _introduction(load(session, row.questionnaire_id), row, now)


def _introduction(loaded: Loaded, row: Row[*tuple[Any, ...]], now: datetime) -> IntroductionView:
    _questionnaire, cycle, unit, group, municipality, closes_at = row
    questions = [item for item in loaded.definition.items if item.type != "note"]
    return IntroductionView(
        title=in_language(cycle.title, active_language()),
        municipality=municipality,
        unit=unit.name,
        group=group.name if group else "",
        respondent=loaded.respondent,
        code_model=loaded.code_model,
        anonymous=loaded.code_model in _ANONYMOUS,
        young=page_size(loaded.respondent, group.year if group else "", unit.unit_type) == 1,
        deadline=in_words(closes_at, now),
        promise=_promise(cycle.policy, loaded.respondent),
        has_text=any(item.type == "text" for item in questions),
        preview=_preview(questions),
        number_of_questions=len(questions),
        conditional=any(item.show_if for item in questions),
    )


def _promise(policy: Mapping[str, Any], respondent: str) -> str:
    """Say from how many answers anybody sees results: an audience with a lower floor must not make it untrue."""
    floors = {name: rules_for(policy, name, respondent).min_answers for name in (INTERNAL, UNIT_AUDIENCE, PUBLIC)}
    numbers = {"number": min(floors.values()), "unit": floors[UNIT_AUDIENCE]}
    if numbers["unit"] == numbers["number"]:
        return _("Nobody sees results from fewer than %(number)d answers.") % numbers
    return _("Nobody sees results from fewer than %(number)d answers; the unit sees them from %(unit)d.") % numbers


def _preview(items: list[Item]) -> tuple[PreviewSection, ...]:
    language = active_language()
    sections: list[tuple[tuple[str, ...], list[str]]] = []
    for item in items:
        options = tuple(in_language(option.label, language) for option in item.options)
        if not sections or sections[-1][0] != options:
            sections.append((options, []))
        sections[-1][1].append(in_language(item.text, language))
    return tuple(PreviewSection(tuple(questions), options) for options, questions in sections)
