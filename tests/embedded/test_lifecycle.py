"""Loading and unloading, queues, clients that leave, runners that crash, parents that die."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest

from ollama_bench.embedded.process import EmbeddedServer
from tests.embedded.conftest import (
    MODEL,
    TINY,
    half_read,
    in_background,
    is_alive,
    loaded_models,
    runners,
    unload,
    until,
)
from tests.embedded.tiny_gguf import write_tiny_gguf

ENDLESS = {"model": MODEL, "prompt": "Tell a very long story.", "options": {"temperature": 1.2, "seed": 7}}
SHORT = {"model": TINY, "prompt": "hello", "stream": False, "options": {"num_predict": 4, "seed": 1}}
STOPPED = "an error was encountered while running the model"


def generate(api: httpx.Client, **changes: object) -> httpx.Response:
    return api.post("/api/generate", json=SHORT | changes)


def test_keep_alive_ends_the_runner_after_its_time(api: httpx.Client, server: EmbeddedServer) -> None:
    generate(api, keep_alive="300ms").raise_for_status()
    [runner] = runners(server)
    until(lambda: loaded_models(api) == [])
    until(lambda: not is_alive(runner))


def test_keep_alive_zero_answers_and_then_unloads(api: httpx.Client) -> None:
    assert generate(api, keep_alive=0).json()["done_reason"] == "length"
    until(lambda: loaded_models(api) == [])


@pytest.mark.parametrize(("keep_alive", "year"), [(-1, "2"), ("-1m", "2"), ("24h", None)])
def test_keep_alive_forms(keep_alive: object, year: str | None, api: httpx.Client) -> None:
    generate(api, keep_alive=keep_alive).raise_for_status()
    [entry] = api.get("/api/ps").json()["models"]
    assert (entry["expires_at"][:4] > "2300") == (year is not None)
    unload(api)


def test_a_request_without_keep_alive_leaves_it_as_it_is(api: httpx.Client) -> None:
    generate(api, keep_alive=-1).raise_for_status()
    generate(api).raise_for_status()
    assert api.get("/api/ps").json()["models"][0]["expires_at"] > "2300"
    unload(api)


def test_another_model_takes_the_place_of_the_first(api: httpx.Client, server: EmbeddedServer) -> None:
    generate(api).raise_for_status()
    [first] = runners(server)
    generate(api, model="second-model").raise_for_status()
    assert loaded_models(api) == ["second-model:latest"]
    assert not is_alive(first)
    assert len(runners(server)) == 1


def test_another_num_ctx_needs_another_runner_and_the_same_does_not(api: httpx.Client, server: EmbeddedServer) -> None:
    generate(api, options={"num_ctx": 256, "num_predict": 2}).raise_for_status()
    [first] = runners(server)
    generate(api, options={"num_ctx": 256, "num_predict": 3}).raise_for_status()
    assert runners(server) == [first]
    generate(api, options={"num_ctx": 128, "num_predict": 2}).raise_for_status()
    assert runners(server) != [first]


def test_a_file_that_was_replaced_is_loaded_anew(api: httpx.Client, tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "model.gguf", script=["old"])
    beside = write_tiny_gguf(tmp_path / "beside.gguf", script=["new"])
    before = path.stat()
    os.utime(beside, ns=(before.st_atime_ns, before.st_mtime_ns))  # as `cp -p` and `rsync -t` leave it
    assert beside.stat().st_size == before.st_size
    body = {"model": str(path), "options": {"temperature": 0}}
    assert generate(api, **body).json()["response"].strip() == "old"
    beside.replace(path)
    [entry] = api.get("/api/ps").json()["models"]
    assert entry["digest"] == ""  # that of the old file is not known, and the new one is not loaded
    assert generate(api, **body).json()["response"].strip() == "new"
    [entry] = api.get("/api/ps").json()["models"]
    assert entry["digest"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_unload_while_generating_waits_for_the_answer(api: httpx.Client, server: EmbeddedServer) -> None:
    body = ENDLESS | {"options": {"num_predict": 24}}
    with api.stream("POST", "/api/generate", json=body) as answer:
        lines = answer.iter_lines()
        next(lines)
        with httpx.Client(base_url=server.url) as other:
            unloaded = other.post("/api/generate", json={"model": MODEL, "keep_alive": 0})
            assert unloaded.json()["done_reason"] == "unload"
            assert loaded_models(other) == [MODEL]
        *_, last = lines
    assert json.loads(last)["done"] is True
    until(lambda: loaded_models(api) == [])


def test_requests_are_served_in_order_of_arrival(api: httpx.Client, server: EmbeddedServer) -> None:
    generate(api).raise_for_status()
    with half_read(server, "/api/generate", json.dumps(ENDLESS).encode()):
        asked = []
        for _ in range(4):
            asked.append(in_background(lambda: generate(api).json()["created_at"].rstrip("Z")))
            time.sleep(0.1)
        assert all(results == [] for _, results in asked)
    for thread, _ in asked:
        thread.join()
    finished = [results[0] for _, results in asked]
    assert all(isinstance(created_at, str) for created_at in finished)
    assert finished == sorted(finished, key=str)


def test_a_model_that_is_slow_to_look_into_keeps_its_place(own_server: Callable[..., EmbeddedServer]) -> None:
    finished: list[str] = []
    with own_server() as server:
        url = f"{server.url}/api/generate"

        def ask(model: str) -> None:
            httpx.post(url, json=SHORT | {"model": model}, timeout=60).raise_for_status()
            finished.append(model)

        ask(TINY)
        first, _ = in_background(partial(ask, MODEL))  # the first look into its file takes some tenths of a second
        time.sleep(0.05)
        ask(TINY)
        first.join()
    assert finished == [TINY, MODEL, TINY]


def test_waiting_in_the_queue_is_in_the_total_only(api: httpx.Client, server: EmbeddedServer) -> None:
    api.post("/api/generate", json={"model": MODEL}).raise_for_status()
    body = ENDLESS | {"stream": False, "options": {"num_predict": 4}}
    with half_read(server, "/api/generate", json.dumps(ENDLESS).encode()):
        thread, results = in_background(lambda: httpx.post(f"{server.url}/api/generate", json=body, timeout=60).json())
        time.sleep(0.5)
    thread.join()
    [answer] = results
    assert isinstance(answer, dict)
    assert answer["total_duration"] > 500_000_000
    assert answer["load_duration"] < 500_000_000


def test_parallel_requests_run_at_once_when_asked_for(own_server: Callable[..., EmbeddedServer]) -> None:
    with own_server(OLLAMA_NUM_PARALLEL="2") as server, httpx.Client(base_url=server.url, timeout=60) as api:
        with half_read(server, "/api/generate", json.dumps(ENDLESS).encode()):
            body = ENDLESS | {"stream": False, "options": {"num_predict": 4}}
            assert api.post("/api/generate", json=body).json()["eval_count"] == 4
        assert api.get("/api/ps").json()["models"][0]["context_length"] == 4096


def test_keep_alive_of_a_request_that_waits_for_the_load_of_another_counts(
    api: httpx.Client, server: EmbeddedServer
) -> None:
    unload(api, MODEL)
    until(lambda: runners(server) == [])  # the runner that is seen below is the new one: the first request came first
    body = {"model": MODEL, "prompt": "x", "stream": False, "options": {"num_predict": 1}}
    url = f"{server.url}/api/generate"
    first, _ = in_background(lambda: httpx.post(url, json=body | {"keep_alive": "5m"}, timeout=60))
    until(lambda: runners(server))
    httpx.post(url, json=body | {"keep_alive": -1}, timeout=60).raise_for_status()
    first.join()
    assert api.get("/api/ps").json()["models"][0]["expires_at"] > "2300"
    unload(api, MODEL)


def test_an_unload_during_the_load_unloads_when_the_request_is_done(api: httpx.Client, server: EmbeddedServer) -> None:
    unload(api, MODEL)
    until(lambda: runners(server) == [])  # the runner that is seen below is the new one
    body = {"model": MODEL, "prompt": "x", "stream": False, "keep_alive": "5m", "options": {"num_predict": 1}}
    thread, results = in_background(lambda: httpx.post(f"{server.url}/api/generate", json=body, timeout=60))
    until(lambda: runners(server))
    assert loaded_models(api) == []
    api.post("/api/generate", json={"model": MODEL, "keep_alive": 0}).raise_for_status()
    thread.join()
    [answer] = results
    assert isinstance(answer, httpx.Response)
    assert answer.json()["done"] is True
    until(lambda: runners(server) == [])


def test_too_many_requests_that_wait_for_a_load_get_503(own_server: Callable[..., EmbeddedServer]) -> None:
    with own_server(OLLAMA_MAX_QUEUE="1") as server:
        url = f"{server.url}/api/generate"
        body = ENDLESS | {"options": {"num_predict": 2}}
        asked = [in_background(lambda: httpx.post(url, json=body, timeout=60)) for _ in range(5)]
        answers = []
        for thread, results in asked:
            thread.join()
            assert isinstance(results[0], httpx.Response)
            answers.append(results[0])
    refused = [answer for answer in answers if answer.status_code == 503]
    assert sorted(answer.status_code for answer in answers) == [200, 200, 503, 503, 503]
    for answer in refused:
        message = "server busy, please try again.  maximum pending requests exceeded"
        assert answer.json() == {"error": message}


def test_generation_stops_when_the_client_leaves(api: httpx.Client, server: EmbeddedServer) -> None:
    with half_read(server, "/api/generate", json.dumps(ENDLESS).encode()):
        [runner] = runners(server)
    assert_falls_idle(runner)
    assert runners(server) == [runner]


def test_generation_stops_when_the_client_of_a_whole_answer_leaves(api: httpx.Client, server: EmbeddedServer) -> None:
    api.post("/api/generate", json={"model": MODEL}).raise_for_status()
    [runner] = runners(server)
    with pytest.raises(httpx.ReadTimeout):
        api.post("/api/generate", json=ENDLESS | {"stream": False}, timeout=1)
    assert_falls_idle(runner)


def test_a_client_that_leaves_during_prefill_frees_the_slot(api: httpx.Client, server: EmbeddedServer) -> None:
    api.post("/api/generate", json={"model": MODEL}).raise_for_status()
    [runner] = runners(server)
    words = " ".join(f"word{i}" for i in range(900))
    with pytest.raises(httpx.ReadTimeout):
        api.post("/api/generate", json=ENDLESS | {"prompt": words}, timeout=0.5)
    assert_falls_idle(runner)


def test_a_client_that_leaves_during_the_load_ends_it(api: httpx.Client, server: EmbeddedServer) -> None:
    unload(api, MODEL)
    with pytest.raises(httpx.ReadTimeout):
        api.post("/api/generate", json=ENDLESS, timeout=0.3)
    until(lambda: runners(server) == [])
    assert loaded_models(api) == []


def test_a_client_that_leaves_while_its_model_takes_another_s_place(api: httpx.Client, server: EmbeddedServer) -> None:
    generate(api).raise_for_status()
    [runner] = runners(server)
    runner.suspend()  # so that it does not end at once
    until(lambda: is_stopped(runner))
    with pytest.raises(httpx.ReadTimeout):
        api.post("/api/generate", json=SHORT | {"model": "second-model"}, timeout=1)
    assert loaded_models(api) == ["tiny:latest"]
    assert api.post("/api/generate", json=SHORT, timeout=30).json()["done"] is True
    assert not is_alive(runner)
    assert len(runners(server)) == 1


def test_a_crashed_runner_fails_its_request_and_the_next_one_gets_another(
    api: httpx.Client, server: EmbeddedServer
) -> None:
    with api.stream("POST", "/api/generate", json=ENDLESS) as answer:
        lines = answer.iter_lines()
        next(lines)
        [runner] = runners(server)
        runner.send_signal(signal.SIGKILL)
        *_, last = lines
    assert json.loads(last)["error"].startswith(STOPPED)
    until(lambda: loaded_models(api) == [])
    again = ENDLESS | {"stream": False, "options": {"num_predict": 2}}
    assert api.post("/api/generate", json=again).json()["done"] is True
    assert len(runners(server)) == 1


def test_a_warning_is_not_given_as_the_cause_of_a_crash(
    api: httpx.Client, server: EmbeddedServer, tmp_path: Path
) -> None:
    # When a prompt is in the cache, llama.cpp warns that it is evaluated once more.
    metadata = {"llama.context_length": 4096}
    path = write_tiny_gguf(tmp_path / "loops.gguf", metadata=metadata, script=["a", "b"], ends=False)
    body = {"model": str(path), "prompt": "x", "options": {"temperature": 0}}
    api.post("/api/generate", json=body | {"options": {"num_predict": 1}}).raise_for_status()
    [runner] = runners(server)
    with api.stream("POST", "/api/generate", json=body) as answer:
        lines = answer.iter_lines()
        next(lines)
        runner.send_signal(signal.SIGKILL)
        *_, last = lines
    assert json.loads(last)["error"].startswith(STOPPED)
    assert "n_past" not in json.loads(last)["error"]


def test_a_request_that_waits_while_the_runner_crashes_gets_another(api: httpx.Client, server: EmbeddedServer) -> None:
    body = ENDLESS | {"stream": False, "options": {"num_predict": 2}}
    with half_read(server, "/api/generate", json.dumps(ENDLESS).encode()):
        [runner] = runners(server)
        thread, results = in_background(lambda: httpx.post(f"{server.url}/api/generate", json=body, timeout=60).json())
        time.sleep(0.5)
        assert results == []
        runner.send_signal(signal.SIGKILL)
        thread.join()
    [answer] = results
    assert isinstance(answer, dict)
    assert answer.get("done") is True, answer
    assert len(runners(server)) == 1
    assert not is_alive(runner)


def test_a_crash_before_the_first_token_is_a_500(api: httpx.Client, server: EmbeddedServer) -> None:
    api.post("/api/generate", json={"model": MODEL}).raise_for_status()
    [runner] = runners(server)
    words = " ".join(f"word{i}" for i in range(900))
    body = ENDLESS | {"prompt": words}
    thread, results = in_background(lambda: httpx.post(f"{server.url}/api/generate", json=body, timeout=60))
    before = sum(runner.cpu_times()[:2])
    until(lambda: sum(runner.cpu_times()[:2]) > before + 0.3)
    runner.send_signal(signal.SIGKILL)
    thread.join()
    [answer] = results
    assert isinstance(answer, httpx.Response)
    assert answer.status_code == 500
    assert answer.json()["error"].startswith(STOPPED)


def test_a_file_that_is_no_model_is_a_clear_error(api: httpx.Client, models_folder: Path) -> None:
    answer = api.post("/api/generate", json={"model": "broken", "prompt": "x"})
    assert answer.status_code == 500
    assert answer.json()["error"].startswith("broken.gguf: ")


def test_a_model_that_cannot_be_loaded_is_a_clear_error(
    api: httpx.Client, tmp_path: Path, server: EmbeddedServer
) -> None:
    path = write_tiny_gguf(tmp_path / "odd.gguf", metadata={"general.architecture": "no-such-architecture"})
    answer = api.post("/api/generate", json={"model": str(path), "prompt": "x"})
    assert answer.status_code == 500
    assert "no-such-architecture" in answer.json()["error"]
    assert runners(server) == []


def test_a_server_whose_standard_error_nobody_reads_any_more(home: Path, models_folder: Path, tmp_path: Path) -> None:
    odd = write_tiny_gguf(tmp_path / "odd.gguf", metadata={"general.architecture": "no-such-architecture"})
    command = [sys.executable, "-m", "ollama_bench.embedded", "--port", "0", "--models", str(models_folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().strip().removeprefix("listening on ")
        process.stderr.close()
        try:
            with httpx.Client(base_url=url, timeout=60) as api:
                for _ in range(2):
                    refused = generate(api, model=str(odd))  # llama.cpp writes of it at length
                    assert "no-such-architecture" in refused.text
                    assert generate(api).json()["done"] is True
        finally:
            process.terminate()


@pytest.mark.skipif(sys.platform != "linux", reason="a pipe is made small by Linux only")
def test_a_standard_error_that_nobody_reads_holds_nothing_up(home: Path, models_folder: Path, tmp_path: Path) -> None:
    import fcntl

    odd = write_tiny_gguf(tmp_path / "odd.gguf", metadata={"general.architecture": "no-such-architecture"})
    command = [sys.executable, "-m", "ollama_bench.embedded", "--port", "0", "--models", str(models_folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        fcntl.fcntl(process.stderr, fcntl.F_SETPIPE_SZ, 4096)
        url = process.stdout.readline().strip().removeprefix("listening on ")
        try:
            with httpx.Client(base_url=url, timeout=20) as api:
                for _ in range(12):
                    assert "no-such-architecture" in generate(api, model=str(odd)).text
                assert generate(api).json()["done"] is True
            process.terminate()
            process.wait(20)
            # Else the pipe was never full: llama.cpp writes this of each load that fails.
            assert process.stderr.read().count("no-such-architecture") < 12
        finally:
            process.kill()


def test_a_client_that_leaves_within_its_request_is_no_error(own_server: Callable[..., EmbeddedServer]) -> None:
    with own_server() as server:
        host, _, port = server.url.removeprefix("http://").partition(":")
        for _ in range(3):
            with socket.create_connection((host, int(port)), timeout=60) as connection:
                head = f"POST /api/generate HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100\r\n\r\n{{"
                connection.sendall(head.encode())
                time.sleep(0.2)  # until the request is being handled
        httpx.post(f"{server.url}/api/generate", json=SHORT, timeout=60).raise_for_status()
        assert "Traceback" not in server.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_server_and_runner(number: signal.Signals, own_server: Callable[..., EmbeddedServer]) -> None:
    with own_server() as server:
        httpx.post(f"{server.url}/api/generate", json=SHORT, timeout=60).raise_for_status()
        family = [psutil.Process(server.pid), *runners(server)]
        assert len(family) == 2
        os.kill(server.pid, number)
        until(lambda: not any(is_alive(process) for process in family))


def test_the_runner_dies_with_a_killed_server(own_server: Callable[..., EmbeddedServer]) -> None:
    with own_server() as server:
        httpx.post(f"{server.url}/api/generate", json=SHORT, timeout=60).raise_for_status()
        [runner] = runners(server)
        os.kill(server.pid, signal.SIGKILL)
        until(lambda: not is_alive(runner))


def test_the_runner_dies_with_a_server_that_is_killed_while_it_loads(own_server: Callable[..., EmbeddedServer]) -> None:
    with own_server() as server:
        url = f"{server.url}/api/generate"
        thread, _ = in_background(lambda: httpx.post(url, json=ENDLESS, timeout=60))
        until(lambda: runners(server))
        [runner] = runners(server)
        os.kill(server.pid, signal.SIGKILL)
        until(lambda: not is_alive(runner))
        thread.join()


TOOL = """
import sys, time, httpx
from ollama_bench.embedded.process import EmbeddedServer
with EmbeddedServer("--models", sys.argv[1]) as server:
    httpx.post(server.url + "/api/generate", json={"model": "tiny"}, timeout=60).raise_for_status()
    print(server.pid, flush=True)
    time.sleep(600)
