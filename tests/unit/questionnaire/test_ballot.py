"""Ballots of one questionnaire are bytes of one size that say exactly what was answered, and nothing else is read."""

from __future__ import annotations

import pytest

from shared.errors import Refused
from shared.questionnaire.ballot import SIZE_CLASSES, Layout
from shared.questionnaire.definition import Answers, Item, Option, Scale
from tests.unit.questionnaire.samples import choice, of_items, questionnaire, scale, text

CONTEXT = {"unit_type": "grundskola", "year": "5"}
BREAKDOWNS = {"year": ("5", "8"), "sex": ("flicka", "pojke")}
ANSWERS: Answers = {"trygg": "1", "vagar": "9", "varfor": "Då", "platser": ("flicka", "no"), "timmar": 24}
SECRET = "hemligt-svar"


def layout() -> Layout:
    return Layout(questionnaire(), BREAKDOWNS)


def test_the_columns_lie_as_the_format_says():
    found = layout()
    assert [(column.key, column.kind, column.offset, column.width) for column in found.columns] == [
        ("sex", "segment", 1, 1),
        ("year", "segment", 2, 1),
        ("trygg", "choice", 3, 1),
        ("vagar", "choice", 4, 1),
        ("raster", "choice", 5, 1),
        ("latta", "choice", 6, 1),
        ("varfor", "text", 7, 1),
        ("platser", "multiple", 8, 2),
        ("timmar", "number", 10, 5),
        ("sex", "choice", 15, 1),
    ]
    assert (found.fixed_length, found.size) == (16, 4096)
    assert found.columns[2].options == ("4", "3", "2", "1", "9")


def test_the_bytes_of_version_one_are_frozen():
    """Sealed ballots outlive a deployment: these bytes change only with a new version number."""
    plain = layout().encode(ANSWERS, {"year": "8", "sex": "flicka"}, CONTEXT)
    assert plain[:22].hex(" ") == "01 01 02 04 05 00 00 01 01 05 01 00 00 00 18 00 00 03 44 c3 a5 00"
    assert not any(plain[21:])


def test_every_ballot_has_the_same_size():
    sizes = {
        len(layout().encode(answers, {}, CONTEXT)) for answers in ({}, ANSWERS, {"trygg": "1", "varfor": "å" * 500})
    }
    assert sizes == {4096}


def test_a_ballot_is_read_back():
    decoded = layout().decode(layout().encode(ANSWERS, {"year": "8"}, CONTEXT))
    assert decoded.segments == {"year": "8"}
    assert decoded.answers == ANSWERS
    assert decoded.routed_past == set()


def test_items_routed_past_are_neither_blank_nor_answered():
    plain = layout().encode({**ANSWERS, "trygg": "4"}, {}, CONTEXT)
    decoded = layout().decode(plain)
    assert decoded.routed_past == {"varfor"}
    assert "varfor" not in decoded.answers
    assert layout().texts(plain) == {}


def test_a_segment_value_outside_the_frozen_list_is_unknown():
    assert layout().decode(layout().encode({}, {"sex": "annat", "year": ""}, CONTEXT)).segments == {}


def test_texts_are_read_alone():
    assert layout().texts(layout().encode(ANSWERS, {}, CONTEXT)) == {"varfor": "Då"}


def ballot() -> bytearray:
    return bytearray(layout().encode(ANSWERS, {"year": "8"}, CONTEXT))


@pytest.mark.parametrize(
    ("offset", "value"),
    [
        (0, 2),  # version
        (1, 3),  # segment value that does not exist
        (3, 6),  # option that does not exist
        (7, 0),  # a text that nobody owns
        (7, 2),  # state that does not exist
        (8, 0),  # blank, and yet ticked
        (8, 2),
        (9, 0),  # answered, and yet nothing ticked
        (9, 9),  # bit beyond the options
        (10, 255),  # routed past, and yet a number
        (17, 0),  # text without length
        (16, 255),  # text beyond the end
        (19, 255),  # no UTF-8
        (100, 1),  # something in the padding
        (4095, 1),
    ],
)
def test_a_malformed_byte_is_refused_without_content(offset: int, value: int):
    plain = ballot()
    plain[offset] = value
    with pytest.raises(ValueError, match=r"^The ballot is malformed\.$") as refused:
        layout().decode(bytes(plain))
    assert refused.value.__context__ is None


def test_a_text_state_that_does_not_exist_is_refused_even_without_a_text():
    found = Layout(of_items(Item("t", "text", text("T"), max_length=3)), {})
    with pytest.raises(ValueError, match="malformed"):
        found.decode(bytes([1, 2]).ljust(found.size, b"\0"))


@pytest.mark.parametrize("cut", [0, 1, 64, 4095, 4097])
def test_a_ballot_of_another_size_is_refused(cut: int):
    with pytest.raises(ValueError, match="malformed"):
        layout().decode(bytes(ballot().ljust(5000, b"\0")[:cut]))


def test_a_text_longer_than_its_item_allows_is_refused():
    short = of_items(Item("t", "text", text("T"), max_length=3))
    found = Layout(short, {})
    plain = bytearray(found.encode({"t": "abc"}, {}, {}))
    plain[3] = 4
    plain[7] = ord("d")
    with pytest.raises(ValueError, match="malformed"):
        found.decode(bytes(plain))


@pytest.mark.parametrize(
    "answers",
    [{"trygg": SECRET}, {"trygg": 4}, {"platser": (SECRET,)}, {"platser": ()}, {"timmar": 2**40}, {"timmar": SECRET}],
)
def test_answers_that_do_not_fit_are_not_written(answers: Answers):
    with pytest.raises(ValueError, match="malformed") as refused:
        layout().encode(answers, {}, CONTEXT)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(("length", "size"), [(15, 64), (16, 256), (1000, 4096), (1024, 16384), (4000, 16384)])
def test_the_size_class_holds_the_longest_possible_text(length: int, size: int):
    found = Layout(of_items(Item("t", "text", text("T"), max_length=length)), {})
    assert found.size == size
    plain = found.encode({"t": "\U0001f600" * length}, {}, {})
    assert found.decode(plain).answers == {"t": "\U0001f600" * length}


def test_a_questionnaire_without_texts_takes_the_smallest_class_that_fits():
    items = [choice(f"i{number}", scale("10", "0")) for number in range(40)]
    assert Layout(of_items(*items), {}).size == SIZE_CLASSES[0]
    items = [choice(f"i{number}", scale("10", "0")) for number in range(64)]
    assert Layout(of_items(*items), {}).size == SIZE_CLASSES[1]


def test_too_many_texts_are_refused_with_a_remedy():
    items = [Item(f"t{number}", "text", text("T"), max_length=4000) for number in range(5)]
    with pytest.raises(Refused, match="shorter max_length") as refused:
        Layout(of_items(*items), {})
    assert refused.value.code == "ballot_too_large"


def test_more_than_250_values_are_refused():
    many = tuple(str(number) for number in range(251))
    with pytest.raises(Refused, match="more than 250"):
        Layout(of_items(choice("a", scale("1", "0"))), {"year": many})
    wide = Scale("s", tuple(Option(code, text(code)) for code in many))
    with pytest.raises(Refused, match="more than 250"):
        Layout(of_items(choice("a", wide)), {})
    Layout(of_items(choice("a", Scale("s", wide.options[:250]))), {"year": many[:250]})
