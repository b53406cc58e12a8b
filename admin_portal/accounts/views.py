"""What the pages about accounts show."""

from __future__ import annotations

from dataclasses import dataclass, field

from markupsafe import Markup

from admin_portal.forms import EMPTY, Form


@dataclass(frozen=True, slots=True)
class SignInView:
    """The sign-in page: the form with its own token, where to go afterwards, and the token of the language choice."""

    form: Form
    token: str = field(repr=False)
    language_token: str = field(repr=False)
    next: str = "/"


@dataclass(frozen=True, slots=True)
class CodeView:
    """The page that asks for the one-time code."""

    form: Form
    token: str = field(repr=False)
    next: str = "/"


@dataclass(frozen=True, slots=True)
class ChooseView:
    """The page of a one-time link: who chooses a password."""

    form: Form
    token: str = field(repr=False)
    name: str
    email: str
    minimum: int


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role in words with its place, and the address of the form that takes it away ("" for none)."""

    words: str
    place: str = ""
    removal: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True)
class OwnSession:
    """A session in words: when it began and was last used, and whether it is the one that shows this page."""

    began: str
    used: str
    this: bool


@dataclass(frozen=True, slots=True)
class OwnView:
    """A person's own account."""

    name: str
    email: str
    roles: tuple[HeldRole, ...]
    languages: tuple[tuple[str, str], ...]
    language: str
    second_factor: str
    sessions: tuple[OwnSession, ...]
    form: Form = EMPTY


@dataclass(frozen=True, slots=True)
class PasswordView:
    """The form that changes the own password."""

    form: Form
    email: str
    minimum: int


@dataclass(frozen=True, slots=True)
class FactorView:
    """The page of the second factor; ``picture`` and ``secret`` only while an app is being set up."""

    form: Form
    email: str
    since: str = ""
    picture: Markup = field(default=Markup(), repr=False)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """A line of the list of accounts."""

    address: str
    name: str
    email: str
    roles: tuple[HeldRole, ...]
    state: str
    kind: str


@dataclass(frozen=True, slots=True)
class AccountsView:
    """The list of accounts, filtered and paged."""

    rows: tuple[AccountRow, ...]
    total: int
    query: str
    role: str
    roles: tuple[tuple[str, str], ...]
    earlier: str
    later: str
    place: str
    lacking: int


@dataclass(frozen=True, slots=True)
class RoleChoice:
    """A role that may be chosen: what it is called and lets people do."""

    code: str
    words: str
    meaning: str


@dataclass(frozen=True, slots=True)
class RoleFormView:
    """The form of a new account or a further role: first the role is chosen, then who and where."""

    form: Form
    choices: tuple[RoleChoice, ...]
    role: str
    words: str
    meaning: str
    place_label: str
    places: tuple[tuple[str, str], ...] | None
    account_id: int = 0
    name: str = ""

    @property
    def address(self) -> str:
        """Where the form is sent to."""
        return f"/accounts/{self.account_id}/roles" if self.account_id else "/accounts/new"


@dataclass(frozen=True, slots=True)
class AccountView:
    """One account as an officer sees it; ``link`` only on the page that follows its making."""

    account_id: int
    name: str
    email: str
    language: str
    created: str
    active: bool
    has_password: bool
    second_factor: bool
    own: bool
    roles: tuple[HeldRole, ...]
    form: Form = EMPTY
    link: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class LackingRow:
    """A principal whom the roster names and who lacks an account or a role."""

    name: str
    email: str
    units: str
    known: bool


@dataclass(frozen=True, slots=True)
class PrincipalsView:
    """What would be made for the principals of the roster."""

    lacking: tuple[LackingRow, ...]
    new: int
    unnamed: tuple[str, ...]
    disabled: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member of a leadership group."""

    name: str
    email: str
    removal: str
    waiting: bool


@dataclass(frozen=True, slots=True)
class LeadershipView:
    """The leadership group of a unit."""

    code: str
    unit: str
    members: tuple[MemberRow, ...]
    form: Form
