"""Reads a streamed answer, line by line, from whatever a server sends; knows no sockets and no clock."""

import json
from collections.abc import Sequence
from typing import Any

from ollama_bench.trial import ErrorKind, RequestError, ServerFigures, Stream

MAX_LINE_BYTES = 16 * 1024 * 1024
"""The last line carries the `context` array: under 1 MB for 128 k tokens. Anything above this is not an answer."""


class BadAnswerError(Exception):
    """The answer cannot be used; reading on is pointless."""

    def __init__(self, kind: ErrorKind, message: str) -> None:
        super().__init__(message)
        self.error = RequestError(kind=kind, message=message)


class AnswerReader:
    """Collects one answer from the chunks of its body, each with its time of arrival in ns.

    `max_lines` bounds a server that ignores num_predict: a line holds one token at the least, so more lines than
    tokens were asked for mean that it does.
    """

    def __init__(self, max_lines: int) -> None:
        self._max_lines = max_lines
        self._lines = 0
        self._rest = bytearray()
        self._chunk_ns: list[int] = []
        self._first_answer_ns: int | None = None
        self._end_ns: int | None = None
        self._text: list[str] = []
        self._thinking: list[str] = []
        self._final: dict[str, Any] | None = None

    def feed(self, data: bytes, at_ns: int) -> None:
        """Take the bytes that arrived at `at_ns`. Raises BadAnswerError."""
        *ends, rest = data.split(b"\n")
        for end in ends:
            self._extend(end)
            self._take_line(at_ns)
        self._extend(rest)

    def close(self, at_ns: int) -> None:
        """The body ended in peace. Raises BadAnswerError when the answer did not."""
        self._take_line(at_ns)  # a last line without its newline
        if self._final is None:
            raise BadAnswerError(
                "no_done",
                f'the answer ended after {len(self._chunk_ns)} chunks without "done": true '
                "(Ollama does this when a model repeats one token more than 30 times)",
            )
        if not self._chunk_ns:
            raise BadAnswerError(
                "no_text",
                "the model generated no text"
                f" (done_reason {self._final.get('done_reason')!r}, eval_count {self._final.get('eval_count')!r})",
            )

    @property
    def chunk_ns(self) -> Sequence[int]:
        """Arrivals of the chunks with text so far. It grows: another thread takes what it needs in one go."""
        return self._chunk_ns

    @property
    def finished(self) -> bool:
        """The object with "done": true has come."""
        return self._final is not None

    def stream(self, error: RequestError | None = None, *, connected_anew: bool = False) -> Stream:
        """What was read so far, as the document keeps it."""
        final = self._final or {}
        done_reason = final.get("done_reason")
        return Stream(
            chunk_ns=tuple(self._chunk_ns),
            first_answer_ns=self._first_answer_ns,
            end_ns=self._end_ns,
            connected_anew=connected_anew,
            text=_storable("".join(self._text)),
            thinking=_storable("".join(self._thinking)),
            done_reason=_storable(done_reason) if isinstance(done_reason, str) else None,
            server=_figures(final),
            error=error,
        )

    def _extend(self, data: bytes) -> None:
        if self._final is not None:
            return  # the answer is over; what a server sends after it is not measured
        self._rest += data
        if len(self._rest) > MAX_LINE_BYTES:
            raise BadAnswerError("bad_line", f"a line of the answer is longer than {MAX_LINE_BYTES} bytes")

    def _take_line(self, at_ns: int) -> None:
        line = bytes(self._rest)
        self._rest.clear()
        if line.strip():
            self._line(line, at_ns)

    def _line(self, line: bytes, at_ns: int) -> None:
        part = _parse(line)
        self._lines += 1
        if self._lines > self._max_lines:
            raise BadAnswerError("runaway", f"more than {self._max_lines} lines came: the server ignores num_predict")
        text, thinking = _string(part, "response"), _string(part, "thinking")
        if text or thinking:
            self._chunk_ns.append(at_ns)
            self._text.append(text)
            self._thinking.append(thinking)
        if text and self._first_answer_ns is None:
            self._first_answer_ns = at_ns
        if part.get("done") is True:
            self._final, self._end_ns = part, at_ns


def _parse(line: bytes) -> dict[str, Any]:
    try:
        part = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadAnswerError("bad_line", f"a line of the answer is not UTF-8 (byte {error.start})") from error
    except (ValueError, RecursionError) as error:
        raise BadAnswerError("bad_line", f"a line of the answer is not JSON: {line[:80]!r}") from error
    if not isinstance(part, dict):
        raise BadAnswerError("bad_line", f"a line of the answer is not a JSON object: {line[:80]!r}")
    if "error" in part:
        raise BadAnswerError("error_line", f"the server broke off: {error_words(line)}")
    return part


def error_words(body: bytes) -> str:
    """The server's own words in an error body, short enough to print.

    {"error": "words"} as Ollama writes it, {"error": {"message": "words"}} as llama.cpp does, or the one as a string
    within the other; else the body itself.
    """
    words: Any = body.decode("utf-8", "replace")
    for _ in range(3):
        try:
            words = json.loads(words) if isinstance(words, str) else words
        except (ValueError, RecursionError):
            break
        if isinstance(words, dict):
            words = words.get("error", words.get("message", ""))
    return _storable(str(words)).strip()[:500]


def _string(part: dict[str, Any], key: str) -> str:
    value = part.get(key)
    if value is None or isinstance(value, str):
        return value or ""
    raise BadAnswerError("bad_line", f"{key!r} is {type(value).__name__} in a line of the answer, not text")


def _figures(final: dict[str, Any]) -> ServerFigures:
    """Whole numbers as they were sent; anything else (or what no int64 holds) counts as absent."""

    def number(key: str) -> int | None:
        value = final.get(key)
        is_int64 = isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
        return value if is_int64 else None

    return ServerFigures(
        total_duration_ns=number("total_duration"),
        load_duration_ns=number("load_duration"),
        prompt_eval_count=number("prompt_eval_count"),
        prompt_eval_cached_count=number("prompt_eval_cached_count"),
        prompt_eval_duration_ns=number("prompt_eval_duration"),
        eval_count=number("eval_count"),
        eval_duration_ns=number("eval_duration"),
    )


def _storable(text: str) -> str:
    """`text` with surrogate pairs joined and lone surrogates replaced: JSON may carry them, UTF-8 files cannot."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
