"""The document: saved whole, read again, refused when it is something else; its figures recomputed from its trials."""

import json
import shutil
import statistics
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ollama_bench import __version__
from ollama_bench.errors import OutputError
from ollama_bench.render.lines import headline
from ollama_bench.render.text import render_text
from ollama_bench.scorecard import RunResult, Store, load
from orchestrator.errors import ConfigurationError
from tests.examples import example_plan, example_result, the_example_of_the_design

AT = datetime(2026, 11, 23, 17, 3, 12, tzinfo=UTC)


def _saved(result: RunResult, folder: Path) -> Path:
    store = Store(folder, result.model.name, result.started_at)
    store.save(result, "# markdown\n")
    return store.path


# Every figure on a scorecard, from the raw trials of the saved file alone and by other means than the tool's own.


def test_every_figure_of_every_phase_is_recomputed_from_the_saved_trials(tmp_path: Path) -> None:
    path = _saved(the_example_of_the_design(), tmp_path)
    document = json.loads(path.read_text())
    expected = []
    for phase in ("cold", "warm", "real", "long"):
        figures: dict[str, list[float]] = {}
        for trial in document["phases"][phase]["trials"]:
            for label, values in _recomputed(trial).items():
                figures.setdefault(label, []).extend(values)
        expected += [_line(phase, label, values) for label, values in figures.items() if values]
    shown = [
        line for line in render_text(load(path)).splitlines() if line.startswith(("cold ", "warm ", "real ", "long "))
    ]

    assert shown == expected
    assert len(shown) == 8 + 6 + 7 + 7  # load is cold's alone, and warm has no prefill


def _recomputed(trial: dict[str, Any]) -> dict[str, list[float]]:
    server, chunks = trial["server"], trial["chunk_ns"]
    latency_s = trial["end_ns"] / 1e9
    return {
        "latency s 3": [latency_s],
        "TTFT s 3": [chunks[0] / 1e9],
        "ITL s 4": [(chunks[i + 1] - chunks[i]) / 1e9 for i in range(len(chunks) - 1)],
        "load s 3": [server["load_duration_ns"] / 1e9] if trial["phase"] == "cold" else [],
        "generation tok/s 1": [1e9 * server["eval_count"] / server["eval_duration_ns"]],
        "… by client tok/s 1": [1e9 * (_tokens_sent(trial) - 1) / (chunks[-1] - chunks[0])],
        "prefill tok/s 1": (
            [] if trial["phase"] == "warm" else [1e9 * server["prompt_eval_count"] / server["prompt_eval_duration_ns"]]
        ),
        "words × 0.75 /s 1": [0.75 * len(trial["text"].split()) / latency_s],
    }


def _tokens_sent(trial: dict[str, Any]) -> int:
    count = int(trial["server"]["eval_count"])
    return count if len(trial["chunk_ns"]) >= count else count - 1


def _line(phase: str, label_unit_digits: str, values: list[float]) -> str:
    label, unit, digits = label_unit_digits.rsplit(" ", 2)
    text = f"p50 {statistics.median(values):.{digits}f}"
    if len(values) > 1:
        p95 = statistics.quantiles(values, n=20, method="inclusive")[-1]
        text += f" [{min(values):.{digits}f} to {max(values):.{digits}f}]  p95 {p95:.{digits}f}"
        text += " (indicative)" if len(values) < 59 or label == "ITL" else ""  # gaps are not independent
    return f"{phase:<5} {label:<13} {text}  n={len(values)}  {unit}"


def test_every_figure_of_the_five_lines_is_recomputed_from_the_saved_document(tmp_path: Path) -> None:
    path = _saved(the_example_of_the_design(), tmp_path)
    document = json.loads(path.read_text())
    trials = {phase: result["trials"] for phase, result in document["phases"].items()}
    timeline = document["resources"]["timeline"]
    prompts = document["quality"]["prompts"]

    def median(phase: str, label: str) -> float:
        return statistics.median(value for trial in trials[phase] for value in _recomputed(trial)[label])

    totals = {
        name: sum(prompt["scores"][name] for prompt in prompts) for name in ("follow", "coherent", "no_hallucination")
    }
    assert headline(load(path))[1:4] == [
        f"Warm start latency (s): {median('warm', 'latency s 3'):.2f}"
        f"  Real prompt latency (s): {median('real', 'latency s 3'):.2f}"
        f"  tok/s: {median('real', 'generation tok/s 1'):.1f}",
        f"Peak RSS (MB): {max(point['rss_bytes'] for point in timeline) / 1e6:.0f}"
        f"  CPU avg %: {_mean_cpu(timeline, [t for phase in trials.values() for t in phase]):.0f}",
        f"Quality (3 tests): follow {totals['follow']}/3  coherent {totals['coherent']}/3"
        f"  no-hallucination {totals['no_hallucination']}/3",
    ]
    assert document["quality"]["totals"] == totals


