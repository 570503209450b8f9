"""`slo:report` as a page: each scenario with its figures, and how much of each limit they use up."""

from collections import Counter
from collections.abc import Sequence

from orchestrator.page import Check, Part, checks, join, page, table, tag
from orchestrator.report import HEADERS, NOTE, Row, told
from orchestrator.slo import Check as Objective

_LOOKS = {"pass": ("good", "✓"), "fail": ("bad", "✗")}
_OTHER = ("unknown", "?")
"""Of each result: its look and its sign."""


def to_html(rows: Sequence[Row], made_at: str) -> str:
    """`_index.html`: one page, no script, nothing loaded from elsewhere."""
    counts = Counter(row.result for row in rows)
    head = tag("header", tag("h1", "Objectives"), tag("p", f"Made {made_at[:19].replace('T', ' ')} UTC"))
    summary = [tag("li", _pill(result), f" {count}") for result, count in counts.items()]
    return page(
        "Objectives – slo:report",
        head,
        tag("ul", summary, class_="legend", aria_label="Results"),
        table(HEADERS, [_cells(row) for row in rows], label="Scenarios", numbers=range(2, 6)),
        tag("p", NOTE, class_="quiet"),
    )


def _cells(row: Row) -> list[Part]:
    """In the order of HEADERS."""
    name, _, *figures, objectives, measured = row.cells()
    shown = objectives if row.problem else checks(_check(check) for check in row.checks)
    return [tag("bdi", name, class_="name"), _pill(row.result), *figures, shown, measured]


def _pill(result: str) -> Part:
    look, sign = _LOOKS.get(result, _OTHER)
    return tag("span", tag("span", sign, aria_hidden="true"), result, class_=f"pill {look}")


def _check(check: Objective) -> Check:
    return Check(check.passed, join(told(check), _used_up(check)))


def _used_up(check: Objective) -> Part:
    """A bar as long as the share of the limit that is used up: full where it is reached, or missed."""
    if check.observed is None or check.observed <= 0:
        return None
    share = check.observed / check.objective.limit
    share = 1 / share if check.objective.direction == "at least" else share
    bar = tag("span", style=f"width:{100 * min(1.0, share):.0f}%")
    return tag("span", bar, class_="meter", aria_hidden="true")
