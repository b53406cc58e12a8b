"""The public site's addresses: files of the edition whose time has come, and two pages that answer a question."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, current_app, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from admin_portal.access.guard import open_to_anyone
from admin_portal.public.addresses import INDEX
from admin_portal.public.comparing import MOST, compare_page
from admin_portal.public.rendering import Asset, assets, frame_of, render
from admin_portal.public.search import search_page
from admin_portal.public.serving import Pointer, Shelf, StoredFile
from admin_portal.public.site import Site, unit_place, unit_rows
from admin_portal.services import services
from shared.i18n import LANGUAGES, set_language
from shared.i18n import gettext as _
from shared.web.language import preferred_language

PREFIX = "/public/"
PAGES = "public, max-age=300, must-revalidate"
FOREVER = "public, max-age=31536000, immutable"
SHORTLY = "public, max-age=60, must-revalidate"
_SHELF = "sikte_public_shelf"
_FOUND, _NOT_FOUND = 200, 404

blueprint = Blueprint("public", __name__, url_prefix="/public")


@dataclass(frozen=True, slots=True)
class Notice:
    """A page of a sentence or two, for when there is no edition or no such page in it."""

    language: str
    stylesheet: str
    heading: str
    text: str
    address: str = ""
    link: str = ""


@blueprint.get("/")
@open_to_anyone
def choose_language() -> AnyResponse:
    """Lead to the language the browser asks for."""
    response = redirect(f"{PREFIX}{preferred_language()}/", 302)
    response.headers["Vary"] = "Accept-Language"
    response.headers["Cache-Control"] = PAGES
    response.headers["X-Robots-Tag"] = "all"
    return response


@blueprint.get("/assets/<fingerprint>/<name>")
@open_to_anyone
def asset(fingerprint: str, name: str) -> AnyResponse:
    """Return a stylesheet or picture: it never changes under its fingerprint."""
    path = f"assets/{fingerprint}/{name}"
    own = next((one for one in assets(services().theme) if one.path == path), None)
    if own is not None:
        return _plain(own)
    shelf = _shelf()
    file_id = shelf.asset_id(path)
    found = shelf.file(file_id) if file_id else None
    return _file(found, FOREVER) if found else _nowhere(path)


@blueprint.get("/<language>/search")
@open_to_anyone
def search(language: str) -> AnyResponse:
    """Find units among the published ones."""
    pointer = _pointer(language)
    if pointer is None:
        return _no_edition(language)
    site = _shelf().site(pointer)
    query = request.args.get("q", "")
    view = search_page({code: card for code, (card, _one) in site.units.items()}, query)
    return _answer(site, pointer, f"{language}/search", "search.html", view)


@blueprint.get("/<language>/compare")
@open_to_anyone
def compare(language: str) -> AnyResponse:
    """Show two to four units side by side."""
    pointer = _pointer(language)
    if pointer is None:
        return _no_edition(language)
    site = _shelf().site(pointer)
    return _answer(site, pointer, f"{language}/compare", "compare.html", _comparison(site))


@blueprint.get("/<path:path>")
@open_to_anyone
def page(path: str) -> AnyResponse:
    """Return a file of the edition; a folder without its last slash leads to it."""
    language = path.partition("/")[0]
    pointer = _pointer(language)
    if pointer is None:
        return _no_edition(language)
    shelf = _shelf()
    file_id = shelf.file_id(pointer.id, path + INDEX if path.endswith("/") else path)
    if file_id is None and not path.endswith("/") and shelf.file_id(pointer.id, f"{path}/{INDEX}"):
        return redirect(f"{PREFIX}{path}/", 308)
    found = shelf.file(file_id) if file_id else None
    return _file(found, PAGES) if found else _nowhere(path)


def _comparison(site: Site) -> object:
    cards = {code: card for code, (card, one) in site.units.items() if one is site.main}
    wanted = list(dict.fromkeys(request.args.getlist("unit")))
    known = [code for code in wanted if code in cards]
    with services().database.read() as session:
        places = [unit_place(site, unit_rows(session, code), None, code) for code in known[:MOST]]
        return compare_page(
            cards,
            places,
            unknown=len(known) < len(wanted),
            too_many=len(known) > MOST,
            add=request.args.get("add", ""),
        )


def _shelf() -> Shelf:
    extensions: dict[str, Any] = current_app.extensions
    if _SHELF not in extensions:
        extensions[_SHELF] = Shelf(services().database)
    shelf: Shelf = extensions[_SHELF]
    return shelf


def _pointer(language: str) -> Pointer | None:
    set_language(language if language in LANGUAGES else preferred_language())
    return _shelf().pointer(services().clock.now())


def _answer(site: Site, pointer: Pointer, path: str, template: str, view: object) -> AnyResponse:
    query = f"?{request.query_string.decode('ascii', 'ignore')}" if request.query_string else ""
    frame = frame_of(path, site.edition(), query=query, theme=services().theme)
    response = Response(render(template, frame=frame, view=view), mimetype="text/html")
    response.headers["Cache-Control"] = PAGES
    # Endless addresses of the same content are nothing for search engines.
    response.headers["X-Robots-Tag"] = "noindex, follow"
    response.set_etag(f"{pointer.content_hash}-{_hash_of(response)}", weak=True)
    return response.make_conditional(request)


def _hash_of(response: Response) -> str:
    """Return a name of the response's content."""
    return hashlib.sha256(response.get_data()).hexdigest()[:16]


def _file(found: StoredFile, caching: str) -> AnyResponse:
    """Return a stored file packed as it is, unless the browser cannot unpack it."""
    packed = request.accept_encodings.quality("gzip") > 0
    response = Response(found.body if packed else found.plain(), content_type=found.media_type)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = caching
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["X-Robots-Tag"] = "all"
    # Weak: packed and plain are the same content, not the same bytes.
    response.set_etag(found.id, weak=True)
    return response.make_conditional(request)


def _plain(own: Asset) -> Response:
    response = Response(own.content, content_type=own.media_type)
    response.headers["Cache-Control"] = FOREVER
    return response


def _no_edition(language: str) -> Response:
    text = _("No results have been published here yet. When they are is decided by the municipality.")
    return _notice(Notice(_spoken(language), _sheet(), _("Nothing is published yet"), text), _FOUND)


def _nowhere(path: str) -> Response:
    language = _spoken(path.partition("/")[0])
    text = _("The address is wrong, or the page is no longer part of what is published.")
    notice = Notice(language, _sheet(), _("This page does not exist"), text, f"{PREFIX}{language}/", _("All units"))
    return _notice(notice, _NOT_FOUND)


def _notice(notice: Notice, status: int) -> Response:
    response = Response(render("empty.html", frame=None, view=notice), status, mimetype="text/html")
    response.headers["Cache-Control"] = SHORTLY
    return response


def _spoken(language: str) -> str:
    chosen = language if language in LANGUAGES else preferred_language()
    set_language(chosen)
    return chosen


def _sheet() -> str:
    return PREFIX + assets(services().theme)[0].path
