"""Batteries as pages: the list, and one version with its questions, scores, conditions and what it changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor, Permission, permits
from admin_portal.batteries.differences import BatteryChange, compare_batteries
from admin_portal.batteries.library import unknown_battery
from admin_portal.batteries.wordings import Wording, condition_in_words, languages_of, worded
from shared.clock import local
from shared.errors import NotFound
from shared.i18n import active_language
from shared.i18n import gettext as _
from shared.model.batteries import BatteryVersion
from shared.model.cycles import Cycle, Questionnaire, QuestionnaireBattery
from shared.presentation import numbers, words
from shared.questionnaire.battery_file import from_document
from shared.questionnaire.definition import Area, Battery, Item, Option, in_language
from shared.web.language import NAMES


@dataclass(frozen=True, slots=True)
class BatteryLine:
    """A battery of the list."""

    key: str
    title: str
    respondents: str
    version: int
    items: int
    areas: int
    languages: str
    cycles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BatteriesPage:
    """The list page."""

    lines: tuple[BatteryLine, ...]
    may_import: bool


@dataclass(frozen=True, slots=True)
class OptionView:
    """An answer: its label, its score, whether it is in the numerator of the share, whether it is no real answer."""

    label: Wording
    score: str
    positive: bool
    missing: bool


@dataclass(frozen=True, slots=True)
class ItemView:
    """A question as the library shows it."""

    key: str
    text: Wording
    help: Wording | None
    kind: str
    options: tuple[OptionView, ...]
    reversed: bool
    condition: str


@dataclass(frozen=True, slots=True)
class AreaView:
    """An area with its questions; ``rule`` says how its index is made."""

    title: Wording | None
    rule: str
    items: tuple[ItemView, ...]


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version of a battery and where it was used."""

    number: int
    day: str
    cycles: tuple[str, ...]
    shown: bool


@dataclass(frozen=True, slots=True)
class BatteryPage:
    """A battery's page, in one of its versions and languages; ``changed`` against the version before."""

    key: str
    title: Wording
    respondents: str
    index_max: int
    version: int
    versions: tuple[VersionLine, ...]
    language: str
    languages: tuple[tuple[str, str], ...]
    areas: tuple[AreaView, ...]
    changed: BatteryChange | None


def batteries_page(session: Session, actor: Actor) -> BatteriesPage:
    """Return the newest version of each battery, by title."""
    used = _used(session)
    newest: dict[str, BatteryVersion] = {}
    cycles: dict[str, list[str]] = {}
    for version in session.scalars(select(BatteryVersion).order_by(BatteryVersion.version)):
        newest[version.key] = version
        cycles.setdefault(version.key, []).extend(used.get(version.id, ()))
    lines = (_line(version, cycles[key]) for key, version in newest.items())
    ordered = tuple(sorted(lines, key=lambda line: line.title.casefold()))
    return BatteriesPage(ordered, permits(actor, Permission.CHANGE_BATTERIES))


def _line(version: BatteryVersion, cycles: Iterable[str]) -> BatteryLine:
    battery = from_document(version.document)
    return BatteryLine(
        key=version.key,
        title=in_language(battery.title, active_language()),
        respondents=words.respondents(battery.respondent),
        version=version.version,
        items=sum(item.type != "note" for item in battery.items),
        areas=len(battery.areas),
        languages=", ".join(NAMES.get(language, language) for language in languages_of(battery)),
        cycles=tuple(dict.fromkeys(cycles)),
    )


def _used(session: Session) -> dict[int, list[str]]:
    """Return the keys of the cycles that use each version, newest first."""
    rows = session.execute(
        select(QuestionnaireBattery.battery_id, Cycle.key)
        .join(Questionnaire, Questionnaire.id == QuestionnaireBattery.questionnaire_id)
        .join(Cycle, Cycle.id == Questionnaire.cycle_id)
        .order_by(Cycle.id.desc())
    )
    used: dict[int, list[str]] = {}
    for version, cycle in rows:
        if cycle not in used.setdefault(version, []):
            used[version].append(cycle)
    return used


