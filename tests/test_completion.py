"""Shell completion, in real shells against a real server; and what is offered where something is wrong."""

import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ollama_bench.server.glance import names_at_a_glance
from tests.conftest import Cli
from tests.scripted_http import Exchange
from tests.scripted_server import Model, ScriptedServer

SCRIPTS = sysconfig.get_path("scripts")
NAMES = ("llama3.2:1b", "llama3.2:3b", "qwen2.5:0.5b-instruct", "hf.co/some/Model-GGUF:Q4_K_M")
NOBODY = "127.0.0.1:1"

pytestmark = [
    pytest.mark.usefixtures("workspace"),
    pytest.mark.skipif(not Path(SCRIPTS, "ollama-bench").exists(), reason="the console script is not installed"),
]


@pytest.fixture
def models() -> Iterator[ScriptedServer]:
    """A server that has some models."""
    with ScriptedServer(models={name: Model(name) for name in NAMES}) as server:
        yield server


def complete(line: str, host: str = NOBODY, **environment: str) -> list[str]:
    """What bash would be offered for `line`, as its function asks; all goes without a word on stderr."""
    asked = {
        "_OLLAMA_BENCH_COMPLETE": "bash_complete",
        "COMP_LINE": line,
        "COMP_WORD": "",
        "COMP_BREAKS": "\"'><=;|&(:",
    }
    done = subprocess.run(
        [str(Path(SCRIPTS, "ollama-bench"))],
        env=os.environ | {"OLLAMA_HOST": host} | asked | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


def offered(line: str, host: str) -> list[str]:
    """The same where a server has to be asked: on a busy machine 0.3 s may be too short for it, once."""
    for _ in range(10):
        if found := complete(line, host):
            return found
    raise AssertionError(f"nothing is offered for {line!r}")


# --- real shells


@pytest.mark.skipif(shutil.which("bash") is None or sys.platform == "win32", reason="there is no bash here")
def test_a_tab_in_a_real_bash_completes_names_with_colons(models: ScriptedServer) -> None:
    from tests.on_terminal import on_terminal

    path = f"{SCRIPTS}:{os.environ['PATH']}"
    settings = "bind 'set bell-style none'; bind 'set show-all-if-ambiguous on'; bind 'set enable-bracketed-paste off'"
    with on_terminal("bash", "--norc", "--noprofile", PATH=path, OLLAMA_HOST=models.url, columns=200) as terminal:
        terminal.type(f"PS1='$ '; {settings}; source <(ollama-bench completion bash); echo rea''dy\n")
        terminal.wait_for("ready\r\n")
        for typed, completed in (
            ("ollama-bench run llama3.2:3\t", "ollama-bench run llama3.2:3b "),
            ("ollama-bench run 'llama3.2:3\t", "ollama-bench run 'llama3.2:3b' "),
            ("ollama-bench run llama3.2:\t", "ollama-bench run llama3.2:\r\n1b  3b  \r\n"),
            ("ollama-bench bench:l\t", "ollama-bench bench:list "),
            ("ollama-bench doctor qw\t", "ollama-bench doctor qwen2.5:0.5b-instruct "),
            ("ollama-bench bench:run --name=qwen2.5:\t", "ollama-bench bench:run --name=qwen2.5:0.5b-instruct "),
            ("ollama-bench bench:show --name SR\t", "ollama-bench bench:show --name SRE-BOT "),
        ):
            _press(terminal, typed, completed)


def _press(terminal: Any, typed: str, completed: str) -> None:
    """Type a line and a tab; another tab where the server was too slow; then take the line away."""
    terminal.written = ""
    terminal.type(typed)
    for _ in range(10):
        if terminal.comes(completed, 5.0):
            break
        terminal.type("\t")
    terminal.wait_for(completed)
    terminal.type("\x15")


@pytest.mark.skipif(shutil.which("zsh") is None or sys.platform == "win32", reason="there is no zsh here")
def test_a_tab_in_a_real_zsh_does(models: ScriptedServer) -> None:
    from tests.on_terminal import on_terminal

    path = f"{SCRIPTS}:{os.environ['PATH']}"
    with on_terminal("zsh", "-f", "-i", PATH=path, OLLAMA_HOST=models.url, columns=200) as terminal:
        setup = "PS1='%% '; autoload -Uz compinit; compinit -u -D; source <(ollama-bench completion zsh)"
        terminal.type(f"{setup}; echo rea''dy\n")
        terminal.wait_for("ready\r\n")
        for typed, completed in (
            ("ollama-bench run llama3.2:3\t", "llama3.2:3b"),
            ("ollama-bench bench:l\t", "bench:list"),
        ):
            _press(terminal, typed, completed)


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish here")
def test_a_real_fish_does(models: ScriptedServer) -> None:
    environment = os.environ | {"PATH": f"{SCRIPTS}:{os.environ['PATH']}", "OLLAMA_HOST": models.url}
    for line, names in (
        ("ollama-bench run llama3.2:", ["llama3.2:1b", "llama3.2:3b"]),
        ("ollama-bench bench:l", ["bench:list"]),
    ):
        asking = f"ollama-bench completion fish | source; complete -C '{line}'"
        done = subprocess.run(
            ["fish", "--no-config", "-c", asking],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert [found.split("\t")[0] for found in done.stdout.splitlines()] == names


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_script_defines_its_function_for_the_command(cli: Cli, shell: str) -> None:
    done = cli("completion", shell)

    assert (done.code, done.err) == (0, "")
    assert "_OLLAMA_BENCH_COMPLETE=" in done.out
    assert f"{shell}_complete" in done.out


# --- what is offered


def test_models_are_those_of_the_server_that_is_named_on_the_line(models: ScriptedServer) -> None:
    assert offered("ollama-bench run ", models.url) == ["plain," + name for name in NAMES]
    assert offered(f"ollama-bench run --host {models.url} --profile quick ll", NOBODY) == [
        "plain,llama3.2:1b",
        "plain,llama3.2:3b",
    ]
    assert offered(f"ollama-bench run llama3.2:1b --host={models.url} qw", NOBODY) == ["plain,qwen2.5:0.5b-instruct"]
    assert offered(f"ollama-bench bench:baseline --host {models.url} --name hf", NOBODY) == [
        "plain,hf.co/some/Model-GGUF:Q4_K_M"
    ]


def test_scenarios_are_offered_with_models_in_any_case(models: ScriptedServer, workspace: Path) -> None:
    (workspace / "config" / "scenarios.yaml").write_text("my import: {command: 'true'}\n", encoding="utf-8")

    assert complete("ollama-bench bench:show --name tre", models.url) == ["plain,Treasury-BOT"]
    assert complete("ollama-bench bench:show --name m", models.url) == ["plain,my\\", "import"]
    assert "plain,SRE-BOT" in complete("ollama-bench bench:show --name ")
    assert offered("ollama-bench bench:show --name llama3.2:3", models.url) == ["plain,3b"]


def test_the_gate_is_offered_what_has_results(models: ScriptedServer, cli: Cli) -> None:
    assert cli("bench:run", "--name", "SRE-BOT", "--iter", "1", "--warmup", "0").code == 0

    assert complete("ollama-bench slo:gate --name ", models.url) == ["plain,SRE-BOT"]
    assert models.requests == []


def test_saved_results_are_offered_newest_first_then_any_file(workspace: Path) -> None:
    (workspace / "scorecards").mkdir()
    for name in ("zephyr-20261101T000000Z.json", "apollo-20261123T170312Z.json", "apollo-20261123T170312Z.md"):
        (workspace / "scorecards" / name).write_text("{}")

    for command in ("show", "gate"):
        assert complete(f"ollama-bench {command} ") == [
            "plain,scorecards/apollo-20261123T170312Z.json",
            "plain,scorecards/zephyr-20261101T000000Z.json",
        ]
        assert complete(f"ollama-bench {command} old/") == ["file,"]


@pytest.mark.parametrize(
    ("word", "offered"),
    [
        ("", r"""scorecards/a\$\(x\)\'\"b.json"""),
        ('"', r"""scorecards/a\$(x)'\"b.json"""),
        ("'", r"""scorecards/a$(x)'\''"b.json"""),
    ],
)
def test_a_name_of_a_file_is_quoted_as_the_word_is(workspace: Path, word: str, offered: str) -> None:
    (workspace / "scorecards").mkdir()
    (workspace / "scorecards" / "a$(x)'\"b.json").write_text("{}")

    assert complete(f"ollama-bench show {word}sc", COMP_WORD=f"{word}sc") == [f"plain,{offered}"]


def test_the_embedded_engines_models_are_offered_without_starting_it(models: ScriptedServer) -> None:
    code = (
        "import json, sys\n"
        "from ollama_bench import offer\n"
        "print(json.dumps([offer.models(None, embedded=True), sorted(sys.modules)]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    names, modules = json.loads(done.stdout)

    assert {"gemma3:270m", "gemma3:270m-base"} <= set(names)
    assert not {"xllamacpp", "starlette", "uvicorn", "ollama_bench.embedded.process", "httpx"} & set(modules)
    assert complete("ollama-bench run --embedded gemma3:270m-", models.url) == ["plain,270m-base"]
    assert complete("ollama-bench run --embedded ./my", models.url) == ["file,"]
    assert models.requests == []


def test_completing_a_models_name_imports_nothing_heavy(models: ScriptedServer) -> None:
    code = "import sys\nfrom ollama_bench.cli import main\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    asked = {"_OLLAMA_BENCH_COMPLETE": "bash_complete", "COMP_LINE": "ollama-bench run ll", "COMP_WORD": ""}
    script = Path("ollama-bench")
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, str(script)],
        env=os.environ | asked | {"COMP_BREAKS": ":", "OLLAMA_HOST": models.url},
        capture_output=True,
        text=True,
        check=True,
    )

    assert models.kinds == ["tags"]
    assert not {"httpx", "ollama", "pydantic", "psutil", "rich", "yaml"} & set(done.stderr.split())


# --- what is wrong


@pytest.mark.parametrize(
    "name",
    ["$(reboot)", "x;reboot", "a b", "`id`", "-rf", "a\nb", "\x1b[2J", "模型", "", "a" * 201, "*", 7, None, ["x"]],
)
def test_a_name_that_a_shell_could_misread_is_not_offered(models: ScriptedServer, name: Any) -> None:
    models.on["tags"] = lambda exchange: exchange.json({"models": [{"name": name}, {"name": "good:1b"}]})

    assert offered("ollama-bench run ", models.url) == ["plain,good:1b"]


def redirecting(url: str) -> Any:
    def handler(exchange: Exchange) -> None:
        exchange.raw(f"HTTP/1.1 302 Found\r\nLocation: {url}/api/tags\r\nContent-Length: 0\r\n\r\n".encode())

    return handler


def trickling(exchange: Exchange) -> None:
    """A blank now and then, so that no single read times out, for as long as anybody reads."""
    exchange.start()
    while True:
        exchange.chunk(b" ")
        time.sleep(0.02)


def test_an_answer_that_is_none_offers_nothing(models: ScriptedServer) -> None:
    with ScriptedServer(models={"other:1b": Model("other:1b")}) as other:
        for handler in (
            Exchange.hang,
            Exchange.reset,
            Exchange.close,
            trickling,
            redirecting(other.url),
            lambda exchange: exchange.json({"error": "no"}, 500),
            lambda exchange: exchange.json(["models"]),
            lambda exchange: exchange.json({"models": [7]}),
            lambda exchange: exchange.answer(b"[" * 100_000),
            lambda exchange: exchange.answer(b"\xff\xfe"),
            lambda exchange: exchange.raw(b"SSH-2.0-OpenSSH\r\n"),
        ):
            models.on["tags"] = handler
            assert names_at_a_glance(models.url) == [], handler
        assert other.requests == [], "no other machine is asked"


def test_no_server_no_address_and_a_server_that_is_full_offer_nothing() -> None:
    assert complete("ollama-bench run ", "127.0.0.1:1") == []
    assert complete("ollama-bench run ", "http://[not an address") == []
    assert complete("ollama-bench run --host ftp://x ll") == []
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:  # accepts nobody
        assert names_at_a_glance(f"http://127.0.0.1:{full.getsockname()[1]}") == []


def test_a_mistake_in_a_file_of_the_users_is_no_message_in_the_line(workspace: Path) -> None:
    (workspace / "config" / "scenarios.yaml").write_text("- not: [a mapping\n", encoding="utf-8")

    assert complete("ollama-bench bench:run --name tre") == ["plain,Treasury-BOT"]


@pytest.mark.parametrize(
    "line",
    ["ollama-bench nonsense --x ", "ollama-bench run --seed many ", "ollama-bench run 'open ", "ollama-bench ", ""],
)
def test_nonsense_on_the_line_ends_in_peace(line: str) -> None:
    complete(line)


def test_an_unknown_shell_is_told(cli: Cli) -> None:
    done = cli("completion", "tcsh")

    assert done.code == 2
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'" in done.err
