"""A comparison as text and Markdown: what is shown, how wide, and that foreign text stays text."""

import unicodedata
from typing import Any

import pytest
from markdown_it import MarkdownIt

from ollama_bench.compare.comparison import compare
from ollama_bench.compare.document import Comparison
from ollama_bench.compare.sides import make_side
from ollama_bench.render.comparison_markdown import render_comparison_markdown
from ollama_bench.render.comparison_text import render_comparison_text
from ollama_bench.scorecard import RunResult
from orchestrator.columns import cells
from tests.compare.examples import run, runs_of, side
from tests.examples import example_plan
from tests.render.test_hostile import NASTY

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table"])


def comparison(**changes: Any) -> Comparison:
    """Five runs beside five that are twice as slow."""
    levels = [1.00, 1.01, 0.99, 1.02, 1.00]
    ours, theirs = runs_of("a", levels), runs_of("b", [2 * level for level in levels], **changes)
    return compare([side(0, *ours), side(1, *theirs)], forced=bool(changes))


def test_the_text_is_this() -> None:
    lines = render_comparison_text(comparison()).splitlines()

    assert lines[0] == "A  llama3.2:1b Q8_0"
    assert lines[2].startswith("   measured: ")
    assert lines[1].startswith(
        "   runs:     5 runs of 2026-11-23 17:00 to 2026-11-23 17:04, trials a run: cold 1, warm 3"
    )
    header, warm, *_ = (line.split() for line in lines if line.startswith(("median", "warm latency")))
    assert header == ["median", "A", "B", "B/A", "95", "%", "interval", "B", "is"]
    assert warm == ["warm", "latency", "s", "1.004", "2.008", "2.000", "[1.967,", "2.033]", "slower"]
    assert any(line.startswith("No difference to speak of: ") and "peak RSS (within 0 %)" in line for line in lines)
    assert "Cannot tell: " not in "\n".join(line for line in lines if "warm latency" in line)
    assert lines[-2] == (
        "9 tests in all: Holm at a family-wise 0.05, none looser than 0.005; each interval is of 95 % by itself."
    )
    assert lines[-1] == "Quality scores in their order: follow, coherent, no-hallucination."


@pytest.mark.parametrize("foreign", ["x" * 30, "漢" * 60])
@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_text_fits_the_width(width: int, foreign: str) -> None:
    shown = render_comparison_text(comparison(environment={"cpu": f"M4 {foreign}"}, model=f"m:{foreign}"), width)

    lines = shown.splitlines()
    assert max(map(cells, lines)) <= width
    assert foreign in shown.replace("\n", "").replace(" ", "")
    below_runs = lines[[line.startswith("   runs: ") for line in lines].index(True) + 1]
    assert width > 80 or below_runs.startswith(" " * 13)
    assert "warm latency s" in shown
    assert "slower *" in shown


def test_nothing_is_broken_or_cut_where_there_is_no_width() -> None:
    name = "x" * 300
    shown = render_comparison_text(compare([make_side(0, name, [("f", run("a"))]), side(1, run("b"))]))
    assert name in shown


def test_lines_are_painted_by_their_outcome() -> None:
    shown = render_comparison_text(comparison(), paint=lambda outcome, line: f"<{outcome}>{line}")
    painted = [line for line in shown.splitlines() if line.startswith("<")]

    assert painted[0].startswith("<slower>warm latency")
    assert all(line.startswith("<cannot tell>") for line in painted[1:])


def test_what_makes_it_doubtful_stands_on_top() -> None:
    for shown in (
        render_comparison_text(comparison(environment={"cpu": "M4"}, complete=False)),
        render_comparison_markdown(comparison(environment={"cpu": "M4"}, complete=False)).replace("\\", ""),
    ):
        assert shown.index("UNLIKE") < shown.index("machine cpu: A AMD EPYC, B M4") < shown.index("B is INCOMPLETE")
        assert shown.index("B is INCOMPLETE (5 of 5 runs): incomplete (5)") < shown.index("warm latency")
        assert "* measured under unlike circumstances, from a doubtful run." in shown


def test_scores_of_quality_stand_side_by_side() -> None:
    shown = render_comparison_text(comparison())
    rows = [line.split() for line in shown.splitlines()]

    assert ["quality", "A", "B", "differs", "on"] in rows
    assert ["json", "1", "1", "1", "1", "1", "1"] in rows
    assert ["total", "15/15", "15/15", "15/15", "15/15", "15/15", "15/15"] in rows


def test_markdown_has_a_table_of_figures_and_one_of_quality() -> None:
    tokens = PARSER.parse(render_comparison_markdown(comparison()))

    assert [token.type for token in tokens].count("table_open") == 3  # sides, figures, quality
    cells = [token.content for token in tokens if token.type == "inline"]
    assert "warm latency s" in cells
    assert "slower" in cells


def test_markdown_of_many_sides_fits_into_a_comment() -> None:
    page = render_comparison_markdown(compare([side(place, run(f"{place}")) for place in range(40)]))

    assert 55_000 < len(page) < 65_536
    assert page.endswith("More does not fit on a page: the JSON document has all of it.\n")


def _hostile(name: str, foreign: str) -> RunResult:
    """A run with foreign text wherever a comparison shows some."""
    plan = example_plan()
    renamed = tuple(prompt.model_copy(update={"id": foreign}) for prompt in plan.quality_prompts[:1])
    result = run(name, plan=plan)
    assert result.quality is not None
    prompts = tuple(prompt.model_copy(update={"id": foreign}) for prompt in result.quality.prompts)
    conditions = tuple(c.model_copy(update={"text": foreign, "passed": None}) for c in result.verdict.conditions)
    assert result.validity is not None
    doubts = tuple(c.model_copy(update={"code": foreign, "passed": False}) for c in result.validity.conditions)
    return result.model_copy(
        update={
            "id": name + foreign,
            "model": result.model.model_copy(update={"name": foreign, "quantization": foreign}),
            "environment": {foreign: foreign + name},
            "server": result.server.model_copy(update={"version": foreign}),
            "plan": plan.model_copy(update={"quality_prompts": renamed}),
            "quality": result.quality.model_copy(update={"prompts": prompts}),
            "verdict": result.verdict.model_copy(update={"conditions": conditions}),
            "validity": result.validity.model_copy(update={"conditions": doubts, "valid": False}),
        }
    )


def _hostile_comparison(foreign: str) -> Comparison:
    sides = [make_side(place, foreign, [(foreign, _hostile(name, foreign))]) for place, name in enumerate("ab")]
    return compare(sides, forced=True)


@pytest.mark.parametrize("foreign", NASTY)
@pytest.mark.parametrize("width", [None, 72])
def test_no_control_character_is_printed(foreign: str, width: int | None) -> None:
    compared = _hostile_comparison(foreign)
    for shown in (render_comparison_text(compared, width), render_comparison_markdown(compared), compared.to_json()):
        assert not [c for c in shown if unicodedata.category(c) == "Cc" and c != "\n"]
        assert "\u202e" not in shown


@pytest.mark.parametrize("foreign", NASTY)
def test_foreign_text_adds_no_line_and_no_markup(foreign: str) -> None:
    def structure(text: str) -> list[str]:
        tokens = PARSER.parse(render_comparison_markdown(_hostile_comparison(text)))
        inner = [token for outer in tokens for token in (outer, *(outer.children or ()))]
        return [token.type for token in inner if token.type not in ("text", "text_special")]

    assert structure("x" + foreign + "x") == structure("xx")
    lines = [render_comparison_text(_hostile_comparison(text)).count("\n") for text in ("x" + foreign, "x")]
    assert lines[0] == lines[1]
