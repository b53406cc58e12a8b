"""A person's own account: password, second factor, language, sessions."""

from __future__ import annotations

from flask import Blueprint
from markupsafe import Markup
from werkzeug.wrappers import Response

from admin_portal.access.guard import current_actor, needs
from admin_portal.access.policy import Permission
from admin_portal.access.sessions import sessions_of
from admin_portal.accounts.arrival import door, with_language
from admin_portal.accounts.own import (
    begin_second_factor,
    begun_secret,
    change_password,
    choose_language,
    confirm_second_factor,
    own_account,
    remove_second_factor,
    sign_out_others,
)
from admin_portal.accounts.passwords import MINIMUM
from admin_portal.accounts.schemas import (
    BeginForm,
    ConfirmForm,
    LanguageForm,
    NothingForm,
    PasswordForm,
    RemoveForm,
)
from admin_portal.accounts.showing import held_roles
from admin_portal.accounts.totp import in_groups, picture
from admin_portal.accounts.views import FactorView, OwnSession, OwnView, PasswordView
from admin_portal.forms import EMPTY, Form, read_form
from admin_portal.pages import page, see_other, tell
from admin_portal.services import services
from shared.errors import Refused
from shared.i18n import LANGUAGES
from shared.i18n import gettext as _
from shared.model.accounts import PortalSession
from shared.presentation.moments import in_words
from shared.web.language import NAMES

blueprint = Blueprint("own_account", __name__)

_OWN = Permission.OWN_ACCOUNT
_SECRETS = frozenset({"old", "new", "password"})


@blueprint.get("/account")
@needs(_OWN)
def show_own() -> Response:
    """Show who one is here."""
    return page("accounts/own.html", _own_view())


@blueprint.post("/account/language")
@needs(_OWN)
def change_language() -> Response:
    """Choose the language of pages and letters."""
    form = read_form(LanguageForm)
    if not form.sound:
        return see_other("/account")
    choose_language(services().database, current_actor(), form.data["language"])
    response = with_language(see_other("/account"), form.data["language"])
    tell(_("Pages and letters are in this language from now on."))
    return response


@blueprint.post("/account/sessions/end")
@needs(_OWN)
def end_others() -> Response:
    """Sign out everywhere else."""
    if read_form(NothingForm).sound:
        sign_out_others(services().database, services().clock, current_actor())
        tell(_("You are signed out everywhere else."))
    return see_other("/account")


@blueprint.get("/account/password")
@needs(_OWN)
def ask_for_passwords() -> Response:
    """Show the form that changes the password."""
    return _password_page(EMPTY)


@blueprint.post("/account/password")
@needs(_OWN)
def take_passwords() -> Response:
    """Change the password."""
    form = read_form(PasswordForm, secret=_SECRETS)
    if not form.sound:
        return _password_page(form, 422)
    try:
        change_password(door(), current_actor(), old=form.data["old"], new=form.data["new"])
    except Refused as refused:
        name = "new" if refused.code == "weak_password" else "old"
        return _password_page(form.with_fault(name, str(refused)), refused.status)
    tell(_("Your password is changed, and you are signed out everywhere else."))
    return see_other("/account")


@blueprint.get("/account/second-factor")
@needs(_OWN)
def show_second_factor() -> Response:
    """Show whether there is a second factor, and how to add or remove one."""
    return _factor_page(EMPTY)


@blueprint.post("/account/second-factor")
@needs(_OWN)
def begin_factor() -> Response:
    """Make a secret and show it once, to be confirmed with a code."""
    form = read_form(BeginForm, secret=_SECRETS)
    if not form.sound:
        return _factor_page(form, status=422)
    try:
        secret = begin_second_factor(door(), current_actor(), password=form.data["password"])
    except Refused as refused:
        return _factor_page(form.with_fault("password", str(refused)), status=refused.status)
    return _factor_page(EMPTY, secret)


@blueprint.post("/account/second-factor/confirm")
@needs(_OWN)
def confirm_factor() -> Response:
    """Add the second factor for the right code."""
    form = read_form(ConfirmForm)
    secret = begun_secret(door(), current_actor())
    if not form.sound:
        return _factor_page(form, secret, 422)
    try:
        confirm_second_factor(door(), current_actor(), code=form.data["code"])
    except Refused as refused:
        return _factor_page(form.with_fault("code", str(refused)), secret, refused.status)
    tell(_("The second factor is added: from now on you are asked for a code when you sign in."))
    return see_other("/account")


@blueprint.post("/account/second-factor/remove")
@needs(_OWN)
def remove_factor() -> Response:
    """Remove the second factor for password and code."""
    form = read_form(RemoveForm, secret=_SECRETS)
    if not form.sound:
        return _factor_page(form, status=422)
    try:
        remove_second_factor(door(), current_actor(), password=form.data["password"], code=form.data["code"])
    except Refused as refused:
        name = "code" if refused.code == "wrong_code" else "password"
        return _factor_page(form.with_fault(name, str(refused)), status=refused.status)
    tell(_("The second factor is removed."))
    return see_other("/account")


def _own_view() -> OwnView:
    given, actor = services(), current_actor()
    now = given.clock.now()
    with given.database.read() as session:
        roles = held_roles(session, [actor.account_id]).get(actor.account_id, ())
        sessions = sessions_of(session, actor.account_id, now)
    since = own_account(given.database, actor).totp_confirmed_at

    def shown(one: PortalSession) -> OwnSession:
        return OwnSession(in_words(one.created_at, now), in_words(one.seen_at, now), one.id == actor.session_id)

    return OwnView(
        name=actor.name,
        email=actor.email,
        roles=roles,
        languages=tuple((code, NAMES[code]) for code in LANGUAGES),
        language=actor.language,
        second_factor=in_words(since, now) if since else "",
        sessions=tuple(shown(one) for one in sessions),
    )


def _password_page(form: Form, status: int = 200) -> Response:
    return page("accounts/password.html", PasswordView(form, current_actor().email, MINIMUM), status=status)


def _factor_page(form: Form, secret: str = "", status: int = 200) -> Response:
    given, actor = services(), current_actor()
    since = own_account(given.database, actor).totp_confirmed_at
    view = FactorView(
        form=form,
        email=actor.email,
        since=in_words(since, given.clock.now()) if since else "",
        picture=picture(secret, email=actor.email, issuer=given.theme.name) if secret else Markup(),
        secret=in_groups(secret),
    )
    return page("accounts/second_factor.html", view, status=status)