def _mean_cpu(timeline: list[dict[str, Any]], trials: list[dict[str, Any]]) -> float:
    """Millisecond by millisecond."""
    rates: list[float] = []
    for before, after in pairwise(timeline):
        for at_ms in range(round(before["t_s"] * 1000), round(after["t_s"] * 1000)):
            at_ns = (at_ms + 0.5) * 1e6
            if any(trial["started_ns"] <= at_ns < trial["started_ns"] + trial["end_ns"] for trial in trials):
                rates.append(after["cpu_percent"])
    return statistics.fmean(rates)


def test_the_summaries_in_the_file_are_those_of_its_trials(tmp_path: Path) -> None:
    document = json.loads(_saved(the_example_of_the_design(), tmp_path).read_text())
    names = {"latency_s": "latency s 3", "gen_tok_s": "generation tok/s 1", "itl_s": "ITL s 4", "ttft_s": "TTFT s 3"}

    for result in document["phases"].values():
        for name, label in names.items():
            values = [value for trial in result["trials"] for value in _recomputed(trial)[label]]
            summary = result["summary"][name]
            assert summary["n"] == len(values)
            assert summary["mean"] == pytest.approx(statistics.mean(values))
            assert summary["stdev"] == (pytest.approx(statistics.stdev(values)) if len(values) > 1 else None)
            assert [summary["min"], summary["max"]] == pytest.approx([min(values), max(values)])


# Files.


def test_a_document_is_read_as_it_was_saved(tmp_path: Path) -> None:
    result = the_example_of_the_design()
    path = _saved(result, tmp_path / "made" / "on demand")

    assert load(path) == result
    assert result.tool.version == __version__
    assert path.name == "llama3.2-1b-20261123T170312Z.json"
    assert path.with_suffix(".md").read_text() == "# markdown\n"
    assert sorted(path.parent.iterdir()) == [path, path.with_suffix(".md")]


def test_fields_of_a_later_version_are_passed_over(tmp_path: Path) -> None:
    result = example_result()
    document = json.loads(result.to_json()) | {"later": 1}
    document["phases"]["warm"]["trials"][0]["later"] = {"x": 1}
    document["resources"]["later"] = None
    path = tmp_path / "later.json"
    path.write_text(json.dumps(document))

    assert load(path) == result


def test_runs_of_the_same_second_get_names_of_their_own(tmp_path: Path) -> None:
    names = [Store(tmp_path, "m:1b", AT).path.name for _ in range(3)]

    assert names == ["m-1b-20261123T170312Z.json", "m-1b-20261123T170312Z-2.json", "m-1b-20261123T170312Z-3.json"]


def test_a_run_is_named_by_utc(tmp_path: Path) -> None:
    at = datetime.fromisoformat("2026-11-23T19:03:12+02:00")

    assert Store(tmp_path, "m:1b", at).path.name == "m-1b-20261123T170312Z.json"


