"""What the embedded server costs over the engine that it serves, and whether it leaves anything behind.

    python benchmarks/embedded_overhead.py [--pairs 30] [--cycles 50] [--crashes 20] [--report-only]

1. Speed: the same prompts, in turn, to llama.cpp's own endpoint in a runner and to the server over another runner
   of the same plan; one client, one clock. Targets: tok/s at least 97 %, TTFT at most 3 ms more (medians).
2. Crashes and disconnects: a runner killed in the middle of an answer, a client that leaves in the middle of one.
   Target: the next request is answered, and no process is left at the end.
3. Memory: the server's RSS over cycles of load and unload. Target: flat, at most 5 % more from the fifth to the last.

The exit code is 1 when a target is missed, unless --report-only is given.
"""

import argparse
import json
import os
import secrets
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import psutil

from ollama_bench.embedded.catalogue import Catalogue
from ollama_bench.embedded.engine import KEY, LoadPlan
from ollama_bench.embedded.process import EmbeddedServer

MODEL = "gemma3:270m"
TOKENS = 96
SAMPLING = {"temperature": 0, "top_k": 40, "top_p": 0.9, "min_p": 0.0, "repeat_penalty": 1.0, "seed": 1}
TURN = "<start_of_turn>user\n%s<end_of_turn>\n<start_of_turn>model\n"


MIN_SPEED = 0.97
MAX_MORE_TTFT_S = 0.003
MAX_IDLE_S = 0.3
MAX_RSS_GROWTH = 1.05


@dataclass(frozen=True)
class Timed:
    """One answer by the client's clock (seconds) and by the engine's own (tokens a second)."""

    ttft_s: float
    client_tok_s: float
    engine_tok_s: float


def main() -> int:
    """Run the three parts, print their figures, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=30)
    parser.add_argument("--crashes", type=int, default=20)
    parser.add_argument("--cycles", type=int, default=50)
    parser.add_argument("--report-only", action="store_true", help="exit with 0 although a target is missed")
    options = parser.parse_args()
    for _ in Catalogue().pull(MODEL):
        pass
    with EmbeddedServer() as server:
        seen = {psutil.Process(server.pid)}
        missed = compare_speed(server, options.pairs)
        missed += crash_and_leave(server, options.crashes, seen)
        missed += load_and_unload(server, options.cycles, seen)
        _status(server, {"model": MODEL})  # so that the end of the server has a runner to end
        seen |= set(_descendants(server.pid))
    left = _alive(seen)
    print(f"of {len(seen)} processes seen, left after the server ended: {len(left)}")
    missed += ["processes left"] if left else []
    print(f"targets missed: {', '.join(missed) or 'none'}")
    return 1 if missed and not options.report_only else 0


def compare_speed(server: EmbeddedServer, pairs: int) -> list[str]:
    """Print both sides' medians and their ratio, return what missed its target; the order within a pair alternates."""
    missed = []
    direct: list[Timed] = []
    served: list[Timed] = []
    with _direct_engine() as (url, key):
        ask_direct = _asker(url, "/completion", {"Authorization": f"Bearer {key}"}, _direct_body, b"data: ")
        ask_served = _asker(server.url, "/api/generate", {}, _served_body, b"")
        ask_direct("to warm up")
        ask_served("to warm up")
        for index in range(pairs):
            sides = [(ask_direct, direct), (ask_served, served)]
            for ask, results in sides if index % 2 else reversed(sides):
                results.append(ask(f"{index} of {pairs}: tell me how clocks and bells came to old towns."))
    for name, target in (("client_tok_s", ">= 97 %"), ("engine_tok_s", ">= 97 %"), ("ttft_s", "<= 3 ms more")):
        one, other = (statistics.median(getattr(t, name) for t in side) for side in (direct, served))
        if name == "ttft_s":
            more_ms = (other - one) * 1e3
            missed += [name] if other - one > MAX_MORE_TTFT_S else []
            print(f"TTFT: direct {one * 1e3:.2f} ms, served {other * 1e3:.2f} ms: {more_ms:+.2f} ms ({target})")
        else:
            missed += [name] if other / one < MIN_SPEED else []
            print(f"{name}: direct {one:.2f}, served {other:.2f}: {other / one:.1%} ({target})")
    print(f"(medians of {pairs} pairs, {TOKENS} tokens each)")
    return missed


def crash_and_leave(server: EmbeddedServer, times: int, seen: set[psutil.Process]) -> list[str]:
    """Kill the runner in the middle of an answer, and leave another answer in the middle, `times` times each.

    Adds the runners to `seen`; returns what missed its target.
    """
    stopped_s = []
    _status(server, {"model": MODEL})
    for index in range(times):
        _open_answer(server, f"crash {index}").close()
        stopped_s.append(_time_until_idle(server))
        connection = _open_answer(server, f"again {index}")
        seen.update(_descendants(server.pid))
        runner = _runner(server)
        runner.send_signal(signal.SIGKILL)
        runner.wait(10)
        connection.close()
    assert _status(server, {"model": MODEL, "prompt": "hi", "options": {"num_predict": 2}}) == 200
    left = [p for p in _alive(seen) if p.pid not in {c.pid for c in _descendants(server.pid)}]
    print(f"{times} disconnects: the runner was idle again after {_spread_ms(stopped_s)} ms (limit 300)")
    left = [p for p in left if p.pid != server.pid]
    print(f"{times} crashes of the runner: {len(seen) - 1} runners seen, {len(left)} orphans; the server answers")
    return (["orphans"] if left else []) + (["idle after a disconnect"] if max(stopped_s) > MAX_IDLE_S else [])


