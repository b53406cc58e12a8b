"""What Sikte relies on from both engines: who waits for whom, what is durable, and what no error may quote."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shared.database.engine import open_database
from shared.model.events import Lease

SECRET = "ABCD-EFGH-JKMNP"


def count(database):
    with database.read() as session:
        return session.query(Lease).count()


def test_a_unit_of_work_is_committed_at_its_end_and_undone_by_an_error(database):
    with database.begin() as session:
        session.add(Lease(name="kept", holder="", expires_at=0.0))

    def add_and_fail():
        with database.begin() as session:
            session.add(Lease(name="undone", holder="", expires_at=0.0))
            session.flush()
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        add_and_fail()
    assert count(database) == 1


def test_readers_never_wait_for_a_writer(database):
    with database.begin() as session:
        session.add(Lease(name="new", holder="", expires_at=0.0))
        session.flush()
        begun = time.monotonic()
        assert count(database) == 0
        assert time.monotonic() - begun < 1
    assert count(database) == 1


def test_a_reader_sees_one_moment(database):
    with database.read() as session:
        assert session.query(Lease).count() == 0
        with database.begin() as other:
            other.add(Lease(name="new", holder="", expires_at=0.0))
        assert session.query(Lease).count() == 0


def test_sixteen_writers_lose_no_update(database):
    with database.begin() as session:
        session.add(Lease(name="counter", holder="", expires_at=0.0))

    def add():
        for _ in range(5):
            with database.begin() as session:
                lease = session.get_one(Lease, "counter", with_for_update=True)
                lease.expires_at += 1

    threads = [threading.Thread(target=add) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert session.get_one(Lease, "counter").expires_at == 80


def test_errors_never_quote_the_parameters(database):
    def insert():
        with database.begin() as session:
            session.execute(text("INSERT INTO lease VALUES ('x', :holder, 0)"), {"holder": SECRET})

    insert()
    with pytest.raises(IntegrityError) as caught:
        insert()
    assert SECRET not in str(caught.value)


def test_sqlite_keeps_its_promises(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'sikte.db'}")
    with database.read() as session:
        pragmas = {
            name: session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    database.dispose()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
