"""Small batteries and questionnaires that several tests of the engine look at."""

from __future__ import annotations

from fractions import Fraction

from shared.questionnaire.battery_file import parse_battery
from shared.questionnaire.definition import Area, Battery, Item, Option, Questionnaire, Scale

SCHOOL = """\
key: skr-7
index_max: 10
title: {sv: Elevernas syn på skolan, en: Pupils on their school}
respondent: pupil
scales:
  agree4:
    options:
      - {code: 4, score: 10,   label: {sv: Stämmer helt och hållet, en: Agree completely}}
      - {code: 3, score: 20/3, label: {sv: Stämmer ganska bra, en: Agree mostly}}
      - {code: 2, score: 10/3, label: {sv: Stämmer ganska dåligt, en: Disagree mostly}}
      - {code: 1, score: 0,    label: {sv: Stämmer inte alls, en: Disagree completely}}
      - {code: 9, missing: dont_know, label: {sv: Vet ej, en: Don't know}}
    positive: [4, 3]
    share_of: substantive
  sex:
    options:
      - {code: flicka, label: {sv: Flicka, en: Girl}}
      - {code: pojke, label: {sv: Pojke, en: Boy}}
      - {code: no, label: {sv: Annat, en: No}}
areas:
  - {key: trygghet, title: {sv: Trygghet, en: Safety}, index: true, min_items: half}
  - {key: stimulans, title: {sv: Stimulans, en: Stimulation}}
items:
  - {key: valkommen, type: note, text: {sv: "Välkommen!", en: "Welcome!"}}
  - {key: trygg, area: trygghet, scale: agree4, text: {sv: Jag känner mig trygg i skolan., en: I feel safe at school.}}
  - {key: vagar, area: trygghet, scale: agree4, text: {sv: Jag vågar fråga., en: I dare to ask.}}
  - {key: raster, area: trygghet, scale: agree4, text: {sv: Rasterna är bra., en: Breaks are good.}}
  - {key: latta, area: stimulans, scale: agree4, reversed: true, text: {sv: Uppgifterna är för lätta., en: Too easy.}}
  - {key: varfor, type: text, max_length: 500, show_if: "trygg in [1, 2]", text: {sv: "Vill du berätta mer?", en: Why}}
  - {key: platser, type: multiple, scale: sex, text: {sv: Vilka, en: Which}}
  - {key: timmar, type: number, minimum: 0, maximum: 24, text: {sv: Hur många timmar, en: Hours}}
  - {key: sex, scale: sex, help: {sv: Frivilligt}, text: {sv: Jag är, en: I am}}
"""


def school() -> Battery:
    """Return the battery of ``SCHOOL``."""
    return parse_battery(SCHOOL, "skr-7.yaml")


def questionnaire() -> Questionnaire:
    """Return a questionnaire of one battery with every type of item."""
    return Questionnaire("elev", "pupil", (school(),))


def text(wording: str) -> dict[str, str]:
    """Return a Swedish wording."""
    return {"sv": wording}


def scale(*scores: str, key: str = "s") -> Scale:
    """Return a scale of options n, n-1 ... 1 with these scores, best to worst."""
    codes = [str(len(scores) - position) for position in range(len(scores))]
    options = tuple(Option(code, text(code), Fraction(score)) for code, score in zip(codes, scores, strict=True))
    return Scale(key, options, tuple(codes[:1]))


def choice(key: str, of: Scale, *, area: str | None = "a", show_if: str | None = None, flipped: bool = False) -> Item:
    """Return a choice item."""
    return Item(key, "choice", text(key), area=area, scale=of, show_if=show_if, reversed=flipped)


def of_items(*items: Item, areas: tuple[Area, ...] = ()) -> Questionnaire:
    """Return a questionnaire of one battery with these items."""
    battery = Battery("b", text("B"), "pupil", Fraction(10), areas, items)
    return Questionnaire("q", "pupil", (battery,))
