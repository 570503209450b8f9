"""Models under the orchestrator's commands and gate, against the scripted server; real worker processes."""

import json
from pathlib import Path
from typing import Any

import pytest

from ollama_bench.model_run import run_of
from ollama_bench.scenario import ModelScenario, find
from ollama_bench.scorecard import RunResult
from orchestrator.errors import BenchError, ConfigurationError
from orchestrator.scenario import registered_sources
from tests.conftest import Cli
from tests.examples import the_example_of_the_design
from tests.scripted_server import ScriptedServer, answering, server_process


def _model(server: ScriptedServer) -> ModelScenario:
    return ModelScenario("tiny:1b", server.url)


def _example(**changes: Any) -> RunResult:
    return the_example_of_the_design().model_copy(update=changes)


def test_models_are_a_registered_source_that_lists_without_asking_anyone() -> None:
    source = registered_sources()["models"]
    assert list(source.list()) == []
    assert {option.name for option in source.options} == {"host", "embedded"}
    assert source.find("llama3.2:1b", host="10.0.0.1") == ModelScenario("llama3.2:1b", "10.0.0.1")
    assert source.find("Tresury-BOT") is None
    with pytest.raises(ConfigurationError, match="leave out --host"):
        find("x", host="y", embedded=True)
    with pytest.raises(ConfigurationError, match="--host"):
        find("x", host="::::")


@pytest.mark.parametrize(("cache", "fresh"), [(None, False), (True, False), (False, True)])
def test_an_iteration_is_a_warm_trial_with_the_prompt_cache_met_or_avoided(
    workspace: Path, server: ScriptedServer, cache: bool | None, fresh: bool
) -> None:
    with _model(server).open(cache) as session:
        samples = [session.iterate() for _ in range(2)]
        context = session.context()

    assert all(sample.duration_ns > 0 for sample in samples)
    assert all(sample.metrics["ttft_ms"] > 0 and sample.metrics["gen_tok_s"] > 0 for sample in samples)  # type: ignore[operator]
    assert context["prompt_cache"] == ("avoided" if fresh else "met")
    prompts = [request.body["prompt"] for request in server.generations]
    assert (len(set(prompts)) == 2) is fresh
    assert all(prompt.endswith("Say 'ready' once.") for prompt in prompts)


def test_a_failed_answer_fails_the_iteration(workspace: Path, server: ScriptedServer) -> None:
    with _model(server).open(None) as session:
        server.on["generate"] = answering({"error": "out of memory"})
        with pytest.raises(BenchError, match="out of memory"):
            session.iterate()


def test_bench_run_measures_the_servers_memory_and_not_its_own(workspace: Path, cli: Cli) -> None:
    held = 150_000_000
    with server_process(held) as (_pid, url):
        outcome = cli("bench:run", "--name", "tiny:1b", "--host", url, "--iter", "3", "--warmup", "1")

    assert outcome.code == 0, outcome.err
    summary = json.loads(outcome.out)
    assert (summary["kind"], summary["samples"]) == ("model", 3)
    assert summary["peak_rss_mb"] > held / 1e6
    assert set(summary["extra_metrics"]) == {"gen_tok_s", "ttft_ms"}


def test_bench_run_without_a_server_says_that_the_name_was_taken_for_a_model(workspace: Path, cli: Cli) -> None:
    outcome = cli("bench:run", "--name", "lama3", "--host", "127.0.0.1:1")
    assert outcome.code == 3
    assert "lama3 is no scenario that `bench:list` names" in outcome.err
    assert "no Ollama server answers" in outcome.err
    assert "lama3" not in cli("slo:gate").out, "a mistyped name must not fail every gate from now on"


def test_a_run_and_a_baseline_of_the_same_server_are_comparable(
    workspace: Path, cli: Cli, server: ScriptedServer
) -> None:
    pinned = cli("bench:baseline", "--name", "tiny:1b", "--host", server.url, "--runs", "3", "--iter", "20")
    assert pinned.code == 0, pinned.err

    run = cli("run", "tiny:1b", "--host", server.url, "--gate", "--json", "--no-quality")
    assert len(json.loads(run.out)["phases"]["warm"]["trials"]) == 20
    assert "not comparable" not in run.err
    assert "no baseline" not in run.err
    assert run.code in (0, 4, 5), "timing on a shared machine decides; that it was judged is what is held here"

    (file,) = Path("scorecards").glob("*.json")
    again = cli("gate", file, "--json")
    assert again.code == run.code
    assert json.loads(again.out)["scenarios"][0]["name"] == "tiny:1b"


def test_other_options_are_not_comparable(workspace: Path, cli: Cli, server: ScriptedServer) -> None:
    cli("bench:baseline", "--name", "tiny:1b", "--host", server.url, "--runs", "2", "--iter", "20")
    run = cli("run", "tiny:1b", "--host", server.url, "--gate", "--no-quality", "--num-ctx", "8192")
    assert run.code == 5
    assert "not comparable" in run.err
    assert "num_ctx: 4096 -> 8192" in run.err


def test_too_few_warm_samples_are_inconclusive_and_never_a_pass(
    workspace: Path, cli: Cli, server: ScriptedServer
) -> None:
    cli("bench:baseline", "--name", "tiny:1b", "--host", server.url, "--runs", "2", "--iter", "20")
    cli("run", "tiny:1b", "--host", server.url, "--no-quality")
    (file,) = Path("scorecards").glob("*.json")
    assert cli("gate", file).code == 5


def test_an_objective_that_is_missed_fails_without_a_baseline(
    workspace: Path, cli: Cli, server: ScriptedServer
) -> None:
    (workspace / "config" / "slo.yaml").write_text('"tiny:*": {p50_ms: 0.001}\n')
    run = cli("run", "tiny:1b", "--host", server.url, "--gate", "--no-quality")
    assert run.code == 4
    assert "MISS p50_ms" in run.err


def test_an_early_end_or_a_failed_answer_is_a_failure_of_the_run() -> None:
    whole = _example()
    assert run_of(whole).failure is None
    assert run_of(_example(complete=False)).failure == "the run ended early"

    warm = whole.phases["warm"]
    broken = warm.trials[0].model_copy(update={"error": {"kind": "timeout", "message": "silent"}})
    phases = {**whole.phases, "warm": warm.model_copy(update={"trials": (broken, *warm.trials[1:])})}
    none = {**whole.phases, "warm": warm.model_copy(update={"trials": ()})}
    assert run_of(_example(phases=none)).failure == "it has no warm requests"
    run = run_of(_example(phases=phases))
    assert run.failure == f"1 of {len(warm.trials)} warm requests failed"


def test_the_samples_are_the_warm_latencies_by_the_clients_clock() -> None:
    result = the_example_of_the_design()
    run = run_of(result)
    assert run.samples_ns == [trial.end_ns for trial in result.phases["warm"].trials]
    assert run.peak_rss_bytes == result.resources.peak_rss_bytes
    assert run.context["prompt_cache"] == "met"


def test_several_models_are_judged_together(workspace: Path, cli: Cli, server: ScriptedServer) -> None:
    run = cli("run", "tiny:1b", "tiny:1b", "--host", server.url, "--gate", "--json", "--no-quality")
    assert run.code == 5, run.err
    assert run.err.count("no baseline: pin one") == 2
    assert run.err.count("gate: inconclusive") == 1
