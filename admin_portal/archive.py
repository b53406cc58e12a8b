"""Opens a folder, a zip or a single file as named contents, within limits that a hostile archive cannot pass."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path, PurePosixPath

from admin_portal.files import read_bytes
from shared.errors import Refused
from shared.i18n import gettext as _

MAX_ARCHIVE_BYTES = 10_000_000
MAX_UNPACKED_BYTES = 100_000_000
MAX_RATIO = 100
MAX_MEMBERS = 1_000
_ENCRYPTED = 0x1
_SMALL_ENOUGH = 100_000
"""A small file may pack better than the limit without any harm: a column of equal words does."""


def read_contents(path: Path, names: Sequence[str]) -> dict[str, bytes]:
    """Return the contents by name of those of ``names`` that stand in the folder, the zip or as the file itself.

    In a zip they may lie in one common folder. Raises ``Refused`` for what cannot be read and for an archive that is
    too large, packs more than 100:1, is encrypted or names paths outside itself.
    """
    if path.is_dir():
        present = {child.name.casefold(): child for child in path.iterdir() if child.is_file()}
        return {name: read_bytes(present[name]) for name in names if name in present}
    content = read_bytes(path)
    if looks_packed(content, path.name):
        return unpack(content, path.name, names)
    return {path.name.casefold(): content}


def looks_packed(content: bytes, file: str) -> bool:
    """Whether a file is a zip, by its name or by what it holds."""
    return PurePosixPath(file).suffix.casefold() == ".zip" or zipfile.is_zipfile(BytesIO(content))


def pack(contents: Mapping[str, bytes]) -> bytes:
    """Return ``contents`` by name as one zip."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return packed.getvalue()


def unpack(content: bytes, file: str, names: Sequence[str]) -> dict[str, bytes]:
    """Return the contents by name of those of ``names`` that the zip ``file`` holds; raises ``Refused`` as above."""
    if len(content) > MAX_ARCHIVE_BYTES:
        raise _refused(file, _("it is larger than %(limit)d MB") % {"limit": MAX_ARCHIVE_BYTES // 1_000_000})
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = _members(archive, file, names)
            return dict(_unpacked(archive, file, members))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, zlib.error) as error:
        raise _refused(file, _("it is damaged or packed in an unknown way")) from error


def _members(archive: zipfile.ZipFile, file: str, names: Sequence[str]) -> dict[str, zipfile.ZipInfo]:
    members: dict[str, zipfile.ZipInfo] = {}
    if len(archive.infolist()) > MAX_MEMBERS:
        raise _refused(file, _("it holds more than %(limit)d files") % {"limit": MAX_MEMBERS})
    for member in archive.infolist():
        place = PurePosixPath(member.filename.replace("\\", "/"))
        if place.is_absolute() or ".." in place.parts or ":" in member.filename:
            raise _refused(file, _("it names a path outside itself"))
        name = place.name.casefold()
        if member.is_dir() or name not in names or "__MACOSX" in place.parts:
            continue
        if name in members:
            raise _refused(file, _("it holds %(name)s twice") % {"name": name})
        members[name] = member
    return members


def _unpacked(
    archive: zipfile.ZipFile, file: str, members: Mapping[str, zipfile.ZipInfo]
) -> Iterator[tuple[str, bytes]]:
    """Yield the contents, counting what really comes out: the sizes an archive states may be lies."""
    left = MAX_UNPACKED_BYTES
    for name, member in members.items():
        if member.flag_bits & _ENCRYPTED:
            raise _refused(file, _("it is encrypted"))
        with archive.open(member) as packed:
            content = packed.read(left + 1)
        if len(content) > left:
            text = _("unpacked it is larger than %(limit)d MB")
            raise _refused(file, text % {"limit": MAX_UNPACKED_BYTES // 1_000_000})
        if len(content) > _SMALL_ENOUGH and len(content) > MAX_RATIO * max(member.compress_size, 1):
            raise _refused(file, _("%(name)s is packed more than %(ratio)d:1") % {"name": name, "ratio": MAX_RATIO})
        left -= len(content)
        yield name, content


def _refused(file: str, reason: str) -> Refused:
    text = _("The archive %(file)s is refused: %(reason)s. Give the files in a folder instead.")
    return Refused("archive_refused", text % {"file": file, "reason": reason})
