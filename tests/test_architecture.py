"""Arrows go one way, the pure part stays pure, and `--help` brings nothing heavy."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("ollama_bench", "orchestrator", "services")

PURE = (
    "orchestrator.clean",
    "orchestrator.columns",
    "ollama_bench.compare",
    "ollama_bench.cut",
    "ollama_bench.doctor",
    "ollama_bench.energy_use",
    "ollama_bench.history.choose",
    "ollama_bench.history.entry",
    "ollama_bench.history.since",
    "ollama_bench.history.table",
    "ollama_bench.history.trend",
    "ollama_bench.load.alerts",
    "ollama_bench.load.points",
    "ollama_bench.load.steps",
    "ollama_bench.load.summary",
    "ollama_bench.load.target",
    "ollama_bench.load.usage",
    "ollama_bench.metrics",
    "ollama_bench.observed",
    "ollama_bench.own_cost",
    "ollama_bench.pace",
    "ollama_bench.page",
    "ollama_bench.plan",
    "ollama_bench.quality",
    "ollama_bench.render",
    "ollama_bench.selftest.figures",
    "ollama_bench.selftest.report",
    "ollama_bench.server.address",
    "ollama_bench.server.answer",
    "ollama_bench.server.names",
    "ollama_bench.stability",
    "ollama_bench.stopping",
    "ollama_bench.summarize",
    "ollama_bench.trial",
    "ollama_bench.usage",
    "ollama_bench.verdict",
    "orchestrator.gate",
    "orchestrator.page",
    "orchestrator.slo",
    "orchestrator.stats",
    "services.materials_service.potts",
    "services.quantum_lab.chsh",
)
"""Modules, or packages with all their modules; those that do not exist yet are held to it when they do."""

IMPURE = {"asyncio", "click", "httpx", "ollama", "psutil", "pynvml", "requests", "rich", "socket", "subprocess"}
IMPURE |= {"threading", "time", "uvicorn", "starlette", "xllamacpp"}

READ_THE_CLOCK = {
    "ollama_bench.commands.doctor_facts",
    "ollama_bench.commands.load_stack",
    "ollama_bench.live_view",
    "ollama_bench.measure",
    "ollama_bench.run",
    "ollama_bench.sampler",
    "ollama_bench.selftest.holder",
    "ollama_bench.selftest.memory",
    "ollama_bench.selftest.truth_server",
    "ollama_bench.server.patience",
    "ollama_bench.server.stream",
    "ollama_bench.watch",
    "orchestrator.gatekeeper",
    "orchestrator.kinds",
    "orchestrator.perf",
    "orchestrator.progress",
    "orchestrator.scenario",
    "orchestrator.worker",
    "orchestrator.yardstick",
}

HEAVY = {
    "fastapi",
    "httpx",
    "numpy",
    "ollama",
    "pydantic",
    "psutil",
    "pynvml",
    "rich",
    "starlette",
    "uvicorn",
    "vl_convert",
    "xllamacpp",
    "yaml",
}


@cache
def _modules() -> dict[str, ast.Module]:
    """The syntax tree of every module by its dotted name."""
    trees = {}
    for path in (file for package in PACKAGES for file in (ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        trees[name] = ast.parse(path.read_text(encoding="utf-8"))
    return trees


@cache
def _imports(module: str) -> frozenset[str]:
    """What a module imports, in functions too; not what only the type checker reads."""
    return frozenset(_imported(_modules()[module]))


def _imported(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute here"
            assert child.module
            yield child.module
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        else:
            yield from _imported(child)


@cache
def _imports_at_once(module: str) -> frozenset[str]:
    """What a module imports when it is imported itself; an import inside a function is one that was put off."""
    statements = [node for node in _modules()[module].body if not isinstance(node, ast.FunctionDef)]
    return frozenset(_imported(ast.Module(body=statements, type_ignores=[])))


def _reached_from(module: str) -> dict[str, str]:
    """Everything that `module` uses or that importing it brings, each with the module of ours that imports it."""
    found: dict[str, str] = {}
    pending = [module]
    while pending:
        importer = pending.pop()
        for name in _imports(importer) if _is_in(importer, PURE) else _imports_at_once(importer):
            if name not in found:
                found[name] = importer
                pending += [name] if name in _modules() else []
    return found


def _is_in(module: str, names: tuple[str, ...]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in names)


def test_the_orchestrator_knows_nothing_of_ollama() -> None:
    for module in _modules():
        if _is_in(module, ("orchestrator",)):
            outside = [name for name in _imports(module) if _is_in(name, ("ollama_bench", "ollama", "cli"))]
            assert not outside, f"{module} imports {outside}"


def test_the_services_know_nothing_of_the_tools_nor_the_tools_of_them() -> None:
    for module in _modules():
        others = ("ollama_bench", "orchestrator", "cli") if _is_in(module, ("services",)) else ("services",)
        outside = [name for name in _imports(module) if _is_in(name, others)]
        assert not outside, f"{module} imports {outside}"


@pytest.mark.parametrize("module", [module for module in sorted(_modules()) if _is_in(module, PURE)])
def test_a_pure_module_reaches_nothing_that_is_not(module: str) -> None:
    impure = {name: by for name, by in _reached_from(module).items() if name.split(".")[0] in IMPURE}

    assert not impure, f"{module} reaches {impure}"


def test_every_name_of_the_pure_part_that_exists_was_looked_at() -> None:
    missing = [name for name in PURE if name not in _modules()]

    assert missing == [name for name in ("orchestrator.gate", "orchestrator.slo") if name not in _modules()]


def test_few_modules_read_the_clock() -> None:
    readers = {module for module in _modules() if "time" in _imports(module)}

    assert {
        module for module in readers if not _is_in(module, ("ollama_bench.embedded", "ollama_bench.load"))
    } <= READ_THE_CLOCK


def test_the_design_names_the_modules_that_read_the_clock() -> None:
    design = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    paragraph = next(part for part in design.split("\n\n") if "read the clock, and only" in part)
    readers = {m for m in _modules() if "time" in _imports(m) or "datetime.now(" in ast.unparse(_modules()[m])}
    for module in [name for name in readers if _is_in(name, ("ollama_bench",))]:
        path = module.split(".", 1)[1].replace(".", "/")
        folder = path.partition("/")[0]
        assert f"`{folder}/`" in paragraph or f"`{path}.py`" in paragraph, module


def test_the_server_is_spoken_to_in_one_place() -> None:
    """The embedded engine speaks to its own runner, and `load` to its own stack: not to the server that is measured."""
    speakers = {module for module in _modules() if {"httpx", "ollama"} & _imports(module)}

    rooms = ("ollama_bench.server", "ollama_bench.embedded", "ollama_bench.load")
    assert all(_is_in(module, rooms) for module in speakers), speakers


def test_the_embedded_engine_is_imported_only_where_it_is_asked_for() -> None:
    importers = {
        module
        for module in _modules()
        if not _is_in(module, ("ollama_bench.embedded",))
        and any(_is_in(name, ("ollama_bench.embedded",)) for name in _imports(module))
    }

    assert importers <= {"ollama_bench.run", "ollama_bench.cli", "ollama_bench.offer"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["run", "--help"],
        ["show", "--help"],
        ["report", "--help"],
        ["compare", "--help"],
        ["doctor", "--help"],
        ["selftest", "--help"],
        ["history", "--help"],
        ["history", "rebuild", "--help"],
        ["serve", "--help"],
        ["completion", "--help"],
        ["load", "--help"],
        ["load", "stack", "--help"],
        ["load", "prism", "--help"],
        ["load", "alerts", "--help"],
        ["--version"],
    ],
)
def test_help_brings_no_heavy_module(arguments: list[str]) -> None:
    code = (
        "import json, sys\n"
        "sys.argv[0] = 'ollama-bench'\n"
        "from ollama_bench.cli import main\n"
        "try: main()\n"
        "except SystemExit as ending: assert not ending.code\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = {name.split(".")[0] for name in json.loads(done.stderr)}

    assert done.stdout
    assert not loaded & HEAVY


def test_no_module_is_imported_in_a_circle() -> None:
    for module in _modules():
        found: set[str] = set()
        pending = [module]
        while pending:
            names = {name for name in _imports_at_once(pending.pop()) if name in _modules()} - found
            found |= names
            pending += names
        assert module not in found, module
