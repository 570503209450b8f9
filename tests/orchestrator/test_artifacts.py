import json
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.artifacts import Artifacts
from orchestrator.errors import ArtifactError
from orchestrator.results import Baseline, BenchRun, summarize
from orchestrator.slo import Slo
from tests.orchestrator.conftest import ROOT


def a_run(name: str = "A", second: int = 1, group: str = "aaaaaaaa", **fields: object) -> BenchRun:
    return BenchRun.model_validate(
        {
            "name": name,
            "kind": "callable",
            "source": "user",
            "group": group,
            "started_at": f"2026-11-23T17:03:{second:02}.000001Z",
            "iterations": 2,
            "warmup": 0,
            "samples_ns": [1_000_000, 2_000_000],
            "metrics": {"rate": [1.5, None]},
            **fields,
        }
    )


def a_baseline(name: str = "A", **fields: object) -> Baseline:
    values = {"pinned_at": "2026-11-23T17:00:00Z", "iterations": 2, "warmup": 0, "source": "user", "environment": {}}
    times: dict[str, object] = {"context": {}, "digest": None, "p50_ms": 1.0, "p95_ms": 1.0, "peak_rss_mb": None}
    return Baseline.model_validate({"name": name, **values, **times, "runs_ms": [[1.0], [1.0]], **fields})


def test_the_candidate_is_the_group_of_the_newest_run_that_is_no_cache_run(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    artifacts.save_run(a_run(second=1, group="11111111"))
    artifacts.save_run(a_run(second=2, group="22222222"))
    artifacts.save_run(a_run(second=3, group="11111111"))
    artifacts.save_run(a_run(second=4, group="33333333", cache="on"))
    artifacts.save_run(a_run(second=5, group="44444444", experiment=True))
    assert [run.started_at[17:19] for run in artifacts.newest_runs("A")] == ["01", "03"]
    assert artifacts.newest_runs("B") == []


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    run = a_run()
    artifacts.save_run(run)
    artifacts.save_baseline(a_baseline())
    assert artifacts.newest_runs("A") == [run]
    assert artifacts.baseline("A") == a_baseline()
    assert artifacts.names() == ["A"]


def test_timings_are_one_line_an_iteration(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    runs = [a_run(second=1), a_run(second=2, metrics={})]
    artifacts.save_summary(summarize(runs, Slo("A")), runs)
    lines = (artifacts.folder("A") / "timings.csv").read_text().splitlines()
    assert lines[:3] == [
        "run,started_at,cache,iteration,ms,rate",
        "1,2026-11-23T17:03:01.000001Z,off,1,1.0,1.5",
        "1,2026-11-23T17:03:01.000001Z,off,2,2.0,",
    ]
    assert len(lines) == 5


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "/", "a/../b", "C:\\x", "\x00", "é" * 500, "con", "-rf"])
def test_no_name_leaves_the_folder(name: str, tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path / "artifacts")
    path = artifacts.save_run(a_run(name))
    assert path.resolve().is_relative_to((tmp_path / "artifacts" / "bench").resolve())
    assert path.relative_to(artifacts.bench).parts[1] == "runs"
    assert artifacts.newest_runs(name)[0].name == name


def test_names_that_look_alike_do_not_share_results(tmp_path: Path) -> None:
    artifacts, names = Artifacts(tmp_path), {"m:1", "m/1", "m-1", "_index.md"}
    for name in names:
        run = a_run(name)
        artifacts.save_run(run)
        artifacts.save_summary(summarize([run], Slo(name)), [run])
        artifacts.save_baseline(a_baseline(name))
    assert set(artifacts.names()) == names
    for name in names:
        assert artifacts.newest_runs(name)[0].name == name
        assert artifacts.baseline(name) == a_baseline(name)


def test_a_folder_that_holds_nothing_is_no_scenario(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    artifacts.prepare("A")
    assert artifacts.folder("A").exists()
    assert artifacts.names() == []


@pytest.mark.parametrize("runs_ms", ["[[], [1.0]]", "[[-1.0], [1.0]]", "[[1e300], [1.0]]", "[]"])
def test_a_baseline_of_impossible_times_is_told(runs_ms: str, tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    path = artifacts.save_baseline(a_baseline())
    path.write_text(path.read_text().replace(json.dumps([[1.0], [1.0]], indent=1).replace("\n", "\n "), runs_ms))
    assert runs_ms in path.read_text()
    with pytest.raises(ArtifactError, match=r"baseline\.json: runs_ms"):
        artifacts.baseline("A")


@pytest.mark.parametrize("samples", ["[]", "[-1]", "[1" + "0" * 400 + "]"])
def test_a_run_of_impossible_samples_is_told(samples: str, tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    path = artifacts.save_run(a_run())
    path.write_text(path.read_text().replace("[1000000,2000000]", samples))
    with pytest.raises(ArtifactError, match=r"samples"):
        artifacts.newest_runs("A")


def test_an_unusual_cache_mode_is_no_candidate(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    artifacts.save_run(a_run(second=1))
    artifacts.save_run(a_run(second=2, group="22222222", usual=False))
    assert [run.group for run in artifacts.newest_runs("A")] == ["aaaaaaaa"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": 5}', "\x00\x01", '{"name": "A", "samples_ns": ["x"]}'])
def test_a_file_that_is_none_of_ours_is_told_by_its_path(text: str, tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    path = artifacts.save_run(a_run())
    path.write_text(text)
    with pytest.raises(ArtifactError, match=path.name):
        artifacts.newest_runs("A")


def test_a_broken_file_does_not_hide_the_name(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    path = artifacts.save_run(a_run("m:1"))
    (artifacts.folder("m:1") / "summary.json").write_text("{")
    assert artifacts.names() == ["m:1"]
    path.write_text("{")
    assert artifacts.names() == ["m:1"]
    with pytest.raises(ArtifactError, match="delete the file"):
        artifacts.newest_runs("m:1")


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_measured(tmp_path: Path) -> None:
    (tmp_path / "bench").write_text("a file where a folder should be")
    with pytest.raises(ArtifactError, match=r"cannot be written: .*--artifacts"):
        Artifacts(tmp_path).prepare("A")


WRITER = """
import sys
from pathlib import Path
from orchestrator.artifacts import Artifacts
from orchestrator.results import summarize
from orchestrator.slo import Slo
from tests.orchestrator.test_artifacts import a_run

artifacts, group = Artifacts(Path(sys.argv[1])), sys.argv[2]
sys.stdin.readline()
for second in range(60):
    run = a_run(second=second, group=group)
    artifacts.prepare("A")
    artifacts.save_run(run)
    artifacts.save_summary(summarize([run], Slo("A")), [run])
"""


def test_two_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), group], cwd=ROOT, stdin=subprocess.PIPE, text=True
        )
        for group in ("11111111", "22222222")
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.close()
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    files = sorted(Artifacts(tmp_path).folder("A").rglob("*"))
    assert len([path for path in files if path.parent.name == "runs"]) == 120
    assert not [path for path in files if path.suffix == ".tmp"]
    artifacts = Artifacts(tmp_path)
    assert len(artifacts.newest_runs("A")) == 60
    assert artifacts.names() == ["A"]
    assert (artifacts.folder("A") / "timings.csv").read_text().count("\n") == 3
