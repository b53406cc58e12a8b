"""The settings, read once from the environment; what the mode means is decided in ``deploy/bootstrap.py`` alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from dataclasses import field as part
from datetime import timedelta
from email.utils import getaddresses
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from marshmallow import Schema, ValidationError, pre_load, validate, validates_schema
from marshmallow import fields as field
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from shared.errors import SettingsError
from shared.i18n import gettext as _

PREFIX = "SIKTE_"
EMBEDDED = "embedded"
PRODUCTION = "production"
SECRETS = ("code_pepper", "secret_key")
FROM_FILES = (*SECRETS, "smtp_url")
"""Settings that hold a secret, which container platforms mount as files: ``<NAME>_FILE`` names one."""
MINIMUM_SECRET_LENGTH = 32
MOST_PROXIES = 9

TlsMode = Literal["starttls", "tls", "none"]
_SMTP_PORTS: Mapping[TlsMode, int] = {"starttls": 587, "tls": 465, "none": 25}
_MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment says. Secrets and addresses that embedded mode makes for itself may be empty here."""

    mode: str
    home: Path
    database_url: str
    redis_url: str
    volatile_redis_url: str
    keys: Path
    code_pepper: str
    secret_key: str
    survey_url: str
    portal_url: str
    smtp_url: str
    mail_from: str
    clock_offset: timedelta
    language: str
    log_level: str
    proxies: int

    @property
    def production(self) -> bool:
        """Whether this is the mode of several processes and servers."""
        return self.mode == PRODUCTION

    def __repr__(self) -> str:
        """Name the mode and home only: settings hold secrets."""
        return f"Settings(mode={self.mode!r}, home={str(self.home)!r})"


@dataclass(frozen=True, slots=True)
class MailServer:
    """The server that letters are handed to; ``tls`` is from the first byte (tls), after a greeting, or none."""

    host: str
    port: int
    user: str
    password: str = part(repr=False)
    tls: TlsMode


def read_smtp_url(url: str) -> MailServer:
    """Return what ``smtp://[user:password@]host[:port][?tls=starttls|none]`` or ``smtps://…`` names.

    Raises ``ValueError``, which never quotes the address: it may hold a password.
    """
    parts = urlsplit(url)
    options = parse_qs(parts.query, keep_blank_values=True)
    tls = _tls(parts.scheme, options.pop("tls", ["starttls"]))
    if options or parts.path not in {"", "/"} or parts.fragment or not parts.hostname or parts.port == 0:
        raise ValueError("not of that shape")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise ValueError("user and password belong together")
    if password and tls == "none" and parts.hostname not in _LOOPBACK:
        raise ValueError("a password in clear")
    return MailServer(parts.hostname, parts.port or _SMTP_PORTS[tls], user, password, tls)


def _tls(scheme: str, asked: list[str]) -> TlsMode:
    if scheme == "smtps" and asked == ["starttls"]:
        return "tls"
    if scheme == "smtp" and asked in (["starttls"], ["none"]):
        return "none" if asked == ["none"] else "starttls"
    raise ValueError("no such scheme")


def _smtp_address(value: str) -> None:
    try:
        read_smtp_url(value)
    except ValueError:
        # Not chained to what failed: that may quote the address, and with it a password.
        raise ValidationError(
            _(
                "is no address of a mail server; write smtp://USER:PASSWORD@HOST:587 or "
                "smtps://USER:PASSWORD@HOST:465, and ?tls=none only without a password"
            )
        ) from None


def _mail_address(value: str) -> None:
    addresses = [address for _name, address in getaddresses([value])]
    if not value.isprintable() or len(addresses) != 1 or _MAIL_ADDRESS.fullmatch(addresses[0]) is None:
        raise ValidationError(_("is no e-mail address; write for example Pedagogcentrum <enkat@example.se>"))


def _one_of(*words: str) -> Callable[[str], None]:
    """Return a validator that speaks the language of the moment it fails in; marshmallow's own know English alone."""

    def check(value: str) -> None:
        if value not in words:
            raise ValidationError(_("must be one of: %(allowed)s") % {"allowed": ", ".join(words)})

    return check


def _web_address(value: str) -> None:
    try:
        parts = urlsplit(value)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise ValidationError(_("is no web address; write for example http://127.0.0.1:8000"))


def _database_address(value: str) -> None:
    try:
        driver, host = make_url(value).drivername, make_url(value).host
    except (ArgumentError, ValueError):
        driver, host = "", ""
    if driver not in {"sqlite", "postgresql", "postgresql+psycopg"} or (driver == "sqlite" and host):
        # Not chained to what failed: that may quote the address, and with it a password.
        raise ValidationError(_("is no address of a database; write sqlite:///FILE or postgresql://USER@HOST/DATABASE"))


class _Seconds(field.TimeDelta):
    def make_error(self, key: str, **kwargs: Any) -> ValidationError:
        """Say what is expected in the reader's language."""
        del key, kwargs
        return ValidationError(_("is no number of seconds"))


class _Proxies(field.Integer):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        """Read how many proxies stand in front, in the reader's language if that cannot be."""
        del attr, data, kwargs
        if not str(value).isascii() or not str(value).isdigit() or int(value) > MOST_PROXIES:
            raise ValidationError(_("is no number from 0 to %(most)d") % {"most": MOST_PROXIES})
        return int(value)


