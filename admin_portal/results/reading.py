"""The only door to figures in the portal: what one person may see of one node of one cycle at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Engine, and_, func, not_, or_, select
from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor, Permission
from admin_portal.access.scope import sees_all_units, units_within
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.accounts import LEADERSHIP, Sharing
from shared.model.cycles import CollectionWindow, Cycle, Questionnaire
from shared.model.organisation import District, Municipality, Provider, Unit
from shared.model.policy import INTERNAL, UNIT_AUDIENCE
from shared.model.releases import Release, released_windows
from shared.model.results import ResultDocument, latest_result_set, unpack_rows

Row = dict[str, Any]
UNIT, PROVIDER, DISTRICT, MUNICIPALITY = LEVELS = ("unit", "provider", "district", "municipality")

Table = tuple[list[str], list[list[Any]]]
"""The columns and rows of a document as it was stored; never changed, since other readers may be given the same."""

MOST_KEPT = 24
"""Tables of municipalities in memory: a handful of cycles and audiences."""

_kept: WeakKeyDictionary[Engine, dict[tuple[int, str, str], Table]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class VisibleRows:
    """The rows of one node in their published order; ``releases`` are the numbers of the releases they come from.

    An officer reads the newest computation (``internal``), everybody else what has been released (``unit``).
    """

    rows: tuple[Row, ...] = ()
    audience: str = UNIT_AUDIENCE
    releases: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rows)


@dataclass(frozen=True, slots=True)
class Source:
    """Which stored documents one person may read in a cycle: by result set, for which questionnaires.

    ``numbers`` maps a questionnaire to the number of the release its rows come from, None for an officer's.
    """

    audience: str
    sets: Mapping[int, frozenset[str]] = field(default_factory=dict)
    numbers: Mapping[str, int | None] = field(default_factory=dict)

    @property
    def releases(self) -> tuple[int, ...]:
        """The numbers of the releases that rows come from, in order."""
        return tuple(sorted({number for number in self.numbers.values() if number is not None}))


def visible_rows(
    session: Session, *, actor: Actor, cycle: Cycle, level: str, node_code: str, now: datetime
) -> VisibleRows:
    """Return what ``actor`` may see of a node at ``now``; nothing released, shared or within the scope gives no rows.

    Officers read the newest result set before any release. All others read, window by window, the release in effect:
    of units, districts and providers that lie wholly within their scope, and of the municipality of their units. A
    leadership group sees its unit's rows only while the principal's sharing stands.
    """
    source = source_for(session, actor=actor, cycle=cycle, now=now)
    if not source.sets or not _reaches(session, actor, cycle, level, node_code):
        return VisibleRows(audience=source.audience)
    return read_node(session, source, level, node_code)


def source_for(session: Session, *, actor: Actor, cycle: Cycle, now: datetime) -> Source:
    """Return which documents of ``cycle`` the actor may read at ``now``, whatever the node."""
    if reads_internally(actor):
        latest = latest_result_set(session, cycle)
        keys = list(_windows_of(session, cycle))
        return Source(INTERNAL, {latest.id: frozenset(keys)} if latest else {}, dict.fromkeys(keys))
    return _released(session, cycle, now)


def reads_internally(actor: Actor) -> bool:
    """Whether ``actor`` sees the officers' figures: the one who may see results everywhere."""
    return sees_all_units(actor, Permission.SEE_RESULTS)


def demand_reach(session: Session, *, actor: Actor, cycle: Cycle, level: str, node_code: str) -> None:
    """Raise ``Refused`` (403) for a district or provider that is not wholly within the actor's scope, or is none."""
    if level in {DISTRICT, PROVIDER} and not _reaches(session, actor, cycle, level, node_code):
        text = _("Only those who see all its units see this. Ask Pedagogcentrum if your role should include it.")
        raise Refused("forbidden", text, status=403)


def read_node(session: Session, source: Source, level: str, node_code: str) -> VisibleRows:
    """Return the rows of a node that is within the reader's scope, each with the number of its release."""
    by_key: dict[str, list[Row]] = {key: [] for key in source.numbers}
    for result_set_id, (columns, rows) in _tables(session, source, level, node_code):
        wanted, of = source.sets[result_set_id], columns.index("questionnaire")
        for values in rows:
            if values[of] in wanted:
                row = dict(zip(columns, values, strict=True))
                row["release"] = source.numbers[values[of]]
                by_key[values[of]].append(row)
    return VisibleRows(tuple(row for rows in by_key.values() for row in rows), source.audience, source.releases)


def _tables(session: Session, source: Source, level: str, node_code: str) -> Iterator[tuple[int, Table]]:
    """Yield the tables of a node by result set. Those of a municipality stand beside every unit, and are kept."""
    kept = _kept.setdefault(session.get_bind().engine, {}) if level == MUNICIPALITY else {}
    if len(kept) > MOST_KEPT:
        kept.clear()
    names = {number: (number, source.audience, node_code) for number in source.sets}
    missing = [number for number, name in names.items() if name not in kept]
    if missing:
        documents = select(ResultDocument).where(
            ResultDocument.result_set_id.in_(missing),
            ResultDocument.audience == source.audience,
            ResultDocument.level == level,
            ResultDocument.node_code == node_code,
        )
        for document in session.scalars(documents):
            kept[names[document.result_set_id]] = unpack_rows(document.body)
    yield from ((number, kept[name]) for number, name in names.items() if name in kept)


