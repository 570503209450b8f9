"""Whatever is not markup of ours comes out of a page as the text that it was."""

import json
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.clean import visible
from orchestrator.page.html import data_block, join, tag


class Reader(HTMLParser):
    """What a browser would see: elements with their attributes, and the text."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_elements_nest_and_nothing_is_left_out_but_nothing() -> None:
    inner = [tag("b", "x"), None, ["y", (item for item in "z")]]
    assert tag("p", inner, "&", class_="a b", hidden=True, id=None, tabindex=0, aria_label="c") == (
        '<p class="a b" hidden tabindex="0" aria-label="c"><b>x</b>yz&amp;</p>'
    )
    assert tag("br") == "<br>"


@given(st.text())
def test_any_text_stays_text(text: str) -> None:
    read = Reader(tag("p", text, title=text))

    assert [name for name, _ in read.elements] == ["p"]
    assert read.text == read.elements[0][1]["title"] == visible(text)


def test_markup_that_was_joined_as_text_is_escaped_rather_than_trusted() -> None:
    assert tag("p", f"{tag('b', 'x')}") == "<p>&lt;b&gt;x&lt;/b&gt;</p>"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[31mred", "␛[31mred"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("a\x00b\x7fc\x9bd", "a␀b⟨U+007F⟩c⟨U+009B⟩d"),
        ("line\u2028end\r\n", "line⟨U+2028⟩end\n"),
        ("half \ud800", "half �"),
        ("tab\tand\nline, עברית, 👩‍👧", "tab\tand\nline, עברית, 👩‍👧"),
    ],
)
def test_what_would_hide_or_reorder_is_seen(text: str, seen: str) -> None:
    assert join(text) == seen


@pytest.mark.parametrize(
    "text", ["</script><script>alert(1)</script>", "<!--<script>", "\u2028\u2029", "\ud800", "]]>"]
)
def test_data_cannot_end_its_element_and_is_what_it_was(text: str) -> None:
    block = data_block({"a": [text]})
    inside = block.removeprefix('<script type="application/json">').removesuffix("</script>")

    assert not {"<", ">", "&", "\u2028", "\u2029"} & set(inside)
    assert json.loads(inside) == {"a": [text]}
