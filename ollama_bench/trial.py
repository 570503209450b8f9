"""What one request showed, as raw as it was seen: the unit that everything else is computed from."""

from typing import Literal, get_args

from ollama_bench.values import Frozen, Int64

TimedPhase = Literal["cold", "warm", "real", "long"]
Phase = Literal["cold", "warm", "real", "long", "quality"]
TIMED_PHASES: tuple[TimedPhase, ...] = get_args(TimedPhase)

ErrorKind = Literal[
    "connection",  # refused, reset, or closed before the body was whole
    "timeout",  # silence for longer than allowed
    "http_status",  # any status but 200
    "error_line",  # {"error": ...} inside a stream that began well
    "bad_line",  # not JSON, not an object, not UTF-8, or too long
    "no_done",  # the body ended in peace without "done": true
    "no_text",  # done, but nothing was generated
    "runaway",  # more output than num_predict allows
    "truncated",  # the server cut the prompt to fit its context
    "not_cold",  # the model could not be seen gone from /api/ps
]


class RequestError(Frozen):
    """Why a request failed, in words that a person can act on."""

    kind: ErrorKind
    message: str
    status: Int64 | None = None
    """HTTP status, where the failure was one."""


class ServerFigures(Frozen):
    """The counts and nanoseconds of the final object, untouched: absent is None, and negative values do occur."""

    total_duration_ns: Int64 | None = None
    load_duration_ns: Int64 | None = None
    prompt_eval_count: Int64 | None = None
    """Tokens of the whole prompt, cached ones included."""
    prompt_eval_cached_count: Int64 | None = None
    """Of those, the ones met in the prompt cache; only newer servers say so."""
    prompt_eval_duration_ns: Int64 | None = None
    """Time for the tokens that were not cached."""
    eval_count: Int64 | None = None
    """Generated tokens, thinking and the stop token included."""
    eval_duration_ns: Int64 | None = None


class Stream(Frozen):
    """One streamed answer by the client's clock; every `_ns` counts from the moment the request was written."""

    chunk_ns: tuple[Int64, ...] = ()
    """Arrival of each chunk that carries generated text, thinking included. A chunk is not a token."""
    first_answer_ns: Int64 | None = None
    """Arrival of the first chunk of the answer proper, after any thinking."""
    end_ns: Int64 | None = None
    """Arrival of the last byte of the answer; None when the answer did not come whole."""
    connected_anew: bool = False
    """The request had to open a connection (its time is not in the figures: they start when it was written)."""
    client_cpu_ns: Int64 | None = None
    """CPU time that reading the answer took in this tool, from sending the request to the last byte."""
    text: str = ""
    thinking: str = ""
    done_reason: str | None = None
    server: ServerFigures = ServerFigures()
    error: RequestError | None = None


class LoadedModel(Frozen):
    """A model in the server's memory, from /api/ps; sizes are the server's own estimates."""

    name: str
    digest: str | None = None
    size_bytes: Int64 | None = None
    size_vram_bytes: Int64 | None = None
    context_length: Int64 | None = None


class Trial(Stream):
    """One request of the run, with its place in it."""

    phase: Phase
    index: Int64
    """0-based within its phase; within its prompt for quality."""
    prompt_id: str
    nonce: str | None = None
    """The line put before the prompt so that no cached prefix can serve it."""
    temperature: float
    seed: Int64
    num_predict: Int64
    started_ns: Int64
    """When the request was written, from the start of the run (the zero of the resource timeline too)."""
    loaded_before: LoadedModel | None = None
    """The model in /api/ps just before the request; None when it was not listed, as it must be in `cold`."""
    also_loaded: tuple[str, ...] = ()
    """Other models in /api/ps at that moment: their memory is in the server's."""

    @property
    def ok(self) -> bool:
        """Whether the answer came whole."""
        return self.error is None
