"""The server's side of a runner: start the child, talk to llama.cpp in it, stop it."""

import asyncio
import errno
import json
import os
import re
import secrets
import signal
import sys
import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from ollama_bench.embedded.gguf import Stamp
from ollama_bench.embedded.llama_http import Address, BrokenReplyError, post
from ollama_bench.embedded.wire import ApiError, Json

KEY = "OLLAMA_BENCH_RUNNER_KEY"
STOP_GRACE_S = 3.0
STOPPED = (
    "model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, "
    "check ollama server logs for details"
)
LOAD_ERROR = "error loading model: "
GRAMMAR_ERROR = "llg error: "
"""llama.cpp logs a schema that it cannot use, or can no longer follow, and goes on without any constraint."""
COMPILING = "failed to "
"""What tells an error in the schema from one while the answer is made."""
WARNING = re.compile(r"[0-9.]+ W ")
"""How llama.cpp begins a line of its log that tells of no error."""
STREAMED = {"stream": True, "return_progress": True}
"""With a word after each batch of the prompt llama.cpp notices at once that nobody listens, else within a second."""
LOG_LAG_S = 0.02
"""llama.cpp writes its log in a thread of its own, a moment after the event."""


@dataclass(frozen=True)
class LoadPlan:
    """What a runner is started with; a request whose plan differs needs another runner.

    So does one whose model's file has been replaced: then `stamp` differs.
    """

    path: str
    num_ctx: int
    num_batch: int
    num_thread: int
    num_gpu: int
    main_gpu: int
    use_mmap: bool
    shift: bool
    parallel: int
    stamp: Stamp = (0, 0, 0)


