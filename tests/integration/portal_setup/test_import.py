"""The register imported in the portal: shown as a difference, approved, refused with every fault, forgotten in time."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from werkzeug.datastructures import FileStorage

from admin_portal.organisation.uploads import forget_old_uploads
from shared.model.audit import AuditEntry
from shared.model.organisation import Person, Unit, UnitGroup
from shared.model.uploads import PendingImport
from tests.support.officer_files import GROUPS, PERSONS, UNITS
from tests.support.portal_site import Portal, Visitor

FILES = {"units.csv": UNITS, "groups.csv": GROUPS, "persons.csv": PERSONS}
LARGEST = 12_000_000


def upload(visitor: Visitor, files: Mapping[str, str | bytes]):
    """Upload files as the page's form does."""
    given = [
        FileStorage(io.BytesIO(content.encode() if isinstance(content, str) else content), filename=name)
        for name, content in files.items()
    ]
    answer = visitor.post("/units/import", {"files": given}, content_type="multipart/form-data")
    # The client puts a large body into a temporary file of its own.
    answer.request.environ["wsgi.input"].close()
    return answer


def zipped(files: Mapping[str, str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def shown(page) -> str:
    found = re.search(r'name="shown" value="([0-9a-f]{64})"', page.text)
    assert found
    return found[1]


def number(portal: Portal, table: type) -> int:
    with portal.house.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize("packed", [False, True])
def test_files_are_shown_as_a_difference_and_change_the_register_once_approved(portal: Portal, packed):
    officer = portal.visitor("officer", name="Officer One")
    answer = upload(officer, {"roster.zip": zipped(FILES)} if packed else FILES)
    assert answer.status_code == 303
    page = officer.get(answer.location)
    assert "2 new, 0 changed, 0 gone" in page.text
    assert "Norra skolan" in page.text
    assert (number(portal, Unit), number(portal, Person), number(portal, PendingImport)) == (0, 0, 1)
    done = officer.post(answer.location, {"action": "approve", "shown": shown(page)})
    assert (done.status_code, done.location) == (303, "/units")
    assert (number(portal, Unit), number(portal, UnitGroup), number(portal, Person)) == (2, 6, 6)
    assert number(portal, PendingImport) == 0
    assert "Norra skolan" in officer.get("/units").text
    with portal.house.database.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "roster.imported")).one()
    assert entry.actor == f"user:{officer.account_id}"


def test_of_persons_only_numbers_are_shown(portal: Portal):
    officer = portal.visitor("officer")
    text = officer.get(upload(officer, FILES).location).text
    assert "Persons: 6 new" in text
    assert not [secret for secret in ("t1", "g2@example.se", "kvinna") if secret in text]


def test_what_waits_for_approval_is_sealed(portal: Portal):
    upload(portal.visitor("officer"), FILES)
    with portal.house.database.read() as session:
        content = session.scalars(select(PendingImport.content)).one()
    assert b"PK" not in content[:64]
    assert b"example.se" not in content


def test_a_change_is_told_in_words(town: Portal):
    changed = UNITS.replace("Norra skolan", "Nya norra skolan").replace("rektor@norra", "ny@norra")
    officer = town.visitor("officer")
    text = officer.get(upload(officer, {"units.csv": changed, "groups.csv": GROUPS}).location).text
    assert "Name: Norra skolan → Nya norra skolan" in text
    assert "e-mail address: other than before" in text
    assert "ny@norra" not in text


def test_a_difference_that_no_longer_holds_is_refused_and_shown_anew(town: Portal):
    officer = town.visitor("officer")
    renamed = UNITS.replace("Norra skolan", "Nya norra skolan")
    address = upload(officer, {"units.csv": renamed, "groups.csv": GROUPS}).location
    stale = shown(officer.get(address))
    with town.house.database.begin() as session:
        session.execute(update(Unit).where(Unit.code == "F1").values(name="Gula förskolan"))
    answer = officer.post(address, {"action": "approve", "shown": stale})
    assert answer.status_code == 409
    assert "The register has changed since" in answer.text
    assert "Gula förskolan → Blå förskolan" in answer.text
    with town.house.database.read() as session:
        assert set(session.scalars(select(Unit.name))) == {"Norra skolan", "Gula förskolan"}
    assert officer.post(address, {"action": "approve", "shown": shown(answer)}).status_code == 303


def test_nothing_of_the_same_files_twice(town: Portal):
    officer = town.visitor("officer")
    address = upload(officer, FILES).location
    page = officer.get(address)
    assert "Nothing differs" in page.text
    assert 'value="approve"' not in page.text


