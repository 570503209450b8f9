"""What is judged of a model's answer: the text without its thinking, and where it lies in the whole."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ollama_bench.quality.scores import Span
from ollama_bench.quality.sentences import Sentence, split_sentences

MAX_READ_CHARS = 10_000
"""More of an answer than this is not read; ten times what the built-in prompts allow a model to write."""

_THINK, _THOUGHT = "<think>", "</think>"


class Finding(NamedTuple):
    """What a verifier saw; `span` is in characters of `Answer.text`."""

    passed: bool
    observed: str
    expected: str
    span: Span | None = None


@dataclass(frozen=True)
class Answer:
    """An answer ready to be judged; made by `read_answer`."""

    prompt: str
    text: str
    """Without the thinking block and the white space around, at most MAX_READ_CHARS of it."""
    offset: int
    """Where `text` begins in the answer as it came."""
    unread_chars: int = 0
    thinking_unclosed: bool = False

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences of the text, in order; shared by all verifiers."""
        return split_sentences(self.text)


def read_answer(prompt: str, whole: str) -> Answer:
    """Cut `whole` down to what is judged. A think block that never closes leaves an empty text."""
    start = len(whole) - len(whole.lstrip())
    if whole[start : start + len(_THINK)].lower() == _THINK:
        closed = whole.find(_THOUGHT, start)
        if closed < 0:
            return Answer(prompt, "", len(whole), thinking_unclosed=True)
        start = closed + len(_THOUGHT)
    judged = whole[start:]
    start += len(judged) - len(judged.lstrip())
    judged = judged.strip()
    return Answer(prompt, judged[:MAX_READ_CHARS], start, max(0, len(judged) - MAX_READ_CHARS))


def quote(text: str, limit: int = 80) -> str:
    """A short stretch of an answer as evidence shows it."""
    text = " ".join(text[: limit * 2].split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
