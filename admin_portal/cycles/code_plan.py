"""Works out which codes are missing: one per person to ask, never more than the headcount."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_portal.cycles.frame import Invited, Section, sections
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.codes import Code
from shared.model.cycles import Cycle
from shared.model.organisation import Person

_ISSUING_STATES = frozenset({"planned", "opening", "open"})


@dataclass(frozen=True, slots=True)
class Planned:
    """A code to make; ``person_ref`` is None for a code that belongs to nobody."""

    questionnaire_key: str
    questionnaire_id: int
    window_id: int
    kind: str
    unit_id: int
    group_id: int | None
    person_ref: str | None = None
    segments: dict[str, str] | None = None


@dataclass(slots=True)
class CodePlan:
    """The codes to make, how many stand already by questionnaire, and what the officer should know."""

    codes: list[Planned] = field(default_factory=list)
    standing: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Standing:
    """The codes that stand: withdrawn ones do not count, answered ones do."""

    by_group: Mapping[tuple[int, int], Counter[str | None]]
    by_unit: frozenset[tuple[int, int]]


def plan_codes(session: Session, cycle: Cycle) -> CodePlan:
    """Return what issuing codes for ``cycle`` would make; raises ``Refused`` when it has none to issue."""
    issuing = [section for section in sections(session, cycle) if section.questionnaire.code_model != "import"]
    if not issuing:
        text = _("Cycle %(cycle)s has no codes: all its answers come from files.")
        raise Refused("no_codes", text % {"cycle": cycle.key})
    waiting = [section for section in issuing if section.window.state in _ISSUING_STATES]
    if not waiting:
        text = _("The windows of cycle %(cycle)s have closed. No codes can be issued.")
        raise Refused("window_closed", text % {"cycle": cycle.key})
    standing = _standing(session, waiting)
    people = _people(session, waiting)
    plan = CodePlan()
    notes: list[str] = []
    for section in waiting:
        plan.standing[section.questionnaire.key] = _number_standing(section, standing)
        if section.questionnaire.code_model == "per_unit":
            plan.codes.extend(_shared(section, standing))
        else:
            sexes = "sex" in cycle.segments
            plan.codes.extend(_single(section, standing, people, notes, sexes=sexes))
        if not section.headcount:
            text = _("Questionnaire %(key)s reaches no group of the roster.")
            notes.append(text % {"key": section.questionnaire.key})
    plan.notes = tuple(notes)
    return plan


def _standing(session: Session, waiting: Iterable[Section]) -> _Standing:
    ids = [section.questionnaire.id for section in waiting]
    by_group: defaultdict[tuple[int, int], Counter[str | None]] = defaultdict(Counter)
    by_unit: set[tuple[int, int]] = set()
    rows = session.execute(
        select(Code.kind, Code.questionnaire_id, Code.unit_id, Code.group_id, Code.person_ref, func.count())
        .where(Code.questionnaire_id.in_(ids), Code.state != "void", Code.kind != "form")
        .group_by(Code.kind, Code.questionnaire_id, Code.unit_id, Code.group_id, Code.person_ref)
    )
    for kind, questionnaire_id, unit_id, group_id, person_ref, number in rows:
        if questionnaire_id is None or unit_id is None:
            continue
        if kind == "shared" or group_id is None:
            by_unit.add((questionnaire_id, unit_id))
        else:
            by_group[questionnaire_id, group_id][person_ref] += number
    return _Standing(by_group, frozenset(by_unit))


def _number_standing(section: Section, standing: _Standing) -> int:
    key = section.questionnaire.id
    single = sum(codes.total() for (questionnaire, _group), codes in standing.by_group.items() if questionnaire == key)
    return single + sum(questionnaire == key for questionnaire, _unit in standing.by_unit)


def _people(session: Session, waiting: Iterable[Section]) -> dict[int, list[Person]]:
    """Return the roster's persons by group, for the questionnaires whose codes belong to persons."""
    named = {
        group.group_id
        for section in waiting
        if section.questionnaire.code_model in {"personal", "per_child"}
        for group in section.groups
    }
    people: defaultdict[int, list[Person]] = defaultdict(list)
    if named:
        for person in session.scalars(select(Person).order_by(Person.id)):
            if person.group_id in named:
                people[person.group_id].append(person)
    return people


def _shared(section: Section, standing: _Standing) -> Iterator[Planned]:
    for unit_id in section.units():
        if (section.questionnaire.id, unit_id) not in standing.by_unit:
            yield _planned(section, "shared", unit_id, None)


def _single(
    section: Section, standing: _Standing, people: Mapping[int, Sequence[Person]], notes: list[str], *, sexes: bool
) -> Iterator[Planned]:
    named = section.questionnaire.code_model in {"personal", "per_child"}
    for group in section.groups:
        there = standing.by_group.get((section.questionnaire.id, group.group_id), Counter())
        room = group.headcount - there.total()
        persons = people.get(group.group_id, ()) if named else ()
        wanted = _references(section, persons, sexes=sexes) if persons else [(None, None)] * room
        missing = list(_missing(wanted, there)) if persons else wanted
        if len(missing) > max(room, 0):
            notes.append(_too_many(section, group))
        for reference, segments in missing[: max(room, 0)]:
            yield _planned(section, "single", group.unit_id, group.group_id, reference, segments)


def _references(
    section: Section, persons: Iterable[Person], *, sexes: bool
) -> list[tuple[str | None, dict[str, str] | None]]:
    """Return who gets a code, with what the roster says of them: persons, or children whose guardians share one."""
    if section.questionnaire.code_model == "personal":
        return [(person.ref, _sex({person.sex}, wanted=sexes)) for person in persons]
    children: defaultdict[str, set[str]] = defaultdict(set)
    for person in persons:
        children[person.child_ref].add(person.sex)
    # Where the rows of one child say different things, nothing is known.
    return [(child, _sex(said, wanted=sexes)) for child, said in children.items()]


def _sex(said: set[str], *, wanted: bool) -> dict[str, str] | None:
    sex = next(iter(said)) if len(said) == 1 else ""
    return {"sex": sex} if wanted and sex else None


def _missing(
    wanted: Iterable[tuple[str | None, dict[str, str] | None]], there: Counter[str | None]
) -> Iterator[tuple[str | None, dict[str, str] | None]]:
    left = Counter(there)
    for reference, segments in wanted:
        if left[reference] > 0:
            left[reference] -= 1
        else:
            yield reference, segments


def _too_many(section: Section, group: Invited) -> str:
    text = _(
        "Questionnaire %(key)s, unit %(unit)s, group %(group)s: there are already as many codes as the headcount "
        "(%(headcount)d), so some persons of the roster have no code of their own."
    )
    parts = {"key": section.questionnaire.key, "unit": group.unit_code, "group": group.group_code}
    return text % {**parts, "headcount": group.headcount}


def _planned(
    section: Section,
    kind: str,
    unit_id: int,
    group_id: int | None,
    person_ref: str | None = None,
    segments: dict[str, str] | None = None,
) -> Planned:
    return Planned(
        questionnaire_key=section.questionnaire.key,
        questionnaire_id=section.questionnaire.id,
        window_id=section.window.id,
        kind=kind,
        unit_id=unit_id,
        group_id=group_id,
        person_ref=person_ref,
        segments=segments,
    )
