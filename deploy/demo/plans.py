"""The demonstration's cycles and batteries, read from the files beside this module."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from deploy.demo.answers import Asked
from shared.clock import STOCKHOLM
from shared.questionnaire.battery_file import parse_battery
from shared.questionnaire.definition import Battery, Questionnaire

CURRENT = "mmis-2026"
TRIAL = "prova-sikte"


@dataclass(frozen=True, slots=True)
class PlannedWindow:
    """A collection window of a cycle file, in Swedish time."""

    key: str
    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class PlannedCycle:
    """A cycle file as the demonstration needs it: its text, windows and questionnaires."""

    key: str
    text: str
    windows: tuple[PlannedWindow, ...]
    asked: tuple[Asked, ...]
    batteries: tuple[str, ...]

    @property
    def year(self) -> int:
        """The autumn in which it is held."""
        return self.windows[0].opens.year

    def window(self, key: str) -> PlannedWindow:
        """Return the window named ``key``."""
        return next(window for window in self.windows if window.key == key)


def battery_text(key: str) -> str:
    """Return the file of a battery."""
    return _folder().joinpath("batteries", f"{key}.yaml").read_text("utf-8")


def all_battery_keys() -> list[str]:
    """Return the keys of every battery of the demonstration."""
    return sorted(path.stem for path in _folder().joinpath("batteries").iterdir() if path.name.endswith(".yaml"))


def battery(key: str) -> Battery:
    """Return the battery named ``key``."""
    return parse_battery(battery_text(key), f"{key}.yaml")


def planned_cycle(key: str) -> PlannedCycle:
    """Return the cycle named ``key``."""
    text = _folder().joinpath("cycles", f"{key}.yaml").read_text("utf-8")
    document = yaml.safe_load(text)
    used = sorted({name for entry in document["questionnaires"] for name in entry["batteries"]})
    batteries = {name: battery(name) for name in used}
    return PlannedCycle(
        key=key,
        text=text,
        windows=tuple(
            PlannedWindow(name, _local(times["opens"]), _local(times["closes"]))
            for name, times in document["windows"].items()
        ),
        asked=tuple(_asked(entry, batteries) for entry in document["questionnaires"]),
        batteries=tuple(used),
    )


def _asked(entry: dict[str, Any], batteries: dict[str, Battery]) -> Asked:
    questionnaire = Questionnaire(
        entry["key"], entry["respondent"], tuple(batteries[name] for name in entry["batteries"])
    )
    unit_types = None if entry["unit_types"] == "all" else tuple(entry["unit_types"])
    years = tuple(entry["years"]) if "years" in entry else None
    return Asked(questionnaire, unit_types, years, entry["codes"], entry["window"])


def _local(text: str | datetime) -> datetime:
    moment = text if isinstance(text, datetime) else datetime.fromisoformat(text)
    return moment.replace(tzinfo=STOCKHOLM)


def _folder() -> Path:
    return Path(str(resources.files("deploy.demo")))
