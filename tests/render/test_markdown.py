"""The scorecard in Markdown, read by a Markdown parser as a page would show it."""

from collections.abc import Iterator
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ollama_bench.render.lines import headline
from ollama_bench.render.markdown import render_markdown
from tests.examples import NOTE_WITH_AN_INVENTED_FIGURE, example_result, the_example_of_the_design

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def _tokens(markdown: str) -> Iterator[Token]:
    for token in PARSER.parse(markdown):
        yield token
        yield from token.children or ()


def _text(token: Token) -> str:
    return "".join(child.content for child in token.children or ())


def _cells(markdown: str) -> list[list[str]]:
    """The rows of all tables, as text."""
    rows: list[list[str]] = []
    tokens = PARSER.parse(markdown)
    for token, following in pairwise(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("td_open", "th_open"):
            rows[-1].append(_text(following))
    return rows


def test_the_five_lines_stand_in_a_fence() -> None:
    result = the_example_of_the_design()
    (fence,) = [token for token in _tokens(render_markdown(result)) if token.type == "fence"]

    assert fence.content.splitlines() == headline(result)


def test_the_heading_is_model_and_decision() -> None:
    tokens = list(_tokens(render_markdown(the_example_of_the_design())))

    assert [_text(tokens[at + 1]) for at, token in enumerate(tokens) if token.type == "heading_open"] == [
        "llama3.2:1b: keep small"
    ]


def test_tables_of_conditions_figures_and_quality() -> None:
    rows = _cells(render_markdown(the_example_of_the_design()))

    assert ["short prompt, warm, median latency 0.31 s (at most 2 s)", "holds"] in rows
    assert ["real", "latency", "p50 2.840 [2.700 to 2.990]  p95 2.975 (indicative)  n=3", "s"] in rows
    assert ["real", "generation", "p50 41.2 [41.2 to 41.2]  p95 41.2 (indicative)  n=3", "tok/s"] in rows
    assert ["release_note", "1", "1", "0", NOTE_WITH_AN_INVENTED_FIGURE] in rows
    assert not [row for row in rows if row[:2] == ["warm", "prefill"]]  # it has none


def test_an_incomplete_run_says_so() -> None:
    assert "**Incomplete:**" in render_markdown(example_result(complete=False))
    assert "Incomplete" not in render_markdown(example_result())


def test_a_document_without_trials_or_quality() -> None:
    rows = _cells(render_markdown(example_result([])))

    assert ["quality prompts: 0 of 3 failed, 3 not assessed (at most 1)", "not measured"] in rows
    assert ["all", "VRAM peak", "n/a", ""] in rows


def test_a_page_fits_into_a_comment_and_says_what_it_leaves_out() -> None:
    result = example_result()
    assert result.quality is not None
    prompts = result.quality.prompts * 300
    many = result.model_copy(update={"quality": result.quality.model_copy(update={"prompts": prompts})})
    page = render_markdown(many)

    assert 55_000 < len(page) < 65_536
    assert page.endswith("More does not fit on a page: the JSON document has all of it.\n")
    assert {len(row) for row in _cells(page) if row[0] == "apples"} == {5}, "the last row is whole"
    assert "does not fit" not in render_markdown(result)