class SettingsSchema(Schema):
    """The ``SIKTE_*`` variables, without prefix. Defaults are valid in production and may be public."""

    class Meta:
        """Unknown variables are errors (marshmallow's own default, stated because the rule matters)."""

        unknown = "raise"

    mode = field.String(load_default=EMBEDDED, validate=_one_of(EMBEDDED, PRODUCTION))
    home = field.String(load_default="sikte-data", validate=validate.Length(min=1))
    database_url = field.String(load_default="", validate=_database_address)
    redis_url = field.String(load_default="")
    volatile_redis_url = field.String(load_default="")
    keys = field.String(load_default="")
    code_pepper = field.String(load_default="")
    secret_key = field.String(load_default="")
    survey_url = field.String(load_default="http://127.0.0.1:8000", validate=_web_address)
    portal_url = field.String(load_default="http://127.0.0.1:8001", validate=_web_address)
    smtp_url = field.String(load_default="", validate=_smtp_address)
    mail_from = field.String(load_default="", validate=_mail_address)
    clock_offset = _Seconds(load_default=timedelta(), precision="seconds")
    language = field.String(load_default="sv", validate=_one_of("sv", "en"))
    log_level = field.String(load_default="info", validate=_one_of("debug", "info", "warning", "error"))
    proxies = _Proxies(load_default=0)

    @pre_load
    def read_secret_files(self, data: dict[str, str], **_options: Any) -> dict[str, str]:
        """Take each secret from the file that ``<NAME>_FILE`` names, as container platforms mount them."""
        values = dict(data)
        for name in FROM_FILES:
            path = values.pop(f"{name}_file", "")
            if path:
                try:
                    values[name] = Path(path).read_text("utf-8").strip()
                except UnicodeDecodeError:
                    # Not chained: the error quotes what it could not read.
                    raise ValidationError(
                        _("the file is not text in UTF-8; write the secret anew"), f"{name}_file"
                    ) from None
                except OSError as error:
                    raise ValidationError(
                        _("the file cannot be read (%(reason)s)") % {"reason": error.strerror}, f"{name}_file"
                    ) from error
        return values

    @validates_schema
    def refuse_short_secrets(self, data: dict[str, Any], **_options: Any) -> None:
        """A guessable secret is worse than none: it looks like protection."""
        for name in SECRETS:
            if data[name] and len(data[name]) < MINIMUM_SECRET_LENGTH:
                raise ValidationError(
                    _("is too short; give at least %(length)d random characters") % {"length": MINIMUM_SECRET_LENGTH},
                    name,
                )

    @validates_schema
    def demand_a_sender(self, data: dict[str, Any], **_options: Any) -> None:
        """Letters that leave this machine come from somebody."""
        if data["smtp_url"] and not data["mail_from"] and data["mode"] != PRODUCTION:
            raise ValidationError(_("must be set: the address that letters come from"), "mail_from")

    @validates_schema
    def demand_what_production_needs(self, data: dict[str, Any], **_options: Any) -> None:
        """In production nothing is made up: every server, key place and secret is named by the administrator."""
        if data["mode"] != PRODUCTION:
            return
        needed = ("database_url", "redis_url", "keys", "smtp_url", "mail_from", *SECRETS)
        missing = {name: [_("must be set in production mode")] for name in needed if not data[name]}
        if data["clock_offset"]:
            missing["clock_offset"] = [_("must not be set in production mode; remove it")]
        if data["database_url"] and not data["database_url"].startswith("postgresql"):
            missing["database_url"] = [_("must name a PostgreSQL database in production mode")]
        if missing:
            raise ValidationError(missing)


def load_settings(environment: Mapping[str, str], *, home: Path | None = None) -> Settings:
    """Read the ``SIKTE_*`` variables of ``environment``; ``home`` (``--dir``) goes before ``SIKTE_HOME``.

    Raises ``SettingsError`` naming every variable that is unknown, missing or unusable, with the remedy.
    """
    given = {key.removeprefix(PREFIX).lower(): value for key, value in environment.items() if key.startswith(PREFIX)}
    try:
        values = SettingsSchema().load({key: value for key, value in given.items() if value != ""}, unknown="raise")
    except ValidationError as error:
        raise SettingsError(_explain(error)) from error
    folder = (home or Path(values["home"])).absolute()
    values |= {"home": folder, "keys": Path(values["keys"]).absolute() if values["keys"] else folder / "keys"}
    values["survey_url"] = values["survey_url"].rstrip("/")
    values["portal_url"] = values["portal_url"].rstrip("/")
    return Settings(**values)


def port_of(url: str) -> int:
    """Return the TCP port that ``url`` names, or its scheme's own."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def _messages(error: ValidationError) -> dict[str, list[str]]:
    messages: dict[str, list[str]] = error.normalized_messages()  # type: ignore[no-untyped-call]  # marshmallow 4.4
    return messages


def _explain(error: ValidationError) -> str:
    known = {item.name for item in fields(Settings)}
    lines = []
    for name, messages in sorted(_messages(error).items()):
        text = "; ".join(str(message) for message in messages)
        if name not in known and not name.endswith("_file"):
            text = _("unknown setting; check the spelling or remove it")
        lines.append(f"{PREFIX}{name.upper()}: {text}")
    return "\n".join(lines)


__all__ = ["EMBEDDED", "PRODUCTION", "Settings", "load_settings", "port_of"]
