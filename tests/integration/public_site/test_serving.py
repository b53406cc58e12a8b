"""The public site as visitors and caches meet it: no account, no cookie, the same file for everybody."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import timedelta
from urllib.parse import urljoin

import html5lib
import pytest
from sqlalchemy import select

from admin_portal.results.rows import result_rows
from shared.model.accounts import PortalSession
from shared.model.results import ROW_COLUMNS
from tests.support.portal_site import make_portal
from tests.support.public_site import text_of, visitor, write
from tests.support.published import Unit, Written
from tests.support.publishing import publish, release


@pytest.fixture
def shown(cycle):
    """The counted cycle with every owner's agreement, released and published, with its site made."""
    cycle.agree(publish=True)
    cycle.recompute()
    return published(cycle)


@pytest.fixture
def written(written_house):
    """A house with a site of two units."""
    write(written_house, Written())
    return written_house


def published(cycle):
    release(cycle)
    publish(cycle)
    cycle.house.run_deliveries()
    return cycle


def public_rows(cycle):
    with cycle.house.database.read() as session:
        return result_rows(session, cycle.key, audience="public", release=1)


def test_screen_file_and_command_say_the_same(shown):
    site = visitor(shown.house)
    rows = public_rows(shown)

    downloaded = json.loads(site.get(f"/public/data/{shown.key}/results.json").data)
    table = list(csv.DictReader(io.StringIO(site.get(f"/public/data/{shown.key}/results.csv").text)))
    page = text_of(site.get("/public/en/units/A/").data)

    def identity(row):
        return json.dumps(row, sort_keys=True)

    assert sorted(downloaded, key=identity) == sorted(rows, key=identity)
    assert [row["index"] for row in table] == ["" if row["index"] is None else str(row["index"]) for row in downloaded]
    own = [row for row in rows if row["node_code"] == "A" and not row["segment"]]
    answered = next(row for row in own if not row["area"] and not row["item"] and row["status"] == "shown")
    index = next(row for row in own if row["area"] and not row["item"] and row["index"] is not None)
    assert f"{answered['answered']} of {answered['invited']}" in page
    assert f"{index['index']:.1f}" in page
    assert f"{index['n']} answers" in page


def test_the_rows_for_swedish_spreadsheets_are_the_same_rows(shown):
    site = visitor(shown.house)

    plain = list(csv.DictReader(io.StringIO(site.get(f"/public/data/{shown.key}/results.csv").text)))
    swedish = site.get(f"/public/data/{shown.key}/results-sv.csv").data.decode("utf-8-sig")

    other = list(csv.DictReader(io.StringIO(swedish), delimiter=";"))
    assert list(plain[0]) == list(ROW_COLUMNS)
    assert [row["index"].replace(",", ".") for row in other] == [row["index"] for row in plain]
    assert any("," in row["index"] for row in other)


def test_a_unit_without_agreement_says_why_and_gives_no_figure(cycle):
    site = visitor(published(cycle).house)

    page = site.get("/public/en/units/C/")

    assert "independent owner that has not agreed to publication" in text_of(page.data)
    assert "%" not in text_of(page.data).replace("95 %", "")
    assert "<svg" not in page.text
    assert site.get(f"/public/data/{cycle.key}/units/C.csv").status_code == 404
    rows = [row for row in public_rows(cycle) if row["node_code"] == "C"]
    assert {row["reason"] for row in rows} == {"no_agreement"}
    assert "not shown by themselves: Skola C." in text_of(site.get("/public/en/overall/").data)


def test_nobody_is_asked_who_they_are(written):
    portal = make_portal(written)
    officer = portal.visitor("officer")
    written.clock.advance(timedelta(minutes=10))

    for address in ("/public/sv/", "/public/sv/units/A/", "/public/sv/search?q=a", "/public/sv/compare?unit=A&unit=B"):
        answer = officer.get(address)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert answer.data == visitor(written).get(address).data
    with written.database.read() as session:
        seen = session.scalars(select(PortalSession.seen_at)).one()
    assert seen < written.clock.now()


