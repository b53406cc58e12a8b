"""The urn's way in, the same for a ballot from the site and one from a file: sealed to its window and seal group."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.urn import ballot_context

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.database.box_keys import BoxKeys
    from shared.database.questionnaires import Loaded
    from shared.questionnaire.definition import Answers, Context


def seal_ballot(
    loaded: Loaded,
    box_keys: BoxKeys,
    *,
    seal_group_id: int | None,
    answers: Answers,
    roster: Mapping[str, str],
    context: Context,
) -> dict[str, object]:
    """Return a row of the ballot table with checked ``answers`` sealed in it; it holds neither code nor time.

    ``roster`` holds the segments known before anything was answered. A box key may be stored, in a transaction of its
    own, so this comes before the one that casts. Raises ``Refused`` (``window_closed``) for a window not yet opened.
    """
    if loaded.layout is None or loaded.public_key is None or seal_group_id is None:
        raise Refused("window_closed", _("The window is not open. No answers were taken."), status=410)
    plain = loaded.layout.encode(answers, segment_values(loaded, roster, answers), context)
    box_key_id, box_key = box_keys.current(loaded.window_id, loaded.public_key)
    box = box_key.seal(plain, ballot_context(seal_group_id))
    return {"id": uuid4(), "seal_group_id": seal_group_id, "box_key_id": box_key_id, "box": box}


def segment_values(loaded: Loaded, roster: Mapping[str, str], answers: Answers) -> dict[str, str]:
    """Return each breakdown's value: the roster's, else the answer to the item of that name, else "" for unknown.

    The values of a breakdown were frozen at opening, either as the roster's words or as the item's codes: a word of the
    roster that is none of them (``flicka`` where the item has ``f``) says nothing here.
    """
    found = {}
    for name, values in (loaded.breakdowns or {}).items():
        candidates = (roster.get(name), answers.get(name))
        found[name] = next((value for value in candidates if isinstance(value, str) and value in values), "")
    return found
