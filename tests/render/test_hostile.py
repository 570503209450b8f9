"""Foreign text (answers, names, a document that somebody sent) is shown as text and as nothing else."""

import json
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pydantic import ValidationError

from ollama_bench.render import FORMATS
from ollama_bench.render.markdown import escape, render_markdown
from ollama_bench.render.table import render_table
from ollama_bench.render.text import render_text
from ollama_bench.scorecard import RunResult
from orchestrator.clean import one_line
from tests.examples import example_plan, example_result, example_trial, example_trials

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

NASTY = (
    "\x1b[2J\x1b]52;c;ZXZpbA==\x07\x9b31m\x00\u202e",
    "<script>alert(1)</script><img src=x onerror=alert(1)>&lt;b&gt;&#60;b&#62;",
    "# heading\n## heading\n---\n===\n- item\n1. item\n> quote\n    code\n",
    "[link](http://evil) ![image](http://evil) <http://evil> [ref]: http://evil [a][b]",
    "**bold** *it* __b__ _i_ ~~s~~ `code` ``` ~~~ $x$ :smile: @team #1",
    "``` \n```\n| a | b |\n| --- | --- |\n\\| x \\\\| y \\",
    "\\*not\\* \\`x\\` \\<b\\> \\",
)


def _free_strings(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all strings of a JSON document."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _free_strings(item, (*path, key))


def _set(document: Any, path: tuple[Any, ...], text: str) -> None:
    for key in path[:-1]:
        document = document[key]
    document[path[-1]] = text


@cache
def _template() -> tuple[str, tuple[tuple[Any, ...], ...]]:
    """A document with something in every field, as JSON, and the paths whose text the format leaves free."""
    plan = example_plan(quality_seeds=2)
    trials = example_trials(plan, {"apples": "no idea"})
    trials[3] = example_trial("warm", index=2, error="reset")
    result = example_result(trials, plan, complete=False)
    slow = example_result(trials, plan).verdict.model_copy(update={"suggestions": ("a",), "advice": ("b",)})
    text = result.model_copy(update={"verdict": slow}).to_json()
    free = []
    for path in _free_strings(json.loads(text)):
        document = json.loads(text)
        _set(document, path, "anything")
        try:
            RunResult.model_validate(document)
        except ValidationError:
            continue
        free.append(path)
    return text, tuple(free)


def _document(foreign: str) -> RunResult:
    """The template with `foreign` in the place of every text that is free."""
    text, free = _template()
    document = json.loads(text)
    for path in free:
        _set(document, path, foreign)
    return RunResult.model_validate(document)


def _structure(markdown: str) -> list[tuple[str, str]]:
    """Block and inline tokens without plain text: what the page is made of."""
    tokens = [inner for token in PARSER.parse(markdown) for inner in (token, *(token.children or ()))]
    return [(token.type, token.tag) for token in tokens if token.type not in ("text", "text_special")]


def test_the_template_has_foreign_text_in_the_places_that_are_shown() -> None:
    free = {".".join(str(part) for part in path if not isinstance(part, int)) for path in _template()[1]}

    assert free >= {
        "model.name",
        "model.quantization",
        "hardware.label",
        "server.version",
        "tool.name",
        "resources.reason",
        "verdict.conditions.text",
        "verdict.suggestions",
        "verdict.advice",
        "warnings.message",
        "warnings.code",
        "quality.prompts.id",
        "quality.prompts.answer",
        "quality.prompts.evidence.rule",
        "quality.prompts.evidence.observed",
        "phases.warm.trials.error.message",
    }


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("foreign", NASTY)
def test_no_control_character_is_printed(fmt: str, foreign: str) -> None:
    shown = FORMATS[fmt](_document(foreign)).replace("\r\n", "\n")  # as CSV ends its lines

    assert not [c for c in shown if unicodedata.category(c) == "Cc" and c != "\n"]
    assert "\u202e" not in shown


@pytest.mark.parametrize("foreign", NASTY)
def test_foreign_text_adds_no_line_to_the_text_form(foreign: str) -> None:
    assert len(render_text(_document(foreign)).splitlines()) == len(render_text(_document("plain")).splitlines())


@pytest.mark.parametrize("foreign", NASTY)
def test_foreign_text_is_no_markup_in_markdown(foreign: str) -> None:
    assert _structure(render_markdown(_document("x" + foreign))) == _structure(render_markdown(_document("x")))
    assert _structure(render_markdown(_document(foreign + "x"))) == _structure(render_markdown(_document("x")))


MARKUP = st.text(alphabet="x \\`*_{}[]()<>#+-.!|~&$@:=\"'^;/\n1", max_size=24)


@given(MARKUP | st.text())
@example("- item")
@example("+ item")
@example("1. item")
@example("&lt;b&gt; &#60;b&#62;")
def test_escaped_text_is_read_back_as_it_was(text: str) -> None:
    for before in ("x", ""):  # within a line, and at its beginning
        (opening, inline, _) = PARSER.parse(before + escape(text) + "x")

        assert opening.type == "paragraph_open"
        assert [token.type for token in inline.children or () if token.type not in ("text", "text_special")] == []
        read = "".join(token.content for token in inline.children or ())
        assert read.replace("\u200b", "") == before + one_line(text, 400).replace("\u200b", "") + "x"


# What GitHub looks for in the text of a page, after it has read the Markdown.
REFERENCES = re.compile(r"(?<!\w)@[a-z0-9]|#\d|\bGH-\d", re.IGNORECASE)


@given(st.text(alphabet="aG H h-9@#_\\`", max_size=16))
@example("@octocat fixed octocat/hello#12, GH-3 and gh-4")
def test_nobody_is_mentioned_and_no_issue_referred_to(text: str) -> None:
    (_, inline, _) = PARSER.parse("x " + escape(text))

    assert not REFERENCES.search("".join(token.content for token in inline.children or ()))


@given(MARKUP)
def test_no_angle_bracket_is_left_for_readers_that_know_no_escapes(text: str) -> None:
    assert not set("<>") & set(escape(text))


@given(MARKUP)
def test_escaped_text_stays_in_its_cell(text: str) -> None:
    tokens = PARSER.parse(f"| a | b |\n| --- | --- |\n| {escape(text)} | c |\n")
    cells = [after for token, after in pairwise(tokens) if token.type == "td_open"]

    assert len(cells) == 2
    assert cells[1].content == "c"


def test_the_json_form_holds_foreign_text_whole() -> None:
    for foreign in NASTY:
        document = json.loads(FORMATS["json"](_document(foreign)))
        assert document["quality"]["prompts"][0]["answer"] == foreign


def test_a_table_of_hostile_models_keeps_a_row_a_model() -> None:
    table = render_table([_document(foreign) for foreign in NASTY])

    assert len(table.splitlines()) == 1 + len(NASTY)
    assert not [c for c in table if unicodedata.category(c) == "Cc" and c != "\n"]
