"""The self-test with real processes; how well this machine does is not judged here."""

import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from subprocess import Popen

import psutil
import pytest

from ollama_bench.errors import ServerError
from ollama_bench.selftest.figures import Figure, Limit, Limits
from ollama_bench.selftest.memory import UNREADABLE, measure_memory, memory_figures
from ollama_bench.selftest.report import REMEDY, Report
from ollama_bench.selftest.run import STANDARD, SelfTest, play_list, run_selftest
from ollama_bench.selftest.timing import measure_errors
from ollama_bench.selftest.truth_server import Script, TruthServer
from tests.conftest import Cli, process

NEVER = Limit(1e9, 1e9)
LOOSE = Limits(NEVER, NEVER, NEVER, NEVER)
"""No machine is too busy for these."""
QUICK = SelfTest(scripts=tuple(play_list(1, span_s=0.05, ttfts_s=(0.02,))), size_bytes=20_000_000, limits=LOOSE)
ONE_ANSWER = Script(rate_tok_s=300, tokens=30, ttft_s=0.02)
NAMES = [
    "request_written",
    "ttft_s",
    "latency_s",
    "gen_tok_s",
    "client_gen_tok_s",
    "peak_rss_bytes_held",
    "peak_rss_bytes_vm_hwm",
    "sampler_cpu_percent",
]


@pytest.fixture(scope="module")
def report() -> Report:
    return run_selftest(QUICK)


@pytest.fixture
def standard(monkeypatch: pytest.MonkeyPatch) -> Callable[[SelfTest], None]:
    """Have the command do another self-test than the usual one."""
    return lambda test: monkeypatch.setattr("ollama_bench.commands.selftest.STANDARD", test)


def by_name(report: Report) -> dict[str, Figure]:
    return {figure.name: figure for figure in report.figures}


# --- what is measured


def test_every_figure_is_measured_and_judged(report: Report) -> None:
    figures = by_name(report)
    assert list(figures) == NAMES
    assert all(figure.ok for figure in report.figures)
    assert [figures[name].n for name in NAMES] == [4, 4, 4, 4, 4, 1, 1, 1]
    assert all(figures[name].p95 is not None for name in NAMES[:5])
    assert report.ok


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep RSS by other rules")
def test_the_peak_of_a_process_is_what_it_held(report: Report) -> None:
    for name in ("peak_rss_bytes_held", "peak_rss_bytes_vm_hwm"):
        median = by_name(report)[name].median
        assert median is not None
        assert median < 5


def test_nothing_is_left_running(report: Report) -> None:
    assert report.ok
    assert not [child for child in psutil.Process().children() if "selftest" in " ".join(child.cmdline())]


def test_the_usual_self_test_has_answers_enough_for_a_p95_and_is_over_in_time() -> None:
    assert len(STANDARD.scripts) >= 59
    answers_s = sum(s.ttft_s + (s.tokens - 1) / s.rate_tok_s + s.tail_s for s in STANDARD.scripts)
    assert answers_s < 18


def test_progress_is_told_after_every_answer() -> None:
    told: list[int] = []
    with TruthServer() as server:
        measure_errors(server, [ONE_ANSWER] * 3, told.append)
    assert told == [1, 2, 3]


# --- what is wrong is found


def test_a_server_that_declares_a_wrong_rate_is_found_out(cli: Cli, standard: Callable[[SelfTest], None]) -> None:
    lying = replace(ONE_ANSWER, declared_ratio=2.0)
    standard(replace(QUICK, scripts=(lying,), limits=replace(LOOSE, rate_percent=Limit(60, 60))))
    outcome = cli("selftest", "--json")
    figures = {figure["name"]: figure for figure in json.loads(outcome.out)["figures"]}
    assert outcome.code == 3
    assert figures["gen_tok_s"]["ok"] is False
    assert figures["ttft_s"]["ok"] is True


def test_an_error_beyond_its_limit_fails_with_a_remedy(cli: Cli, standard: Callable[[SelfTest], None]) -> None:
    standard(replace(QUICK, scripts=(ONE_ANSWER,), limits=replace(LOOSE, time_ms=Limit(0, 0))))
    outcome = cli("selftest")
    assert outcome.code == 3
    assert "FAIL" in next(line for line in outcome.out.splitlines() if line.startswith("TTFT "))
    assert "This machine could not measure well enough: TTFT and latency only to ±" in outcome.out
    assert outcome.out.endswith(f"{REMEDY}\n")


def test_a_process_that_the_sampler_missed_is_a_failure() -> None:
    memory = measure_memory(20_000_000)
    assert not isinstance(memory, str)
    missed = memory_figures(replace(memory, peak_rss_bytes=0), Limits())
    assert [figure.median for figure in missed] == [100, 100]
    assert not Report(missed).ok


def test_a_server_that_dies_is_told_as_such() -> None:
    with TruthServer() as server:
        psutil.Process(server.pid).kill()
        with pytest.raises(ServerError, match="own server is gone: run it again"):
            measure_errors(server, [ONE_ANSWER])
        with pytest.raises(ServerError, match=r"own server ended too early \(exit status -9\)"):
            server.stamps()


# --- what cannot be had


def test_memory_that_cannot_be_held_is_not_available_and_no_failure(
    cli: Cli, standard: Callable[[SelfTest], None]
) -> None:
    standard(replace(QUICK, scripts=(ONE_ANSWER,), size_bytes=10**15))
    outcome = cli("selftest")
    assert outcome.code == 0
    assert outcome.out.count("n/a: a process could not hold 1000000000 MB") == 2
    assert outcome.out.endswith("peak memory could not be checked.\n")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere psutil needs no /proc")