def test_a_browser_that_has_the_page_is_told_so(written):
    site = visitor(written)

    for address in ("/public/en/units/A/", "/public/en/search?q=skola"):
        first = site.get(address)
        again = site.get(address, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert first.headers["Cache-Control"] == "public, max-age=300, must-revalidate"
        assert site.get(address, headers={"If-None-Match": 'W/"another"'}).status_code == 200


def test_packed_and_plain_hold_the_same(written):
    site = visitor(written)

    plain = site.get("/public/en/")
    packed = site.get("/public/en/", headers={"Accept-Encoding": "gzip"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in plain.headers


def test_search_engines_may_read_the_site_but_not_the_portal(written):
    site = visitor(written)

    assert site.get("/public/en/units/A/").headers.getlist("X-Robots-Tag") == ["all"]
    assert site.get("/sign-in").headers.getlist("X-Robots-Tag") == ["noindex, nofollow"]
    assert "default-src 'none'" in site.get("/public/en/").headers["Content-Security-Policy"]


def test_the_browser_chooses_the_language(written):
    site = visitor(written)

    english = site.get("/public/", headers={"Accept-Language": "en"})
    other = site.get("/public/", headers={"Accept-Language": "fr"})

    assert (english.location, other.location) == ("/public/en/", "/public/sv/")
    assert english.headers["Vary"] == "Accept-Language"
    assert site.get("/public/sv/units/A").location == "/public/sv/units/A/"


def test_assets_may_be_kept_for_a_year(written):
    site = visitor(written)
    tree = html5lib.parse(site.get("/public/en/").data, namespaceHTMLElements=False)
    sheet = next(one.get("href") for one in tree.iter("link") if one.get("rel") == "stylesheet")

    answer = site.get(urljoin("/public/en/", sheet))

    assert answer.mimetype == "text/css"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert site.get("/public/assets/000000000000/public.css").status_code == 404


def test_what_is_not_there_has_a_page_of_its_own(written):
    site = visitor(written)

    for address in ("/public/en/units/NOBODY/", "/public/en/../../etc/passwd", "/public/xx/"):
        answer = site.get(address)
        assert answer.status_code == 404
        assert "Set-Cookie" not in answer.headers


def test_before_the_first_publication_the_site_says_so(house):
    answer = visitor(house).get("/public/en/")

    assert answer.status_code == 200
    assert "Nothing is published yet" in answer.text
    for address in ("/public/en/search?q=a", "/public/en/compare?unit=A", "/public/data/x/results.csv"):
        assert "Nothing is published yet" in visitor(house).get(address, headers={"Accept-Language": "en"}).text


def test_comparing_puts_units_side_by_side_in_the_order_chosen(written):
    site = visitor(written)

    page = text_of(site.get("/public/en/compare?unit=B&unit=A").data)

    assert page.index("Skola B") < page.index("Skola A")
    assert "may be chance" in page
    assert "%" in page


def test_comparing_refuses_kindly(written_house):
    everyone = [Unit(letter, f"Skola {letter}") for letter in "ABCDE"]
    write(written_house, Written(units=everyone))
    site = visitor(written_house)

    many = site.get("/public/en/compare?" + "&".join(f"unit={letter}" for letter in "ABCDE"))
    unknown = site.get("/public/en/compare?unit=A&unit=NOBODY")
    hostile = site.get("/public/en/compare?unit=<script>&add=<script>alert(1)</script>")

    assert many.status_code == unknown.status_code == hostile.status_code == 200
    assert "At most four units" in many.text
    assert many.text.count('class="remove"') == 4
    assert "was left out" in unknown.text
    assert "<script" not in hostile.text


def test_a_compared_unit_without_a_value_says_why(written_house):
    write(written_house, Written(units=[Unit("A", "Skola A"), Unit("B", "Skola B", None, reason="low_response_rate")]))

    page = text_of(visitor(written_house).get("/public/en/compare?unit=A&unit=B").data)

    assert "Skola B: too low response rate" in page


def test_searching_forgives(written_house):
    write(
        written_house, Written(units=[Unit("1", "Åkernäs skola"), Unit("2", "Björkens förskola", unit_type="forskola")])
    )
    site = visitor(written_house)

    for query, found in (("akernas", "Åkernäs"), ("PRESCHOOL", "Björken"), ("norr", "Åkernäs"), ("björkns", "Björken")):
        assert found in text_of(site.get("/public/en/search", query_string={"q": query}).data), query
    nothing = site.get("/public/en/search", query_string={"q": "<b>xyzzy"})
    assert "Nothing was found" in nothing.text
    assert "<b>xyzzy" not in nothing.text
    assert "Write a name" in site.get("/public/en/search?q=").text
