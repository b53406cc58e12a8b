"""Which folders a demonstration takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from filelock import FileLock

from deploy.demo.home import take_home
from shared.errors import Refused


def test_a_new_or_empty_folder_is_taken_and_marked(tmp_path: Path):
    (tmp_path / "empty").mkdir()

    assert take_home(tmp_path / "new") is False
    assert take_home(tmp_path / "empty") is False
    assert json.loads((tmp_path / "new" / "demonstration.json").read_text()) == {
        "clock_offset_seconds": 0,
        "complete": False,
    }


def test_an_earlier_demonstration_is_emptied(tmp_path: Path):
    take_home(tmp_path)
    (tmp_path / "sikte.db-wal").write_text("x")
    (tmp_path / "keys").mkdir()

    assert take_home(tmp_path) is True
    assert [path.name for path in tmp_path.iterdir()] == ["demonstration.json"]


def test_a_file_is_no_folder(tmp_path: Path):
    (tmp_path / "file").write_text("x")

    with pytest.raises(Refused, match="file"):
        take_home(tmp_path / "file")


def test_a_link_inside_is_never_followed(tmp_path: Path):
    (tmp_path / "precious").mkdir()
    home = tmp_path / "home"
    take_home(home)
    (home / "keys").symlink_to(tmp_path / "precious")

    with pytest.raises(Refused):
        take_home(home)
    assert (tmp_path / "precious").exists()


def test_a_running_server_is_left_alone(tmp_path: Path):
    take_home(tmp_path)
    with FileLock(tmp_path / "serve.lock"), pytest.raises(Refused, match=r"server|Server"):
        take_home(tmp_path)
