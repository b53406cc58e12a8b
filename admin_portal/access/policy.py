"""The one policy of the portal: which role may do what, and where. What it does not name is forbidden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from shared.model.accounts import AREA_HEAD, AUDITOR, BOARD_READER, LEADERSHIP, OFFICER, OWNER, PRINCIPAL


class Permission(StrEnum):
    """Something that may be done; every route of the portal names one."""

    SEE_YEAR = "see_year"
    OWN_ACCOUNT = "own_account"
    MANAGE_ACCOUNTS = "manage_accounts"
    READ_AUDIT = "read_audit"
    SEE_UNITS = "see_units"
    CHANGE_ROSTER = "change_roster"
    SEE_BATTERIES = "see_batteries"
    CHANGE_BATTERIES = "change_batteries"
    SEE_CYCLES = "see_cycles"
    CHANGE_CYCLES = "change_cycles"
    AGREE_TO_PUBLICATION = "agree_to_publication"
    SEE_RATES = "see_rates"
    SEE_RESULTS = "see_results"
    SHARE_RESULTS = "share_results"
    RELEASE = "release"
    PUBLISH = "publish"
    SEE_BOARD_PAGES = "see_board_pages"
    MANAGE_ROUNDS = "manage_rounds"
    SEE_DIALOGUES = "see_dialogues"
    BOOK_DIALOGUE = "book_dialogue"
    INVITE_GUESTS = "invite_guests"
    PREPARE_DIALOGUE = "prepare_dialogue"
    WRITE_MINUTES = "write_minutes"
    CONFIRM_FOR_UNIT = "confirm_for_unit"
    CONFIRM_FOR_MUNICIPALITY = "confirm_for_municipality"
    SEE_MEASURES = "see_measures"
    WRITE_MEASURES = "write_measures"
    SEE_POST = "see_post"
    SEE_DELIVERIES = "see_deliveries"


P = Permission
_SIGNED_IN = {P.SEE_YEAR, P.OWN_ACCOUNT}

MAY: Mapping[str, frozenset[Permission]] = MappingProxyType(
    {
        OFFICER: frozenset(
            set(P)
            - {
                P.READ_AUDIT,
                P.SHARE_RESULTS,
                P.PREPARE_DIALOGUE,
                P.CONFIRM_FOR_UNIT,
            }
        ),
        AREA_HEAD: frozenset(
            _SIGNED_IN
            | {
                P.SEE_UNITS,
                P.SEE_BATTERIES,
                P.SEE_CYCLES,
                P.SEE_RATES,
                P.SEE_RESULTS,
                P.SEE_BOARD_PAGES,
                P.SEE_DIALOGUES,
                P.SEE_MEASURES,
            }
        ),
        PRINCIPAL: frozenset(
            _SIGNED_IN
            | {
                P.SEE_UNITS,
                P.SEE_BATTERIES,
                P.SEE_CYCLES,
                P.SEE_RATES,
                P.SEE_RESULTS,
                P.SHARE_RESULTS,
                P.SEE_BOARD_PAGES,
                P.SEE_DIALOGUES,
                P.BOOK_DIALOGUE,
                P.INVITE_GUESTS,
                P.PREPARE_DIALOGUE,
                P.CONFIRM_FOR_UNIT,
                P.SEE_MEASURES,
                P.WRITE_MEASURES,
            }
        ),
        LEADERSHIP: frozenset(
            _SIGNED_IN | {P.SEE_UNITS, P.SEE_BATTERIES, P.SEE_CYCLES, P.SEE_RESULTS, P.SEE_DIALOGUES, P.SEE_MEASURES}
        ),
        OWNER: frozenset(
            _SIGNED_IN
            | {
                P.SEE_UNITS,
                P.SEE_BATTERIES,
                P.SEE_CYCLES,
                P.SEE_RATES,
                P.SEE_RESULTS,
                P.AGREE_TO_PUBLICATION,
                P.SEE_BOARD_PAGES,
                P.SEE_DIALOGUES,
                P.INVITE_GUESTS,
                P.SEE_MEASURES,
            }
        ),
        BOARD_READER: frozenset(_SIGNED_IN | {P.SEE_BATTERIES, P.SEE_CYCLES, P.SEE_BOARD_PAGES}),
        AUDITOR: frozenset(_SIGNED_IN | {P.READ_AUDIT}),
    }
)
"""What each role may do: an officer everywhere, the others within the unit, district or provider of the role."""


@dataclass(frozen=True, slots=True)
class Held:
    """A role that an actor holds, over a unit, a district or a provider, or (all None) over the municipality."""

    role: str
    unit_id: int | None = None
    district_id: int | None = None
    provider_id: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A unit as the policy sees it: itself, its district and its provider."""

    unit_id: int
    district_id: int | None
    provider_id: int


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever is signed in, with the roles held. ``session_id`` is the hash that names the session."""

    account_id: int
    name: str
    email: str
    language: str
    held: tuple[Held, ...]
    session_id: bytes = field(repr=False, default=b"")

    @property
    def label(self) -> str:
        """Who the audit log names; pages turn it into the account's name."""
        return f"user:{self.account_id}"

    def has(self, role: str) -> bool:
        """Whether the actor holds ``role`` anywhere."""
        return any(held.role == role for held in self.held)


def permits(actor: Actor, permission: Permission, place: Place | None = None) -> bool:
    """Whether ``actor`` may do ``permission``, at ``place`` if the matter concerns one unit.

    Without a place it says only whether the actor may do it somewhere: what is then shown must be limited to the
    actor's scope (``admin_portal.access.scope``).
    """
    return any(permission in MAY.get(held.role, ()) and (place is None or _covers(held, place)) for held in actor.held)


def _covers(held: Held, place: Place) -> bool:
    if held.unit_id is not None:
        return held.unit_id == place.unit_id
    if held.district_id is not None:
        return held.district_id == place.district_id
    if held.provider_id is not None:
        return held.provider_id == place.provider_id
    return True