def test_every_fault_is_listed_with_its_place_and_nothing_is_kept(portal: Portal):
    units = UNITS.replace("grundskola", "gymnasium").replace("independent", "private")
    answer = upload(portal.visitor("officer"), {"units.csv": units, "groups.csv": GROUPS.replace("25", "many")})
    assert answer.status_code == 422
    cells = re.findall(r"<tr>\s*<td>([^<]*)</td>\s*<td class=\"figure\">(\d*)</td>\s*<td>([^<]*)</td>", answer.text)
    assert {("units.csv", "2", "unit_type"), ("units.csv", "3", "regi"), ("groups.csv", "2", "headcount")} <= set(cells)
    assert (number(portal, Unit), number(portal, PendingImport)) == (0, 0)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "No file was chosen"),
        ({"roster.zip": b"PK\x03\x04 no zip at all"}, "it is damaged"),
        ({"roster.zip": zipped({"../units.csv": UNITS})}, "outside itself"),
        ({"roster.zip": zipped({"units.csv": UNITS})}, "holds no groups.csv"),
        ({"roster.zip": zipped({"units.csv": UNITS, "groups.csv": GROUPS}), "units.csv": UNITS}, "given twice"),
        ({"units (1).csv": UNITS}, "no file of the roster"),
        ({"persons.json": "{}"}, "SS 12000"),
    ],
)
def test_what_cannot_be_opened_is_refused_with_the_reason(portal: Portal, files, reason):
    answer = upload(portal.visitor("officer"), files)
    assert answer.status_code == 422
    assert reason in answer.text
    assert number(portal, PendingImport) == 0


def test_an_upload_above_the_limit_gets_a_page_that_says_so(portal: Portal):
    answer = upload(portal.visitor("officer"), {"units.csv": b"x" * (LARGEST + 1)})
    assert answer.status_code == 413
    assert "12 MB" in answer.text


def test_an_upload_larger_than_a_form_is_taken(portal: Portal):
    padding = "\n" * 400_000
    assert upload(portal.visitor("officer"), {**FILES, "units.csv": UNITS + padding}).status_code == 303


def test_most_of_the_register_goes_only_with_a_tick(town: Portal):
    officer = town.visitor("officer")
    other = UNITS.replace("S1", "X1").replace("F1", "X2"), GROUPS.replace("S1", "X1").replace("F1", "X2")
    address = upload(officer, {"units.csv": other[0], "groups.csv": other[1]}).location
    page = officer.get(address)
    assert "2 of 2 units" in page.text
    assert "allow-removal" not in page.text
    refused = officer.post(address, {"action": "approve", "shown": shown(page)})
    assert refused.status_code == 422
    assert number(town, Unit) == 2
    assert officer.post(address, {"action": "approve", "shown": shown(page), "removal": "yes"}).status_code == 303
    with town.house.database.read() as session:
        assert set(session.scalars(select(Unit.code).where(Unit.active))) == {"X1", "X2"}


def test_removing_all_persons_needs_the_tick(town: Portal):
    officer = town.visitor("officer")
    address = upload(officer, {"persons.csv": PERSONS.splitlines()[0] + "\n"}).location
    page = officer.get(address)
    assert "persons.csv names nobody" in page.text
    assert officer.post(address, {"action": "approve", "shown": shown(page)}).status_code == 422
    assert number(town, Person) == 6


def test_files_put_aside_are_gone(portal: Portal):
    officer = portal.visitor("officer")
    address = upload(officer, FILES).location
    assert officer.post(address, {"action": "cancel", "shown": "x"}).status_code == 303
    assert (number(portal, PendingImport), number(portal, Unit)) == (0, 0)
    assert officer.get(address).status_code == 404


def test_nobody_else_sees_or_approves_an_upload(portal: Portal):
    officer, other = portal.visitor("officer"), portal.visitor("officer")
    address = upload(officer, FILES).location
    fingerprint = shown(officer.get(address))
    assert other.get(address).status_code == 404
    assert other.post(address, {"action": "approve", "shown": fingerprint}).status_code == 404
    other.post(address, {"action": "cancel", "shown": "x"})
    assert officer.get(address).status_code == 200


def test_an_officer_has_one_upload_at_a_time(portal: Portal):
    officer = portal.visitor("officer")
    first, second = upload(officer, FILES).location, upload(officer, FILES).location
    assert (officer.get(first).status_code, officer.get(second).status_code) == (404, 200)


def test_an_upload_is_forgotten_after_a_day(portal: Portal):
    officer = portal.visitor("officer")
    upload(officer, FILES)
    database, clock = portal.house.database, portal.house.clock
    clock.advance(timedelta(hours=23))
    assert forget_old_uploads(database, clock) == 0
    clock.advance(timedelta(hours=2))
    assert forget_old_uploads(database, clock) == 1
    assert number(portal, PendingImport) == 0


def test_only_officers_import(town: Portal):
    for roles in (("principal", "S1"), ("owner", "BOL"), "board_reader", "auditor"):
        visitor = town.visitor(roles)
        assert visitor.get("/units/import").status_code == 403
        assert upload(visitor, FILES).status_code == 403


def test_an_upload_without_the_forms_token_is_refused(portal: Portal):
    officer = portal.visitor("officer")
    data = {"files": FileStorage(io.BytesIO(UNITS.encode()), filename="units.csv")}
    assert officer.client.post("/units/import", data=data).status_code == 400
    assert number(portal, PendingImport) == 0