def load_and_unload(server: EmbeddedServer, cycles: int, seen: set[psutil.Process]) -> list[str]:
    """Print the server's RSS in MB at the first, fifth and last cycle of load, one answer, unload."""
    rss_mb = []
    for _ in range(cycles):
        _status(server, {"model": MODEL, "prompt": "hi", "options": {"num_predict": 2}, "stream": False})
        seen.update(_descendants(server.pid))
        _status(server, {"model": MODEL, "keep_alive": 0})
        while _descendants(server.pid):
            time.sleep(0.01)
        rss_mb.append(psutil.Process(server.pid).memory_info().rss / 1e6)
    marks = [n for n in (1, 5, cycles // 2, cycles) if 1 <= n <= cycles]
    shown = ", ".join(f"cycle {n}: {rss_mb[n - 1]:.1f}" for n in sorted(set(marks)))
    print(f"RSS of the server in MB after {cycles} loads and unloads: {shown}")
    return ["RSS"] if cycles > 5 and rss_mb[-1] > rss_mb[4] * MAX_RSS_GROWTH else []


@contextmanager
def _direct_engine() -> Iterator[tuple[str, str]]:
    plan = LoadPlan(str(Catalogue().find(MODEL).path), 4096, 512, 0, -1, 0, False, True, 1)
    key = secrets.token_urlsafe(16)
    command = [sys.executable, "-P", "-m", "ollama_bench.embedded.runner", json.dumps(asdict(plan))]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=os.environ | {KEY: key}, start_new_session=True
    ) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["url"], key
        finally:
            process.terminate()


def _direct_body(prompt: str) -> dict[str, object]:
    return {"prompt": TURN % prompt, "n_predict": TOKENS, "stream": True, "cache_prompt": True, **SAMPLING}


def _served_body(prompt: str) -> dict[str, object]:
    return {"model": MODEL, "prompt": prompt, "options": {"num_predict": TOKENS, **SAMPLING}}


def _asker(
    url: str, path: str, headers: dict[str, str], body: Callable[[str], dict[str, object]], prefix: bytes
) -> Callable[[str], Timed]:
    def ask(prompt: str) -> Timed:
        with _connection(url) as connection:
            connection.connect()
            data = json.dumps(body(prompt)).encode()
            start_s = time.monotonic()
            connection.request("POST", path, data, {"Content-Type": "application/json", **headers})
            arrivals, last = [], b""
            response = connection.getresponse()
            while line := response.readline():
                if line.startswith(prefix) and line.strip():
                    arrivals.append(time.monotonic())
                    last = line.removeprefix(prefix)
        arrivals.pop()  # the last line carries figures, not text
        return Timed(
            arrivals[0] - start_s, (len(arrivals) - 1) / (arrivals[-1] - arrivals[0]), _engine_rate(json.loads(last))
        )

    return ask


def _engine_rate(last: dict[str, Any]) -> float:
    timings = last.get("timings") or {"predicted_n": last["eval_count"], "predicted_ms": last["eval_duration"] / 1e6}
    return float(timings["predicted_n"]) / float(timings["predicted_ms"]) * 1e3


@contextmanager
def _connection(url: str) -> Iterator[HTTPConnection]:
    address = urlsplit(url)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=120)
    try:
        yield connection
    finally:
        connection.close()


def _open_answer(server: EmbeddedServer, prompt: str) -> HTTPConnection:
    """Start a long answer and return the connection after its second line."""
    address = urlsplit(server.url)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=120)
    options = {"num_predict": 2000, "temperature": 1.2, "seed": 7}
    connection.request("POST", "/api/generate", json.dumps({"model": MODEL, "prompt": prompt, "options": options}))
    response = connection.getresponse()
    response.readline()
    response.readline()
    response.close()
    return connection


def _time_until_idle(server: EmbeddedServer) -> float:
    """Return the seconds until the runner's CPU time stands still for 100 ms."""
    runner, start_s = _runner(server), time.monotonic()
    moved_s, before = start_s, runner.cpu_times()
    while time.monotonic() - moved_s < 0.1:
        time.sleep(0.005)
        now = runner.cpu_times()
        if now.user + now.system > before.user + before.system:
            moved_s, before = time.monotonic(), now
    return moved_s - start_s


def _status(server: EmbeddedServer, body: dict[str, object]) -> int:
    with _connection(server.url) as connection:
        connection.request("POST", "/api/generate", json.dumps(body))
        response = connection.getresponse()
        response.read()
        return response.status


def _runner(server: EmbeddedServer) -> psutil.Process:
    return _descendants(server.pid)[0]


def _descendants(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def _alive(processes: set[psutil.Process] | list[psutil.Process]) -> list[psutil.Process]:
    found = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _spread_ms(values: list[float]) -> str:
    return f"{statistics.median(values) * 1e3:.0f} (median) to {max(values) * 1e3:.0f} (worst)"


if __name__ == "__main__":
    sys.exit(main())
