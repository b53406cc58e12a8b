"""The doctor on PostgreSQL: settings of the server that could repeat answers, and keys that are not the right ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from deploy import health
from shared.model.cycles import CollectionWindow
from shared.sealing.boxes import new_key_pair
from tests.support.faults.world import build_organisation, plan_cycle

SOUND = {
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "synchronous_commit": "on",
}


@pytest.fixture
def examine(production):
    def examine(**settings):
        database = production.container.database
        with database.begin() as session:
            name = session.scalar(text("SELECT current_database()"))
            for setting, value in settings.items():
                session.execute(text(f"ALTER DATABASE {name} SET {setting} = '{value}'"))
        database.dispose()
        return {finding.check: finding for finding in health.examine(production.container)}

    return examine


def test_sound_settings_of_the_server_are_well(examine):
    findings = examine(**SOUND)
    assert {findings[name].outcome for name in SOUND} == {"ok"}


@pytest.mark.parametrize(
    ("name", "value", "outcome"),
    [
        ("log_error_verbosity", "default", "fail"),
        ("log_statement", "mod", "fail"),
        ("log_min_duration_statement", "250ms", "fail"),
        ("log_min_error_statement", "error", "warn"),
        ("synchronous_commit", "off", "warn"),
    ],
)
def test_a_setting_that_could_leak_or_lose_is_named_with_its_remedy(examine, name, value, outcome):
    findings = examine(**SOUND | {name: value})
    assert findings[name].outcome == outcome
    assert findings[name].detail.startswith(f"is {value}, not {SOUND[name]}: ")
    assert {findings[other].outcome for other in SOUND if other != name} == {"ok"}


def test_another_key_in_a_windows_place_fails(examine, production):
    container = production.container
    build_organisation(container.database, units=1)
    now = datetime.now(UTC)
    window_id = plan_cycle(container.database, "prov-2026", opens_at=now, closes_at=now + timedelta(hours=1)).window_id
    with container.database.begin() as session:
        window = session.get_one(CollectionWindow, window_id)
        window.state, window.public_key = "open", new_key_pair().public
    container.keys.write_window_key(window_id, new_key_pair().private)
    found = examine()["window keys"]
    assert (found.outcome, f"windows/{window_id}" in found.detail) == ("fail", True)


def test_a_dispatch_key_that_is_not_the_one_in_use_fails(examine, production):
    keys = production.container.keys
    (keys.folder / "dispatch").unlink()
    keys.make_dispatch_key()
    assert examine()["dispatch key"].outcome == "fail"
