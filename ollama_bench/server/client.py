"""Ollama's HTTP API as this tool uses it: control calls by the official client, timed answers by `stream`."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import httpx
import pydantic

from ollama_bench.errors import ModelError, ServerError
from ollama_bench.scorecard import Model
from ollama_bench.server.answer import AnswerReader
from ollama_bench.server.names import same_model
from ollama_bench.server.official import ollama
from ollama_bench.server.patience import EndlessAnswerError, SlowAnswerError, bound, bounded
from ollama_bench.server.stream import Timeouts, stream_answer, transport_error
from ollama_bench.trial import LoadedModel, Stream
from orchestrator.clean import clean

Answer = TypeVar("Answer")

CONNECT_TIMEOUT_S = 10.0

CONTROL_TIMEOUT_S = 60.0
"""For calls that compute nothing, unless --timeout is shorter. A load waits as long as a first byte may take."""


@dataclass(frozen=True)
class PullProgress:
    """One line of a pull: what the server is doing, and how far the layer in hand is."""

    status: str
    total_bytes: int | None
    completed_bytes: int | None


@dataclass(frozen=True)
class InstalledModel:
    """A model that the server has; None where it does not say."""

    size_bytes: int | None
    """Of its files."""
    digest: str | None


class RefusedError(ServerError):
    """The server answered a control call with an error of its own."""

    def __init__(self, url: str, status: int, words: str) -> None:
        self.words = clean(words)[:500]
        said = f"{status}: " if status > 0 else ""
        super().__init__(f"{url} answered {said}{self.words or 'nothing'}", "http_status", status)


class Client:
    """One server. Use as a context manager; every method raises ServerError when the server fails it."""

    def __init__(self, url: str, timeouts: Timeouts = Timeouts()) -> None:  # noqa: B008 (frozen)
        self.url = url
        self._timeouts = timeouts
        self._reader: AnswerReader | None = None
        # As Go's clients do: a proxy is never used to reach this machine.
        trust_env = not is_loopback(url)
        # Not compressed: a compressor holds chunks back, and so moves their times.
        self._http = httpx.Client(base_url=url, headers={"Accept-Encoding": "identity"}, trust_env=trust_env)
        patience_s = min(CONTROL_TIMEOUT_S, timeouts.first_byte_s)
        self._short = httpx.Timeout(patience_s, connect=min(CONNECT_TIMEOUT_S, patience_s))
        patient = httpx.Timeout(timeouts.first_byte_s, connect=self._short.connect)
        self._patience_s = patience_s
        self._control = ollama.Client(
            host=url,
            timeout=self._short,
            headers={"Accept-Encoding": "identity"},
            event_hooks=bounded(patience_s),
            trust_env=trust_env,
        )
        self._patient = ollama.Client(host=url, timeout=patient, trust_env=trust_env)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._http.close()
        self._control.close()  # type: ignore[no-untyped-call]
        self._patient.close()  # type: ignore[no-untyped-call]

    def version(self) -> str:
        """The server's version; proves that it is an Ollama, and opens the connection of the next timed request."""
        try:
            with self._http.stream("GET", "/api/version", timeout=self._short) as response:
                bound(response, self._patience_s)
                response.read()
            version = response.json().get("version") if response.status_code == httpx.codes.OK else None
        except EndlessAnswerError as error:
            raise self._not_ollama(str(error)) from error
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        except (ValueError, AttributeError, RecursionError) as error:
            raise self._not_ollama("GET /api/version is not a JSON object") from error
        if not isinstance(version, str):
            raise self._not_ollama(f"GET /api/version gives {response.status_code} and no version")
        return version

    def show(self, model: str) -> Model | None:
        """What the server knows of `model`; None when it does not have it."""
        try:
            shown = self._call(lambda: self._control.show(model))
        except RefusedError as error:
            if error.status == httpx.codes.NOT_FOUND and "not found" in error.words:
                return None
            raise
        listed = self._call(self._control.list).models
        entry = next((m for m in listed if m.model and same_model(m.model, model)), None)
        details = shown.details
        info: Mapping[str, Any] = shown.modelinfo or {}
        family = details.family if details else None
        return Model(
            name=model,
            digest=entry.digest if entry else None,
            family=family,
            parameter_count=_count(info.get("general.parameter_count")),
            quantization=details.quantization_level if details else None,
            size_bytes=_size_bytes(entry.size) if entry else None,
            context_length=_count(info.get(f"{info.get('general.architecture', family)}.context_length")),
            # A model with a renderer of the server's own shows the template of a base model.
            chat_template=(shown.template or "").strip() not in ("", "{{ .Prompt }}")
            or re.search(r"^RENDERER\s", shown.modelfile or "", re.MULTILINE) is not None,
            thinking="thinking" in (shown.capabilities or ()),
        )

    def pull(self, model: str) -> Iterator[PullProgress]:
        """Fetch `model`, telling each step. Raises ModelError when the server cannot get it."""
        finished = False
        lines = self._patient.pull(model, stream=True)  # a generator: nothing is sent until the first next()
        try:
            while (line := self._call(lambda: next(lines, None))) is not None:
                finished = line.status == "success"
                yield PullProgress(line.status or "", line.total, line.completed)
        except RefusedError as error:
            unknown = re.search(r"not exist|not found|invalid model name", error.words)
            remedy = "is the name right?" if unknown else "see to the server's network and disk, then run it again"
            raise ModelError(f"{self.url} cannot pull {model}: {error.words}", remedy=remedy) from error
        if not finished:
            raise ModelError(f"the pull of {model} by {self.url} ended half-way: run it again to resume")

    def loaded(self) -> list[LoadedModel]:
        """The models in memory, from /api/ps."""
        return [
            LoadedModel(
                name=m.name or m.model or "",
                digest=m.digest,
                size_bytes=_size_bytes(m.size),
                size_vram_bytes=_size_bytes(m.size_vram),
                context_length=_count(m.context_length),
            )
            for m in self._call(self._control.ps).models
        ]

    def installed(self) -> dict[str, InstalledModel]:
        """The models that the server has, by name, from /api/tags."""
        listed = self._call(self._control.list).models
        return {model.model: InstalledModel(_size_bytes(model.size), model.digest) for model in listed if model.model}

    def load(self, model: str, options: Mapping[str, Any], keep_alive: str) -> None:
        """Load `model` without generating anything; returns when it is ready."""
        self._call(lambda: self._patient.generate(model, options=dict(options), keep_alive=keep_alive))

    def unload(self, model: str) -> None:
        """Ask for `model` to be unloaded: it happens later, and only `loaded` tells when."""
        self._call(lambda: self._control.generate(model, keep_alive=0))

    def generate(self, body: Mapping[str, Any]) -> tuple[int, Stream]:
        """One timed answer on a connection that is already open: (moment of writing in monotonic ns, answer).

        `body` is that of /api/generate with `stream` true. What fails while the answer is awaited is in
        `Stream.error`; a server that is gone beforehand raises ServerError.
        """
        self.version()
        num_predict = int(body["options"]["num_predict"])
        self._reader = AnswerReader(max_lines=2 * num_predict + 64)
        try:
            return stream_answer(self._http, body, self._timeouts, self._reader)
        finally:
            self._reader = None

    def arrivals_ns(self) -> Sequence[int]:
        """Of the timed answer under way: when its chunks came, in ns after its request was written. For any thread."""
        reader = self._reader
        return () if reader is None else reader.chunk_ns

    def _call(self, call: Callable[[], Answer]) -> Answer:
        """Run a call of the official client; it raises these, in streams and out of them."""
        try:
            return call()
        except ollama.ResponseError as error:
            raise RefusedError(self.url, error.status_code, str(error.error)) from error
        except (ConnectionError, httpx.HTTPError) as error:
            raise self._unreachable(error) from error
        except EndlessAnswerError as error:
            raise self._not_ollama(str(error)) from error
        except (pydantic.ValidationError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise self._not_ollama(f"its answer cannot be read ({type(error).__name__})") from error

    def _unreachable(self, error: Exception) -> ServerError:
        cause = error if isinstance(error, httpx.HTTPError) else error.__context__
        if isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout) or not isinstance(cause, httpx.HTTPError):
            reason = "connection refused" if "refused" in str(cause) else str(cause)
            return ServerError(
                f"no Ollama server answers at {self.url} ({reason})",
                remedy="start one with `ollama serve`, point --host or OLLAMA_HOST at it, or add --embedded",
            )
        limit_s = cause.request.extensions["timeout"]["read"]
        if isinstance(cause, SlowAnswerError):
            return ServerError(f"{self.url}: its answer was not whole after {limit_s:g} s", "timeout")
        # a longer --timeout makes no longer wait for an answer that computes nothing
        adjustable = self._timeouts.adjustable and limit_s == self._timeouts.first_byte_s
        failure = transport_error(cause, limit_s, adjustable=adjustable)
        return ServerError(f"{self.url}: {failure.message}", failure.kind)

    def _not_ollama(self, what: str) -> ServerError:
        return ServerError(
            f"what answers at {self.url} is not Ollama ({what})",
            remedy="check --host or OLLAMA_HOST, or add --embedded",
        )


def is_loopback(url: str) -> bool:
    """Whether `url` names this machine by a loopback address."""
    host = httpx.URL(url).host
    return host == "localhost" or host.startswith("127.") or host == "::1"


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63 else None


def _size_bytes(value: int | None) -> int | None:
    return int(value) if value is not None and 0 <= value < 2**63 else None
