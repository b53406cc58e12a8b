"""Tallies have the columns indicators need, and area indexes come out of them exactly."""

from __future__ import annotations

from fractions import Fraction

import pytest

from shared.errors import NotFound
from shared.questionnaire.definition import Answers, Area, Option, Questionnaire, Scale
from shared.questionnaire.scoring import TallyLayout
from tests.support.tallies import area_moments
from tests.unit.questionnaire.samples import choice, of_items, questionnaire, scale, text

FOUR = scale("10", "20/3", "10/3", "0")


def area(key: str = "a", *, min_items: int | None = None, index: bool = True) -> Area:
    return Area(key, text(key), index, min_items)


def three_items(min_items: int | None = None) -> Questionnaire:
    items = (choice("x", FOUR), choice("y", FOUR), choice("z", FOUR, flipped=True))
    return of_items(*items, areas=(area(min_items=min_items),))


def tallied(layout: TallyLayout, people: list[Answers]) -> list[int]:
    """Count the areas of a few people the slow way, person by person."""
    row = [0] * layout.width
    for answers in people:
        for position in range(layout.width):
            column = layout.columns[position]
            if column.kind != "area":
                continue
            items = [item for item in layout.area_items(str(column.area)) if item.key in answers]
            codes = [option.code for option in items[0].options] if items else []
            scores = [layout.scores(item.key)[codes.index(str(answers[item.key]))] for item in items]
            total = sum(score for score in scores if score is not None)
            if column.k == len(items):
                row[position] += {"persons": 1, "score_sum": total, "score_square_sum": total**2}[column.role]
    return row


def test_the_columns_of_each_type_stand_in_order():
    layout = TallyLayout(questionnaire())
    roles = {
        key: [(column.option, column.role) for column in layout.columns[layout.item_slice(key)]]
        for key in ("valkommen", "trygg", "varfor", "platser", "timmar")
    }
    assert roles == {
        "valkommen": [],
        "trygg": [*((code, "option") for code in "43219"), (None, "blank"), (None, "routed")],
        "varfor": [(None, "answered"), (None, "blank"), (None, "routed")],
        "platser": [
            *((code, "option") for code in ("flicka", "pojke", "no")),
            (None, "answered"), (None, "blank"), (None, "routed"),
        ],
        "timmar": [(None, "n"), (None, "sum"), (None, "sum_squares"), (None, "blank"), (None, "routed")],
    }  # fmt: skip


def test_slices_cover_the_row_once_and_in_order():
    layout = TallyLayout(questionnaire())
    slices = [layout.item_slice(item.key) for item in questionnaire().items]
    slices += [layout.area_slice("trygghet"), layout.area_slice("stimulans")]
    assert [part.start for part in slices] == [0, *(part.stop for part in slices[:-1])]
    assert slices[-1].stop == layout.width == len(layout.columns)


@pytest.mark.parametrize(
    ("items", "min_items", "counts"),
    [(1, None, [1]), (2, None, [1, 2]), (3, None, [2, 3]), (4, None, [2, 3, 4]), (3, 1, [1, 2, 3]), (3, 3, [3])],
)
def test_half_of_the_items_rounded_up_gives_a_person_an_index(items: int, min_items: int | None, counts: list[int]):
    found = of_items(*(choice(f"i{number}", FOUR) for number in range(items)), areas=(area(min_items=min_items),))
    layout = TallyLayout(found)
    assert list(layout.area_counts("a")) == counts
    assert [column.k for column in layout.columns[layout.area_slice("a")]] == [k for k in counts for _ in range(3)]


def test_scores_are_whole_and_mirrored_for_reversed_items():
    layout = TallyLayout(three_items())
    assert layout.area_denominator("a") == 3
    assert layout.scores("x") == (30, 20, 10, 0)
    assert layout.scores("z") == (0, 10, 20, 30)


def test_scales_of_one_area_share_a_denominator_and_missing_options_have_no_score():
    with_unknown = Scale("u", (*scale("10", "5/2", "0").options, Option("9", text("Vet ej"), None, "dont_know")))
    found = TallyLayout(of_items(choice("x", FOUR), choice("y", with_unknown), areas=(area(),)))
    assert found.area_denominator("a") == 6
    assert found.scores("x") == (60, 40, 20, 0)
    assert found.scores("y") == (60, 15, 0, None)


def test_an_item_outside_any_index_is_scaled_by_itself():
    found = TallyLayout(of_items(choice("x", FOUR, area=None), choice("y", FOUR), areas=(area(index=False),)))
    assert found.scores("x") == (30, 20, 10, 0)
    assert found.scores("y") == (30, 20, 10, 0)


def test_area_moments_are_exact():
    layout = TallyLayout(three_items())
    people: list[Answers] = [
        {"x": "4", "y": "3", "z": "1"},  # 10, 20/3, 10 -> 80/9
        {"x": "3", "y": "2"},  # 20/3, 10/3 -> 5, exactly the least number of items
        {"x": "4"},  # too few
        {},
    ]
    persons, means, squares = area_moments(layout, tallied(layout, people), "a")
    assert persons == 2
    assert means == Fraction(80, 9) + 5
    assert squares == Fraction(80, 9) ** 2 + 25


def test_an_area_without_index_or_unknown_has_no_columns():
    found = TallyLayout(of_items(choice("x", FOUR), areas=(area(index=False),)))
    assert all(column.kind == "item" for column in found.columns)
    with pytest.raises(NotFound):
        found.area_slice("a")
    with pytest.raises(NotFound):
        found.item_slice("saknas")


# domain.md 2.7: n, whole percentages of the four options from best to worst as published, and the published index.
GOLDEN = [(159, (15, 54, 26, 5), "6.0")]
HIDDEN = [
    (159, (51, 36, 10, None), "7.9"),
    (159, (45, 40, 12, None), "7.7"),
    (159, (37, 52, 10, None), "7.5"),
    (204, (19, 55, 19, None), "6.3"),
]


def index_of(layout: TallyLayout, counts: tuple[int, ...]) -> Fraction:
    """Return the index of a one-item area from its option counts."""
    scores = layout.scores("x")
    total = sum(count * (score or 0) for count, score in zip(counts, scores, strict=True))
    squares = sum(count * (score or 0) ** 2 for count, score in zip(counts, scores, strict=True))
    row = [*counts, 0, 0, sum(counts), total, squares]
    persons, means, _squares = area_moments(layout, row, "a")
    return means / persons


@pytest.mark.parametrize(("n", "shares", "published"), GOLDEN)
def test_a_published_index_follows_from_its_published_shares(n: int, shares: tuple[int, ...], published: str):
    layout = TallyLayout(of_items(choice("x", FOUR), areas=(area(),)))
    counts = tuple(round(n * share / 100) for share in shares)
    assert sum(counts) == n
    assert f"{float(index_of(layout, counts)):.1f}" == published


@pytest.mark.parametrize(("n", "shares", "published"), HIDDEN)
def test_a_published_index_is_reachable_with_hidden_cells(n: int, shares: tuple[int | None, ...], published: str):
    layout = TallyLayout(of_items(choice("x", FOUR), areas=(area(),)))
    reached = set()
    for first in near(n, shares[0]):
        for second in near(n, shares[1]):
            for third in near(n, shares[2]):
                for fourth in range(n - first - second - third + 1):
                    reached.add(f"{float(index_of(layout, (first, second, third, fourth))):.1f}")
    assert published in reached


def near(n: int, share: int | None) -> list[int]:
    """Return the counts that round to a whole percentage of n."""
    return [count for count in range(n + 1) if share is not None and abs(count * 100 - share * n) * 2 <= n]
