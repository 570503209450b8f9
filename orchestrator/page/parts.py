"""Tables, lists and charts of a page, as markup. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.page.html import Html, Part, data_block, join, tag

NOT_THERE = "–"
"""In a cell without a figure."""

Numbers = Collection[int]
"""Columns of a table, from 0, that hold numbers: they are flush right."""

WIDE = 4
"""A table with more columns than this may be wider than a narrow screen."""

_MARKS = {True: ("good", "✓", "holds: "), False: ("bad", "✗", "does not hold: "), None: ("unknown", "?", "not known: ")}


@dataclass(frozen=True)
class Check:
    """One thing that holds, does not, or (None) is not known; `remedy` says what to do about it."""

    passed: bool | None
    text: Part
    remedy: Part = None


def hidden(text: str) -> Html:
    """Text for those who listen to the page."""
    return tag("span", text, class_="hidden")


def checks(items: Iterable[Check]) -> Html:
    """A list of conditions, each with a sign that does not rest on its colour."""
    return tag("ul", [_check(item) for item in items], class_="checks")


def _check(item: Check) -> Html:
    name, sign, words = _MARKS[item.passed]
    remedy = tag("span", item.remedy, class_="remedy") if item.remedy else None
    return tag("li", tag("span", sign, aria_hidden="true", class_="sign"), tag("div", hidden(words), item.text, remedy),
               class_=name)  # fmt: skip


def table(head: Sequence[Part], rows: Iterable[Sequence[Part]], *, label: str, numbers: Numbers = ()) -> Html:
    """A table whose first column names its rows; where it is too wide it scrolls by itself, by keyboard too."""
    return tag(
        "div",
        tag(
            "table",
            tag("thead", tag("tr", [_cell("th", index, cell, numbers, "col") for index, cell in enumerate(head)])),
            tag("tbody", [_row(row, numbers) for row in rows]),
        ),
        class_="scroll",
        tabindex=0 if len(head) > WIDE else None,
        role="region",
        aria_label=label,
    )


def _row(cells: Sequence[Part], numbers: Numbers) -> Html:
    first, *others = cells
    return tag(
        "tr",
        _cell("th", 0, first, numbers, "row"),
        [_cell("td", index, cell, numbers) for index, cell in enumerate(others, 1)],
    )


def _cell(name: str, index: int, content: Part, numbers: Numbers, scope: str | None = None) -> Html:
    return tag(name, content, scope=scope, class_="number" if index in numbers else None)


def pairs(items: Iterable[tuple[str, Part]]) -> Html:
    """Names with their values; those without a value are left out."""
    return tag("dl", [tag("div", tag("dt", name), tag("dd", value)) for name, value in items if value], class_="pairs")


def details(summary: Part, *parts: Part, class_: str | None = None) -> Html:
    """What is shown when it is asked for."""
    return tag("details", tag("summary", summary), *parts, class_=class_)


def chart(title: str, caption: Part, spec: dict[str, Any], data: Part, *, legend: Part = None, height: int) -> Html:
    """A figure: what it shows in words, a Vega-Lite specification, and the same as a table.

    `"width": "fill"` in `spec` is the width that there is. `height`, in pixels, is kept free until it is drawn.
    """
    return tag(
        "figure",
        tag("figcaption", tag("strong", title), " ", tag("span", caption)),
        legend,
        tag("div", class_="canvas", role="img", aria_label=f"Chart: {title}", style=f"min-height:{height}px"),
        tag("noscript", tag("p", "The chart is drawn by JavaScript, which is off here. Its figures are below.")),
        data_block(spec),
        details(join("Data", hidden(f" of the chart: {title}")), data, class_="data"),
    )
