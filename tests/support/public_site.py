"""A visitor to the public site, and the site as the editions in the database hold it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from urllib.parse import unquote, urljoin, urlsplit

import html5lib
from flask.testing import FlaskClient
from sqlalchemy import select

from admin_portal.public.making import make_public_site
from shared.database.engine import Database
from shared.events.claims import take
from shared.model.events import MAKE_PUBLIC_SITE, PUBLICATION_MADE, Delivery, publish
from shared.model.releases import PublicEdition, PublicFile, PublicPath
from tests.support.house import House
from tests.support.portal_site import make_portal
from tests.support.published import Written, write_publication

LARGEST_PAGE = 100_000


def visitor(house: House) -> FlaskClient:
    """Return a visitor without an account."""
    return make_portal(house).app.test_client()


def write(house: House, *publications: Written) -> list[int]:
    """Store publications and make the site for each, in turn; return their ids."""
    numbers = []
    for written in publications:
        with house.database.begin() as session:
            numbers.append(write_publication(session, written))
        make(house, numbers[-1])
    return numbers


def make(house: House, publication_id: int) -> None:
    """Do what the worker does when a publication was made."""
    with house.database.begin() as session:
        event = publish(session, PUBLICATION_MADE, at=house.clock.now(), publication_id=publication_id)
    with house.database.read() as session:
        mine = select(Delivery.id).where(Delivery.event_id == event.id, Delivery.consumer == MAKE_PUBLIC_SITE)
        delivery = session.scalars(mine).one()
    claim = take(house.database, delivery)
    assert claim is not None
    make_public_site(claim, database=house.database, clock=house.clock)


def editions(database: Database) -> list[PublicEdition]:
    """Return the editions, oldest first."""
    with database.read() as session:
        return list(session.scalars(select(PublicEdition).order_by(PublicEdition.id)))


def contents(database: Database, edition: int | None = None) -> dict[str, bytes]:
    """Return every file of an edition (default: the newest) by path."""
    chosen = edition or editions(database)[-1].id
    with database.read() as session:
        rows = session.execute(
            select(PublicPath.path, PublicFile.body)
            .join(PublicFile, PublicFile.id == PublicPath.file_id)
            .where(PublicPath.edition_id == chosen)
        )
        return {path: zlib.decompress(body, 31) for path, body in rows}


def pages(files: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield the pages among the files."""
    return ((path, content) for path, content in sorted(files.items()) if path.endswith(".html"))


def broken_links(files: dict[str, bytes], among: Sequence[str] | None = None) -> list[tuple[str, str]]:
    """Return the links of pages that lead nowhere: no such file, no such place on the page."""
    broken = []
    for path, content in pages(files):
        if among is not None and path not in among:
            continue
        elements = [one for one in html5lib.parse(content, namespaceHTMLElements=False).iter() if one.attrib]
        places = {one.get("id") for one in elements}
        for address in (one.get(name) for one in elements for name in ("href", "action") if one.get(name)):
            target = urlsplit(urljoin(f"http://site/{path}", address))
            if target.netloc == "site" and not _leads(files, target.path, path, target.fragment, places):
                broken.append((path, address))
    return broken


def text_of(page: bytes | str) -> str:
    """Return what a page says, its blanks made one."""
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    return " ".join(" ".join(tree.itertext()).split())


def _leads(files: dict[str, bytes], address: str, page: str, fragment: str, places: set[str | None]) -> bool:
    path = unquote(address).lstrip("/")
    found = next((one for one in (path, f"{path}index.html", f"{path}/index.html") if one in files), None)
    return found is not None and (not fragment or found != page or fragment in places)