class Runner:
    """A running child with its model loaded; `ready_ns` is when that was, by the monotonic clock."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.ready_ns = 0
        self._process = process
        self._address = Address("", 0, "")
        self._broken = False
        self._log: deque[str] = deque(maxlen=20)
        self._grammar_errors: list[str] = []
        # The log does not say which request a line is about, so only one at a time has a grammar.
        self._grammar = asyncio.Lock()
        self._active = 0
        self._ending: asyncio.Task[None] | None = None
        self._log_task = asyncio.create_task(self._copy_log())

    @classmethod
    async def start(cls, plan: LoadPlan) -> "Runner":
        """Start a child, wait until its model is loaded. Raises ApiError 500; a cancelled start leaves no child."""
        command = [sys.executable, "-P", "-m", "ollama_bench.embedded.runner", json.dumps(asdict(plan))]
        pipe = asyncio.subprocess.PIPE
        # The key keeps pages in a browser and other users of the machine off the runner's port.
        # A session of its own: Ctrl-C in the terminal goes to the server, which then ends the child.
        key = secrets.token_urlsafe(32)
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True, env=os.environ | {KEY: key}
        )
        runner = cls(process)
        try:
            await runner._wait_until_loaded(key)
        except BaseException:
            await runner.stop()
            raise
        return runner

    async def _wait_until_loaded(self, key: str) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            with suppress(ValueError, KeyError, TypeError):
                url = urlsplit(json.loads(line)["url"])
                self._address = Address(str(url.hostname), int(url.port or 0), key)
                self.ready_ns = time.monotonic_ns()
                return
        await self._log_task
        telling = [text for text in self._log if LOAD_ERROR in text or "GGML_ASSERT" in text]
        reason = telling[0].rpartition(LOAD_ERROR)[2] if telling else f"exit status {await self._process.wait()}"
        raise ApiError(500, f"llama runner process has terminated: {LOAD_ERROR}{reason}")

    @property
    def alive(self) -> bool:
        """Whether the child still runs; false from the first broken connection on."""
        return self._process.returncode is None and not self._broken and not _has_ended(self.pid)

    @property
    def usable(self) -> bool:
        """Whether it can take requests: alive, and not about to end."""
        return self.alive and self._ending is None

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    async def stop(self) -> None:
        """End the child and wait until it is gone; once begun, the end comes even when the wait is cancelled."""
        if self._ending is None:
            self._ending = asyncio.create_task(self._end())
        await asyncio.shield(self._ending)

    async def _end(self) -> None:
        self._signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), STOP_GRACE_S)
        except TimeoutError:
            self._signal(signal.SIGKILL)
            await self._process.wait()
        await asyncio.wait({self._log_task})

    async def _copy_log(self) -> None:
        assert self._process.stderr is not None
        rest = ""
        while chunk := await self._process.stderr.read(65536):
            text = chunk.decode("utf-8", "replace")
            *lines, rest = (rest + text).split("\n")
            self._note(lines)
            with suppress(OSError, ValueError):  # nobody reads it any more, or it is closed
                sys.stderr.write(text)  # in the server, `log.unblocked_stderr` keeps this from waiting
                sys.stderr.flush()
        self._note([rest])

    def _note(self, lines: list[str]) -> None:
        self._log.extend(line for line in lines if line.strip())
        if self._grammar.locked():
            self._grammar_errors += [line for line in lines if GRAMMAR_ERROR in line]

    def _signal(self, number: int) -> None:
        # Not `terminate()`: that may collect an ended child's status before asyncio does, which then misses it.
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def complete(self, body: Json) -> AsyncGenerator[Json]:
        """Yield llama.cpp's events of one completion, the last with `stop` true and its `timings`.

        Raises ApiError with llama.cpp's own status and text when it refuses, 500 when the child dies. Closing the
        generator closes the connection, which stops llama.cpp at its next token or batch.
        """
        if not self._active:
            self._log.clear()
        self._active += 1
        events = self._constrained(body) if "json_schema" in body else self._events(body)
        try:
            async with aclosing(events):
                async for event in events:
                    yield event
        finally:
            self._active -= 1

    async def _constrained(self, body: Json) -> AsyncGenerator[Json]:
        async with self._grammar, aclosing(self._events(body)) as events:
            self._grammar_errors.clear()
            async for event in events:
                if event["stop"]:
                    await asyncio.sleep(LOG_LAG_S)
                if self._grammar_errors:
                    reason = self._grammar_errors[0].partition(GRAMMAR_ERROR)[2].strip()
                    if COMPILING in reason:
                        raise ApiError(400, f"invalid JSON schema in format: {reason}")
                    raise ApiError(500, f"the answer cannot be kept to format: {reason}")
                yield event

    async def _events(self, body: Json) -> AsyncGenerator[Json]:
        rest = b""
        async with aclosing(self._blocks("/completion", body | STREAMED)) as blocks:
            async for block in blocks:
                *events, rest = (rest + block).split(b"\n\n")
                for event in events:
                    kind, _, data = event.partition(b": ")
                    if kind == b"error":
                        raise ApiError(500, data.decode("utf-8", "replace"))
                    if data.startswith(b"{") and "prompt_progress" not in (answer := json.loads(data)):
                        yield _checked(answer)

    async def call(self, path: str, body: Json) -> Json:
        """POST to one of llama.cpp's small endpoints. Raises ApiError."""
        async with aclosing(self._blocks(path, body)) as blocks:
            answer: Json = json.loads(b"".join([block async for block in blocks]))
        return answer

    async def _blocks(self, path: str, body: Json) -> AsyncGenerator[bytes]:
        try:
            transport, reply = await post(self._address, path, body)
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):  # the server's own trouble: the runner is well
                raise ApiError(503, f"server busy, please try again: {error.strerror}") from None
            self._broken = True
            raise ApiError(500, STOPPED) from None
        try:
            status = await reply.head()
            async with aclosing(reply.blocks()) as blocks:
                if status >= 400:
                    text = b"".join([block async for block in blocks]).decode("utf-8", "replace")
                    raise ApiError(status, text.strip())
                async for block in blocks:
                    yield block
        except BrokenReplyError as error:
            self._broken = True
            telling = [line for line in self._log if not WARNING.match(line)]
            cause = telling[-1] if telling else error
            raise ApiError(500, f"an error was encountered while running the model: {cause}") from None
        finally:
            transport.close()

    async def tokenize(self, text: str, *, add_special: bool = False) -> list[int]:
        """Return the tokens of `text`; its special tokens are recognised, a leading one added on request."""
        answer = await self.call("/tokenize", {"content": text, "add_special": add_special, "parse_special": True})
        tokens: list[int] = answer["tokens"]
        return tokens

    async def detokenize(self, tokens: list[int]) -> str:
        """Return the text of `tokens`."""
        return str((await self.call("/detokenize", {"tokens": tokens}))["content"])


def _has_ended(pid: int) -> bool:
    """Ask the kernel, which knows some milliseconds before asyncio does; the exit status stays uncollected."""
    if not hasattr(os, "waitid"):
        return False
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def _checked(event: Json) -> Json:
    if "error" in event:
        raise ApiError(event["error"].get("code", 500), json.dumps(event, separators=(",", ":")))
    return event
