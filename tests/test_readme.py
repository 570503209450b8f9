"""The README is true: its library example runs, its commands exist."""

import re
from pathlib import Path

import pytest

from ollama_bench.cli import cli

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_library_example_runs(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert example is not None
    monkeypatch.chdir(tmp_path)

    exec(compile(example[1], "README.md", "exec"), {})

    decision, latency_s = capsys.readouterr().out.rsplit(maxsplit=1)
    assert decision in {"keep small", "try 3–8B", "need bigger", "inconclusive"}
    assert float(latency_s) > 0
    assert list(tmp_path.iterdir()) == [], "without `out` nothing is saved"


def test_every_command_is_in_the_readme_and_the_reverse() -> None:
    named = set(re.findall(r"^\| `ollama-bench ([a-z:]+)", README, re.MULTILINE))
    assert named == set(cli.commands)


def test_commands_to_paste_install_with_the_pinned_versions() -> None:
    commands = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)
    assert len(commands) == 2
    assert all("-c constraints.txt" in command for command in commands)
