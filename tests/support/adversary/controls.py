"""Negative controls: one safeguard taken away at a named seam, so that the attack on it must succeed."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.orm import Session

from analytics_worker.closing import counting, opening
from shared.database import lifecycle, locks, urn
from shared.model.counting import CountSlice, FreeText
from shared.model.cycles import CollectionWindow, SealGroup
from shared.model.urn import Ballot
from shared.sealing import boxes
from shared.sealing.boxes import NONCE_BYTES, TAG_BYTES, BoxKey
from shared.sealing.keystore import KeyStore
from survey_service.casting import cast
from survey_service.casting.forms import Form
from tests.support.adversary import collection
from tests.support.adversary.holdings import layout_of
from tests.support.adversary.population import Respondent, Size, World

CUT = 8
"""Into how many slices the control deals the ballots of each unit."""
_NO_SLICE = 9_999


def padding_off(patch: pytest.MonkeyPatch, ballot_size: int) -> None:
    """Seal ballots and drafts without the padding, which is put back before they are counted."""
    seal, unseal = BoxKey.seal, BoxKey.open

    def short(self: BoxKey, content: bytes, context: bytes) -> bytes:
        return seal(self, content.rstrip(b"\0 "), context)

    def padded(self: BoxKey, box: bytes, context: bytes) -> bytes:
        return unseal(self, box, context).ljust(ballot_size, b"\0")

    patch.setattr(boxes.BoxKey, "seal", short)
    patch.setattr(boxes.BoxKey, "open", padded)


def boxes_in_clear(patch: pytest.MonkeyPatch) -> None:
    """Lay ballots in the urn as they are."""

    def clear(_self: BoxKey, content: bytes, _context: bytes) -> bytes:
        return bytes(NONCE_BYTES) + content + bytes(TAG_BYTES)

    def opened(_self: BoxKey, box: bytes, _context: bytes) -> bytes:
        return box[NONCE_BYTES:-TAG_BYTES]

    patch.setattr(boxes.BoxKey, "seal", clear)
    patch.setattr(boxes.BoxKey, "open", opened)


def serial_ids(patch: pytest.MonkeyPatch) -> None:
    """Number ballots as they come, as timestamps would."""
    numbers = itertools.count(1 << 64)
    patch.setattr(urn, "uuid4", lambda: UUID(int=next(numbers)))


def order_kept(patch: pytest.MonkeyPatch) -> None:
    """Count without shuffling: rows and texts lie as the ballots lay in the urn."""
    numbers = itertools.count(1 << 64)

    class Unshuffled:
        def __init__(self, _bits: object) -> None:
            pass

        def permutation(self, length: int) -> np.ndarray:
            return np.arange(length)

    patch.setattr(np.random, "Generator", Unshuffled)
    patch.setattr(counting, "uuid4", lambda: UUID(int=next(numbers)))


def key_kept(patch: pytest.MonkeyPatch) -> None:
    """Finish the window without destroying its private key."""
    patch.setattr(KeyStore, "destroy_window_key", lambda _self, _window_id: True)


def texts_in_the_same_transaction(patch: pytest.MonkeyPatch) -> None:
    """Write the text as a row of its own when the code is marked, unsealed, with a random id and no time."""
    sending = threading.local()
    send, share = collection.Collection.send, locks.share_window

    def remember(self: collection.Collection, person: Respondent, process: int = 0) -> str:
        sending.person, sending.world = person, self.world
        return send(self, person, process)

    def write_too(connection: Connection, window_id: int) -> None:
        share(connection, window_id)
        questionnaire, unit = sending.world.questionnaire_id, sending.person.group + 1
        row = {
            "id": uuid4(), "questionnaire_id": questionnaire, "unit_id": unit, "slice_number": _NO_SLICE,
            "item_key": "first", "body": sending.person.answers["first"], "state": "unscreened",
        }  # fmt: skip
        connection.execute(insert(FreeText), row)

    patch.setattr(collection.Collection, "send", remember)
    patch.setattr(cast, "share_window", write_too)
    patch.setattr(collection, "TWICE", 0.0)  # a second send would write its text again
    patch.setattr(counting, "_text_rows", lambda _part, _texts: [])


def groups_cut(patch: pytest.MonkeyPatch) -> None:
    """Deal the ballots of each unit at random into eight seal groups that are counted in eight slices."""
    seal_group, open_form = opening._seal_group, collection.open_form

    def several(*arguments: Any) -> SealGroup:
        return next(iter([seal_group(*arguments) for _ in range(CUT)]))

    def any_of_them(session: Session, code_id: UUID) -> Form:
        form = open_form(session, code_id)
        return replace(form, seal_group_id=form.seal_group_id + code_id.int % CUT)

    patch.setattr(opening, "_seal_group", several)
    patch.setattr(collection, "open_form", any_of_them)
    patch.setattr(lifecycle, "_cut_slices", _cut_across)
    # One block and one tally per unit cannot be written by eight slices; the texts tell enough.
    patch.setattr(counting, "_blocks", _nothing)
    patch.setattr(counting, "_tallies", _nothing)


def expected_when_cut(size: Size) -> float:
    """Return the share linked by who knows the slice of each box and each row: one person per slice of a group."""
    return CUT * (1 - (1 - 1 / CUT) ** size.members) / size.members


def ballot_size(world: World) -> int:
    """Return the length that ballots are padded to."""
    return int(layout_of(world).size)


def _nothing(*_arguments: object) -> Iterator[dict[str, object]]:
    return iter(())


def _cut_across(session: Session, window: CollectionWindow, _limit: int) -> list[CountSlice]:
    slices = []
    for number in range(CUT):
        mine = (SealGroup.window_id == window.id) & (SealGroup.id % CUT == number)
        session.execute(update(SealGroup).where(mine).values(slice_number=number))
        total = (
            select(func.count()).select_from(Ballot).join(SealGroup, SealGroup.id == Ballot.seal_group_id).where(mine)
        )
        one = CountSlice(
            window_id=window.id,
            number=number,
            questionnaire_id=1,
            control_total=session.scalar(total),
        )
        session.add(one)
        slices.append(one)
    session.flush()
    return slices
