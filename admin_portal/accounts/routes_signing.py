"""Signing in and out, choosing a password by a one-time link, and the language before anybody is known."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, g, request
from werkzeug.wrappers import Response

from admin_portal.access.guard import needs, open_to_all
from admin_portal.access.policy import Permission
from admin_portal.access.sessions import find_waiting, session_id
from admin_portal.accounts.arrival import (
    demand_open_token,
    door,
    local_path,
    open_token,
    session_token,
    with_language,
    with_session,
    without_session,
)
from admin_portal.accounts.links import choose_password, find_by_link
from admin_portal.accounts.passwords import MINIMUM
from admin_portal.accounts.schemas import ChooseForm, CodeForm, LanguageForm, SignInForm
from admin_portal.accounts.signing import give_code, sign_in, sign_out
from admin_portal.accounts.throttle import TooMany
from admin_portal.accounts.views import ChooseView, CodeView, SignInView
from admin_portal.forms import EMPTY, Form, read_form
from admin_portal.pages import page, see_other, tell
from admin_portal.services import services
from shared.errors import Refused
from shared.i18n import gettext as _

blueprint = Blueprint("signing", __name__)

_SIGN_IN = "sign-in"
_CODE = "sign-in/code"
_LANGUAGE = "language"
_CHOOSE = "choose-password"


@blueprint.get("/sign-in")
@open_to_all
def ask_to_sign_in() -> Response:
    """Show the form, or lead on who is signed in already."""
    wanted = local_path(request.args.get("next", "/"))
    return see_other(wanted) if g.actor is not None else _sign_in_page(EMPTY, wanted)


@blueprint.post("/sign-in")
@open_to_all
def let_in() -> Response:
    """Sign in, or ask for the second factor."""
    demand_open_token(_SIGN_IN)
    form = read_form(SignInForm, secret=frozenset({"password"}))
    wanted = local_path(form.typed.get("next", "/"))
    if not form.sound:
        return _sign_in_page(form, wanted, 422)
    try:
        begun = sign_in(door(), email=form.data["email"], password=form.data["password"], before=session_token())
    except Refused as refused:
        return _slowed(_sign_in_page(form.with_fault("email", str(refused)), wanted, refused.status), refused)
    return with_session(see_other(wanted if begun.passed else f"/sign-in/code?{_next(wanted)}"), begun.token)


@blueprint.get("/sign-in/code")
@open_to_all
def ask_for_code() -> Response:
    """Ask whoever has given the password for the one-time code."""
    wanted = local_path(request.args.get("next", "/"))
    return _code_page(EMPTY, wanted) if _waits() else see_other(f"/sign-in?{_next(wanted)}")


@blueprint.post("/sign-in/code")
@open_to_all
def take_code() -> Response:
    """Open the session for the right code."""
    token = session_token()
    demand_open_token(_CODE, _waiting_name())
    form = read_form(CodeForm)
    wanted = local_path(form.typed.get("next", "/"))
    if not form.sound:
        return _code_page(form, wanted, 422)
    try:
        opened = give_code(door(), token=token, code=form.data["code"])
    except Refused as refused:
        if refused.code == "start_over":
            return _sign_in_page(EMPTY.with_fault("email", str(refused)), wanted, refused.status)
        return _slowed(_code_page(form.with_fault("code", str(refused)), wanted, refused.status), refused)
    return with_session(see_other(wanted), opened.token)


@blueprint.post("/sign-out")
@needs(Permission.OWN_ACCOUNT)
def leave() -> Response:
    """Sign out."""
    sign_out(door(), token=session_token())
    tell(_("You have signed out."))
    return without_session(see_other("/sign-in"))


@blueprint.post("/language")
@open_to_all
def speak() -> Response:
    """Remember the language of a visitor who has not signed in."""
    demand_open_token(_LANGUAGE)
    form = read_form(LanguageForm)
    wanted = see_other(local_path(form.typed.get("next", "/")))
    return with_language(wanted, form.data["language"]) if form.sound else wanted


@blueprint.get("/choose-password/<token>")
@open_to_all
def ask_for_password(token: str) -> Response:
    """Show the form of a one-time link."""
    return _choose_page(EMPTY, token)


@blueprint.post("/choose-password/<token>")
@open_to_all
def take_password(token: str) -> Response:
    """Set the password, and lead to the sign-in page."""
    demand_open_token(_CHOOSE, token)
    form = read_form(ChooseForm, secret=frozenset({"new"}))
    if not form.sound:
        return _choose_page(form, token, 422)
    try:
        choose_password(services().database, services().clock, token=token, password=form.data["new"])
    except Refused as refused:
        if refused.code != "weak_password":
            raise
        return _choose_page(form.with_fault("new", str(refused)), token, 422)
    tell(_("Your password is chosen. Sign in with it."))
    return see_other("/sign-in")


def _sign_in_page(form: Form, wanted: str, status: int = 200) -> Response:
    return page(
        "accounts/sign_in.html", SignInView(form, open_token(_SIGN_IN), open_token(_LANGUAGE), wanted), status=status
    )


def _code_page(form: Form, wanted: str, status: int = 200) -> Response:
    return page("accounts/code.html", CodeView(form, open_token(_CODE, _waiting_name()), wanted), status=status)


def _choose_page(form: Form, token: str, status: int = 200) -> Response:
    given = services()
    with given.database.read() as session:
        account = find_by_link(session, token, given.clock.now())
    view = ChooseView(form, open_token(_CHOOSE, token), account.name, account.email, MINIMUM)
    return page("accounts/choose_password.html", view, status=status)


def _waits() -> bool:
    given = services()
    with given.database.read() as session:
        return find_waiting(session, session_token(), given.clock.now()) is not None


def _waiting_name() -> str:
    """Return what names the half-way session in its form: not the cookie's token itself."""
    return session_id(session_token()).hex()


def _slowed(response: Response, refused: Refused) -> Response:
    if isinstance(refused, TooMany):
        response.headers["Retry-After"] = str(refused.seconds)
    return response


def _next(wanted: str) -> str:
    return urlencode({"next": wanted})
