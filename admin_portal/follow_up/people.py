"""Names for those who act: an account's own name, without its address."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.auditing.log import in_words
from shared.model.accounts import Account

_USER = "user:"


def names_of(session: Session, labels: Iterable[str]) -> dict[str, str]:
    """Return what each label (``user:7``, ``cli:name``, ``clock``) is called on a page."""
    wanted = set(labels)
    ids = [int(label.removeprefix(_USER)) for label in wanted if label.removeprefix(_USER).isdecimal()]
    names = select(Account.id, Account.name).where(Account.id.in_(ids))
    known = {f"{_USER}{account_id}": name for account_id, name in session.execute(names)}
    return {label: in_words(label, known) for label in wanted}
