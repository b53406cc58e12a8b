"""What a person reads when the demonstration is built: rates, certain differences, what is hidden, where to look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from deploy.demo.people import PASSWORD
from deploy.demo.plans import CURRENT, TRIAL, PlannedCycle, planned_cycle
from deploy.demo.progress import Progress, decimal, percent
from deploy.demo.sizes import Size
from deploy.demo.year import Built
from shared.i18n import active_language, ngettext
from shared.i18n import gettext as _
from shared.presentation import words
from shared.presentation.sentences import reason_text
from shared.questionnaire.definition import Battery, in_language

Row: TypeAlias = Mapping[str, Any]

BAR_WIDTH = 24
SHOWN_DIFFERENCES = 3
MINUS = "\N{MINUS SIGN}"
LEAST_ANSWERS = 10
NAME_WIDTH = 44
EMAIL_WIDTH = 32


class Summary:
    """The report over one finished demonstration; ``rows(audience)`` are the current cycle's result rows.

    ``command`` is how the reader called Sikte, to be repeated in what to try next.
    """

    def __init__(self, built: Built, size: Size, rows: Callable[[str], Sequence[Row]], *, command: str) -> None:
        self._built, self._size, self._rows, self._command = built, size, rows, command
        self._cycle = planned_cycle(CURRENT)
        self._batteries = {
            battery.key: battery for asked in self._cycle.asked for battery in asked.questionnaire.batteries
        }

    def lines(self, progress: Progress) -> Iterator[str]:
        """Yield the report line by line."""
        internal = self._rows("internal")
        yield ""
        yield from self._built_lines()
        yield ""
        yield from self._rates(internal)
        yield ""
        yield from self._differences(internal)
        yield ""
        yield from self._hidden(internal)
        yield ""
        yield from self._winter()
        yield ""
        yield from self._where_to_look()
        yield ""
        yield _("Built in %(seconds)s seconds.") % {"seconds": decimal(progress.seconds, 1)}

    def _built_lines(self) -> Iterator[str]:
        tally = self._built.tally
        yield _("A municipality with %(units)s units answered.") % {"units": decimal(self._size.total_units, 0)}
        text = _("%(ballots)s ballots lie counted; %(pages)s pages were answered over HTTP by %(people)s respondents.")
        yield "  " + text % {
            "ballots": decimal(tally.ballots, 0),
            "pages": decimal(tally.pages, 0),
            "people": decimal(tally.over_http, 0),
        }
        yield "  " + ngettext(
            "%(number)d respondent stopped half way; no trace of it is left.",
            "%(number)d respondents stopped half way; no trace of them is left.",
            tally.quit,
        ) % {"number": tally.quit}
        yield "  " + ngettext(
            "%(number)d second guardian was told that the child has answered.",
            "%(number)d second guardians were told that the child has answered.",
            tally.told,
        ) % {"number": tally.told}

    def _rates(self, rows: Sequence[Row]) -> Iterator[str]:
        yield _("Response rates")
        found = {
            row["questionnaire"]: row
            for row in rows
            if row["level"] == "municipality"
            and not (row["segment"] or row["area"] or row["item"] or row["compare_to"])
        }
        for asked in self._cycle.asked:
            row = found.get(asked.key)
            if row is None or row["status"] != "shown":
                continue
            full = round(row["response_rate"] * BAR_WIDTH)
            bar = "█" * full + "░" * (BAR_WIDTH - full)
            name = in_language(asked.questionnaire.batteries[0].title, active_language())
            counts = f"{decimal(row['answered'], 0)} / {decimal(row['invited'], 0)}"
            yield f"  {name[:NAME_WIDTH]:<{NAME_WIDTH}} {bar} {percent(row['response_rate']):>6}  {counts}"

    def _differences(self, rows: Sequence[Row]) -> Iterator[str]:
        certain = [
            row
            for row in rows
            # Where a handful all answer alike the figure has no interval of its own: nothing to show as a find.
            if row["level"] == "unit" and row["certain"] is True and (row["n"] or 0) >= LEAST_ANSWERS
        ]
        certain.sort(key=self._relative, reverse=True)
        tried = sum(row["level"] == "unit" and row["compare_to"] == "rest" for row in rows)
        yield _("Certain differences: a unit against the rest (%(certain)s of %(tried)s comparisons)") % {
            "certain": decimal(len(certain), 0),
            "tried": decimal(tried, 0),
        }
        if not certain:
            yield "  " + _("None. What differs may be chance.")
        highest = _first_per_unit([row for row in certain if row["difference"] > 0])
        lowest = _first_per_unit([row for row in reversed(certain) if row["difference"] < 0])
        for row in (*highest, *reversed(lowest)):
            yield from self._difference(row)

    def _relative(self, row: Row) -> float:
        """Return the difference as a part of what it can be, so that scales of 10, 100 and shares can be ordered."""
        battery: Battery = self._batteries[row["battery"]]
        best = float(battery.index_max) if row["index"] is not None else 1.0
        return float(row["difference"]) / best

    def _difference(self, row: Row) -> Iterator[str]:
        by_index = row["index"] is not None
        digits, factor = (1, 1) if by_index else (0, 100)
        values = {
            "unit": row["node_name"],
            "value": self._out_of(row) if by_index else decimal(row["share_positive"] * factor, digits) + " %",
            "number": row["n"],
            "difference": decimal(abs(row["difference"]) * factor, digits),
            "low": decimal(row["difference_low"] * factor, digits).replace("-", MINUS),
            "high": decimal(row["difference_high"] * factor, digits).replace("-", MINUS),
        }
        higher = _("%(unit)s: %(value)s; %(difference)s higher than the rest")
        lower = _("%(unit)s: %(value)s; %(difference)s lower than the rest")
        mark, text = ("▲", higher) if row["difference"] > 0 else ("▼", lower)
        yield f"  {mark} {text % values} " + _("(95 %% interval %(low)s to %(high)s, n = %(number)d)") % values
        yield f"      {self._wording(row)}"

    def _out_of(self, row: Row) -> str:
        """Say an index with the best it could be: batteries go to 10 or to 100."""
        best = decimal(float(self._batteries[row["battery"]].index_max), 0)
        return _("%(value)s of %(best)s") % {"value": decimal(row["index"], 1), "best": best}

    def _wording(self, row: Row) -> str:
        """Say what was asked, and of whom."""
        battery = self._batteries[row["battery"]]
        titles = {area.key: area.title for area in battery.areas} | {item.key: item.text for item in battery.items}
        what = in_language(titles[row["item"] or row["area"]], active_language())
        return f"{in_language(battery.title, active_language())}: {what}"

    def _hidden(self, internal: Sequence[Row]) -> Iterator[str]:
        yield _("What is hidden, and why")
        names = {"internal": _("Officers"), "unit": _("Units"), "public": _("The public")}
        for audience, name in names.items():
            rows = internal if audience == "internal" else self._rows(audience)
            hidden = Counter(row["reason"] for row in rows if row["status"] == "hidden")
            text = _("%(who)s see %(shown)s of %(all)s values.")
            shown = len(rows) - hidden.total()
            yield "  " + text % {"who": name, "shown": decimal(shown, 0), "all": decimal(len(rows), 0)}
            for reason, count in hidden.most_common():
                yield f"    {decimal(count, 0):>7}  {reason_text(reason)}"
        yield from self._too_small(internal)

    def _too_small(self, rows: Sequence[Row]) -> Iterator[str]:
        """Name the units that have not one figure of enough answers, for any kind of respondent."""
        names: dict[str, str] = {}
        large: set[str] = set()
        for row in rows:
            if row["level"] == "unit":
                names[row["node_code"]] = row["node_name"]
                if row["reason"] != "too_few":
                    large.add(row["node_code"])
        small = [name for code, name in sorted(names.items()) if code not in large]
        if small:
            yield "  " + _("Too small to show at all: %(units)s.") % {"units": ", ".join(small)}

    def _winter(self) -> Iterator[str]:
        season = self._built.season
        yield _("The winter")
        parts = {"offered": season.offered, "booked": season.booked, "declined": season.declined}
        text = _(
            "%(offered)d dialogues offered, %(booked)d booked, %(declined)d declined; the others have not answered."
        )
        yield "  " + text % parts

    def _doors(self) -> Iterator[str]:
        """Say where each role signs in, and what everyone may read."""
        url = self._built.container.settings.portal_url
        yield _("The portal opens on the year: %(url)s. Everybody's password: %(password)s") % {
            "url": url,
            "password": PASSWORD,
        }
        for person in self._built.people:
            place = f", {person.place}" if person.place else ""
            yield f"  {person.email:<{EMAIL_WIDTH}} {words.role(person.role)}{place}"
        yield _("What everyone may read: %(url)s/public/. No letter leaves this machine: see %(url)s/post") % {
            "url": url
        }

    def _where_to_look(self) -> Iterator[str]:
        settings = self._built.container.settings
        default = settings.home == Path("sikte-data").absolute()
        command = self._command if default else f"{self._command} --dir {settings.home}"
        yield _("Where to look")
        for line, meaning in (
            (f"{command} results {CURRENT} --level municipality", _("the whole municipality")),
            (f"{command} results {CURRENT} --level unit --audience public", _("what the public may see")),
            (f"{command} cycle status {CURRENT}", _("windows and response rates")),
            (f"{command} release {CURRENT} --list", _("what was released and published, and when")),
            (f"{command} serve", _("both sites, with the clock moved to February 2027")),
        ):
            yield f"  {line}"
            yield f"      {meaning}"
        yield "  " + _("What was sent lies in %(folder)s, so that anyone can recount.") % {
            "folder": settings.home / "truth"
        }
        yield ""
        yield from self._doors()
        yield ""
        yield _("Answer yourself: start the server, open %(url)s and enter a code.") % {"url": settings.survey_url}
        for key, code in self._built.trial_codes.items():
            yield f"  {code}  {_trial_title(planned_cycle(TRIAL), key)}"


def _first_per_unit(rows: Sequence[Row]) -> list[Row]:
    """Return the first rows of different units: three views of one unit would hide the others."""
    chosen: dict[str, Row] = {}
    for row in rows:
        chosen.setdefault(row["node_code"], row)
    return list(chosen.values())[:SHOWN_DIFFERENCES]


def _trial_title(cycle: PlannedCycle, key: str) -> str:
    asked = next(asked for asked in cycle.asked if asked.key == key)
    return in_language(asked.questionnaire.batteries[0].title, active_language())