@settings(max_examples=50)
@given(name=st.text(min_size=1) | st.sampled_from(["../../up", "/etc/passwd", "..", "a/b:c", "\x00", "con\n"]))
def test_no_model_name_leaves_the_folder(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("scorecards")

    assert Store(folder, name, AT).path.resolve().parent == folder.resolve()


def test_a_save_replaces_the_one_before(tmp_path: Path) -> None:
    plan = example_plan()
    store = Store(tmp_path, plan.model, AT)
    store.save(example_result([], plan, complete=False), "first")
    store.save(example_result(plan=plan), "second")

    assert load(store.path).complete
    assert store.path.with_suffix(".md").read_text() == "second"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(OutputError, match=r"file: results cannot be written there: .*choose another folder with --out"):
        Store(tmp_path / "file", "m", AT)


def test_a_folder_that_goes_away_during_the_run(tmp_path: Path) -> None:
    store = Store(tmp_path / "out", "m", AT)
    shutil.rmtree(tmp_path / "out")

    with pytest.raises(OutputError, match=r"m-20261123T170312Z.json: cannot be written: No such file"):
        store.save(example_result(), "")


# Files that are something else.


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe{}", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"schema_version": 1, "id": NaN}', "not JSON"),
        (b'{"schema_version": 1, "id": "\\ud800"}', "not JSON"),  # half a character: it could never be written again
        (b"[]", "not a result of `ollama-bench run`"),
        (b"null", "not a result of `ollama-bench run`"),
        (b'{"schema_version": "1"}', "not a result of `ollama-bench run`"),
        (b'{"schema_version": null}', "not a result of `ollama-bench run`"),
        (b'{"schema_version": 2}', "format 2 is newer than this tool reads: update ollama-bench"),
        (b'{"schema_version": 0}', "schema_version: Input should be 1"),
        (b'{"schema_version": 1}', "id: Field required"),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(data)

    with pytest.raises(ConfigurationError) as raised:
        load(path)

    assert str(raised.value).startswith(f"{path}: {message}")


@pytest.mark.parametrize(
    ("keys", "value", "where"),
    [
        (("complete",), "maybe", "complete"),
        (("phases", "warm", "trials", 0, "end_ns"), 1.5, "phases.warm.trials.0.end_ns"),
        (("phases", "warm", "trials", 0, "phase"), "tepid", "phases.warm.trials.0.phase"),
        (("phases", "warm", "summary", "latency_s", "p50"), "fast", "phases.warm.summary.latency_s.p50"),
        (("verdict", "decision"), "keep", "verdict.decision"),
        (("quality", "prompts"), {}, "quality.prompts"),
        (("resources",), None, "resources"),
        (("plan", "num_ctx"), [], "plan.num_ctx"),
        (("started_at",), "yesterday", "started_at"),
    ],
)
def test_a_field_of_a_wrong_type_is_named(tmp_path: Path, keys: tuple[Any, ...], value: Any, where: str) -> None:
    document = json.loads(example_result().to_json())
    holder = document
    for key in keys[:-1]:
        holder = holder[key]
    holder[keys[-1]] = value
    path = tmp_path / "x.json"
    path.write_text(json.dumps(document))

    with pytest.raises(ConfigurationError) as raised:
        load(path)

    assert str(raised.value).startswith(f"{path}: {where}: ")


def _whole_numbers(part: Any, keys: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the whole numbers of a document are; of a list, where those of its first element are."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield from _whole_numbers(value, (*keys, key))
    elif isinstance(part, list):
        yield from _whole_numbers(part[0], (*keys, 0)) if part else ()
    elif isinstance(part, int) and not isinstance(part, bool) and keys != ("schema_version",):
        yield keys


EXAMPLE = json.loads(the_example_of_the_design().to_json())


@pytest.mark.parametrize("keys", list(_whole_numbers(EXAMPLE)), ids=lambda keys: ".".join(map(str, keys)))
def test_a_number_that_is_too_large_to_compute_with_is_refused(tmp_path: Path, keys: tuple[Any, ...]) -> None:
    document = json.loads(json.dumps(EXAMPLE))
    place = document
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = 10**400
    path = tmp_path / "edited.json"
    path.write_text(json.dumps(document))
    with pytest.raises(ConfigurationError) as raised:
        load(path)
    assert ".".join(map(str, keys)) in str(raised.value)


@pytest.mark.parametrize("said", ["2026-11-25T16:03:00Z", "2026-11-26T01:03:00+09:00", "2026-11-25T16:03:00"])
def test_times_are_in_utc_whatever_a_file_says_them_in(tmp_path: Path, said: str) -> None:
    document = json.loads(the_example_of_the_design().to_json()) | {"started_at": said}
    (tmp_path / "r.json").write_text(json.dumps(document))

    assert f"{load(tmp_path / 'r.json').started_at:%d %H:%M %Z}" == "25 16:03 UTC"


def test_a_time_beyond_the_calendar_is_refused(tmp_path: Path) -> None:
    document = json.loads(the_example_of_the_design().to_json()) | {"finished_at": "0001-01-01T00:00:00+14:00"}
    (tmp_path / "r.json").write_text(json.dumps(document))

    with pytest.raises(ConfigurationError, match=r"finished_at: .*beyond the calendar"):
        load(tmp_path / "r.json")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"gone.json: cannot be read: No such file"):
        load(tmp_path / "gone.json")
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        load(tmp_path)


def test_a_huge_file_is_refused_as_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ollama_bench.scorecard.MAX_DOCUMENT_BYTES", 1000)
    path = _saved(example_result(), tmp_path)

    with pytest.raises(ConfigurationError, match="larger than 1000 bytes"):
        load(path)


def test_the_committed_example_is_a_result() -> None:
    examples = list((Path(__file__).parents[1] / "scorecards").glob("*.json"))

    assert examples
    for path in examples:
        assert "Model: " in render_text(load(path))
