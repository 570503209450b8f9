"""Plain text in columns, by the cells that a terminal gives each character. Pure."""

import unicodedata
from collections.abc import Collection, Sequence

GAP = 2
"""Blanks between two columns."""

_JOINS = frozenset({"Mn", "Me", "Cf"})
"""Categories of characters that are drawn on or within the one before them."""


def columns(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> str:
    """Plain text in columns, those of the indices `right` flush right; for a table that is part of a text."""
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        (" " * GAP)
        .join(
            f"{_blanks(cell, width)}{cell}" if index in right else f"{cell}{_blanks(cell, width)}"
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        .rstrip()
        for row in rows
    )


def fit(
    rows: Sequence[Sequence[str]], room: int, *, drop: Sequence[int] = (), name: int = 0, least: int = 12
) -> list[list[str]]:
    """`rows` as `columns` can set them within `room` cells.

    First the column `name` is shortened in the middle, to no less than `least` cells; then the columns `drop` leave,
    one by one in this order; what is too wide even then costs the name further cells.
    """
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    kept = list(range(len(widths)))
    leaving = list(drop)
    while leaving and _room_for(name, kept, widths, room) < min(least, widths[name]):
        kept.remove(leaving.pop(0))
    left = max(1, _room_for(name, kept, widths, room))
    return [[shorten(row[index], left) if index == name else row[index] for index in kept] for row in rows]


def _room_for(name: int, kept: Sequence[int], widths: Sequence[int], room: int) -> int:
    return room - sum(widths[index] + GAP for index in kept if index != name)


def cells(text: str) -> int:
    """How many columns a terminal gives `text`, which is one clean line: 2 for a wide character (UAX #11), 0 for one
    that joins the one before it.
    """
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(character: str) -> int:
    if unicodedata.category(character) in _JOINS or "\u1160" <= character <= "\u11ff":  # vowels within Hangul
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def shorten(text: str, room: int) -> str:
    """`text` in at most `room` cells (1 at the least): both ends stay, where names differ, the middle becomes `…`."""
    if cells(text) <= room:
        return text
    end = _first_cells(text[::-1], (room - 1) // 2)[::-1]
    while end and not _cells(end[0]):  # it joined a character that is gone
        end = end[1:]
    return f"{_first_cells(text, room - 1 - cells(end))}…{end}"


def _first_cells(text: str, room: int) -> str:
    """As much of the beginning as fits."""
    taken = 0
    for place, character in enumerate(text):
        taken += _cells(character)
        if taken > room:
            return text[:place]
    return text


def _blanks(cell: str, width: int) -> str:
    return " " * (width - cells(cell))