def effective_releases(session: Session, cycle: Cycle, now: datetime) -> tuple[Release, ...]:
    """Return the releases that the units' figures come from at ``now``, in order of their numbers."""
    found = {release.number: release for release in released_windows(session, cycle, now).values()}
    return tuple(found[number] for number in sorted(found))


def units_readable(actor: Actor, cycle: Cycle) -> ColumnElement[bool]:
    """Return the condition on ``Unit`` that holds for the units whose figures of ``cycle`` the actor may see."""
    own, led = _split(actor)
    shared = (
        select(Sharing.id)
        .where(Sharing.unit_id == Unit.id, Sharing.cycle_id == cycle.id, Sharing.revoked_at.is_(None))
        .exists()
    )
    return or_(units_within(own, Permission.SEE_RESULTS), and_(units_within(led, Permission.SEE_RESULTS), shared))


def districts_readable(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """Return code and name of the districts all of whose units are within the scope, by name."""
    several = (session.scalar(select(func.count()).select_from(Municipality)) or 0) > 1
    rows = session.execute(
        select(District.name, Municipality.code)
        .join(Municipality, Municipality.id == District.municipality_id)
        .join(Unit, Unit.district_id == District.id)
        .group_by(District.id, District.name, Municipality.code)
        .having(_wholly(actor))
        .order_by(District.name)
    )
    return [(f"{code}/{name}" if several else name, name) for name, code in rows]


def providers_readable(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """Return code and name of the providers all of whose units are within the scope, by name."""
    rows = session.execute(
        select(Provider.code, Provider.name)
        .join(Unit, Unit.provider_id == Provider.id)
        .group_by(Provider.id, Provider.code, Provider.name)
        .having(_wholly(actor))
        .order_by(Provider.name)
    )
    return [(code, name) for code, name in rows]


def municipality_for(
    session: Session, actor: Actor, cycle: Cycle, level: str = "", node_code: str = ""
) -> tuple[str, str] | None:
    """Return code and name of the municipality of a node, or of the first unit the actor may see; None without one."""
    wanted = (
        select(Municipality.code, Municipality.name)
        .join(Provider, Provider.municipality_id == Municipality.id)
        .join(Unit, Unit.provider_id == Provider.id)
        .where(units_readable(actor, cycle))
        .order_by(Municipality.code)
        .limit(1)
    )
    if level == UNIT:
        wanted = wanted.where(Unit.code == node_code)
    elif level == PROVIDER:
        wanted = wanted.where(Provider.code == node_code)
    elif level == DISTRICT:
        named = or_(District.name == node_code, Municipality.code + "/" + District.name == node_code)
        wanted = wanted.join(District, District.id == Unit.district_id).where(named)
    elif level == MUNICIPALITY:
        wanted = wanted.where(Municipality.code == node_code)
    found = session.execute(wanted).first()
    return None if found is None else (found[0], found[1])


def _released(session: Session, cycle: Cycle, now: datetime) -> Source:
    releases = released_windows(session, cycle, now)
    sets: dict[int, set[str]] = {}
    numbers: dict[str, int | None] = {}
    for key, window in _windows_of(session, cycle).items():
        if window in releases:
            release = releases[window]
            sets.setdefault(release.result_set_id, set()).add(key)
            numbers[key] = release.number
    return Source(UNIT_AUDIENCE, {number: frozenset(keys) for number, keys in sets.items()}, numbers)


def _windows_of(session: Session, cycle: Cycle) -> dict[str, str]:
    """Return the window of each questionnaire, in the order of the documents."""
    rows = session.execute(
        select(Questionnaire.key, CollectionWindow.key)
        .join(CollectionWindow, CollectionWindow.id == Questionnaire.window_id)
        .where(Questionnaire.cycle_id == cycle.id)
        .order_by(Questionnaire.id)
    )
    return {row[0]: row[1] for row in rows}


def _reaches(session: Session, actor: Actor, cycle: Cycle, level: str, node_code: str) -> bool:
    """Whether the node lies within the scope: checked in the database, for the people of this very moment."""
    if reads_internally(actor):
        return True
    if level == UNIT:
        unit = select(Unit.id).where(Unit.code == node_code, units_readable(actor, cycle))
        return session.scalar(unit) is not None
    if level == MUNICIPALITY:
        return node_code in _municipalities(session, actor, cycle)
    readable = {DISTRICT: districts_readable, PROVIDER: providers_readable}.get(level)
    return readable is not None and node_code in dict(readable(session, actor))


def _municipalities(session: Session, actor: Actor, cycle: Cycle) -> Iterable[str]:
    return session.scalars(
        select(Municipality.code)
        .join(Provider, Provider.municipality_id == Municipality.id)
        .join(Unit, Unit.provider_id == Provider.id)
        .where(units_readable(actor, cycle))
        .distinct()
    ).all()


def _wholly(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on a group of units that none lies outside the scope; a leadership group has one unit."""
    own, _led = _split(actor)
    outside = func.count().filter(not_(units_within(own, Permission.SEE_RESULTS)))
    return outside == 0


def _split(actor: Actor) -> tuple[Actor, Actor]:
    """Return the actor with the roles that see by themselves, and with those that see what is shared with them."""
    own = tuple(held for held in actor.held if held.role != LEADERSHIP)
    led = tuple(held for held in actor.held if held.role == LEADERSHIP)
    return _holding(actor, own), _holding(actor, led)


def _holding(actor: Actor, held: Iterable[Any]) -> Actor:
    return Actor(actor.account_id, actor.name, actor.email, actor.language, tuple(held), actor.session_id)
