"""The composition root: what an embedded home gets by itself, what production is given, and what is refused."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta

import pytest
from filelock import FileLock
from sqlalchemy import text

from deploy import bootstrap, embedded
from shared.config import load_settings
from shared.database import migrate
from shared.errors import Refused, SettingsError
from shared.model.codes import DispatchKey
from shared.sealing.boxes import public_of
from shared.sealing.keystore import KeyMissing
from tests.support.house import SECRET


@pytest.fixture
def build(tmp_path):
    made = []

    def build(**variables):
        environment = {"SIKTE_HOME": str(tmp_path / "home"), "SIKTE_LANGUAGE": "en"}
        environment |= {f"SIKTE_{name.upper()}": value for name, value in variables.items()}
        container = bootstrap.build(load_settings(environment))
        made.append(container)
        return container

    yield build
    for container in made:
        container.database.dispose()


def rights(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_an_embedded_home_makes_its_secrets_once_and_for_its_owner_only(build, tmp_path):
    first, second = build(), build()
    assert (first.code_pepper, first.secret_key) == (second.code_pepper, second.secret_key)
    assert first.code_pepper != first.secret_key.encode()
    assert len(first.code_pepper) >= 32
    home = tmp_path / "home"
    assert [rights(home / "keys" / name) for name in ("code_pepper", "secret_key")] == [0o600, 0o600]
    assert rights(home) == rights(home / "keys") == 0o700
    assert rights(home / "sikte.db") == 0o600


def test_secrets_of_the_settings_go_before_made_ones(build, tmp_path):
    container = build(code_pepper=SECRET, secret_key=SECRET)
    assert (container.code_pepper, container.secret_key) == (SECRET.encode(), SECRET)
    assert not (tmp_path / "home" / "keys").exists()


def test_an_empty_secret_file_is_refused_and_not_replaced(build, tmp_path):
    build()
    path = tmp_path / "home" / "keys" / "code_pepper"
    path.write_text("")
    with pytest.raises(SettingsError, match="code_pepper is empty"):
        build()
    assert path.read_text() == ""


def test_an_empty_home_gets_its_tables_and_the_dispatch_key(build):
    container = build()
    bootstrap.prepare(container)
    bootstrap.prepare(container)
    with container.database.read() as session:
        keys = session.query(DispatchKey).all()
    assert [key.public_key for key in keys] == [public_of(container.keys.dispatch_key())]
    assert rights(container.keys.folder / "dispatch") == 0o600


def test_a_dispatch_key_without_its_row_is_kept(build):
    container = build()
    migrate.upgrade(container.database)
    pair = container.keys.make_dispatch_key()
    bootstrap.prepare(container)
    with container.database.read() as session:
        assert session.get_one(DispatchKey, 1).public_key == pair.public


def test_a_lost_dispatch_key_is_not_replaced_and_its_file_is_named(build):
    container = build()
    bootstrap.prepare(container)
    (container.keys.folder / "dispatch").unlink()
    bootstrap.prepare(container)
    with pytest.raises(KeyMissing, match="dispatch"):
        container.keys.dispatch_key()


@pytest.mark.parametrize(("revision", "remedy"), [("0001", "sikte db upgrade"), ("9001", "Install the version")])
def test_a_home_behind_or_ahead_is_refused_and_left_alone(build, revision, remedy):
    container = build()
    bootstrap.prepare(container)
    with container.database.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    with pytest.raises(migrate.WrongMigrations, match=remedy):
        bootstrap.prepare(container)
    assert migrate.state(container.database).current == revision


def test_a_home_that_cannot_be_made_is_refused_with_its_path(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="Name another place"):
        bootstrap.build(load_settings({"SIKTE_HOME": str(tmp_path / "file" / "home"), "SIKTE_LANGUAGE": "en"}))


def test_a_demonstration_lives_in_its_own_season(build, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / bootstrap.DEMONSTRATION).write_text(json.dumps({"clock_offset_seconds": 86_400 * 30}))
    ahead = build().clock.now() - datetime.now(UTC)
    assert timedelta(days=29, hours=23) < ahead <= timedelta(days=30)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"clock_offset_seconds": "soon"}'])
def test_a_damaged_demonstration_is_refused(build, tmp_path, content):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / bootstrap.DEMONSTRATION).write_text(content)
    with pytest.raises(SettingsError, match="sikte demo"):
        build()


def test_production_makes_nothing_up(tmp_path):
    variables = {
        "SIKTE_MODE": "production",
        "SIKTE_HOME": str(tmp_path / "home"),
        "SIKTE_DATABASE_URL": "postgresql://sikte@127.0.0.1:1/sikte",
        "SIKTE_REDIS_URL": "redis://127.0.0.1:1",
        "SIKTE_KEYS": str(tmp_path / "keys"),
        "SIKTE_CODE_PEPPER": SECRET,
        "SIKTE_SECRET_KEY": SECRET,
        "SIKTE_SMTP_URL": "smtp://127.0.0.1:9?tls=none",
        "SIKTE_MAIL_FROM": "sikte@example.se",
    }
    container = bootstrap.build(load_settings(variables))
    assert container.serve_lock is None
    assert list(tmp_path.iterdir()) == []
    for name in variables.keys() - {"SIKTE_MODE", "SIKTE_HOME"}:
        with pytest.raises(SettingsError, match=name):
            load_settings({key: value for key, value in variables.items() if key != name})


def test_production_makes_the_dispatch_key_only_where_the_keys_are_mounted(production):
    container = production.container
    with container.database.begin() as session:
        session.query(DispatchKey).delete()
    (container.keys.folder / "dispatch").unlink()
    container.keys.folder.rmdir()
    assert not bootstrap.ensure_dispatch_key(container)
    assert not container.keys.folder.exists()
    container.keys.folder.mkdir()
    assert bootstrap.ensure_dispatch_key(container)
    assert container.keys.has_dispatch_key()


def test_neither_settings_nor_container_show_a_secret(build):
    container = build()
    for secret in (container.secret_key, container.code_pepper.decode()):
        assert secret not in repr(container) + repr(container.settings)


def test_the_moment_before_a_server_has_written_its_number_is_no_error(build):
    container = build()
    assert container.serve_lock is not None
    with FileLock(container.serve_lock):
        assert embedded.serving_process(container) == "?"
        with pytest.raises(Refused, match=r"process \?"):
            embedded.serve(container, print)
