"""The forms about accounts: what each may hold."""

from __future__ import annotations

from admin_portal.forms import FormSchema, at_most, field, one_of, required
from shared.i18n import LANGUAGES
from shared.i18n import gettext as _
from shared.model.accounts import ROLES

_NAME = 200
_PASSWORD = 1000
_CODE = 20
_ADDRESS = 2000
_PLACE = 200


def _email() -> field.String:
    return field.String(required=True, validate=[required(lambda: _("Write an e-mail address.")), at_most(_NAME)])


def _name() -> field.String:
    return field.String(required=True, validate=[required(lambda: _("Write the person's name.")), at_most(_NAME)])


def _password() -> field.String:
    return field.String(required=True, validate=[required(lambda: _("Write a password.")), at_most(_PASSWORD)])


def _code() -> field.String:
    return field.String(required=True, validate=[required(lambda: _("Write the six digits.")), at_most(_CODE)])


class SignInForm(FormSchema):
    """E-mail address and password, and where to go afterwards."""

    email = _email()
    password = _password()
    next = field.String(load_default="", validate=at_most(_ADDRESS))


class CodeForm(FormSchema):
    """The one-time code, and where to go afterwards."""

    code = _code()
    next = field.String(load_default="", validate=at_most(_ADDRESS))


class ConfirmForm(FormSchema):
    """A one-time code that shows that the app is set up."""

    code = _code()


class LanguageForm(FormSchema):
    """A language, and the page that it was chosen on."""

    language = field.String(required=True, validate=one_of(LANGUAGES))
    next = field.String(load_default="", validate=at_most(_ADDRESS))


class ChooseForm(FormSchema):
    """A new password, once: it can be shown while it is typed."""

    new = _password()


class PasswordForm(FormSchema):
    """The old password and the new one."""

    old = _password()
    new = _password()


class BeginForm(FormSchema):
    """The password of whoever sets up a second factor."""

    password = _password()


class RemoveForm(FormSchema):
    """Password and code of whoever gives the second factor up."""

    password = _password()
    code = _code()


class AccountForm(FormSchema):
    """A new account: who, in which role, where."""

    email = _email()
    name = _name()
    role = field.String(required=True, validate=one_of(ROLES))
    place = field.String(load_default="", validate=at_most(_PLACE))


class RoleForm(FormSchema):
    """A further role of an account."""

    role = field.String(required=True, validate=one_of(ROLES))
    place = field.String(load_default="", validate=at_most(_PLACE))


class StateForm(FormSchema):
    """Whether an account is to be active; ``sure`` is asked of whoever disables the own one."""

    active = field.String(required=True, validate=one_of(("yes", "no")))
    sure = field.String(load_default="", validate=one_of(("", "yes")))


class SureForm(FormSchema):
    """The word of somebody who takes a role from the own account."""

    sure = field.String(load_default="", validate=one_of(("", "yes")))


class MemberForm(FormSchema):
    """A new member of a leadership group."""

    email = _email()
    name = _name()


class NothingForm(FormSchema):
    """A form with a button only."""
