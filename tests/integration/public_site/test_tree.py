"""``sikte site write``: whole editions as files, swapped in one step while somebody reads."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from click.testing import CliRunner

from admin_portal.public.tree import KEPT, write_site
from deploy.cli.main import cli
from shared.errors import Refused
from tests.support.public_site import contents, write
from tests.support.published import PUBLIC_AT, Unit, Written


def written_tree(house, folder):
    return write_site(house.database, folder, now=house.clock.now())


def publications(house, number):
    """Publish one correction after the other, each a minute later."""
    for place in range(1, number + 1):
        at = PUBLIC_AT + timedelta(minutes=place)
        unit = Unit("A", "Skola A", 5 + place / 10)
        write(house, Written(units=[unit], number=place, goes_public_at=at, corrects=place - 1 or None))
        yield at


def test_the_tree_holds_the_edition_file_by_file(written_house, tmp_path):
    write(written_house, Written())

    written = written_tree(written_house, tmp_path / "www")

    files = contents(written_house.database)
    current = tmp_path / "www" / "current"
    found = {str(path.relative_to(current)): path.read_bytes() for path in current.rglob("*") if path.is_file()}
    assert found == files
    assert (written.files, written.changed) == (len(files), True)
    assert not written_tree(written_house, tmp_path / "www").changed


def test_a_reader_sees_the_old_site_or_the_new_one_and_never_half(written_house, tmp_path):
    folder = tmp_path / "www"
    moments = list(publications(written_house, 8))
    written_house.clock.instant = moments[0]
    written_tree(written_house, folder)
    faults, stop = [], threading.Event()

    def read():
        while not stop.is_set():
            home = (folder / "current").readlink()
            try:
                one = (folder / home / "en" / "units" / "A" / "index.html").read_bytes()
                (folder / "current" / "en" / "index.html").read_bytes()
            except OSError as fault:
                faults.append(fault)
                continue
            if not one.endswith(b"</html>"):
                faults.append(one)

    reader = threading.Thread(target=read)
    reader.start()
    for at in moments[1:]:
        written_house.clock.instant = at
        written_tree(written_house, folder)
    stop.set()
    reader.join()

    assert faults == []
    assert len(list((folder / "editions").iterdir())) == KEPT
    assert b"5.8" in (folder / "current" / "en" / "units" / "A" / "index.html").read_bytes()


def test_nothing_is_written_before_the_first_publication(written_house, tmp_path):
    write(written_house, Written(goes_public_at=PUBLIC_AT + timedelta(days=60)))

    with pytest.raises(Refused) as caught:
        written_tree(written_house, tmp_path / "www")
    assert caught.value.code == "nothing_published"
    assert not (tmp_path / "www" / "current").exists()


def test_a_folder_with_other_things_is_left_alone(written_house, tmp_path):
    write(written_house, Written())
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "other.txt").write_text("mine")

    with pytest.raises(Refused) as caught:
        written_tree(written_house, tmp_path / "www")
    assert caught.value.code == "not_a_site"
    assert [entry.name for entry in (tmp_path / "www").iterdir()] == ["other.txt"]


def test_the_command_writes_and_says_what(written_house, tmp_path, monkeypatch):
    write(written_house, Written(goes_public_at=PUBLIC_AT.replace(year=2020)))
    monkeypatch.setenv("SIKTE_DATABASE_URL", str(written_house.database.engine.url))
    monkeypatch.setenv("SIKTE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SIKTE_LANGUAGE", "en")

    done = CliRunner().invoke(cli, ["site", "write", str(tmp_path / "www")])

    assert done.exit_code == 0, done.output
    assert "shows the public site" in done.output
    assert (tmp_path / "www" / "current" / "sv" / "index.html").exists()