"""


def test_server_and_runner_die_with_a_killed_tool(home: Path, models_folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", TOOL, str(models_folder)], stdout=subprocess.PIPE) as tool:
        assert tool.stdout is not None
        server = psutil.Process(int(tool.stdout.readline()))
        family = [server, *server.children(recursive=True)]
        assert len(family) == 2
        tool.kill()
        until(lambda: not any(is_alive(process) for process in family))


def is_stopped(process: psutil.Process) -> bool:
    """Whether all its threads are: one that still runs would heed a signal at once."""
    ids = [thread.id for thread in process.threads()] if sys.platform == "linux" else [process.pid]
    return all(psutil.Process(number).status() == psutil.STATUS_STOPPED for number in ids)


def assert_falls_idle(runner: psutil.Process) -> None:
    """Wait until the runner has used no CPU time for a while."""

    def is_idle() -> bool:
        before = runner.cpu_times()[:2]
        time.sleep(0.3)
        return runner.cpu_times()[:2] == before

    until(is_idle)


def test_a_tool_that_is_interrupted_while_the_server_starts_is_over_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Starting a thread waits, and Ctrl-C ends that: what watched the start must not keep the tool for its minute."""
    watchdogs = []

    class Interrupted(threading.Timer):
        def start(self) -> None:
            watchdogs.append(self)
            super().start()
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(threading, "Timer", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        EmbeddedServer().__enter__()
    (watchdog,) = watchdogs
    watchdog.join(20)
    assert not watchdog.is_alive()
    watchdog.cancel()
