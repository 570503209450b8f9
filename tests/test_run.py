"""A whole run as a library: the document, what is saved and when, and what is raised."""

import json
import subprocess
from pathlib import Path

import pytest

from ollama_bench import run_benchmark
from ollama_bench.errors import IncompleteRunError, ModelError, OutputError, ServerError
from ollama_bench.metrics import summarize_phase
from ollama_bench.plan import Overrides, RunPlan
from ollama_bench.progress import Progress
from ollama_bench.scorecard import RunResult, load
from ollama_bench.server.client import PullProgress
from ollama_bench.server.locate import Located
from ollama_bench.trial import Trial
from ollama_bench.usage import mean_cpu_percent
from orchestrator.errors import ConfigurationError
from tests.scripted_http import Exchange
from tests.scripted_server import Model, ScriptedServer, server_process

pytestmark = pytest.mark.usefixtures("workspace")


class Recorder(Progress):
    """Everything that a run told, in order; and the phases in the file at each save."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.saves: list[tuple[bool, list[str]]] = []

    def pulling(self, model: str, step: PullProgress) -> None:
        self.told.append(f"pulling {model}")

    def started(self, plan: RunPlan) -> None:
        self.told.append("started")

    def measured(self, trial: Trial) -> None:
        self.told.append(trial.phase)

    def saved(self, path: Path) -> None:
        document = json.loads(path.read_text())
        self.saves.append((document["complete"], list(document["phases"])))


def test_the_result_is_the_document(server: ScriptedServer) -> None:
    result = run_benchmark("tiny:1b", host=server.url, out=Path("results"))
    (path,) = Path("results").glob("*.json")
    assert load(path) == result
    assert result.complete
    assert path.name == f"tiny-1b-{result.started_at:%Y%m%dT%H%M%SZ}.json"
    assert path.with_suffix(".md").read_text().startswith("# tiny\\:1b: ")
    assert result.server.url == server.url
    assert (result.server.kind, result.server.version, result.server.local) == ("ollama", "0.33.0-scripted", True)
    assert result.model.parameter_count == 1_000_000_000
    assert {phase: len(part.trials) for phase, part in result.phases.items()} == {
        "cold": 1,
        "warm": 1,
        "real": 1,
        "long": 1,
    }
    assert result.quality is not None
    assert [prompt.id for prompt in result.quality.prompts] == ["apples", "release_note", "json"]
    assert result.verdict.decision in ("keep small", "try 3–8B")


def test_every_figure_can_be_had_again_from_the_saved_trials(server: ScriptedServer) -> None:
    run_benchmark("tiny:1b", host=server.url, profile="standard", out=Path("results"))
    (path,) = Path("results").glob("*.json")
    result = load(path)
    trials = [trial for part in result.phases.values() for trial in part.trials]
    for part in result.phases.values():
        assert part.summary == summarize_phase(part.trials)
    timeline = result.resources.timeline
    assert result.resources.peak_rss_bytes == max(point.rss_bytes for point in timeline)
    assert result.resources.cpu_percent_mean == mean_cpu_percent(timeline, trials)


def test_without_a_folder_nothing_is_saved(server: ScriptedServer, workspace: Path) -> None:
    run_benchmark("tiny:1b", host=server.url, overrides=Overrides(quality=False))
    assert [path.name for path in workspace.iterdir()] == ["config"]


def test_it_is_saved_after_each_phase_and_told_as_it_goes(server: ScriptedServer) -> None:
    server.registry["new:1b"] = Model("new:1b")
    recorder = Recorder()
    run_benchmark("new:1b", host=server.url, profile="standard", out=Path("results"), progress=recorder)
    phases = ["cold", "warm", "real", "long"]
    assert recorder.saves == [*((False, phases[: n + 1]) for n in range(4)), (True, phases)]
    timed = ["cold"] * 2 + ["warm"] * 3 + ["real"] * 3 + ["long"] * 2
    assert recorder.told == ["pulling new:1b"] * 5 + ["started", *timed, *["quality"] * 9]


def test_quality_is_asked_once_at_0_and_then_with_other_seeds(server: ScriptedServer) -> None:
    result = run_benchmark("tiny:1b", host=server.url, profile="standard", overrides=Overrides(seed=7))
    asked = [request.body["options"] for request in server.generations[10:]]
    assert [(options["temperature"], options["seed"]) for options in asked] == [(0.0, 7), (0.8, 8), (0.8, 9)] * 3
    assert {options["num_ctx"] for options in asked} == {4096}
    assert result.quality is not None
    for prompt in result.quality.prompts:
        assert (prompt.seed, len(prompt.samples)) == (7, 2)
        assert prompt.pass_rate is not None
        assert prompt.pass_rate.n == 2


@pytest.mark.parametrize(
    ("overrides", "sent"),
    [
        (Overrides(num_ctx=8000), {"num_ctx": 8000}),
        (Overrides(num_predict=20), {"num_predict": 20}),
        (Overrides(seed=0, temperature=0.5), {"seed": 0, "temperature": 0.5}),
    ],
)
def test_what_is_changed_is_sent_and_recorded(
    server: ScriptedServer, overrides: Overrides, sent: dict[str, float]
) -> None:
    result = run_benchmark("tiny:1b", host=server.url, overrides=overrides.model_copy(update={"quality": False}))
    for request in server.generations:
        assert request.body["options"] | sent == request.body["options"]
    for trial in (trial for part in result.phases.values() for trial in part.trials):
        assert sent.get("num_predict", trial.num_predict) == trial.num_predict
        assert sent.get("seed", 1) == trial.seed


def test_what_is_raised_is_the_errors_of_the_tree(server: ScriptedServer) -> None:
    with ScriptedServer() as gone:
        url = gone.url
    with pytest.raises(ServerError, match="no Ollama server answers"):
        run_benchmark("tiny:1b", host=url)
    with pytest.raises(ModelError, match="has no model new:1b"):
        run_benchmark("new:1b", host=server.url, overrides=Overrides(pull=False))
    with pytest.raises(ConfigurationError, match="no profile is called 'slow'"):
        run_benchmark("tiny:1b", host=server.url, profile="slow")
    Path("file").write_text("")
    with pytest.raises(OutputError, match="results cannot be written there"):
        run_benchmark("tiny:1b", host=server.url, out=Path("file/folder"))
    assert server.generations == []


def test_a_run_that_ends_early_says_where_its_document_is(server: ScriptedServer) -> None:
    server.faults = {2: Exchange.close}
    with pytest.raises(IncompleteRunError, match="the real phase of tiny:1b failed") as ending:
        run_benchmark("tiny:1b", host=server.url, out=Path("results"))
    assert ending.value.path is not None
    kept = load(ending.value.path)
    assert not kept.complete
    assert [trial.ok for part in kept.phases.values() for trial in part.trials] == [True, True, False]
    assert kept.phases["cold"].summary["latency_s"].n == 1
    assert kept.quality is None
    assert kept.verdict.decision == "inconclusive"


def test_an_exception_of_the_callers_own_passes_through_and_keeps_the_trials(server: ScriptedServer) -> None:
    class Stops(Progress):
        def measured(self, trial: Trial) -> None:
            if trial.phase == "real":
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_benchmark("tiny:1b", host=server.url, out=Path("results"), progress=Stops())
    (path,) = Path("results").glob("*.json")
    assert list(load(path).phases) == ["cold", "warm", "real"]


def sampled(result: RunResult) -> set[int]:
    return {process.pid for process in result.resources.processes}


def test_the_servers_memory_is_the_servers(server: ScriptedServer) -> None:
    """Not this process's, which holds more, and not the machine's."""
    ballast = b"x" * 300_000_000
    with server_process(runner_bytes=100_000_000) as (pid, url):
        result = run_benchmark("tiny:1b", host=url)
    assert pid in sampled(result)
    assert result.server.local
    assert result.resources.peak_rss_bytes is not None
    assert result.resources.peak_rss_bytes < len(ballast)
    (runner,) = [process for process in result.resources.processes if process.pid != pid]
    assert runner.peak_rss_bytes > 100_000_000
    assert result.resources.reason is None


def test_load_time_stands_beside_the_cold_latency_and_in_no_other_phase(server: ScriptedServer) -> None:
    result = run_benchmark("tiny:1b", host=server.url, overrides=Overrides(quality=False))
    assert result.phases["cold"].summary["load_s"].p50 == 2.0
    assert {
        trial.server.load_duration_ns for name in ("warm", "real", "long") for trial in result.phases[name].trials
    } == {150_000_000}
    assert result.phases["warm"].summary["prompt_tok_s"].n == 0
    assert result.phases["real"].summary["prompt_tok_s"].p50 == pytest.approx(1000)
    assert result.phases["real"].summary["gen_tok_s"].p50 == pytest.approx(100)


def test_the_model_is_unloaded_at_the_end_so_that_the_next_ones_memory_is_its_own(server: ScriptedServer) -> None:
    run_benchmark("tiny:1b", host=server.url)
    assert server.kinds[-1] == "unload"


def test_a_server_that_is_restarted_during_the_run_makes_it_doubtful(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that was found at the start ends, and another answers in its place."""
    with subprocess.Popen(["sleep", "60"]) as found:
        monkeypatch.setattr("ollama_bench.run.locate", lambda _url, _pid: Located(local=True, root_pids=(found.pid,)))

        class Restart(Progress):
            def measured(self, trial: Trial) -> None:
                if trial.phase == "warm":
                    found.kill()
                    found.wait()

        result = run_benchmark("tiny:1b", host=server.url, progress=Restart())
    assert result.validity is not None
    doubts = {condition.code: condition.text for condition in result.validity.conditions if condition.passed is False}
    assert f"pid {found.pid}) ended" in doubts["sampling_gap"]
    assert result.resources.peak_rss_bytes is not None
