"""A roster uploaded in the portal: kept sealed until its difference is approved, put aside, or a day old."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import PurePath

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from admin_portal.archive import MAX_UNPACKED_BYTES, looks_packed, pack, unpack
from admin_portal.organisation.difference import Difference
from admin_portal.organisation.roster import READ_NAMES, apply_roster, only_roster
from shared.clock import Clock
from shared.database.engine import Database
from shared.errors import NotFound, Refused
from shared.i18n import gettext as _
from shared.model.uploads import PendingImport
from shared.sealing.boxes import BoxKey, CannotOpen
from shared.sealing.tokens import derive_key

KEPT_FOR = timedelta(days=1)
_TOKEN_BYTES = 32
_CONTEXT = b"sikte/pending-import/1"


@dataclass(frozen=True, slots=True)
class Uploads:
    """Where uploads wait; ``secret`` is the application's, without which nobody reads them."""

    database: Database
    clock: Clock
    secret: str = field(repr=False)

    def keep(self, contents: Mapping[str, bytes], *, name: str, account_id: int) -> str:
        """Keep the files for ``account_id``, in the place of those it left before, and return the token to them."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        sealed = self._box(token).seal(pack(contents), _CONTEXT)
        with self.database.begin() as session:
            session.execute(delete(PendingImport).where(PendingImport.account_id == account_id))
            session.add(
                PendingImport(
                    id=_name_of(token),
                    account_id=account_id,
                    name=name[:200],
                    content=sealed,
                    created_at=self.clock.now(),
                )
            )
        return token

    def find(self, session: Session, token: str, account_id: int) -> tuple[str, dict[str, bytes]]:
        """Return name and files behind ``token``; raises ``NotFound`` when they are gone or somebody else's."""
        found = session.get(PendingImport, _name_of(token))
        if found is None or found.account_id != account_id or self.clock.now() - found.created_at > KEPT_FOR:
            text = _("These files wait no longer. They are kept for a day, or until they are used. Upload them again.")
            raise NotFound(text)
        try:
            content = self._box(token).open(found.content, _CONTEXT)
        except CannotOpen:
            text = _("These files can no longer be read: the secret of this Sikte was changed. Upload them again.")
            raise NotFound(text) from None
        return found.name, unpack(content, found.name, READ_NAMES)

    def approve(self, token: str, *, account_id: int, shown: str, allow_removal: bool, actor: str) -> Difference:
        """Import the files behind ``token`` if they still change what was ``shown``, and forget them.

        Raises as ``find`` and ``apply_roster`` do; the files are then kept.
        """
        with self.database.begin() as session:
            name, contents = self.find(session, token, account_id)
            difference = apply_roster(
                session, self.clock, contents, shown=shown, allow_removal=allow_removal, actor=actor, name=name
            )
            session.execute(delete(PendingImport).where(PendingImport.id == _name_of(token)))
        return difference

    def put_aside(self, token: str, *, account_id: int) -> None:
        """Forget the files behind ``token``."""
        with self.database.begin() as session:
            own = (PendingImport.id == _name_of(token)) & (PendingImport.account_id == account_id)
            session.execute(delete(PendingImport).where(own))

    def _box(self, token: str) -> BoxKey:
        return BoxKey(derive_key(self.secret, f"portal/import/{token}"))


def forget_old_uploads(database: Database, clock: Clock) -> int:
    """Delete uploads that nobody approved within a day (a chore of the clock); returns how many."""
    old = PendingImport.created_at < clock.now() - KEPT_FOR
    with database.glance() as session:
        if session.scalar(select(PendingImport.id).where(old).limit(1)) is None:
            return 0
    with database.begin() as session:
        gone = session.execute(delete(PendingImport).where(old).returning(PendingImport.id))
        return len(gone.all())


def read_upload(files: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
    """Return the roster's files out of those uploaded by name: CSV files, zips, or both.

    Raises ``Refused`` for a name that has no meaning here, a file given twice, or an archive that is not to be trusted.
    """
    if not files:
        raise Refused("no_file", _("No file was chosen. Choose the register's files first."), status=422)
    contents: dict[str, bytes] = {}
    packed = False
    for given, content in files:
        name = PurePath(given.replace("\\", "/")).name.casefold()
        if looks_packed(content, name):
            packed = True
            inner = unpack(content, name, READ_NAMES)
        elif name in READ_NAMES:
            inner = {name: content}
        else:
            text = _("%(file)s is no file of the roster. Name them units.csv, groups.csv, persons.csv, agreements.csv.")
            raise Refused("no_roster", text % {"file": name[:100]}, status=422)
        twice = sorted(contents.keys() & inner.keys())
        if twice:
            raise Refused("given_twice", _("%(file)s is given twice.") % {"file": twice[0]}, status=422)
        contents |= inner
    if sum(len(content) for content in contents.values()) > MAX_UNPACKED_BYTES:
        limit = MAX_UNPACKED_BYTES // 1_000_000
        text = _("Unpacked, the files are larger than %(limit)d MB.")
        raise Refused("too_large", text % {"limit": limit}, status=422)
    return only_roster(contents, ", ".join(name for name, _content in files), partly=not packed)


def _name_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
