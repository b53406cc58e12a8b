"""Makes a Flask application of the house: limits, trusted hosts, templates, messages, headers, static files."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask
from jinja2 import ChoiceLoader, PackageLoader, StrictUndefined

from shared.i18n import gettext, ngettext
from shared.web.errors import ErrorPage, handle_errors
from shared.web.headers import add_headers
from shared.web.outdented import Outdented
from shared.web.static_files import StaticFiles, serve_static_files
from shared.web.tokens import Theme, stylesheet_tokens

LARGEST_POST = 256 * 1024
MOST_PARTS = 500
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What sets one site apart: the package of its templates, its public address, its look, its error page.

    ``scripts`` lets pages run scripts of this very site; the respondent's pages run none.
    """

    package: str
    url: str
    theme: Theme
    error_page: Callable[[ErrorPage], str]
    scripts: bool = False

    @property
    def https(self) -> bool:
        """Whether visitors come over TLS (cookies and transport headers are strict then)."""
        return urlsplit(self.url).scheme == "https"

    @property
    def trusted_hosts(self) -> list[str]:
        """The host names the site answers to; a loopback address has three names."""
        host = urlsplit(self.url).hostname or ""
        return list(_LOOPBACK) if host in _LOOPBACK else [host]


def make_application(site: Site) -> Flask:
    """Return an application without routes, ready for a service's blueprints."""
    app = Flask(site.package, static_folder=None, template_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_POST,
        MAX_FORM_MEMORY_SIZE=LARGEST_POST,
        MAX_FORM_PARTS=MOST_PARTS,
        TRUSTED_HOSTS=site.trusted_hosts,
        PROPAGATE_EXCEPTIONS=False,
    )
    _prepare_templates(app, site)
    add_headers(app, https=site.https, scripts=site.scripts)
    serve_static_files(app, StaticFiles(generated={"sikte.css": stylesheet_tokens(site.theme)}))
    handle_errors(app, site.error_page)
    # The development server would log each path, and /s/… holds a code.
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    return app


def _prepare_templates(app: Flask, site: Site) -> None:
    environment = app.jinja_env
    environment.loader = ChoiceLoader([PackageLoader(site.package), PackageLoader("shared.web")])
    environment.undefined = StrictUndefined
    environment.trim_blocks = True
    environment.lstrip_blocks = True
    environment.autoescape = True
    environment.add_extension(Outdented)
    environment.auto_reload = False
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]  # by the extension
    environment.globals["site_name"] = site.theme.name
