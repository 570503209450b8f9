"""Columns by cells: wide and combining characters, names shortened in the middle, columns that leave."""

import pytest

from orchestrator.columns import cells, columns, fit, shorten

WIDE = "模型:1b"
"""Two characters of two cells, three of one."""
COMBINING = "cafe\u0301"
FAMILY = "\U0001f468\u200d"


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", 0),
        ("abc", 3),
        ("é", 1),
        (COMBINING, 4),
        (WIDE, 7),
        ("ｆ", 2),
        ("한글", 4),
        ("한", 2),
        (FAMILY, 2),
        ("–", 1),
    ],
)
def test_cells(text: str, width: int) -> None:
    assert cells(text) == width


@pytest.mark.parametrize(
    ("text", "room", "short"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefgh", 6, "abc…gh"),
        ("abcdefgh", 7, "abc…fgh"),
        ("abcdefgh", 2, "a…"),
        ("abcdefgh", 1, "…"),
        ("模型模型模型", 8, "模型…型"),  # half a character does not fit
        ("模型模型模型", 9, "模型…模型"),
        ("abcdefe\u0301", 4, "ab…e\u0301"),
        ("abcde\u0301", 3, "a…e\u0301"),
        ("ab" + "e\u0301" * 4, 4, "ab…e\u0301"),
    ],
)
def test_names_are_shortened_in_the_middle(text: str, room: int, short: str) -> None:
    assert shorten(text, room) == short
    assert cells(short) <= room


def test_columns_stand_below_each_other_whatever_is_in_them() -> None:
    rows = [("name", "n"), (WIDE, "1"), (COMBINING, "22"), ("plain", "333")]

    assert columns(rows, right=(1,)).splitlines() == [
        "name       n",
        f"{WIDE}    1",
        f"{COMBINING}      22",
        "plain    333",
    ]


ROWS = [("model", "a", "bb", "verdict"), ("a-model-with-a-name", "1", "2", "keep small")]
"""19, 1, 2 and 10 cells, with two blanks between: 38."""


@pytest.mark.parametrize(
    ("room", "lines"),
    [
        (38, ["model                a  bb  verdict", "a-model-with-a-name  1  2   keep small"]),
        (36, ["model              a  bb  verdict", "a-model-…h-a-name  1  2   keep small"]),
        (31, ["model         a  bb  verdict", "a-mode…-name  1  2   keep small"]),
        (30, ["model            a  verdict", "a-model…-a-name  1  keep small"]),
        (24, ["model         verdict", "a-mode…-name  keep small"]),
        (23, ["model        verdict", "a-mod…-name  keep small"]),
        (14, ["m…  verdict", "a…  keep small"]),
        (3, ["…  verdict", "…  keep small"]),
    ],
)
def test_first_the_name_is_shortened_then_columns_leave_in_their_order(room: int, lines: list[str]) -> None:
    assert columns(fit(ROWS, room, drop=(2, 1))).splitlines() == lines


def test_short_names_lose_nothing_before_columns_leave() -> None:
    rows = [("m", "aaaa", "b"), ("x:1b", "1", "2")]

    assert fit(rows, 11, drop=(1,)) == [["m", "b"], ["x:1b", "2"]]
    assert fit(rows, 13, drop=(1,)) == [list(row) for row in rows]
