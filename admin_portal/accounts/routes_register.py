"""The register of accounts, for officers: found, added, disabled, given roles and links."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from admin_portal.access.guard import current_actor, needs
from admin_portal.access.policy import Permission
from admin_portal.accounts.principals import make_principals, plan_principals
from admin_portal.accounts.register import (
    NewAccount,
    add_account,
    add_role,
    find_account,
    new_link,
    remove_role,
    reset_second_factor,
    set_active,
)
from admin_portal.accounts.schemas import AccountForm, NothingForm, RoleForm, StateForm, SureForm
from admin_portal.accounts.showing import (
    PAGE,
    Wanted,
    account_rows,
    find_accounts,
    held_roles,
    place_label,
    places_for,
    role_choices,
    role_of,
)
from admin_portal.accounts.views import AccountsView, AccountView, LackingRow, PrincipalsView, RoleFormView
from admin_portal.forms import EMPTY, Form, read_form
from admin_portal.pages import page, see_other, tell
from admin_portal.services import services
from shared.errors import NotFound, Refused
from shared.i18n import gettext as _
from shared.i18n import ngettext
from shared.model.accounts import OFFICER, ROLES, Assignment
from shared.presentation import words
from shared.presentation.moments import in_words
from shared.web.language import NAMES

blueprint = Blueprint("accounts", __name__)

_MANAGE = Permission.MANAGE_ACCOUNTS
_FIELD_OF = {"email": "email", "account_exists": "email", "name": "name"}


@blueprint.get("/accounts")
@needs(_MANAGE)
def list_accounts() -> Response:
    """Show the accounts that are looked for."""
    number = request.args.get("page", 1, type=int)
    query = request.args.get("q", "").strip()[:200]
    wanted = Wanted(query, request.args.get("role", ""), min(max(number, 1), 100_000))
    return page("accounts/list.html", _accounts_view(wanted))


@blueprint.get("/accounts/new")
@needs(_MANAGE)
def ask_for_account() -> Response:
    """Ask for the role of a new account, then for the person."""
    return _role_page(EMPTY, request.args.get("role", ""))


@blueprint.post("/accounts/new")
@needs(_MANAGE)
def take_account() -> Response:
    """Make an account and show its link, once."""
    form = read_form(AccountForm)
    chosen = form.typed.get("role", "")
    if not form.sound:
        return _role_page(form, chosen, status=422)
    role = role_of(form.data["role"], form.data["place"])
    new = NewAccount(email=form.data["email"], name=form.data["name"], role=role)
    given = services()
    try:
        added = add_account(
            given.database, given.clock, new=new, portal_url=given.portal_url, actor=current_actor().label
        )
    except Refused as refused:
        return _role_page(form.with_fault(_FIELD_OF.get(refused.code, "place"), str(refused)), chosen, status=422)
    return _account_page(added.account_id, link=added.address)


@blueprint.get("/accounts/<int:account_id>")
@needs(_MANAGE)
def show_account(account_id: int) -> Response:
    """Show one account."""
    return _account_page(account_id)


@blueprint.get("/accounts/<int:account_id>/roles")
@needs(_MANAGE)
def ask_for_role(account_id: int) -> Response:
    """Ask for a further role, then for its place."""
    return _role_page(EMPTY, request.args.get("role", ""), account_id)


@blueprint.post("/accounts/<int:account_id>/roles")
@needs(_MANAGE)
def take_role(account_id: int) -> Response:
    """Give an account a further role."""
    form = read_form(RoleForm)
    chosen = form.typed.get("role", "")
    if not form.sound:
        return _role_page(form, chosen, account_id, 422)
    role = role_of(form.data["role"], form.data["place"])
    given = services()
    try:
        added = add_role(given.database, given.clock, account_id=account_id, role=role, actor=current_actor().label)
    except Refused as refused:
        return _role_page(form.with_fault("place", str(refused)), chosen, account_id, 422)
    tell(_("The role is given.") if added else _("The account holds this role already."))
    return see_other(f"/accounts/{account_id}")


@blueprint.post("/accounts/<int:account_id>/roles/<int:assignment_id>/remove")
@needs(_MANAGE)
def drop_role(account_id: int, assignment_id: int) -> Response:
    """Take a role from an account; from one's own only with the word that it is meant."""
    form, given, actor = read_form(SureForm), services(), current_actor()
    if not form.sound or (_own_officer_role(account_id, assignment_id) and form.data["sure"] != "yes"):
        text = _("This is your own role as officer: tick that you are sure, or leave it.")
        return _account_page(account_id, form.with_fault("sure", text), status=422)
    remove_role(given.database, given.clock, account_id=account_id, assignment_id=assignment_id, actor=actor.label)
    tell(_("The role is taken away; it no longer counts."))
    return see_other(f"/accounts/{account_id}" if actor.account_id != account_id else "/")


