"""Each document gives a page: what is not there is said, and what is there is shown."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ollama_bench.observed import Observed, Resources, TimelinePoint
from ollama_bench.page import report_page
from ollama_bench.page.names import name_runs
from ollama_bench.page.quality import marked
from ollama_bench.quality.scores import Evidence
from ollama_bench.scorecard import RunResult, load
from orchestrator.page import join
from tests.examples import example_plan, example_result, example_trial, example_trials, the_example_of_the_design
from tests.orchestrator.page.test_html import Reader
from tests.page.documents import MODELS, THOROUGH, drawn_run, several_models

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "scorecards" / "example-gemma3-270m.json"
OLD = ROOT / "tests" / "data" / "documents" / "first-of-version-1.json"


def _page(*results: RunResult) -> str:
    return report_page(results, "/* no library */")


def _text(*results: RunResult) -> str:
    return " ".join(Reader(_page(*results)).text.split())


def _specs(page: str) -> list[Any]:
    return [json.loads(block) for block in re.findall(r'<script type="application/json">(.*?)</script>', page)]


def test_the_example_shows_its_scorecard_and_every_section() -> None:
    text = _text(load(EXAMPLE))

    for shown in (
        "gemma3:270m",
        "Verdict: ↑try 3–8B",
        "Measurement: VALID",
        "Warm start latency (s): 0.59 Real prompt latency (s): 3.65 tok/s: 49.8",
        "does not hold: quality prompts: 3 of 3 failed (at most 1)",
        "Try: phi3:3.8b, llama3.1:8b-instruct-q4_K_M",
        "not known: no drift from the first third to the last: not known (fewer than 9 trials a phase)",
        "--num-predict above 160 lets them end",
        "Time to first token (TTFT), s",
        "Memory and CPU over time",
        "echo: 100% of its words and 100% of its word pairs are the prompt's",
        "The prompts of the timed phases",
    ):
        assert shown in text


def test_every_sample_is_in_the_drawing_and_in_its_table() -> None:
    result = load(EXAMPLE)
    page = _page(result)
    latencies = [(trial.end_ns or 0) / 1e9 for trial in result.phases["real"].trials]
    row = next(row for row in _specs(page)[0]["vconcat"] if row["title"]["text"] == "real")
    dots = next(layer for layer in row["layer"] if layer["mark"]["type"] == "circle")

    assert dots["data"]["values"][0]["value"] == pytest.approx(latencies)
    assert ", ".join(f"{latency:.3f}" for latency in sorted(latencies)) in page


def test_an_old_document_says_that_it_does_not_say() -> None:
    text = _text(load(OLD))

    assert "Measurement: n/a" in text
    assert "This document is of before runs said whether to believe them." in text


def test_a_run_without_quality_and_one_that_did_not_get_there() -> None:
    plan = example_plan(quality=False)
    assert "The quality prompts were not asked for." in _text(example_result(example_trials(plan), plan))
    early = example_result(example_trials(example_plan())[:3], complete=False)
    text = _text(early.model_copy(update={"quality": None}))
    assert "The quality prompts were not reached." in text
    assert "Incomplete: the run ended early" in text


def test_a_remote_server_has_no_chart_over_time_and_a_reason() -> None:
    result = example_result(observed=Observed(resources=Resources(interval_s=0.1, reason="remote")))
    remote = result.model_copy(update={"server": result.server.model_copy(update={"local": False})})
    text = _text(remote)

    assert "Nothing was sampled: there is no chart over time." in text
    assert "n/a (remote; asked from AMD EPYC" in text
    assert "on another machine" in text


def test_the_other_load_of_a_remote_server_is_said_to_be_that_of_the_machine_that_asked() -> None:
    point = TimelinePoint(t_s=1, rss_bytes=None, cpu_percent=None, vram_bytes=None, other_cpu_percent=-0.6)
    result = example_result(observed=Observed(resources=Resources(interval_s=0.1, timeline=(point,))))
    remote = result.model_copy(update={"server": result.server.model_copy(update={"local": False})})

    assert "The dotted line is the CPU of all other processes." in _text(result)
    assert "of the machine that asked, without this tool; the server is on another" in _text(remote)
    assert "All after the last timed one is shaded as quality." in _text(result)
    assert "n/a (remote; asked from AMD EPYC" in _text(remote, remote).split("Overview")[0]


def test_cpu_below_zero_is_none_of_it_in_the_table_too() -> None:
    document = json.loads(load(EXAMPLE).to_json())
    for point in document["resources"]["timeline"]:
        point["other_cpu_percent"] = -0.4 if point["other_cpu_percent"] is not None else None
    page = _page(RunResult.model_validate(document))

    assert '<td class="number">-' not in page


def test_a_p95_of_gaps_is_indicative_however_many_there_are() -> None:
    text = _text(load(EXAMPLE))

    assert "p95 ms (indicative)" in text
    assert "or of ITL" in text


def test_a_run_whose_model_has_no_name_that_can_be_shown_is_called_something() -> None:
    result = several_models()[0]
    nameless = result.model_copy(update={"model": result.model.model_copy(update={"name": "\x1b\u202e"})})

    assert [run.label for run in name_runs([nameless])] == ["(no name)"]


def test_a_run_in_which_nothing_succeeded_shows_what_failed() -> None:
    failed = [example_trial(phase, error="connection reset by the server") for phase in ("cold", "warm")]
    result = example_result(failed, complete=False)
    text = _text(result)

    assert "No request succeeded" in text
    assert "Requests that failed: 2" in text
    assert "connection reset by the server" in text
    assert "Verdict: ?inconclusive" in text


def test_conditions_that_do_not_hold_come_first_with_what_to_do() -> None:
    plan = example_plan()
    trials = example_trials(plan)
    trials[2] = example_trial("warm", index=1, error="reset")
    result = example_result(trials, plan)
    text = _text(result)
    remedy = next(warning.remedy for warning in result.warnings if warning.code == "failed_requests")

    assert remedy in text
    assert text.index("These conditions do not hold") < text.index(remedy) < text.index("holds: the run is whole")


def test_gaps_of_a_processes_memory_are_a_table_too() -> None:
    text = _text(the_example_of_the_design())

    assert "highest RSS, MB" in text
    assert "1873" in text


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), 0, None])
def test_figures_that_no_run_can_have_are_drawn_or_left_out(value: int | None) -> None:
    document = json.loads(several_models()[0].to_json())
    for phase in document["phases"].values():
        for trial in phase["trials"]:
            trial["end_ns"] = value
            trial["server"] = dict.fromkeys(trial["server"], value)
            trial["started_ns"], trial["chunk_ns"] = value or 0, [value or 0, 0, value or 0]
    for point in document["resources"]["timeline"]:
        point["rss_bytes"], point["cpu_percent"] = value, None if value is None else 1e308
    broken = RunResult.model_validate(document)

    for spec in _specs(_page(broken)) + _specs(_page(broken, several_models()[1])):
        json.dumps(spec, allow_nan=False)


def test_very_many_findings_take_no_very_long_time() -> None:
    found = [_seen(i, 10_000 - i) for i in range(5_000)]

    assert len(join(marked("x" * 10_000, found))) < 1_000_000


# --- several


def test_several_runs_come_with_an_overview_whose_links_lead_to_their_sections() -> None:
    page = _page(*several_models())
    read = Reader(page)
    ids = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    links = [attributes["href"] for name, attributes in read.elements if name == "a"]

    assert len(set(ids)) == len(ids)
    assert {(link or "").removeprefix("#") for link in links} <= set(ids)
    assert sum((link or "").startswith("#run-") for link in links) == len(several_models())
    points = next(spec for spec in _specs(page) if spec.get("usermeta", {}).get("labels"))["layer"][1]["data"]["values"]
    assert {point["name"] for point in points} == {result.model.name for result in several_models()}
    assert "10 models" in read.text


def test_a_run_without_a_figure_is_named_beside_the_scatter() -> None:
    plan = example_plan(model="mute:1b", quality=False)
    mute = example_result(example_trials(plan), plan)

    assert "Not drawn, for want of a figure: mute:1b." in _text(mute, *several_models()[:2])


def test_runs_of_unlike_machines_are_said_to_be() -> None:
    first, second = several_models()[:2]
    moved = second.model_copy(update={"environment": {"cpu": "another", "cores": 2}})

    assert "Not measured alike: machine cpu. Compare these runs with care." in _text(first, moved)
    assert "Not measured alike" not in _text(first, second)


def test_names_are_told_apart() -> None:
    result = several_models()[0]
    later = result.model_copy(update={"started_at": result.started_at + timedelta(hours=2)})
    runs = name_runs([result, later, later, several_models()[1]])

    assert [run.label for run in runs] == [
        "gemma3:270m, 23 Nov 17:03",
        "gemma3:270m, 23 Nov 19:03 (run 2)",
        "gemma3:270m, 23 Nov 19:03 (run 3)",
        "qwen2.5:0.5b",
    ]
    assert len({run.anchor for run in runs}) == 4


def test_ten_of_the_largest_runs_fit_into_three_megabytes_with_room_to_spare(library: str) -> None:
    """Answers as long as their limit of 160 tokens allows; what is drawn has its own limits, however long a run is."""
    runs = [_with_long_answers(drawn_run(name, *figures, profile=THOROUGH)) for name, figures in MODELS.items()]

    assert len(report_page(runs, library).encode()) < 2_800_000


def _with_long_answers(result: RunResult) -> RunResult:
    assert result.quality
    prompts = []
    for prompt in result.quality.prompts:
        samples = tuple(one.model_copy(update={"answer": one.answer.ljust(700, ".")}) for one in prompt.samples)
        prompts.append(prompt.model_copy(update={"answer": prompt.answer.ljust(700, "."), "samples": samples}))
    return result.model_copy(update={"quality": result.quality.model_copy(update={"prompts": tuple(prompts)})})


# --- evidence


def _seen(start: int, stop: int, *, passed: bool = True) -> Evidence:
    return Evidence(rule="r", dimension="follow", passed=passed, observed="o", expected="e", span=(start, stop))


def test_what_a_rule_saw_is_marked_with_its_number() -> None:
    assert join(marked("we fixed it", [_seen(3, 8)])) == 'we <mark class="good">fixed<sup>1</sup></mark> it'


def test_marks_that_overlap_are_cut_and_a_failure_shows_through() -> None:
    found = [_seen(0, 4), _seen(2, 6, passed=False)]

    assert join(marked("abcdef", found)) == (
        '<mark class="good">ab</mark><mark class="bad">cd<sup>1</sup></mark><mark class="bad">ef<sup>2</sup></mark>'
    )


@pytest.mark.parametrize("span", [(-3, 2), (4, 2), (0, 99), (2, 2)])
def test_a_span_that_is_not_in_the_text_marks_nothing(span: tuple[int, int]) -> None:
    assert join(marked("abcdef", [_seen(*span)])) == "abcdef"


def test_a_mark_counts_characters_of_the_answer_as_it_came() -> None:
    """Control characters become longer signs on the page; the spans are of before."""
    assert join(marked("\x1b\u202efixed", [_seen(2, 7)])) == '␛⟨U+202E⟩<mark class="good">fixed<sup>1</sup></mark>'
