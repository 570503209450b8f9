from pathlib import Path

import pytest

from orchestrator.artifacts import Artifacts
from orchestrator.report import BRIEF_HEADERS, HEADERS, rows_of, to_markdown
from orchestrator.report_page import to_html
from orchestrator.slo import parse_slos
from orchestrator.tables import print_table
from tests.browser import needs_chromium, visit
from tests.orchestrator.test_artifacts import a_run

HOSTILE = "\x1b[31m<script>alert(1)</script>|`x`\u202e\n# title"


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    found = Artifacts(tmp_path)
    found.save_run(a_run("fine"))
    found.save_run(a_run("slow"))
    found.save_run(a_run("bare"))
    found.save_run(a_run("broken", samples_ns=[], metrics={}, failure=HOSTILE))
    found.save_run(a_run(HOSTILE))
    return found


def test_each_scenario_is_held_against_its_objectives(artifacts: Artifacts) -> None:
    slos = parse_slos("fine: {p50_ms: 2}\nslow: {p50_ms: 1}\nunmeasured: {p50_ms: 1}")
    rows = rows_of(["fine", "slow", "bare", "broken", "unmeasured"], artifacts, slos)
    assert [row.result for row in rows] == ["pass", "fail", "no objectives", "fail", "no result"]
    assert (rows[0].p50_ms, rows[0].samples) == (1.5, 2)
    assert "p50_ms 1.5 <= 2 ok" in rows[0].cells()[6]
    assert "MISSED" in rows[1].cells()[6]
    assert rows[0].cells()[4].startswith("~")  # two samples say little about a p95


def test_the_terminals_row_tells_only_what_is_not_met(artifacts: Artifacts) -> None:
    slos = parse_slos("slow: {p50_ms: 1, p95_ms: 9}")
    rows = rows_of(["fine", "slow", "broken"], artifacts, slos)
    assert [row.brief()[6] for row in rows] == ["", "1 of 2 met; p50_ms 1.5 <= 1 MISSED", rows[2].cells()[6]]
    assert {len(row.brief()) for row in rows} == {len(BRIEF_HEADERS)}


def test_hostile_names_and_reasons_stay_text(artifacts: Artifacts) -> None:
    rows = rows_of(["broken", HOSTILE], artifacts, parse_slos(""))
    page, markdown = to_html(rows, "today"), to_markdown(rows, "today")
    for text in (page, markdown):
        assert "<script" not in text
        assert "\x1b" not in text
        assert "\u202e" not in text
    lines = [line for line in markdown.splitlines() if line.startswith("| ")]
    assert len(lines) == 4
    assert {line.replace(r"\|", "").count("|") for line in lines} == {len(HEADERS) + 1}


def test_a_table_is_plain_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["name", "result"], [["[bold]a[/bold]" + "x" * 200, "pass"], ["\x1b]0;t\x07b", "fail"]])
    output = capsys.readouterr().out
    assert "\x1b" not in output
    assert "[bold]a[/bold]" in output
    assert len(output.splitlines()) == 3


@needs_chromium
@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_needs_no_script_and_asks_for_nothing(artifacts: Artifacts, tmp_path: Path, width: int) -> None:
    rows = rows_of(["fine", "slow", "broken", HOSTILE], artifacts, parse_slos("fine: {p50_ms: 2}\nslow: {p50_ms: 1}"))
    path = tmp_path / "page.html"
    path.write_text(to_html(rows, "2026-11-25T18:00:59.8Z"), encoding="utf-8")
    with visit(path, width=width) as seen:
        assert (seen.complaints, seen.requests) == ([], [path.as_uri()])
        assert seen.page.get_by_text("p50_ms 1.5 <= 1 MISSED").is_visible()
        assert seen.page.get_by_text("Made 2026-11-25 18:00:59 UTC").is_visible()
        assert seen.page.locator(".good .meter span").get_attribute("style") == "width:75%"
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
        assert seen.page.locator("script").count() == 0
