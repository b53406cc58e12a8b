"""The rows behind a page as a file: exactly what the reader may see, in the columns of ``formats``."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import MappingProxyType

from flask import Response

from admin_portal.results.reading import Row
from shared.model.results import ROW_COLUMNS
from shared.presentation.row_files import csv_text, json_text

_UNSAFE = re.compile(r"[^\w.-]+", re.ASCII)
_WRITERS: MappingProxyType[str, tuple[str, Callable[..., str]]] = MappingProxyType(
    {"csv": ("text/csv", csv_text), "json": ("application/json", json_text)}
)
FORMATS = tuple(_WRITERS)


def rows_file(rows: tuple[Row, ...], name: str, fmt: str) -> Response:
    """Return ``rows`` as a file to keep; ``fmt`` is ``csv`` or ``json``."""
    media_type, write = _WRITERS[fmt]
    response = Response(write(rows, ROW_COLUMNS), mimetype=media_type)
    safe = _UNSAFE.sub("-", name).strip("-") or "results"
    response.headers["Content-Disposition"] = f'attachment; filename="{safe}.{fmt}"'
    return response
