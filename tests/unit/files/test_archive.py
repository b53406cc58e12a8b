"""Archives are opened within limits that a hostile one cannot pass."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from admin_portal import archive
from admin_portal.archive import read_contents
from shared.errors import Refused

NAMES = ("units.csv", "groups.csv")


def zipped(path: Path, files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


def test_a_folder_a_zip_and_a_file_give_the_same_contents(tmp_path):
    folder = tmp_path / "roster"
    folder.mkdir()
    (folder / "Units.CSV").write_bytes(b"a")
    (folder / "other.txt").write_bytes(b"b")
    flat = zipped(tmp_path / "flat.zip", {"units.csv": b"a", "other.txt": b"b"})
    nested = zipped(tmp_path / "nested.zip", {"roster/units.csv": b"a", "__MACOSX/roster/units.csv": b"x"})
    for path in (folder, flat, nested, folder / "Units.CSV"):
        assert read_contents(path, NAMES) == {"units.csv": b"a"}


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"../units.csv": b"a"}, "outside itself"),
        ({"/etc/units.csv": b"a"}, "outside itself"),
        ({"..\\units.csv": b"a"}, "outside itself"),
        ({"C:/units.csv": b"a"}, "outside itself"),
        ({"a/units.csv": b"a", "b/units.csv": b"b"}, "twice"),
        ({"units.csv": b"0" * 1_000_000}, "more than 100:1"),
        ({f"{number}.txt": b"" for number in range(1001)}, "more than 1000 files"),
    ],
)
def test_a_hostile_archive_is_refused(tmp_path, files, reason):
    with pytest.raises(Refused, match=reason) as caught:
        read_contents(zipped(tmp_path / "roster.zip", files), NAMES)
    assert "folder instead" in str(caught.value)


def test_a_large_archive_and_one_that_unpacks_to_too_much_are_refused(tmp_path, monkeypatch):
    path = zipped(tmp_path / "roster.zip", {"units.csv": bytes(range(256)) * 8}, zipfile.ZIP_STORED)
    monkeypatch.setattr(archive, "MAX_ARCHIVE_BYTES", 1000)
    with pytest.raises(Refused, match="larger than"):
        read_contents(path, NAMES)
    monkeypatch.undo()
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(Refused, match="unpacked"):
        read_contents(path, NAMES)


def test_a_damaged_archive_is_refused(tmp_path):
    path = zipped(tmp_path / "roster.zip", {"units.csv": b"abc" * 1000})
    content = path.read_bytes()
    path.write_bytes(content[:40] + b"\xff" * 4 + content[44:])
    with pytest.raises(Refused, match="damaged"):
        read_contents(path, NAMES)
    path.write_bytes(b"no archive")
    with pytest.raises(Refused, match="damaged"):
        read_contents(path, NAMES)


def test_an_encrypted_member_is_refused(tmp_path):
    path = zipped(tmp_path / "roster.zip", {"units.csv": b"a"}, zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    path.write_bytes(bytes(content))
    with pytest.raises(Refused, match="encrypted"):
        read_contents(path, NAMES)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(Refused, match=r"There is no file .*nowhere.csv"):
        read_contents(tmp_path / "nowhere.csv", NAMES)
