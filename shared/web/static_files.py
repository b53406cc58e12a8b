"""Static files held in memory and named by their content, so that browsers may keep them for a year."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, abort, request

FOLDER = Path(__file__).parent / "static"
_FINGERPRINT_DIGITS = 12
_FOR_A_YEAR = "public, max-age=31536000, immutable"
_WORTH_PACKING = 500


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file's bytes, plain and packed, and the address it is asked for under."""

    content: bytes
    packed: bytes | None
    media_type: str
    address: str


class StaticFiles:
    """The files of a site by name; ``generated`` is put in front of the file of the same name (tokens before rules)."""

    def __init__(self, folder: Path = FOLDER, generated: Mapping[str, str] | None = None) -> None:
        before = generated or {}
        self._files = {
            path.name: _static_file(path.name, before.get(path.name, "").encode() + path.read_bytes())
            for path in sorted(folder.iterdir())
            if path.is_file()
        }

    def address(self, name: str) -> str:
        """Return where ``name`` is served, its fingerprint included."""
        return self._files[name].address

    def respond(self, name: str) -> Response:
        """Return the file; only under its present fingerprint may it be kept for a year."""
        found = self._files.get(name) or abort(404)
        packed = found.packed if request.accept_encodings.quality("gzip") > 0 else None
        response = Response(packed or found.content, mimetype=found.media_type)
        current = request.path == found.address
        response.headers["Cache-Control"] = _FOR_A_YEAR if current else "no-cache"
        response.headers["Vary"] = "Accept-Encoding"
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        return response


def serve_static_files(app: Flask, files: StaticFiles) -> None:
    """Serve ``files`` under ``/static/<fingerprint>/<name>`` and teach templates their addresses (``static``)."""

    def static_file(fingerprint: str, name: str) -> Response:  # noqa: ARG001  compared as part of the address
        return files.respond(name)

    app.add_url_rule("/static/<fingerprint>/<name>", "static_file", static_file)
    app.jinja_env.globals["static"] = files.address


def _static_file(name: str, content: bytes) -> StaticFile:
    fingerprint = hashlib.sha256(content).hexdigest()[:_FINGERPRINT_DIGITS]
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    packed = gzip.compress(content, 9, mtime=0) if len(content) > _WORTH_PACKING else None
    return StaticFile(content, packed, media_type, f"/static/{fingerprint}/{name}")
