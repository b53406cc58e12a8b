"""Settings come from the environment alone; what is wrong is named with its remedy."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from shared.config import load_settings, port_of
from shared.errors import SettingsError
from shared.i18n import speaking

PRODUCTION = {
    "SIKTE_MODE": "production",
    "SIKTE_DATABASE_URL": "postgresql://db/sikte",
    "SIKTE_REDIS_URL": "redis://broker/0",
    "SIKTE_KEYS": "/srv/keys",
    "SIKTE_CODE_PEPPER": "p" * 32,
    "SIKTE_SECRET_KEY": "s" * 32,
}


@pytest.fixture(autouse=True)
def english():
    with speaking("en"):
        yield


def test_without_any_variable_sikte_is_embedded_under_sikte_data() -> None:
    settings = load_settings({})
    assert (settings.production, settings.home, settings.keys) == (
        False,
        Path("sikte-data").absolute(),
        Path("sikte-data/keys").absolute(),
    )


def test_the_command_lines_folder_goes_before_the_variable() -> None:
    assert load_settings({"SIKTE_HOME": "/a"}, home=Path("/b")).home == Path("/b")


def test_other_programs_variables_are_left_alone() -> None:
    assert load_settings({"PATH": "/bin", "SIKTER": "1"}).mode == "embedded"


def test_complete_production_settings_are_accepted() -> None:
    assert load_settings(PRODUCTION).production


@pytest.mark.parametrize("name", sorted(PRODUCTION.keys() - {"SIKTE_MODE"}))
def test_production_names_what_is_missing(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: must be set in production mode$"):
        load_settings({key: value for key, value in PRODUCTION.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SIKTE_TYPO", "1", "unknown setting"),
        ("SIKTE_MODE", "prod", "embedded, production"),
        ("SIKTE_SECRET_KEY", "short", "too short"),
        ("SIKTE_SURVEY_URL", "not a url", "URL"),
        ("SIKTE_CLOCK_OFFSET", "soon", "seconds"),
        ("SIKTE_DATABASE_URL", "mysql://x", "postgresql://USER@HOST/DATABASE"),
        ("SIKTE_DATABASE_URL", "skräp", "sqlite:///FILE"),
        ("SIKTE_DATABASE_URL", "sqlite://name.db", "sqlite:///FILE"),
        ("SIKTE_DATABASE_URL", "postgresql://host:port/x", "sqlite:///FILE"),
        ("SIKTE_SECRET_KEY_FILE", "/does/not/exist", "cannot be read"),
    ],
)
def test_an_unusable_setting_is_named_and_explained(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({name: value})
    assert str(caught.value).startswith(f"{name}: ")
    assert said in str(caught.value)


def test_production_refuses_a_moved_clock_and_a_file_database() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(PRODUCTION | {"SIKTE_CLOCK_OFFSET": "60", "SIKTE_DATABASE_URL": "sqlite:///x.db"})
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "SIKTE_CLOCK_OFFSET",
        "SIKTE_DATABASE_URL",
    ]


def test_a_secret_can_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("s" * 40 + "\n")
    assert load_settings({"SIKTE_SECRET_KEY_FILE": str(path)}).secret_key == "s" * 40


def test_settings_never_show_their_secrets() -> None:
    assert "p" * 32 not in repr(load_settings(PRODUCTION))


def test_the_clock_can_be_moved_in_embedded_mode() -> None:
    assert load_settings({"SIKTE_CLOCK_OFFSET": "-86400"}).clock_offset == timedelta(days=-1)


@pytest.mark.parametrize(("url", "port"), [("http://a:8000", 8000), ("https://a", 443), ("http://a", 80)])
def test_ports_follow_from_addresses(url: str, port: int) -> None:
    assert port_of(url) == port


def test_a_secret_file_that_is_no_text_is_named_and_not_quoted(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"\xff\xfe" + b"s" * 40)
    with pytest.raises(SettingsError, match=r"^SIKTE_SECRET_KEY_FILE: the file is not text in UTF-8") as caught:
        load_settings({"SIKTE_SECRET_KEY_FILE": str(path)})
    assert "sss" not in str(caught.value)
