"""The making of the site: from published documents and nothing else, the same bytes each time, every page whole."""

from __future__ import annotations

import re
from datetime import timedelta

import html5lib
import pytest
from sqlalchemy import delete, event, select, update

from shared.model.releases import PublicEdition, PublicFile, PublicPath
from shared.model.results import ResultDocument, pack_rows
from tests.support.public_site import LARGEST_PAGE, broken_links, contents, editions, make, pages, text_of, write
from tests.support.published import PUBLIC_AT, Unit, Written, units
from tests.support.publishing import publish, release

ALLOWED = {
    *("publication", "published_document", "public_edition", "public_file", "public_path"),
    *("event", "delivery"),
}
"""The tables that the making may touch: published documents, the site itself, and the delivery it works on."""

HOSTILE = '<script>alert("x")</script>&amp;"\''


def forget(house):
    with house.database.begin() as session:
        for table in (PublicPath, PublicEdition, PublicFile):
            session.execute(delete(table))


def test_the_same_documents_give_the_same_bytes(written_house):
    (number,) = write(written_house, Written(units=units(12)))
    before = contents(written_house.database)
    first = editions(written_house.database)[0].content_hash

    forget(written_house)
    written_house.clock.advance(timedelta(days=3))
    make(written_house, number)

    assert contents(written_house.database) == before
    assert editions(written_house.database)[0].content_hash == first


def test_a_second_delivery_makes_nothing_more(written_house):
    (number,) = write(written_house, Written())

    make(written_house, number)

    assert len(editions(written_house.database)) == 1


def test_results_behind_the_documents_are_never_looked_at(cycle):
    release(cycle)
    publish(cycle)
    cycle.house.run_deliveries()
    before = contents(cycle.house.database)
    forget(cycle.house)
    with cycle.house.database.begin() as session:
        poison = pack_rows(["cycle", "node_name"], [["poison", "POISON"]])
        session.execute(update(ResultDocument).where(ResultDocument.audience != "public").values(body=poison))
        session.execute(delete(ResultDocument).where(ResultDocument.audience == "public"))

    make(cycle.house, 1)

    after = contents(cycle.house.database)
    assert after == before
    assert not any(b"POISON" in content for content in after.values())


def test_only_tables_of_the_publication_are_read(written_house):
    asked: set[str] = set()

    def note(_connection, _cursor, statement, *_more):
        asked.update(re.findall(r"(?:FROM|JOIN|INTO|UPDATE)\s+\"?(\w+)", statement))

    event.listen(written_house.database.engine, "before_cursor_execute", note)
    with written_house.database.begin() as session:
        assert session.scalars(select(PublicFile.id)).all() == []
    write_only = Written(units=units(3))
    numbers = write(written_house, write_only)
    asked.clear()
    forget(written_house)
    make(written_house, numbers[0])

    assert "published_document" in asked
    assert asked <= ALLOWED


def test_sixty_units_with_three_years_stay_small_whole_and_sound(written_house):
    many = units(60)
    for year in (2024, 2025):
        at = PUBLIC_AT.replace(year=year)
        write(written_house, Written(cycle=f"enkat-{year}", year=year, units=many, areas=8, goes_public_at=at))
    forget(written_house)
    write(written_house, Written(units=many, areas=8))
    files = contents(written_house.database)

    largest = max(len(content) for _path, content in pages(files))
    assert largest <= LARGEST_PAGE
    some = [path for path, _content in pages(files) if "/units/" not in path or "/U000" in path]
    assert broken_links(files, some) == []
    for path in some[::3]:
        html5lib.HTMLParser(strict=True).parse(files[path])
    assert not any(b"<script" in content or b"style=" in content for _path, content in pages(files))
    assert b"<svg" in files["sv/units/U0001/index.html"]
    assert "2024" in text_of(files["sv/units/U0001/index.html"])


@pytest.mark.parametrize(("areas", "items"), [(45, 1), (6, 12)])
def test_a_long_questionnaire_keeps_its_pages_small(written_house, areas, items):
    for year in (2023, 2024, 2025):
        at = PUBLIC_AT.replace(year=year)
        one = Written(cycle=f"enkat-{year}", year=year, units=units(2), areas=areas, items=items, goes_public_at=at)
        write(written_house, one)
    files = contents(written_house.database)

    assert max(len(content) for _path, content in pages(files)) <= LARGEST_PAGE
    charts = sum(content.count(b"chart-trend") for path, content in pages(files) if "en/units/U0001/" in path)
    assert charts == areas, "each area's years are drawn once"


def test_hostile_names_are_text(written_house):
    hostile = Unit("A/../B?#", HOSTILE)
    write(written_house, Written(units=[hostile, Unit("B", "Skola B")], wording=HOSTILE, municipality=HOSTILE))
    files = contents(written_house.database)

    assert not any(b"<script" in content for _path, content in pages(files))
    assert all(".." not in path and "?" not in path for path in files)
    assert broken_links(files) == []
    for _path, content in pages(files):
        html5lib.HTMLParser(strict=True).parse(content)


def test_a_thousand_units_are_listed_in_parts(written_house):
    everyone = [Unit(f"F{place:04d}", f"Förskolan {place}", None, unit_type="forskola") for place in range(650)]
    write(written_house, Written(units=everyone, areas=1, items=1))
    files = contents(written_house.database)

    assert len(files["sv/index.html"]) <= LARGEST_PAGE
    assert {"sv/types/forskola/index.html", "sv/types/forskola/3/index.html"} <= files.keys()
    listed = b"".join(files[f"sv/types/forskola/{part}index.html"] for part in ("", "2/", "3/"))
    assert all(f"units/{unit.code}/".encode() in listed for unit in everyone)
    assert max(len(content) for _path, content in pages(files)) <= LARGEST_PAGE


def test_lists_are_alphabetical_whatever_the_figures(written_house):
    names = ("Askens skola", "Cederns skola", "Åkerns skola", "Ängens skola", "Örtens skola")
    write(written_house, Written(units=[Unit(str(9 - at), name, 9.9 - at) for at, name in enumerate(names[::-1])]))

    page = text_of(contents(written_house.database)["sv/index.html"])

    assert sorted(names, key=page.index) == list(names)
    assert "9,9" not in page


def test_a_changed_question_breaks_the_series(written_house):
    at = PUBLIC_AT.replace(year=2025)
    write(
        written_house,
        Written(cycle="enkat-2025", year=2025, goes_public_at=at, wording="Hur var det?"),
        Written(),
    )
    changed = text_of(contents(written_house.database)["sv/units/A/index.html"])
    assert "Brott före 2026" in changed


def test_every_publication_and_correction_is_told(written_house):
    reason = "Två klasser räknades på fel skola."
    write(
        written_house,
        Written(),
        Written(number=2, corrects=1, reason=reason, goes_public_at=PUBLIC_AT + timedelta(hours=1)),
    )

    page = text_of(contents(written_house.database)["en/corrections/index.html"])

    assert reason in page
    assert "First publication" in page
    assert "Corrects publication 1" in page


def test_every_hidden_value_says_why(written_house):
    write(written_house, Written(units=[Unit("A", "Skola A"), Unit("B", "Skola B", None)]))

    page = text_of(contents(written_house.database)["en/units/B/index.html"])

    assert "Not shown: too few answers." in page
    assert "whole municipality" in page
