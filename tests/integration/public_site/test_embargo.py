"""The embargo of the public site: not a byte before the second, by whatever address; never what was withdrawn."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from shared.model.releases import Publication, PublicEdition
from tests.support.public_site import contents, editions, text_of, visitor, write
from tests.support.published import PUBLIC_AT, Unit, Written
from tests.support.publishing import REASON, publish, release, withdraw_published

SECOND = timedelta(seconds=1)
HERALD = "8.4"
"""An index that only the waiting publication holds."""


def addresses(house):
    paths = [path.removesuffix("index.html") for path in contents(house.database)]
    return [f"/public/{path}" for path in paths if not path.startswith("assets/")]


def test_a_second_decides(cycle):
    cycle.agree(publish=True)
    cycle.recompute()
    release(cycle)
    at = cycle.house.clock.now() + timedelta(days=3)
    publish(cycle, at=at)
    cycle.house.run_deliveries()
    site = visitor(cycle.house)
    every = addresses(cycle.house)
    assert len(every) > 20

    cycle.house.clock.instant = at - SECOND
    for address in [*every, "/public/en/search?q=skola", "/public/en/compare?unit=A&unit=B"]:
        answer = site.get(address, headers={"Accept-Language": "en"})
        assert answer.status_code in {200, 302}, address
        assert "Skola A" not in answer.text, address
        assert "%" not in answer.text, address

    cycle.house.clock.instant = at
    assert "Skola A" in site.get("/public/en/").text
    assert "%" in text_of(site.get("/public/en/units/A/").data)
    assert all(site.get(address).status_code in {200, 302} for address in every)


def test_the_older_publication_stands_until_the_newer_one_goes_public(written_house):
    later = PUBLIC_AT + timedelta(days=30)
    first = Written(units=[Unit("A", "Skola A", 5.2)])
    second = Written(units=[Unit("A", "Skola A", 8.4)], number=2, goes_public_at=later, reason=REASON, corrects=1)
    write(written_house, first, second)
    site = visitor(written_house)

    written_house.clock.instant = later - SECOND
    assert "5.2" in site.get("/public/en/units/A/").text
    assert HERALD not in site.get("/public/en/units/A/").text
    assert HERALD not in site.get("/public/en/compare?unit=A").text
    assert REASON not in site.get("/public/en/corrections/").text

    written_house.clock.instant = later
    assert HERALD in site.get("/public/en/units/A/").text
    assert REASON in site.get("/public/en/corrections/").text
    assert REASON in site.get("/public/en/").text


def test_what_is_withdrawn_in_time_is_never_shown(cycle):
    release(cycle)
    at = cycle.house.clock.now() + timedelta(days=3)
    publish(cycle, at=at)
    cycle.house.run_deliveries()

    withdraw_published(cycle, 1)
    cycle.house.run_deliveries()
    cycle.house.clock.instant = at + SECOND

    assert "Nothing is published yet" in visitor(cycle.house).get("/public/en/").text


def test_the_publications_own_time_bars_an_edition_that_has_it_wrong(written_house):
    write(written_house, Written(goes_public_at=PUBLIC_AT + timedelta(days=30)))
    with written_house.database.begin() as session:
        session.execute(update(PublicEdition).values(goes_public_at=PUBLIC_AT))

    assert "Skola A" not in visitor(written_house).get("/public/en/").text


def test_a_withdrawn_publication_bars_every_edition_that_shows_it(written_house):
    numbers = write(
        written_house,
        Written(cycle="enkat-2025", year=2025, units=[Unit("A", "Skola A", 5.2)]),
        Written(units=[Unit("A", "Skola A", 8.4)], goes_public_at=PUBLIC_AT + timedelta(hours=1)),
    )
    with written_house.database.begin() as session:
        withdrawn = update(Publication).where(Publication.id == numbers[1]).values(withdrawn_at=PUBLIC_AT)
        session.execute(withdrawn)

    page = visitor(written_house).get("/public/en/units/A/").text
    assert "5.2" in page
    assert HERALD not in page


def test_a_publication_for_an_earlier_time_becomes_part_of_the_sites_that_wait(written_house):
    later = PUBLIC_AT + timedelta(days=30)
    waiting = Written(units=[Unit("A", "Skola A", 8.4)], goes_public_at=later)
    sooner = Written(cycle="enkat-2025", year=2025, units=[Unit("A", "Skola A", 5.2)])
    numbers = write(written_house, waiting, sooner)

    newest = {edition.goes_public_at: edition.publications for edition in editions(written_house.database)}
    assert newest == {PUBLIC_AT: [str(numbers[1])], later: [str(number) for number in sorted(numbers)]}
    written_house.clock.instant = later
    page = visitor(written_house).get("/public/en/units/A/").text
    assert "5.2" in page
    assert HERALD in page
