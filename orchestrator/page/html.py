"""HTML out of parts: whatever is not Html is text, and is escaped where it is put in. Pure."""

import json
from collections.abc import Iterable
from html import escape
from typing import Any, Union

from orchestrator.clean import visible

_VOID = frozenset({"br", "hr", "link", "meta"})


class Html(str):
    """Markup that this project wrote. Nothing else makes one of these out of text."""

    __slots__ = ()


Part = Union[Html, str, None, Iterable["Part"]]  # noqa: UP007  a name that is not known yet takes no `|`
"""What goes between two tags: markup, text, nothing, or any number of them."""


def join(*parts: Part) -> Html:
    """The parts behind each other, all that is not Html escaped, its control characters made visible."""
    return Html("".join(map(_markup, parts)))


def _markup(part: Part) -> str:
    if part is None or isinstance(part, Html):
        return part or ""
    return escape(visible(part)) if isinstance(part, str) else join(*part)


def tag(name: str, /, *parts: Part, **attributes: str | int | bool | None) -> Html:
    """One element. `class_="a"` and `aria_label="b"` are the attributes class and aria-label; None and False are left
    out, True is an attribute without a value."""
    opening = name + "".join(_attribute(key, value) for key, value in attributes.items())
    return Html(f"<{opening}>" if name in _VOID else f"<{opening}>{join(*parts)}</{name}>")


def _attribute(key: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(visible(str(value)))}"'


def data_block(data: Any) -> Html:
    """`data` as JSON in a script element that is never run, with no character in it that could end the element."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)  # ASCII: no U+2028, no half of a character
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Html(f'<script type="application/json">{text}</script>')
