"""Where each page of the site stands: paths that any web server and file system takes, whatever a unit's code is."""

from __future__ import annotations

import hashlib
import re

INDEX = "index.html"
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,50}")
_OTHER = re.compile(r"[^A-Za-z0-9_-]+")
_DIGITS = 8


def slug(code: str) -> str:
    """Return the folder of a code: itself if it is plain, else its plain letters and a piece of its hash."""
    if _PLAIN.fullmatch(code):
        return code
    short = _OTHER.sub("-", code).strip("-")[:30]
    return f"{short}~{hashlib.sha256(code.encode()).hexdigest()[:_DIGITS]}".lstrip("~")


def unit_folder(code: str) -> str:
    """Return the address of a unit's page from the language's start page."""
    return f"units/{slug(code)}/"


def type_folder(unit_type: str, part: int = 1) -> str:
    """Return the address of a part of the list of one kind of unit."""
    return f"types/{slug(unit_type)}/" if part == 1 else f"types/{slug(unit_type)}/{part}/"


def data_folder(cycle: str) -> str:
    """Return the address of a cycle's files from the root of the site."""
    return f"data/{slug(cycle)}/"


def unit_file(cycle: str, code: str, ending: str) -> str:
    """Return the address of a unit's rows from the root of the site."""
    return f"{data_folder(cycle)}units/{slug(code)}{ending}"


def up(path: str) -> str:
    """Return the way from the page at ``path`` (ending in ``index.html`` or a name) to the root of its site."""
    return "../" * path.count("/")
