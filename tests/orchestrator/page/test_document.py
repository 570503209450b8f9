"""A page is one file whose policy allows what is in it, and nothing else."""

import base64
import hashlib
import re
from pathlib import Path

from orchestrator.page import Check, chart, checks, page, pairs, table, tag
from tests.browser import needs_chromium, visit
from tests.orchestrator.page.test_html import Reader


def _policy(markup: str) -> str:
    metas = [attributes for name, attributes in Reader(markup).elements if name == "meta"]
    return next(meta["content"] or "" for meta in metas if meta.get("http-equiv") == "Content-Security-Policy")


def test_a_page_without_charts_has_no_script() -> None:
    markup = page("Title & more", tag("p", "text"))

    assert "<script" not in markup
    assert "script-src 'none'" in _policy(markup)
    assert "default-src 'none'" in _policy(markup)
    assert "<title>Title &amp; more</title>" in markup


def test_the_policy_names_each_script_by_its_digest() -> None:
    markup = page("t", library="window.a = '</script><!--';")
    scripts = re.findall(r'<script type="module">(.*?)</script>', markup, re.DOTALL)

    assert len(scripts) == 2
    assert scripts[0] == r"window.a = '<\/script><\!--';"
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in _policy(markup)


def test_a_table_names_its_rows_and_its_columns() -> None:
    read = Reader(table(["name", "s"], [["a", "1"], [None, "2"]], label="Times", numbers=(1,)))

    assert [attributes.get("scope") for name, attributes in read.elements if name == "th"] == [
        "col",
        "col",
        "row",
        "row",
    ]
    assert [attributes.get("class") for name, attributes in read.elements if name == "td"] == ["number", "number"]


def test_a_condition_is_told_without_its_colour() -> None:
    text = Reader(checks([Check(True, "a"), Check(False, "b", "do c"), Check(None, "d")])).text

    assert text == "✓holds: a✗does not hold: bdo c?not known: d"


def test_pairs_without_a_value_are_left_out() -> None:
    assert Reader(pairs([("a", "1"), ("b", None), ("c", "")])).text == "a1"


@needs_chromium
def test_a_script_that_came_in_from_elsewhere_does_not_run(tmp_path: Path) -> None:
    """Even if escaping failed somewhere: the policy is the second wall."""
    markup = page("t", tag("p", "text"), library="window.vegaEmbed = 1;")
    holed = markup.replace("<p>text</p>", "<script>window.pwned = 1</script><img src=x: onerror='window.pwned = 2'>")
    (tmp_path / "page.html").write_text(holed, encoding="utf-8")

    with visit(tmp_path / "page.html") as seen:
        assert seen.page.evaluate("window.pwned") is None
        assert seen.page.evaluate("window.vegaEmbed") == 1
        assert any("Content Security Policy" in complaint for complaint in seen.complaints)


@needs_chromium
def test_a_chart_that_cannot_be_drawn_says_so_and_keeps_no_other_from_it(tmp_path: Path) -> None:
    library = """window.vegaEmbed = async (canvas, spec) => {
      if (spec.broken) throw new Error("cannot");
      canvas.textContent = "drawn";
      return { finalize() {} };
    };"""
    charts = [chart(name, "", {"broken": name == "A"}, "the figures", height=10) for name in "AB"]
    (tmp_path / "page.html").write_text(page("t", *charts, library=library), encoding="utf-8")

    with visit(tmp_path / "page.html") as seen:
        seen.page.wait_for_selector("html[data-charts=drawn]", timeout=10_000)
        shown = seen.page.locator(".canvas").all_inner_texts()
        assert shown == ["This chart could not be drawn. Its figures are below.", "drawn"]
        assert seen.page.get_by_role("img").count() == 1
        assert any("cannot" in complaint for complaint in seen.complaints)


def test_a_chart_has_its_words_before_it_is_drawn() -> None:
    spec = {"mark": "bar", "width": "fill"}
    read = Reader(chart("Speed", "What it shows.", spec, tag("p", "the figures"), height=100))
    canvas = next(attributes for _, attributes in read.elements if attributes.get("class") == "canvas")

    assert (canvas["role"], canvas["aria-label"]) == ("img", "Chart: Speed")
    assert "What it shows." in read.text
    assert read.text.endswith("Data of the chart: Speedthe figures")
