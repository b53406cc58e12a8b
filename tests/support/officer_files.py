"""Files as an officer makes them: a small roster, batteries and a cycle that each test bends to its purpose."""

# ruff: noqa: E501  rows of files are as long as they are

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

from shared.errors import Fault, FileFaults

UNITS = """\
municipality_code,municipality_name,unit_code,name,unit_type,regi,provider_code,provider_name,district,school_unit_code,principal_name,principal_email
0117,Demostad,S1,Norra skolan,grundskola,municipal,KOM,Kommunen,Norra,12345678,,rektor@norra.example
0117,Demostad,F1,Blå förskolan,forskola,independent,BOL,Bolaget,,,,
"""
GROUPS = """\
unit_code,group_code,name,respondent,year,headcount
S1,5A,5A,pupil,5,25
S1,8A,8A,pupil,8,20
S1,P,Personal,staff,,8
S1,G,Alla,guardian,,40
F1,BLÅ,Blå,guardian,,12
F1,BLÅ,Blå,child,,12
"""
PERSONS = """\
person_ref,unit_code,group_code,respondent,email,language,sex,protected,child_ref
t1,S1,P,staff,t1@example.se,sv,kvinna,false,
t2,S1,P,staff,t2@example.se,sv,man,true,
g1,F1,BLÅ,guardian,g1@example.se,ar,flicka,,c1
g2,F1,BLÅ,guardian,g2@example.se,sv,flicka,,c1
g1,F1,BLÅ,guardian,g1@example.se,ar,flicka,,c2
g3,F1,BLÅ,guardian,g3@example.se,sv,pojke,,c2
"""

BATTERY = """\
key: {key}
index_max: 10
title: {{sv: Frågor, en: Questions}}
respondent: {respondent}
scales:
  agree4:
    options:
      - {{code: 4, score: 10, label: {{sv: Helt}}}}
      - {{code: 3, score: 20/3, label: {{sv: Bra}}}}
      - {{code: 2, score: 10/3, label: {{sv: Dåligt}}}}
      - {{code: 1, score: 0, label: {{sv: Inte}}}}
      - {{code: 9, missing: dont_know, label: {{sv: Vet ej}}}}
    positive: [4, 3]
  places:
    options:
      - {{code: ute, label: {{sv: Ute}}}}
      - {{code: inne, label: {{sv: Inne}}}}
areas:
  - {{key: {prefix}trygghet, title: {{sv: Trygghet}}}}
items:
  - {{key: {prefix}trygg, area: {prefix}trygghet, scale: agree4, text: {{sv: Jag är trygg.}}}}
  - {{key: {prefix}ro, area: {prefix}trygghet, scale: agree4, text: {{sv: Jag har arbetsro.}}}}
  - {{key: {prefix}varfor, type: text, max_length: 100, show_if: "{prefix}trygg in [1, 2]", text: {{sv: "Varför?"}}}}
  - {{key: {prefix}var, type: multiple, scale: places, text: {{sv: Var leker du helst}}}}
"""

CYCLE = """\
key: mmis-2026
title: {sv: Med målen i sikte 2026}
windows:
  skola:    {opens: 2026-10-12T08:00, closes: 2026-11-13T16:00}
  forskola: {opens: 2026-10-12T08:00, closes: 2026-11-20T16:00, grace_minutes: 10}
  gammal:   {opens: 2025-10-12T08:00, closes: 2025-11-20T16:00}
questionnaires:
  - {key: elev, respondent: pupil, unit_types: [grundskola], years: ["5", "8"], batteries: [elev], codes: slips, window: skola}
  - {key: personal, respondent: staff, unit_types: all, batteries: [personal], codes: personal, window: skola}
  - {key: vh-forskola, respondent: guardian, unit_types: [forskola], batteries: [vh], codes: per_child, window: forskola}
  - {key: vh-skola, respondent: guardian, unit_types: [grundskola], batteries: [vh], codes: per_unit, window: skola}
  - {key: elev-gammal, respondent: pupil, unit_types: [grundskola], batteries: [elev], codes: import, window: gammal}
segments: [sex, year]
"""


def battery(key: str, respondent: str, prefix: str = "") -> str:
    """Return a battery of four items; ``prefix`` begins the keys of its items."""
    return BATTERY.format(key=key, respondent=respondent, prefix=prefix)


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into ``folder`` and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        if isinstance(content, bytes):
            (folder / name).write_bytes(content)
        else:
            (folder / name).write_text(textwrap.dedent(content), encoding="utf-8")
    return folder


def roster(folder: Path, **files: str | bytes) -> Path:
    """Write a roster; ``units``, ``groups``, ``persons`` and further files replace the sound ones, "" leaves one out."""
    content: dict[str, str | bytes] = {"units": UNITS, "groups": GROUPS, "persons": PERSONS, **files}
    return write(folder, {f"{name}.csv": text for name, text in content.items() if text})


def places(faults: FileFaults) -> Iterator[tuple[str, int | None, str]]:
    """Yield where the faults are: file, row, column."""
    for fault in faults.faults:
        yield fault.file, fault.row, fault.column


def only(faults: FileFaults) -> Fault:
    """Return the one fault; fails with all of them when there are more."""
    assert len(faults.faults) == 1, str(faults)
    fault = faults.faults[0]
    assert fault.problem, "a fault says what is wrong"
    assert fault.remedy, "a fault says how to mend it"
    return fault
