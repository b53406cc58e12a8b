"""Notices a lost or changed code pepper by a keyed check value that the database keeps of the one in use."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from shared.errors import Refused
from shared.i18n import ngettext
from shared.model.codes import Code, DispatchKey

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def check_value(pepper: bytes) -> bytes:
    """Return HMAC-SHA-256 of a constant under the pepper, 32 bytes; no code's hash has the same input."""
    return hmac.new(pepper, b"sikte/pepper-check/1", hashlib.sha256).digest()


def require_pepper(session: Session, pepper: bytes) -> None:
    """Make sure that the codes still open were made with this pepper.

    Raises ``Refused`` (``wrong_pepper``) with the remedy. Where no code is open any more another pepper is as good.
    """
    noted = session.scalar(select(DispatchKey.pepper_check))
    if noted is None or hmac.compare_digest(noted, check_value(pepper)):
        return
    still_open = select(func.count()).select_from(Code).where(Code.state == "issued", Code.lookup.is_not(None))
    number = session.scalar(still_open) or 0
    if not number:
        return
    text = ngettext(
        "The code pepper is not the one that %(number)d open code was made with: it would not be recognised. Restore "
        "SIKTE_CODE_PEPPER (in embedded mode the file keys/code_pepper) from its copy. If it is lost for good: open "
        "and close the windows of these codes (sikte cycle open, sikte cycle close); after the count codes can be "
        "issued with the new one.",
        "The code pepper is not the one that %(number)d open codes were made with: they would not be recognised. "
        "Restore SIKTE_CODE_PEPPER (in embedded mode the file keys/code_pepper) from its copy. If it is lost for good: "
        "open and close the windows of these codes (sikte cycle open, sikte cycle close); after the count codes can be "
        "issued with the new one.",
        number,
    )
    raise Refused("wrong_pepper", text % {"number": number})


def note_pepper(session: Session, pepper: bytes) -> None:
    """Note with which pepper codes are made from now on; raises ``Refused`` (``wrong_pepper``) for a wrong one."""
    key = session.scalars(select(DispatchKey).with_for_update()).one()
    require_pepper(session, pepper)
    key.pepper_check = check_value(pepper)
