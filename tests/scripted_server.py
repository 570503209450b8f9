"""A small Ollama on a real socket that answers as it should, or misbehaves exactly as a test scripts it.

    with ScriptedServer() as server:
        server.on["version"] = lambda x: x.json({"error": "out of order"}, status=500)
        server.faults[2] = answering(*words(3), end=Exchange.reset)  # the third generation breaks off

Every figure that it reports is made up and round, so that tests can name it: 10 ms a generated token, 1 ms a prompt
token, 2 s for a load and 150 ms of "load" on a loaded model, as Ollama 0.13 reports. Run as a process of its own
(`python -m tests.scripted_server --runner-bytes N`) it also has a runner: a child, while a model is loaded, that holds
a known amount of memory.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

from tests.scripted_http import Exchange, Handler, HttpServer, Json, Request

TOKEN_NS = 10_000_000
PROMPT_TOKEN_NS = 1_000_000
LOAD_NS = 2_000_000_000
WARM_LOAD_NS = 150_000_000
ANSWER = ("Ready", ",", " and", " glad", " to", " be", " of", " some", " help", " to", " you", ".")
THOUGHTS = ("The", " user", " wants", " one", " word", ".")
_RUNNER = "import sys; held = b'x' * int(sys.argv[1]); print('ready', flush=True); sys.stdin.read()"


@dataclass(frozen=True)
class Model:
    """A model that the server has, or can pull."""

    name: str = "tiny:1b"
    parameter_count: int = 1_000_000_000
    capabilities: tuple[str, ...] = ("completion",)
    template: str = "<user>{{ .Prompt }}<model>"
    context_length: int = 8192

    @property
    def digest(self) -> str:
        """Of its files; two names never share them here."""
        return hashlib.sha256(self.name.encode()).hexdigest()


@dataclass
class ScriptedServer(HttpServer):
    """The server, inside `with`. `on` replaces a kind of answer, `faults` the n-th generation (from 0)."""

    models: dict[str, Model] = field(default_factory=lambda: {"tiny:1b": Model()})
    registry: dict[str, Model] = field(default_factory=dict)
    """Models that can be pulled."""
    host: str = "127.0.0.1"
    answer: tuple[str, ...] = ANSWER
    polls_until_unloaded: float = 2
    """How often /api/ps goes on listing a model that was told to unload."""
    queue_ns: int = 0
    """Waiting time that every generation reports, in total_duration alone."""
    tells_cached: bool = False
    """Report prompt_eval_cached_count, as newer servers do."""
    cuts_prompts: bool = False
    """Cut a prompt that does not fit in silence, whatever `truncate` says."""
    runner_bytes: int | None = None
    figures: Json = field(default_factory=dict)
    """What the last line of every answer says instead of the truth; None leaves a field out."""
    on: dict[str, Handler] = field(default_factory=dict)
    faults: dict[int, Handler] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    loads: list[tuple[str, int]] = field(default_factory=list)
    """Every load that happened: model and num_ctx."""

    def __post_init__(self) -> None:
        super().__init__(self.host)
        self.reached: Counter[str] = Counter()
        self.arrival = threading.Condition()
        self._loaded: dict[str, int] = {}
        self._unloading: dict[str, float] = {}
        self._cached_prompt: list[str] = []
        self._runner: subprocess.Popen[bytes] | None = None

    def wait_for(self, kind: str, count: int = 1) -> None:
        """Until so many requests of that kind have arrived."""
        with self.arrival:
            assert self.arrival.wait_for(lambda: self.reached[kind] >= count, 30), f"no {kind} request came"

    @property
    def kinds(self) -> list[str]:
        """What was asked for, in order."""
        return [request.kind for request in self.requests]

    @property
    def generations(self) -> list[Request]:
        """The requests that generate text."""
        return [request for request in self.requests if request.kind == "generate"]

    def handle(self, exchange: Exchange) -> None:
        """Note the request; answer it as scripted, else as it should be."""
        kind = exchange.request.kind
        with self.arrival:
            number = self.reached[kind]
            self.reached[kind] += 1
            self.requests.append(exchange.request)
            self.arrival.notify_all()
        healthy: Handler = getattr(self, kind)
        fault = self.faults.get(number) if kind == "generate" else None
        (fault or self.on.get(kind, healthy))(exchange)

    # --- answers as they should be

    def unknown(self, exchange: Exchange) -> None:
        """A path that Ollama does not have."""
        exchange.answer(b"404 page not found", 404, "text/plain")

    def version(self, exchange: Exchange) -> None:
        """GET /api/version."""
        exchange.json({"version": "0.33.0-scripted"})

    def tags(self, exchange: Exchange) -> None:
        """GET /api/tags."""
        exchange.json({"models": [_entry(model) for model in self.models.values()]})

    def ps(self, exchange: Exchange) -> None:
        """GET /api/ps: the loaded models; one that unloads goes on being listed for a while."""
        for name in list(self._unloading):
            self._unloading[name] -= 1
            if self._unloading[name] < 0:
                del self._unloading[name]
                self.forget(name)
        entries = [
            _entry(self.models[name])
            | {"size_vram": 0, "context_length": num_ctx, "expires_at": "2026-11-23T08:07:23.742162449Z"}
            for name, num_ctx in self._loaded.items()
        ]
        exchange.json({"models": entries})

    def show(self, exchange: Exchange) -> None:
        """POST /api/show."""
        name = exchange.body["model"]
        if (model := self.models.get(name)) is None:
            exchange.json({"error": f"model '{name}' not found"}, 404)
            return
        exchange.json(
            {
                "template": model.template,
                "details": _details(model),
                "model_info": {
                    "general.architecture": "tiny",
                    "general.parameter_count": model.parameter_count,
                    "tiny.context_length": model.context_length,
                },
                "capabilities": model.capabilities,
            }
        )

    def pull(self, exchange: Exchange) -> None:
        """POST /api/pull."""
        name = exchange.body["model"]
        exchange.start()
        exchange.line(status="pulling manifest")
        if name not in self.registry:
            exchange.line(error="pull model manifest: file does not exist")
        else:
            for completed in (0, 50_000_000, 100_000_000):
                exchange.line(status="pulling aaaaaaaaaaaa", digest="sha256:a", total=100_000_000, completed=completed)
            self.models[name] = self.registry[name]
            exchange.line(status="success")
        exchange.end()

    def load(self, exchange: Exchange) -> None:
        """POST /api/generate without a prompt."""
        self._occupy(exchange.body)
        exchange.json({"model": exchange.body["model"], "response": "", "done": True, "done_reason": "load"})

    def unload(self, exchange: Exchange) -> None:
        """POST /api/generate without a prompt and with keep_alive 0: answered at once, done later."""
        if exchange.body["model"] in self._loaded:
            self._unloading[exchange.body["model"]] = self.polls_until_unloaded
        exchange.json({"model": exchange.body["model"], "response": "", "done": True, "done_reason": "unload"})

    def generate(self, exchange: Exchange) -> None:
        """POST /api/generate with a prompt, streamed."""
        body = exchange.body
        model = self.models[body["model"]]
        if body.get("think") and "thinking" not in model.capabilities:
            exchange.json({"error": f'"{model.name}" does not support thinking'}, 400)
            return
        tokens, num_ctx = body["prompt"].split(), body["options"]["num_ctx"]
        if len(tokens) > num_ctx:
            if not self.cuts_prompts:
                exchange.json({"error": "the input length exceeds the context length"}, 400)
                return
            tokens = tokens[-num_ctx // 2 :]
        loaded_now = self._occupy(body)
        cached = self._take_from_cache(tokens)
        thoughts = THOUGHTS if body.get("think") else ()
        words = self.answer[: body["options"]["num_predict"] - len(thoughts)]
        exchange.start()
        for thought in thoughts:
            exchange.line(response="", thinking=thought, done=False)
        for word in words:
            exchange.line(response=word, done=False)
        exchange.line(**self._final(loaded_now, len(tokens), cached, len(thoughts) + len(words), words == self.answer))
        exchange.end()

    def _final(self, loaded_now: bool, count: int, cached: int, generated: int, stopped: bool) -> Json:
        load_ns = LOAD_NS if loaded_now else WARM_LOAD_NS
        prompt_ns = max(1_000, (count - cached) * PROMPT_TOKEN_NS)
        figures = {
            "done_reason": "stop" if stopped else "length",
            "total_duration": load_ns + prompt_ns + generated * TOKEN_NS + self.queue_ns,
            "load_duration": load_ns,
            "prompt_eval_count": count,
            "prompt_eval_duration": prompt_ns,
            "prompt_eval_cached_count": cached if self.tells_cached else None,
            "eval_count": generated,
            "eval_duration": generated * TOKEN_NS,
        }
        return final(**figures | self.figures)

    def _take_from_cache(self, tokens: list[str]) -> int:
        """How many of them the last prompt began with too: these take no time."""
        pairs = zip(tokens, self._cached_prompt, strict=False)
        self._cached_prompt = tokens
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

    def _occupy(self, body: Json) -> bool:
        """Load the model unless it is loaded with this num_ctx; whether that was needed."""
        name, num_ctx = body["model"], body["options"]["num_ctx"]
        self._unloading.pop(name, None)
        if self._loaded.get(name) == num_ctx:
            return False
        self.forget(name)
        self._loaded[name] = num_ctx
        self.loads.append((name, num_ctx))
        if self.runner_bytes is not None:
            command = [sys.executable, "-c", _RUNNER, str(self.runner_bytes)]
            self._runner = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            assert self._runner.stdout is not None
            self._runner.stdout.readline()
        return True

    def forget(self, name: str) -> None:
        """Drop a model from memory, as when its keep-alive runs out."""
        self._loaded.pop(name, None)
        self._cached_prompt = []
        self.stopped()

    def stopped(self) -> None:
        """End the runner, if there is one."""
        if self._runner is not None:
            self._runner.kill()
            self._runner.communicate()
            self._runner = None


@contextmanager
def server_process(runner_bytes: int) -> Iterator[tuple[int, str]]:
    """A scripted server in a process of its own: (its pid, its URL)."""
    command = [sys.executable, "-m", "tests.scripted_server", "--runner-bytes", str(runner_bytes)]
    root = Path(__file__).parent.parent
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.pid, process.stdout.readline().strip()
        finally:
            process.stdin.close()  # it ends, and its runner with it
            process.wait(10)


def final(**fields: Any) -> Json:
    """The last line of a healthy answer of 12 tokens, with `fields` in place of its own; None leaves one out."""
    healthy: Json = {
        "response": "",
        "done": True,
        "done_reason": "stop",
        "total_duration": 400_000_000,
        "load_duration": WARM_LOAD_NS,
        "prompt_eval_count": 3000,
        "prompt_eval_duration": 3000 * PROMPT_TOKEN_NS,
        "eval_count": 12,
        "eval_duration": 12 * TOKEN_NS,
    }
    return {key: value for key, value in (healthy | fields).items() if value is not None}


def answering(*lines: Json | bytes, end: Handler = Exchange.end) -> Handler:
    """A stream of these lines, whatever was asked: objects as JSON, bytes as they are; then `end`."""

    def handler(exchange: Exchange) -> None:
        exchange.start()
        for line in lines:
            exchange.chunk(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")
        end(exchange)

    return handler


def in_turn(*handlers: Handler) -> Handler:
    """All of these, one after another, for one request."""

    def handler(exchange: Exchange) -> None:
        for each in handlers:
            each(exchange)

    return handler


def endless(exchange: Exchange) -> None:
    """Text without end, whatever num_predict says."""
    exchange.start()
    while True:
        exchange.line(response=" on", done=False)


def huge_line(exchange: Exchange) -> None:
    """A line without end."""
    exchange.start()
    while True:
        exchange.chunk(b"x" * 1_000_000)


def words(count: int = 12) -> list[Json | bytes]:
    """Lines of text, without the last line."""
    return [{"response": f" word{number}", "done": False} for number in range(count)]


def _details(model: Model) -> Json:
    size = f"{model.parameter_count / 1e9:.1f}B"
    return {"format": "gguf", "family": "tiny", "parameter_size": size, "quantization_level": "Q8_0"}


def _entry(model: Model) -> Json:
    return {
        "name": model.name,
        "model": model.name,
        "digest": model.digest,
        "size": 1_100_000_000,
        "details": _details(model),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runner-bytes", type=int, help="memory that the runner of a loaded model holds")
    with ScriptedServer(runner_bytes=parser.parse_args(arguments).runner_bytes) as server:
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
