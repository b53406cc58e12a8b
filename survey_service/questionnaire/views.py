"""What the pages of questions and the check page show, in one language; made once per page and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import groupby

from flask import current_app
from markupsafe import Markup

from shared.i18n import LANGUAGES, active_language
from shared.presentation.moments import in_words
from shared.questionnaire.definition import LANGUAGE_OF_RECORD, Answer, Item, Option, Questionnaire, Text
from shared.questionnaire.routing import Page
from shared.web.language import direction
from survey_service.questionnaire.standing import Standing
from survey_service.services import services

_FACES = ("glad", "neutral", "sad")
_WIDEST_TABLE = 7


@dataclass(frozen=True, slots=True)
class Wording:
    """A text with the language it is in, "" when that is the page's own."""

    text: str
    lang: str = ""
    dir: str = ""


@dataclass(frozen=True, slots=True)
class OptionView:
    """One option; ``apart`` ones (don't know) stand a little to the side; ``face`` is its picture for children."""

    code: str
    label: Wording
    apart: bool
    face: str


@dataclass(frozen=True, slots=True)
class ItemView:
    """One question or note. ``drawn`` holds a choice's finished HTML for every answer it can have, "" for none."""

    key: str
    type: str
    text: Wording
    help: Wording
    options: tuple[OptionView, ...]
    max_length: int
    limits: tuple[int | None, int | None]
    drawn: Mapping[str, Markup] = field(default_factory=dict, hash=False, compare=False)


@dataclass(frozen=True, slots=True)
class Block:
    """Items shown together: a ``table`` of several with the same options, or one alone."""

    table: bool
    items: tuple[ItemView, ...]

    @property
    def options(self) -> tuple[OptionView, ...]:
        """The options that head the columns."""
        return self.items[0].options


