"""Result rows in words: values, intervals, numbers of answers, definitions and why something is hidden."""

from __future__ import annotations

from collections.abc import Iterator

from admin_portal.results.figures import shown
from admin_portal.results.reading import Row
from admin_portal.results.views import Fact, Hidden, Line
from shared.i18n import active_language, ngettext
from shared.i18n import gettext as _
from shared.presentation import numbers
from shared.presentation.sentences import compared, instead_text, reason_text
from shared.questionnaire.definition import Item, Text, in_language


def local_text(text: Text) -> str:
    """Return a wording in the reader's language, or the nearest there is."""
    return in_language(text, active_language())


def hidden(row: Row | None) -> Hidden | None:
    """Return why a row shows nothing, None where it shows something."""
    if row is None:
        return Hidden(_("nobody was asked, or nobody answered"), "")
    return None if shown(row) else Hidden(reason_text(row["reason"]), instead_text(row["reason"]))


def answers(n: int) -> str:
    """Return "206 answers"."""
    return ngettext("%(number)s answer", "%(number)s answers", n) % {"number": numbers.count(n)}


def index_text(row: Row) -> str:
    """Return an index, or "–" where too few scored answers give none."""
    return numbers.decimal(row["index"]) or numbers.DASH


def index_line(label: str, row: Row | None, note: str = "") -> Line:
    """Return a row's index as a line of a table."""
    if row is None or not shown(row):
        return _hidden_line(label, row, note)
    between = numbers.interval(row["index_low"], row["index_high"])
    return Line(label, index_text(row), between or _("no interval"), numbers.count(row["n"]), note)


def share_line(label: str, row: Row | None, note: str = "") -> Line:
    """Return a row's share positive as a line of a table."""
    if row is None or not shown(row):
        return _hidden_line(label, row, note)
    between = numbers.interval(row["share_low"], row["share_high"], numbers.percent)
    share = numbers.percent(row["share_positive"]) or numbers.DASH
    return Line(label, share, between or _("no interval"), numbers.count(row["n"]), note)


def facts_of(row: Row) -> tuple[Fact, ...]:
    """Return the figures of a shown item, each with its name."""
    return tuple(_facts(row))


def compared_text(row: Row | None, rest: Row | None, unit_word: str, *, with_n: bool = True) -> str:
    """Return what a comparison with the rest says, or why none is made; "" where none exists at this level."""
    if row is None or rest is None or not shown(row):
        return ""
    if not shown(rest):
        text = _("Not compared with the rest of the municipality: %(why)s.")
        return text % {"why": reason_text(rest["reason"])}
    return compared(
        rest["difference"],
        rest["difference_low"],
        rest["difference_high"],
        rest["certain"],
        unit_word=unit_word,
        n=rest["n"] if with_n else None,
        by_share=row["index"] is None,
    )


def item_definition(item: Item, row: Row) -> str:
    """Return what an item's share and index are, from the battery's own words."""
    return " ".join(_definition(item, row))


def area_definition(row: Row, items: int, least: int, maximum: str) -> str:
    """Return what an area's index is."""
    text = ngettext(
        "The index goes from 0 to %(maximum)s and rests on %(items)d question.",
        "The index goes from 0 to %(maximum)s: the mean over persons who answered at least %(least)d of the"
        " %(items)d questions.",
        items,
    )
    parts = [text % {"maximum": maximum, "items": items, "least": least}]
    if shown(row):
        parts.append(_("Don't know and blank are outside it."))
    return " ".join(parts)


def segment_name(segment: str, item: Item | None) -> str:
    """Return what a breakdown is called."""
    if item is not None:
        return local_text(item.text)
    return {"sex": _("Sex"), "year": _("Year")}.get(segment, segment)


def value_name(segment: str, value: str, item: Item | None) -> str:
    """Return what a value of a breakdown is called."""
    for option in item.options if item is not None else ():
        if option.code == value:
            return local_text(option.label)
    if segment == "year":
        return _("Year %(year)s") % {"year": value}
    words = {"flicka": _("Girls"), "pojke": _("Boys"), "kvinna": _("Women"), "man": _("Men")}
    return words.get(value, value)


def _hidden_line(label: str, row: Row | None, note: str) -> Line:
    why = hidden(row)
    return Line(label, _("hidden"), "", "", "; ".join(filter(None, (why.why if why else "", note))))


def _facts(row: Row) -> Iterator[Fact]:
    if row["share_positive"] is not None:
        between = numbers.interval(row["share_low"], row["share_high"], numbers.percent)
        yield Fact(_("Share positive, interval"), _figure(numbers.percent(row["share_positive"]), between))
    if row["index"] is not None:
        between = numbers.interval(row["index_low"], row["index_high"])
        yield Fact(_("Index, interval"), _figure(index_text(row), between))
    yield Fact(_("Answers"), numbers.count(row["n"]))
    if row["n_dont_know"] is not None:
        asked = row["n"] + row["n_dont_know"]
        part = row["n_dont_know"] / asked if asked else 0.0
        yield Fact(_("Don't know"), f"{numbers.count(row['n_dont_know'])} ({numbers.percent(part)})")
    if row["n_blank"] is not None:
        yield Fact(_("Left blank"), numbers.count(row["n_blank"]))
    if row["answered"] is not None:
        yield Fact(_("Forms sent in"), numbers.count(row["answered"]))


def _figure(value: str, between: str) -> str:
    return f"{value} ({between})" if between else _("%(value)s (no interval)") % {"value": value}


def _definition(item: Item, row: Row) -> Iterator[str]:
    labels = [
        _("“%(words)s”") % {"words": local_text(option.label)}
        for option in item.options
        if option.code in item.positive_codes
    ]
    if labels:
        if item.scale is not None and item.scale.share_of == "answered":
            text = _("Positive: %(labels)s, of all who answered, don't know included.")
        else:
            text = _("Positive: %(labels)s, of those who took a stand: don't know and blank are outside.")
        yield text % {"labels": ", ".join(labels)}
    if item.reversed:
        yield _("The statement is negative, so the index is turned: a high index is good.")
    if shown(row) and row["index"] is not None and not labels:
        yield _("Don't know and blank are outside it.")
