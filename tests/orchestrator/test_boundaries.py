"""What the orchestrator does not know, and what its pure modules do not touch."""

import ast
import re
from pathlib import Path

import pytest

from tests.orchestrator.conftest import ROOT

MODULES = sorted((ROOT / "orchestrator").rglob("*.py"))
PURE = ("stats", "gate", "slo", "verdict", "results")


def imported(path: Path) -> set[str]:
    """The modules that a file imports anywhere, by their full names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_it_knows_nothing_of_models(path: Path) -> None:
    assert not {name for name in imported(path) if name.split(".")[0] in ("ollama_bench", "ollama", "httpx")}
    if path.stem not in ("errors", "__init__"):  # their docstrings say who else there is
        assert not re.search(r"ollama|prompt|score(?!d)", path.read_text(encoding="utf-8"), re.IGNORECASE)


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_touch_no_clock_process_or_terminal(name: str) -> None:
    touched = {module.split(".")[0] for module in imported(ROOT / "orchestrator" / f"{name}.py")}
    assert not touched & {"click", "psutil", "time", "httpx", "subprocess", "datetime", "os", "sys"}
