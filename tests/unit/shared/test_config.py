"""Settings come from the environment alone; what is wrong is named with its remedy."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from shared.config import MailServer, load_settings, port_of, read_smtp_url
from shared.errors import SettingsError
from shared.i18n import speaking

PRODUCTION = {
    "SIKTE_MODE": "production",
    "SIKTE_DATABASE_URL": "postgresql://db/sikte",
    "SIKTE_REDIS_URL": "redis://broker/0",
    "SIKTE_KEYS": "/srv/keys",
    "SIKTE_CODE_PEPPER": "p" * 32,
    "SIKTE_SECRET_KEY": "s" * 32,
    "SIKTE_SMTP_URL": "smtp://127.0.0.1:9?tls=none",
    "SIKTE_MAIL_FROM": "sikte@example.se",
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
        ("SIKTE_SMTP_URL_FILE", "/does/not/exist", "cannot be read"),
        ("SIKTE_SMTP_URL", "mail.example.se", "smtps://"),
        ("SIKTE_SMTP_URL", "smtp://", "smtps://"),
        ("SIKTE_SMTP_URL", "smtp://mail.example.se:port", "smtps://"),
        ("SIKTE_SMTP_URL", "smtp://mail.example.se/inbox", "smtps://"),
        ("SIKTE_SMTP_URL", "smtp://mail.example.se?tls=maybe", "smtps://"),
        ("SIKTE_SMTP_URL", "smtps://mail.example.se?tls=none", "smtps://"),
        ("SIKTE_SMTP_URL", "smtp://name@mail.example.se", "smtps://"),
        ("SIKTE_SMTP_URL", "smtp://name:word@mail.example.se?tls=none", "without a password"),
        ("SIKTE_MAIL_FROM", "Pedagogcentrum", "no e-mail address"),
        ("SIKTE_MAIL_FROM", "a@b.se\nBcc: c@d.se", "no e-mail address"),
        ("SIKTE_MAIL_FROM", "a@b.se, c@d.se", "no e-mail address"),
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


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.se", MailServer("mail.example.se", 587, "", "", "starttls")),
        ("smtp://mail.example.se:25?tls=none", MailServer("mail.example.se", 25, "", "", "none")),
        ("smtp://n%40x:p%2Fw@mail.example.se", MailServer("mail.example.se", 587, "n@x", "p/w", "starttls")),
        ("smtps://n:w@mail.example.se/", MailServer("mail.example.se", 465, "n", "w", "tls")),
        ("smtp://n:w@127.0.0.1:2525?tls=none", MailServer("127.0.0.1", 2525, "n", "w", "none")),
    ],
)
def test_a_mail_server_is_read_from_its_address(url: str, server: MailServer) -> None:
    assert read_smtp_url(url) == server


def test_letters_that_leave_this_machine_come_from_somebody() -> None:
    with pytest.raises(SettingsError, match=r"^SIKTE_MAIL_FROM: must be set: the address that letters come from$"):
        load_settings({"SIKTE_SMTP_URL": "smtp://mail.example.se"})


def test_the_mail_servers_password_can_come_from_a_file_and_is_never_shown(tmp_path: Path) -> None:
    path = tmp_path / "smtp"
    path.write_text("smtp://name:hemligt@mail.example.se\n")
    settings = load_settings({"SIKTE_SMTP_URL_FILE": str(path), "SIKTE_MAIL_FROM": "Sikte <a@b.se>"})
    server = read_smtp_url(settings.smtp_url)
    assert server.password == "hemligt"
    assert "hemligt" not in repr(settings) + repr(server)


def test_a_mail_server_that_is_refused_is_not_quoted() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"SIKTE_SMTP_URL": "smtp://name:hemligt@mail.example.se:port"})
    assert "hemligt" not in str(caught.value)
    assert caught.value.__cause__ is not None
    assert "hemligt" not in str(caught.value.__cause__)


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


@pytest.mark.parametrize("number", ["-1", "10", "one", "²"])
def test_proxies_are_a_small_number(number: str) -> None:
    assert load_settings({"SIKTE_PROXIES": "2"}).proxies == 2
    with pytest.raises(SettingsError, match=r"^SIKTE_PROXIES: is no number from 0 to 9$"):
        load_settings({"SIKTE_PROXIES": number})
