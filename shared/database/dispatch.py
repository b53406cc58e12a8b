"""The one dispatch key pair of an instance: who makes it, and the public half that issued codes are sealed to."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.codes import DispatchKey
from shared.sealing.boxes import public_of

if TYPE_CHECKING:
    from shared.database.engine import Database
    from shared.sealing.keystore import KeyStore

_ID = 1


def known_dispatch_key(database: Database) -> bytes | None:
    """Return the public half, None while there is no pair."""
    with database.read() as session:
        return session.scalar(select(DispatchKey.public_key).where(DispatchKey.id == _ID))


def dispatch_public_key(database: Database) -> bytes:
    """Return the public half; raises ``Refused`` (``no_dispatch_key``) with the remedy while there is no pair."""
    public_key = known_dispatch_key(database)
    if public_key is None:
        text = _("There is no dispatch key yet. Run where SIKTE_KEYS is mounted: sikte db upgrade")
        raise Refused("no_dispatch_key", text)
    return public_key


def make_dispatch_key(database: Database, keys: KeyStore) -> None:
    """Make the pair where there is none: the private half on disk first, so that no code is sealed to a lost key.

    To be called where the place of private keys is mounted; several processes at once make one pair.
    """
    if known_dispatch_key(database) is not None:
        return
    with suppress(FileExistsError):  # another process may be a moment faster: its key is then the one
        if not keys.has_dispatch_key():
            keys.make_dispatch_key()
    with suppress(IntegrityError), database.begin() as session:
        session.add(DispatchKey(id=_ID, public_key=public_of(keys.dispatch_key())))