@dataclass(frozen=True, slots=True)
class QuestionsView:
    """A page of questions with what is answered; ``typed`` are values that could not be taken, to be mended."""

    title: Wording
    number: int
    count: int
    blocks: tuple[Block, ...]
    answers: Mapping[str, Answer]
    typed: Mapping[str, str]
    errors: tuple[tuple[str, str], ...]
    young: bool
    interview: bool
    may_pause: bool
    grace_until: str

    @property
    def summary(self) -> tuple[tuple[str, str], ...]:
        """The faults for the top of the page, each with its question: a message alone could belong to any."""
        texts = {item.key: item.text.text for block in self.blocks for item in block.items}
        return tuple((key, f"{texts[key]} – {message}") for key, message in self.errors)

    @property
    def faults(self) -> dict[str, str]:
        """The message of each item that has one."""
        return dict(self.errors)


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A question on the check page; ``answer`` is None where it was left blank."""

    key: str
    text: Wording
    answer: str | None


@dataclass(frozen=True, slots=True)
class CheckView:
    """All answers by page, before they are sent."""

    sections: tuple[tuple[int, tuple[AnswerRow, ...]], ...]
    blank: int
    young: bool
    code_model: str
    may_pause: bool
    grace_until: str


def questions_view(
    standing: Standing, pages: Sequence[Page], page: Page, *, errors: Mapping[str, str], typed: Mapping[str, str]
) -> QuestionsView:
    """Return ``page`` of ``pages``; ``errors`` and the ``typed`` values belong to what was just posted."""
    definition = standing.loaded.definition
    return QuestionsView(
        title=_title(definition, page.items[0].key, active_language()),
        number=[other.number for other in pages].index(page.number) + 1,
        count=len(pages),
        blocks=_blocks(definition, tuple(item.key for item in page.items), active_language(), standing.young),
        answers=standing.answers,
        typed=typed,
        errors=tuple((item.key, errors[item.key]) for item in page.items if item.key in errors),
        young=standing.young,
        interview=standing.loaded.respondent == "child",
        may_pause=standing.loaded.code_model != "per_unit",
        grace_until=_grace(standing),
    )


def check_view(standing: Standing) -> CheckView:
    """Return all questions asked, with the answers in words."""
    sections = tuple((page.number, _rows(page, standing.answers)) for page in standing.pages())
    return CheckView(
        sections=tuple(section for section in sections if section[1]),
        blank=sum(row.answer is None for _number, rows in sections for row in rows),
        young=standing.young,
        code_model=standing.loaded.code_model,
        may_pause=standing.loaded.code_model != "per_unit",
        grace_until=_grace(standing),
    )


def _grace(standing: Standing) -> str:
    """Return the last moment in words while the grace runs, else ""."""
    now = services().clock.now()
    return "" if now < standing.window.closes_at else in_words(standing.last_moment, now)


def _rows(page: Page, answers: Mapping[str, Answer]) -> tuple[AnswerRow, ...]:
    language = active_language()
    return tuple(
        AnswerRow(item.key, _wording(item.text, language), _in_words(item, answers.get(item.key), language))
        for item in page.items
        if item.type != "note"
    )


def _in_words(item: Item, answer: Answer | None, language: str) -> str | None:
    if answer is None:
        return None
    labels = {option.code: _wording(option.label, language).text for option in item.options}
    if isinstance(answer, tuple):
        return ", ".join(labels[code] for code in answer)
    return labels[str(answer)] if item.type == "choice" else str(answer)


@lru_cache(maxsize=4096)
def _title(definition: Questionnaire, key: str, language: str) -> Wording:
    battery = next(battery for battery in definition.batteries if any(item.key == key for item in battery.items))
    return _wording(battery.title, language)


@lru_cache(maxsize=4096)
def _blocks(definition: Questionnaire, keys: tuple[str, ...], language: str, young: bool) -> tuple[Block, ...]:  # noqa: FBT001
    items = [definition.item(key) for key in keys]
    blocks: list[Block] = []
    for scale, run in groupby(items, key=lambda item: item.scale if item.type == "choice" else None):
        views = tuple(_item_view(item, language, young=young) for item in run)
        if scale is not None and not young and len(views) > 1 and len(scale.options) <= _WIDEST_TABLE:
            blocks.append(Block(table=True, items=views))
        else:
            blocks.extend(Block(table=False, items=(view,)) for view in views)
    return tuple(blocks)


def _item_view(item: Item, language: str, *, young: bool) -> ItemView:
    view = _plain_view(item, language, young=young)
    return replace(view, drawn=_drawn(view)) if item.type == "choice" else view


def _drawn(view: ItemView) -> dict[str, Markup]:
    """Draw a choice once for every answer: most of a page's work is then done for all respondents together."""
    choices = current_app.jinja_env.get_template("survey_service/questionnaire/items.html").module.choices  # type: ignore[attr-defined]
    answers = ("", *(option.code for option in view.options))
    return {answer: Markup(choices(view, "radio", {view.key: answer}, {})) for answer in answers}  # noqa: S704


def _plain_view(item: Item, language: str, *, young: bool) -> ItemView:
    substantive = [option for option in item.options if option.missing is None]
    faces: Sequence[str] = _FACES if young and item.type == "choice" and len(substantive) == len(_FACES) else ()
    return ItemView(
        key=item.key,
        type=item.type,
        text=_wording(item.text, language),
        help=_wording(item.help, language),
        options=tuple(_option_view(item, option, substantive, faces, language) for option in item.options),
        max_length=item.max_length,
        limits=(item.minimum, item.maximum),
    )


def _option_view(
    item: Item, option: Option, substantive: list[Option], faces: Sequence[str], language: str
) -> OptionView:
    face = ""
    if faces and option in substantive:
        place = substantive.index(option)
        # A reversed item's best option is its last: the happy face goes with the good answer.
        face = f"face-{faces[-1 - place if item.reversed else place]}.svg"
    return OptionView(option.code, _wording(option.label, language), option.missing is not None, face)


def _wording(text: Text, language: str) -> Wording:
    """Return the text in ``language``, or in another one that is then named, so that a voice reads it rightly."""
    if language in text:
        return Wording(text[language])
    for other in (LANGUAGE_OF_RECORD, *LANGUAGES, *text):
        if other in text:
            return Wording(text[other], other, direction(other))
    return Wording("")
