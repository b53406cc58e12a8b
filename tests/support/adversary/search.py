"""Searches everything on the operator's disks for answers, codes and keys, and says where each may stand."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from shared.model.urn import box_key_context
from shared.sealing.boxes import open_from
from shared.sealing.codes import display
from tests.support.adversary.holdings import SERIAL, layout_of
from tests.support.adversary.needles import Needles, different_pieces, disguises, occurrences, spellings
from tests.support.adversary.population import RATINGS, World
from tests.support.adversary.postgresql import PostgresOperator
from tests.support.adversary.sqlite import SqliteOperator

ALLOWED = ("free_text", "free_text/toast")
"""Where the text of an answer may stand after the count."""


@dataclass(slots=True)
class Findings:
    """What was found where: allowed places of answers, and everything that should not be."""

    allowed: Counter[str] = field(default_factory=Counter)
    forbidden: Counter[tuple[str, str]] = field(default_factory=Counter)
    bytes_searched: int = 0


Judge = Callable[[Path, int], str]
"""Says in what a byte of a file lies: ``ALLOWED``, or a name of the place where no answer may be."""


def secrets_of(world: World, window_key: bytes, sealed_box_keys: Iterable[bytes]) -> dict[bytes, str]:
    """Return what must stand nowhere: codes in clear, draft, box and window keys, ballots row by row."""
    named: dict[bytes, str] = {}
    columns = {column.key: column for column in layout_of(world).columns}
    for person in world.respondents:
        named[person.code.encode()] = named[display(person.code).encode()] = "code"
        named[person.code.lower().encode()] = named[person.code.encode().hex().encode()] = "code"
        named |= dict.fromkeys(spellings(person.draft_key), "draft key")
        named[bytes(columns[key].options.index(person.answers[key]) + 1 for key in RATINGS)] = "ratings of a ballot"
    for sealed in sealed_box_keys:
        key = open_from(window_key, sealed, box_key_context(world.window_id))
        named |= dict.fromkeys(spellings(key), "box key")
    return named | dict.fromkeys(spellings(window_key), "window key")


def search(folders: Iterable[Path], named: dict[bytes, str], judge: Judge) -> Findings:
    """Search all files, in order of time, for serials in any spelling and for ``named``."""
    findings, needles, disguised = Findings(), Needles(named), disguises()
    for path, begin, content in different_pieces(folders):
        findings.bytes_searched += len(content)
        for found in SERIAL.finditer(content):
            place = judge(path, begin + found.start())
            draft_only = found.group()[9:10] == b"d"
            if place in ALLOWED and not draft_only:
                findings.allowed[place] += 1
            else:
                findings.forbidden["text of a draft" if draft_only else "answer", place] += 1
        for offset in (at for form in disguised for at in occurrences(content, form)):
            findings.forbidden["answer in another spelling", judge(path, begin + offset)] += 1
        for offset, name in needles.find(content):
            findings.forbidden[name, judge(path, begin + offset)] += 1
    return findings


def searched(
    operator: PostgresOperator | SqliteOperator, folder: Path, window_key: bytes, sealed_box_keys: Iterable[bytes] = ()
) -> Findings:
    """Search all that the operator has on disk, ``folder`` being where the municipality's own files lie."""
    named = secrets_of(operator.world, window_key, sealed_box_keys)
    if isinstance(operator, PostgresOperator):
        operator.analyse()
        folders = [*operator.backups.values(), operator.server.directory, folder]
        return search(folders, named, judge_postgresql(operator))
    return search([*operator.moments(), folder], named, judge_sqlite(operator))


def judge_postgresql(operator: PostgresOperator) -> Judge:
    """Return what tells places apart: the log by record, data files by table, backups by moment."""
    names = {node: name for name, node in operator.filenodes().items()}
    records = operator.wal()
    starts = [record.start for record in records]

    def judge(path: Path, offset: int) -> str:
        if not path.is_relative_to(operator.server.directory):
            return path.name
        where = path.relative_to(operator.server.directory)
        name = names.get(int(path.name.partition(".")[0]) if path.name.partition(".")[0].isdigit() else 0, path.name)
        if where.parts[:2] == ("data", "pg_wal"):
            at = (int(path.name[8:16], 16) << 32) + int(path.name[16:], 16) * 2**24 + offset
            record = records[bisect_right(starts, at) - 1] if at >= starts[0] else None
            relation = "" if record is None else names.get(record.relation, f"relation {record.relation}")
            return relation if at >= operator.closed_at else f"log before the count: {relation}"
        moment = where.parts[0].rpartition("-")[2]
        if where.parts[0] != "data" and moment not in {"counted", "after"}:
            return f"{moment}: {name}"
        return name

    return judge


def judge_sqlite(operator: SqliteOperator) -> Judge:
    """Return what tells places apart: the pages of each table, copies by moment."""
    read = cache(Path.read_bytes)

    def judge(path: Path, offset: int) -> str:
        moment = path.parent.name
        page = offset // 4096 + 1
        if path.name.endswith("-wal"):
            start = 32 + (offset - 32) // 4120 * 4120
            page = int.from_bytes(read(path)[start : start + 4], "big")
        pages = operator.pages.get("after" if moment == "home" else moment, {})
        name = pages.get(page, f"page {page} of no table")
        return name if moment in {"counted", "after", "home"} else f"{moment}: {name}"

    return judge


def remains_of_the_urn(operator: SqliteOperator) -> int:
    """Return how many pieces of sealed boxes, drafts and persons' names the finished file and its log still hold."""
    snapshots = operator.holdings.snapshots
    tables = [snapshots[moment].tables[name] for moment in ("mid", "closed") for name in ("ballot", "draft")]
    boxes = [row["box"] for rows in tables for row in rows]
    pieces = {box[at : at + 32] for box in boxes for at in (0, len(box) // 2)}
    needles = Needles(dict.fromkeys(pieces, "box"))
    content = b"".join(path.read_bytes() for path in operator.path.parent.iterdir())
    return sum(1 for _ in needles.find(content)) + content.count(b"person-")