@blueprint.post("/accounts/<int:account_id>/state")
@needs(_MANAGE)
def change_state(account_id: int) -> Response:
    """Disable or enable an account; one's own only with the word that it is meant."""
    form, given, actor = read_form(StateForm), services(), current_actor()
    if not form.sound:
        return _account_page(account_id, form, status=422)
    active = form.data["active"] == "yes"
    if not active and actor.account_id == account_id and form.data["sure"] != "yes":
        text = _("This is your own account: tick that you are sure, or leave it. You would be signed out.")
        return _account_page(account_id, form.with_fault("sure", text), status=422)
    set_active(given.database, given.clock, account_id=account_id, active=active, actor=actor.label)
    tell(_("The account is enabled.") if active else _("The account is disabled, and signed out everywhere."))
    return see_other(f"/accounts/{account_id}")


@blueprint.post("/accounts/<int:account_id>/link")
@needs(_MANAGE)
def make_link(account_id: int) -> Response:
    """Make a new link for choosing a password, show it once and send it."""
    form, given = read_form(NothingForm), services()
    if not form.sound:
        return _account_page(account_id, form, status=422)
    address = new_link(
        given.database,
        given.clock,
        account_id=account_id,
        portal_url=given.portal_url,
        actor=current_actor().label,
    )
    return _account_page(account_id, link=address)


@blueprint.post("/accounts/<int:account_id>/second-factor/reset")
@needs(_MANAGE)
def reset_factor(account_id: int) -> Response:
    """Take the second factor off the account of somebody who has lost the device."""
    form, given = read_form(NothingForm), services()
    if not form.sound:
        return _account_page(account_id, form, status=422)
    reset_second_factor(given.database, given.clock, account_id=account_id, actor=current_actor().label)
    tell(_("The second factor is removed. The password alone signs in until a new one is added."))
    return see_other(f"/accounts/{account_id}")


@blueprint.get("/accounts/principals")
@needs(_MANAGE)
def show_principals() -> Response:
    """Show which principals of the roster lack an account."""
    return page("accounts/principals.html", _principals_view())


@blueprint.post("/accounts/principals")
@needs(_MANAGE)
def take_principals() -> Response:
    """Make the accounts that principals lack, and write to them."""
    given = services()
    if not read_form(NothingForm).sound:
        return see_other("/accounts/principals")
    made = make_principals(given.database, given.clock, portal_url=given.portal_url, actor=current_actor().label)
    number = len(made.lacking)
    text = ngettext("%(number)d principal can sign in now.", "%(number)d principals can sign in now.", number)
    tell(text % {"number": number})
    return see_other("/accounts?role=principal")


def _accounts_view(wanted: Wanted) -> AccountsView:
    with services().database.read() as session:
        total, accounts = find_accounts(session, wanted)
        rows = account_rows(session, accounts)
        lacking = len(plan_principals(session).lacking) if wanted == Wanted() else 0
    first = (wanted.page - 1) * PAGE + 1
    last = first + len(rows) - 1
    text = _("%(first)d to %(last)d of %(total)d") % {"first": first, "last": last, "total": total}
    return AccountsView(
        rows=rows,
        total=total,
        query=wanted.query,
        role=wanted.role,
        roles=tuple((role, words.role(role)) for role in ROLES),
        earlier=wanted.address(wanted.page - 1) if wanted.page > 1 else "",
        later=wanted.address(wanted.page + 1) if last < total else "",
        place=text if rows else "",
        lacking=lacking,
    )


def _role_page(form: Form, role: str, account_id: int = 0, status: int = 200) -> Response:
    choices = role_choices()
    chosen = next((choice for choice in choices if choice.code == role), None)
    with services().database.read() as session:
        account = find_account(session, account_id) if account_id else None
        places = places_for(session, chosen.code) if chosen else ()
    view = RoleFormView(
        form=form,
        choices=choices,
        role=chosen.code if chosen else "",
        words=chosen.words if chosen else "",
        meaning=chosen.meaning if chosen else "",
        place_label=place_label(chosen.code) if chosen else "",
        places=places,
        account_id=account_id,
        name=account.name if account else "",
    )
    return page("accounts/role.html", view, status=status)


def _account_page(account_id: int, form: Form = EMPTY, *, link: str = "", status: int = 200) -> Response:
    given, actor = services(), current_actor()
    with given.database.read() as session:
        account = find_account(session, account_id)
        roles = held_roles(session, [account_id], own=actor.account_id).get(account_id, ())
    view = AccountView(
        account_id=account.id,
        name=account.name,
        email=account.email,
        language=NAMES.get(account.language, account.language),
        created=in_words(account.created_at, given.clock.now()),
        active=account.active,
        has_password=bool(account.password_hash),
        second_factor=account.totp_confirmed_at is not None,
        own=account.id == actor.account_id,
        roles=roles,
        form=form,
        link=link,
    )
    return page("accounts/account.html", view, status=status)


def _principals_view() -> PrincipalsView:
    with services().database.read() as session:
        plan = plan_principals(session)
    rows = tuple(LackingRow(one.name, one.email, ", ".join(one.units), one.known) for one in plan.lacking)
    return PrincipalsView(rows, sum(not row.known for row in rows), plan.unnamed, plan.disabled)


def _own_officer_role(account_id: int, assignment_id: int) -> bool:
    if current_actor().account_id != account_id:
        return False
    with services().database.read() as session:
        assignment = session.get(Assignment, assignment_id)
    if assignment is None:
        raise NotFound(_("The account does not hold this role (any more)."))
    return assignment.role == OFFICER
