"""Pages for people: one HTML file each that asks for nothing from elsewhere. NOT aware of what is on them.

`html.py` escapes, `parts.py` has tables, lists and charts, `document.py` makes the file; `style.css` and `charts.js`
are what every page looks like and how its charts are drawn.
"""

from orchestrator.page.document import page
from orchestrator.page.html import Html, Part, join, tag
from orchestrator.page.parts import NOT_THERE, Check, Numbers, chart, checks, details, hidden, pairs, table

__all__ = [
    "NOT_THERE",
    "Check",
    "Html",
    "Numbers",
    "Part",
    "chart",
    "checks",
    "details",
    "hidden",
    "join",
    "page",
    "pairs",
    "table",
    "tag",
]
