"""A battery as whoever is asked will see it: the same controls and words, nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from admin_portal.batteries.browsing import choose_language, choose_version, find_versions, language_choices
from admin_portal.batteries.wordings import Wording, condition_in_words, worded
from shared.presentation import words
from shared.questionnaire.battery_file import from_document
from shared.questionnaire.definition import Battery, Item, Option
from shared.questionnaire.routing import page_size

_FACES = ("glad", "neutral", "sad")


@dataclass(frozen=True, slots=True)
class OptionView:
    """An answer; ``apart`` ones (don't know) stand to the side, ``face`` is a picture for children."""

    code: str
    label: Wording
    apart: bool
    face: str


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question with its control: radio, checkbox, text, number or note."""

    key: str
    control: str
    text: Wording
    help: Wording | None
    options: tuple[OptionView, ...]
    max_length: int
    condition: str


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """The preview; ``young`` is how the youngest see it, ``choosable`` whether older ones get the same questions."""

    key: str
    title: Wording
    respondents: str
    version: int
    language: str
    languages: tuple[tuple[str, str], ...]
    young: bool
    choosable: bool
    interview: bool
    questions: tuple[QuestionView, ...]


def preview_page(session: Session, key: str, *, version: str, language: str, young: bool) -> PreviewPage:
    """Return the preview of a battery; children always see it as the young do, pupils if ``young``."""
    chosen = choose_version(find_versions(session, key), version)
    battery = from_document(chosen.document)
    tongue = choose_language(battery, language)
    always = page_size(battery.respondent, "") == 1
    small = always or (young and battery.respondent == "pupil")
    return PreviewPage(
        key=key,
        title=worded(battery.title, tongue),
        respondents=words.respondents(battery.respondent),
        version=chosen.version,
        language=tongue,
        languages=language_choices(battery),
        young=small,
        choosable=battery.respondent == "pupil",
        interview=battery.respondent == "child",
        questions=tuple(_questions(battery, tongue, young=small)),
    )


def _questions(battery: Battery, language: str, *, young: bool) -> Iterator[QuestionView]:
    controls = {"choice": "radio", "multiple": "checkbox"}
    for item in battery.items:
        yield QuestionView(
            key=item.key,
            control=controls.get(item.type, item.type),
            text=worded(item.text, language),
            help=worded(item.help, language) if item.help else None,
            options=tuple(_options(item, language, young=young)),
            max_length=item.max_length,
            condition=condition_in_words(item.show_if, battery, language) if item.show_if else "",
        )


def _options(item: Item, language: str, *, young: bool) -> Iterator[OptionView]:
    real = [option for option in item.options if option.missing is None]
    faces = _FACES if young and item.type == "choice" and len(real) == len(_FACES) else ()
    for option in item.options:
        yield OptionView(
            option.code,
            worded(option.label, language),
            option.missing is not None,
            _face(item, option, real, faces),
        )


def _face(item: Item, option: Option, real: Sequence[Option], faces: Sequence[str]) -> str:
    if not faces or option not in real:
        return ""
    place = real.index(option)
    # A reversed item's best option is its last: the happy face goes with the good answer.
    return f"face-{faces[-1 - place if item.reversed else place]}.svg"