def find_versions(session: Session, key: str) -> Sequence[BatteryVersion]:
    """Return the versions of a battery, oldest first; raises ``NotFound``."""
    versions = session.scalars(
        select(BatteryVersion).where(BatteryVersion.key == key).order_by(BatteryVersion.version)
    ).all()
    if not versions:
        raise unknown_battery(session, key)
    return versions


def choose_version(versions: Sequence[BatteryVersion], asked: str) -> BatteryVersion:
    """Return the version numbered ``asked``, the newest for ""; raises ``NotFound``."""
    if not asked:
        return versions[-1]
    chosen = next((version for version in versions if str(version.version) == asked), None)
    if chosen is None:
        raise NotFound(_("Battery %(key)s has no such version.") % {"key": versions[-1].key})
    return chosen


def choose_language(battery: Battery, asked: str) -> str:
    """Return ``asked`` if the battery has it, else the reader's own if it has that, else the language of record."""
    languages = languages_of(battery)
    return next((one for one in (asked, active_language()) if one in languages), languages[0])


def language_choices(battery: Battery) -> tuple[tuple[str, str], ...]:
    """Return code and own name of the battery's languages."""
    return tuple((language, NAMES.get(language, language)) for language in languages_of(battery))


def battery_page(session: Session, key: str, *, version: str, language: str) -> BatteryPage:
    """Return the page of a battery; raises ``NotFound``."""
    versions = find_versions(session, key)
    chosen = choose_version(versions, version)
    battery = from_document(chosen.document)
    earlier = next((one for one in reversed(versions) if one.version < chosen.version), None)
    tongue = choose_language(battery, language)
    used = _used(session)
    return BatteryPage(
        key=key,
        title=worded(battery.title, tongue),
        respondents=words.respondents(battery.respondent),
        index_max=int(battery.index_max),
        version=chosen.version,
        versions=tuple(_version_line(one, used, chosen) for one in reversed(versions)),
        language=tongue,
        languages=language_choices(battery),
        areas=tuple(_areas(battery, tongue)),
        changed=compare_batteries(from_document(earlier.document), battery) if earlier else None,
    )


def _version_line(one: BatteryVersion, used: dict[int, list[str]], chosen: BatteryVersion) -> VersionLine:
    day = numbers.day(local(one.imported_at).date())
    return VersionLine(one.version, day, tuple(used.get(one.id, ())), one is chosen)


def _areas(battery: Battery, language: str) -> Iterator[AreaView]:
    for area in battery.areas:
        items = tuple(_item(item, battery, language) for item in battery.items if item.area == area.key)
        yield AreaView(worded(area.title, language), _rule(area), items)
    rest = tuple(_item(item, battery, language) for item in battery.items if item.area is None)
    if rest:
        yield AreaView(None, "", rest)


def _rule(area: Area) -> str:
    if not area.index:
        return _("No index: each question is reported for itself.")
    if area.min_items is None:
        return _("A person counts in the index who has answered at least half of the questions.")
    text = _("A person counts in the index who has answered at least %(number)d of the questions.")
    return text % {"number": area.min_items}


def _item(item: Item, battery: Battery, language: str) -> ItemView:
    positive = item.positive_codes
    return ItemView(
        key=item.key,
        text=worded(item.text, language),
        help=worded(item.help, language) if item.help else None,
        kind=_kind(item),
        options=tuple(_option(item, option, positive, language) for option in item.options),
        reversed=item.reversed,
        condition=condition_in_words(item.show_if, battery, language) if item.show_if else "",
    )


def _kind(item: Item) -> str:
    kinds = {
        "choice": _("One answer"),
        "multiple": _("Several answers"),
        "number": _("A number"),
        "text": _("Free text, at most %(number)d characters") % {"number": item.max_length},
        "note": _("Text between questions"),
    }
    return kinds[item.type]


def _option(item: Item, option: Option, positive: Sequence[str], language: str) -> OptionView:
    score = item.score_of(option.code)
    return OptionView(
        label=worded(option.label, language),
        score="" if score is None else numbers.decimal(float(score), 0 if score.denominator == 1 else 1),
        positive=option.code in positive,
        missing=option.missing is not None,
    )
