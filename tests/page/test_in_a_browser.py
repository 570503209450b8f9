"""The page in a real Chromium: what it draws, asks for, complains of, and how it is to read and to use."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect

from ollama_bench.scorecard import RunResult, load
from tests.browser import Visit, needs_chromium, visit
from tests.page.conftest import Written
from tests.page.documents import drawn_run, several_models, thorough_run
from tests.page.test_sections import EXAMPLE, OLD
from tests.render.test_hostile import NASTY, _document

pytestmark = needs_chromium

CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")

HOSTILE = (
    "</script><script>window.pwned=1</script><img src=x onerror=window.pwned=2>",
    '<svg onload=window.pwned=3><a href="javascript:window.pwned=4">click</a>',
    "<!--<script>window.pwned=5//-->\u2028]]></style></textarea></title>",
    "javascript:window.pwned=6",
    "{{constructor.constructor('window.pwned=7')()}} ${window.pwned=8} \" onmouseover=\"window.pwned=9",
)


@contextmanager
def drawn(path: Path, **options: Any) -> Iterator[Visit]:
    """A page whose charts are all drawn; that asked for nothing, and complained of nothing, until it is closed."""
    with visit(path, **options) as seen:
        seen.page.wait_for_selector("html[data-charts=drawn]", timeout=60_000)
        yield seen
        assert seen.complaints == []
        assert seen.requests == [path.resolve().as_uri()]


def _charts(page: Page) -> tuple[int, int]:
    """Figures, and those with a drawing that has something in it."""
    drawings = page.locator("figure .canvas svg").evaluate_all(
        "all => all.filter(svg => svg.querySelectorAll('.mark-rule line, .mark-symbol path, .mark-line path').length)"
        ".length"
    )
    return page.locator("figure").count(), drawings


@pytest.mark.parametrize("results", [(load(EXAMPLE),), (load(OLD),), several_models()[:3], (thorough_run(),)])
def test_every_chart_is_drawn_and_nothing_is_asked_for(written: Written, results: tuple[RunResult, ...]) -> None:
    with drawn(written(results)) as seen:
        figures, drawings = _charts(seen.page)
        assert figures == drawings
        assert figures == 5 * len(results) + (3 if len(results) > 1 else 0)


def test_each_dot_is_a_sample(written: Written) -> None:
    with drawn(written([load(EXAMPLE)])) as seen:
        dots = seen.page.locator("figure:has-text('Latency, s') .mark-symbol path").count()

    assert dots == 1 + 3 + 3 + 1


def test_points_have_their_names_beside_them(written: Written) -> None:
    with drawn(written(several_models()[:4])) as seen:
        names = seen.page.locator("figure").first.locator("svg text").all_text_contents()

    assert {result.model.name for result in several_models()[:4]} <= set(names)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read_in_both_schemes(written: Written, scheme: Literal["light", "dark"]) -> None:
    """WCAG AA: a contrast of 4.5 to 1, 3 to 1 for large text; text of drawings too."""
    with drawn(written([load(EXAMPLE), *several_models()[:1]]), scheme=scheme) as seen:
        seen.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        looked_at, too_faint = seen.page.evaluate(CONTRAST)
        dark = seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)"

    assert looked_at > 500
    assert too_faint == []
    assert dark is (scheme == "dark")


def test_paper_is_light_and_holds_no_buttons(written: Written) -> None:
    with drawn(written([load(EXAMPLE)]), scheme="dark") as seen:
        page = seen.page
        page.emulate_media(media="print", color_scheme="dark")
        assert (
            page.evaluate("getComputedStyle(document.querySelector('.tiles div')).backgroundColor")
            == "rgb(255, 255, 255)"
        )
        assert not page.locator("nav").is_visible()
        assert not page.locator("details.data").first.is_visible()
        assert page.locator("figure svg").first.is_visible()
        assert len(page.pdf(format="A4")) > 50_000


@pytest.mark.parametrize(
    "results", [(load(EXAMPLE),), several_models()[:3], (_document("x" * 200 + "".join(HOSTILE)),)]
)
def test_a_narrow_screen_has_nothing_beyond_its_edge(written: Written, results: tuple[RunResult, ...]) -> None:
    with drawn(written(results), width=360, height=700) as seen:
        seen.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= 360
        cut = seen.page.locator("figure svg").evaluate_all(
            "all => all.filter(svg => svg.getBoundingClientRect().right > 360).length"
        )
        assert cut == 0
        tiles = seen.page.locator(".tiles, .tiles *, .checks *").evaluate_all(
            "all => all.filter(one => one.getBoundingClientRect().right > 360).length"
        )
        assert tiles == 0


def test_charts_follow_the_width_of_the_window(written: Written) -> None:
    with drawn(written([load(EXAMPLE)]), width=1200) as seen:
        chart = seen.page.locator("figure:has-text('over time') svg")
        wide = chart.get_attribute("width") or ""
        seen.page.set_viewport_size({"width": 500, "height": 700})
        expect(chart).not_to_have_attribute("width", wide, timeout=20_000)  # drawn anew, not shrunk by the style
        narrow = chart.get_attribute("width") or ""

    assert float(wide) > 900
    assert float(narrow) < 500


def test_without_javascript_all_of_it_can_be_read(written: Written) -> None:
    with visit(written([load(EXAMPLE)]), script=False) as seen:
        page = seen.page
        assert page.locator("noscript p").count() == 5
        assert page.locator("noscript p").first.is_visible()
        assert not page.locator(".canvas").first.is_visible()
        page.locator("details.data summary").first.click()
        assert page.get_by_text("median 0.587 s, n = 3").is_visible()
        assert page.get_by_text("quality prompts: 3 of 3 failed").is_visible()


def test_all_that_opens_or_leads_somewhere_is_reached_by_the_keyboard(written: Written) -> None:
    with drawn(written([load(EXAMPLE)])) as seen:
        page = seen.page
        expected = page.locator("a, summary, [tabindex='0']").evaluate_all(
            "all => all.filter(one => one.checkVisibility()).length"
        )
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        assert (page.locator(".skip").bounding_box() or {})["x"] >= 0
        reached, outlines = set(), set()
        for place in range(expected):
            reached.add(page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))
            outlines.add(page.evaluate("getComputedStyle(document.activeElement).outlineStyle"))
            page.keyboard.press("Tab")
            assert place or page.evaluate("document.activeElement.textContent") == "Verdict"
        assert len(reached) == expected
        assert outlines == {"solid"}


def test_the_page_can_be_listened_to(written: Written) -> None:
    with drawn(written(several_models()[:2])) as seen:
        page = seen.page
        names = page.locator("figure .canvas").evaluate_all("all => all.map(one => [one.role, one.ariaLabel])")
        titles = page.locator("figcaption strong").all_inner_texts()
        levels = page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(one => Number(one.tagName[1]))")
        assert names == [["img", f"Chart: {title}"] for title in titles]
        assert page.get_by_role("img", name="Chart: Speed and quality").count() == 1
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
        assert page.evaluate("document.documentElement.lang") == "en"
        assert page.title() == "2 models – ollama-bench"
        assert page.get_by_role("main").count() == 1
        assert page.get_by_role("row", name="gemma3:270m").first.is_visible()


# --- hostile


def _is_untouched(seen: Visit) -> None:
    page = seen.page
    assert page.evaluate("window.pwned") is None
    assert page.locator("img, iframe, object, embed, base, [onerror], [onload], [onmouseover]").count() == 0
    assert page.locator("a:not([href^='#'])").count() == 0
    assert page.locator("script[type=module]").count() == 2


def test_what_a_document_says_runs_nothing(written: Written) -> None:
    """In every place of a document that is free: answers, names, warnings, errors, plans, machines."""
    with drawn(written([_document(" ".join(HOSTILE))])) as seen:
        seen.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        _is_untouched(seen)
        shown = seen.page.locator("body").inner_text()
        for text in HOSTILE:
            assert shown.count(text.replace("\u2028", "⟨U+2028⟩")) > 5


def test_control_characters_are_seen_and_do_nothing(written: Written) -> None:
    with drawn(written([_document("".join(NASTY))])) as seen:
        shown = seen.page.locator("body").inner_text()

    assert not set("\x1b\x00\x07\x9b\u202e") & set(shown)


def test_a_hostile_name_in_a_drawing_and_its_tooltip_is_text(written: Written) -> None:
    name = "<img src=x onerror=window.pwned=1>"
    results = [drawn_run(name, 1.0, 50.0, 900, ()), drawn_run("fine:1b", 1.0, 20.0, 900, ())]
    with drawn(written(results)) as seen:
        page = seen.page
        assert name in page.locator("figure").first.locator("svg text").all_text_contents()
        for point in page.locator("figure").first.locator(".mark-symbol path").all():
            point.hover()
        tooltip = page.locator("#vg-tooltip-element")
        page.locator("figure").first.locator(".mark-symbol path").first.hover()
        assert tooltip.is_visible()
        assert "tok/s" in tooltip.inner_text()
        _is_untouched(seen)