def test_processes_that_cannot_be_read_are_not_available(
    cli: Cli, standard: Callable[[SelfTest], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(tmp_path / "nothing"))
    standard(replace(QUICK, scripts=(ONE_ANSWER,)))
    outcome = cli("selftest", "--json")
    figures = {figure["name"]: figure for figure in json.loads(outcome.out)["figures"]}
    assert outcome.code == 0
    for name in ("peak_rss_bytes_held", "peak_rss_bytes_vm_hwm", "sampler_cpu_percent"):
        assert (figures[name]["ok"], figures[name]["median"], figures[name]["reason"]) == (None, None, UNREADABLE)
    assert figures["ttft_s"]["ok"] is True


# --- what is printed


EXACT = Report(
    [
        Figure("ttft_s", "TTFT", "time", "ms", Limit(1.5, 5)).of([0.25, -0.5, 1.01]),
        Figure("gen_tok_s", "tok/s", "rate", "%", Limit(1, 2.5)).of([0.0, 0.0, 0.0]),
        Figure("peak_rss_bytes_held", "peak RSS", "memory", "%", Limit(1)).of_one(-0.11, None),
        Figure("sampler_cpu_percent", "sampling", "cost", "%", Limit(1)).of_one(None, "no processes"),
    ]
)


def test_the_table_and_the_sentence() -> None:
    assert EXACT.to_text().splitlines() == [
        "The tool's own figures on this machine, against the truth (3 answers):",
        "",
        "how far off   median  p95 (indicative)       limit",
        "TTFT         0.50 ms           0.96 ms  1.5 / 5 ms  ok",
        "tok/s         0.00 %            0.00 %   1 / 2.5 %  ok",
        "peak RSS      0.11 %                 -         1 %  ok",
        "sampling           -                 -         1 %  n/a: no processes",
        "",
        "On this machine 19 of 20 answers have TTFT and latency right to ±1 ms and token rates to ±0.1 %; "
        "peak memory is right to ±0.2 %.",
    ]


def test_the_document() -> None:
    document = EXACT.to_json()
    assert document["ok"] is True
    assert document["remedy"] is None
    assert document["meaning"] == EXACT.meaning
    assert json.loads(json.dumps(document))["figures"][3] == {
        "name": "sampler_cpu_percent",
        "label": "sampling",
        "subject": "cost",
        "unit": "%",
        "limit": {"median": 1, "p95": None},
        "n": 0,
        "median": None,
        "p95": None,
        "worst": None,
        "reason": "no processes",
        "ok": None,
    }


@pytest.mark.parametrize(("sizes", "ok"), [([1.0, 1.0], True), ([2.0, 2.0], False), ([float("nan")], False)])
def test_a_figure_is_held_against_both_limits(sizes: list[float], ok: bool) -> None:
    figure = Figure("ttft_s", "TTFT", "time", "ms", Limit(1.5, 5)).of(sizes)
    assert figure.ok is ok


def test_a_p95_beyond_its_limit_fails_though_the_median_is_good() -> None:
    assert Figure("ttft_s", "TTFT", "time", "ms", Limit(1.5, 5)).of([0.1] * 9 + [60.0]).ok is False


def test_piped_output_is_plain_and_json_is_alone(cli: Cli, standard: Callable[[SelfTest], None]) -> None:
    standard(replace(QUICK, scripts=(ONE_ANSWER,)))
    table, document = cli("selftest"), cli("selftest", "--json")
    assert (table.code, document.code) == (0, 0)
    assert table.out.startswith("The tool's own figures on this machine")
    assert json.loads(document.out)["ok"] is True
    for outcome in (table, document):
        assert not {"\x1b", "\r"} & set(outcome.out + outcome.err)


# --- how it ends


@pytest.fixture
def running(workspace: Path) -> Iterator[tuple["Popen[str]", psutil.Process]]:
    """The real command, and the server that it has started."""
    with process("selftest") as command:
        deadline_s = time.monotonic() + 30
        while not (children := psutil.Process(command.pid).children()) and time.monotonic() < deadline_s:
            time.sleep(0.02)
        yield command, children[0]


def test_ctrl_c_exits_130_and_leaves_no_server(running: tuple["Popen[str]", psutil.Process]) -> None:
    command, server = running
    command.send_signal(signal.SIGINT)
    out, err = command.communicate(timeout=30)
    assert (command.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "Error: interrupted"
    assert "Traceback" not in err
    assert not server.is_running()


def test_the_server_ends_with_a_command_that_is_killed(running: tuple["Popen[str]", psutil.Process]) -> None:
    command, server = running
    command.kill()
    command.wait()
    assert_ends(server)


def test_the_processes_that_hold_memory_end_with_a_tool_that_is_killed() -> None:
    tool = "from ollama_bench.selftest import memory; memory.HOLD_S = 600; memory.measure_memory(1_000_000)"
    with Popen([sys.executable, "-c", tool]) as running:
        deadline_s = time.monotonic() + 30
        while len(family := psutil.Process(running.pid).children(recursive=True)) < 2 and time.monotonic() < deadline_s:
            time.sleep(0.02)
        running.kill()
    assert len(family) == 2
    for member in family:
        assert_ends(member)


def assert_ends(process: psutil.Process) -> None:
    psutil.wait_procs([process], timeout=30)
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
