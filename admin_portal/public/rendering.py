"""Turns a view into a page: templates and one stylesheet of its own, without Flask, the same bytes each time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

import shared.web
from admin_portal.public.addresses import up
from shared.i18n import LANGUAGES, active_language, gettext, ngettext
from shared.i18n import gettext as _
from shared.web.outdented import Outdented
from shared.web.tokens import DEFAULT_THEME, Theme, stylesheet_tokens

SHEETS = ("sikte.css", "charts.css", "public.css")
NAMES = {"sv": "Svenska", "en": "English"}
_FINGERPRINT_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages need, under an address with its fingerprint."""

    path: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Link:
    """An address relative to the page it stands on."""

    address: str
    label: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Edition:
    """What every page of an edition says about it; ``owner`` is the municipality whose figures they are."""

    owner: str
    cycle: str
    published: str
    protection: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What a page is framed by. ``home`` leads to the start page of its language, ``root`` to the top of the site."""

    language: str
    home: str
    root: str
    stylesheet: str
    icon: str
    owner: str
    cycle: str
    published: str
    protection: str
    navigation: tuple[Link, ...]
    languages: tuple[tuple[str, str, str], ...]


def frame_of(path: str, edition: Edition, *, query: str = "", theme: Theme = DEFAULT_THEME) -> Frame:
    """Return the frame of the page at ``path`` (``sv/units/A/index.html``) in the language that is spoken.

    ``query`` follows the reader into the other language, ``?`` included.
    """
    language = active_language()
    root = up(path)
    home = root + f"{language}/"
    inside = path.removeprefix(f"{language}/").removesuffix("index.html")
    sheet, icon = assets(theme)
    return Frame(
        language=language,
        home=home,
        root=root,
        stylesheet=root + sheet.path,
        icon=root + icon.path,
        owner=edition.owner,
        cycle=edition.cycle,
        published=edition.published,
        protection=edition.protection,
        navigation=tuple(
            Link(home + address, label, current=inside.rstrip("/") == address.rstrip("/"))
            for address, label in navigation()
        ),
        languages=tuple((code, NAMES[code], f"{root}{code}/{inside}{query}") for code in LANGUAGES),
    )


def navigation() -> tuple[tuple[str, str], ...]:
    """Return the entries of the main navigation: address from the start page and label."""
    return (
        ("", _("Schools and preschools")),
        ("overall/", _("The whole municipality")),
        ("compare", _("Compare")),
        ("how-to-read/", _("How to read this")),
        ("data/", _("Open data")),
    )


def render(template: str, *, frame: Frame | None, view: object) -> bytes:
    """Return the page of ``template`` (in the folder ``public``); a notice outside the site has no frame."""
    return _environment().get_template(f"admin_portal/public/{template}").render(frame=frame, view=view).encode()


@cache
def assets(theme: Theme = DEFAULT_THEME) -> tuple[Asset, Asset]:
    """Return the stylesheet and the icon of every page."""
    folder = Path(shared.web.__path__[0]) / "static"
    sheet = stylesheet_tokens(theme).encode() + b"\n" + b"\n".join((folder / name).read_bytes() for name in SHEETS)
    return (
        _asset("public.css", "text/css; charset=utf-8", sheet),
        _asset("icon.svg", "image/svg+xml", (folder / "icon.svg").read_bytes()),
    )


def _asset(name: str, media_type: str, content: bytes) -> Asset:
    fingerprint = hashlib.sha256(content).hexdigest()[:_FINGERPRINT_DIGITS]
    return Asset(f"assets/{fingerprint}/{name}", media_type, content)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("admin_portal"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=[Outdented, "jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]  # by the extension
    return environment
