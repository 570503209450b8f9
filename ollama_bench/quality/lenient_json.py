"""Objects in a text, read as a person reads them: a fence, prose, single quotes, comments and trailing commas
do not hinder; a missing bracket or quote is told in `Record.broken`. Objects are tuples of pairs (a key may come
twice), arrays are lists. One pass, no recursion: any input takes linear time.
"""

import re
from typing import Any, NamedTuple

from ollama_bench.quality.scores import Span

MAX_DEPTH = 50


class Record(NamedTuple):
    """One object of the text; `broken` says why it does not parse, or is None."""

    value: Any
    span: Span
    broken: str | None


_SKIP = re.compile(r"(?:\s+|//[^\n]*|/\*.{0,2000}?\*/|#[^\n]*)+", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|“([^”]*)”|(?<!\w)\'((?:[^\'\\\n]|\\.|(?<=\w)\'(?=\w))*)\'', re.DOTALL)
_BARE = re.compile(r"[^\s,:{}\[\]\"'=#]+(?:\[\])?")
_NUMBER = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?")
_CONSTANTS = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None, "undefined": None}


def find_records(text: str) -> list[Record]:
    """Every object (or array of objects) of the text, outermost ones only, in order."""
    found: list[Record] = []
    at = 0
    while (begin := _next_open(text, at)) is not None:
        record = _read(text, begin)
        if record.value != () or not found:
            found.append(record)
        at = max(record.span[1], begin + 1)
    meant = [record for record in found if _is_record(record)]
    return meant or found[:1]


def _next_open(text: str, at: int) -> int | None:
    match = re.compile(r"\{|\[\s*\{").search(text, at)
    return match.start() if match else None


def _is_record(record: Record) -> bool:
    value = record.value
    return (isinstance(value, tuple) and len(value) > 0) or (
        isinstance(value, list) and any(isinstance(child, tuple) and child for child in value)
    )


class _Reader:
    """The state of one read: what is open, and what is amiss."""

    def __init__(self, text: str, at: int) -> None:
        self.text, self.at = text, at
        self.stack: list[tuple[str, list[Any]]] = []
        self.key: list[str | None] = []
        self.result: Any = ()
        self.broken: str | None = None

    def put(self, value: Any) -> None:
        if not self.stack:
            self.result = value
            return
        kind, held = self.stack[-1]
        if kind == "[":
            held.append(value)
        elif self.key[-1] is None:
            if not isinstance(value, str):
                self.broken = self.broken or "a key that is no text"
            self.key[-1] = value if isinstance(value, str) else "?"
        else:
            held.append((self.key[-1], value))
            self.key[-1] = None

    def open(self, kind: str) -> None:
        self.stack.append((kind, []))
        self.key.append(None)

    def close(self, mark: str) -> None:
        kind, held = self.stack.pop()
        pending = self.key.pop()
        if (kind == "{") != (mark == "}"):
            self.broken = self.broken or f"{mark} closes {kind}"
        if pending is not None:
            self.broken = self.broken or f"{pending[:40]!r} has no value"
            held.append((pending, None))
        self.put(tuple(held) if kind == "{" else held)


def _read(text: str, begin: int) -> Record:
    reader = _Reader(text, begin)
    while reader.at < len(text):
        skipped = _SKIP.match(text, reader.at)
        if skipped:
            reader.at = skipped.end()
            continue
        _step(reader)
        if not reader.stack:
            return Record(reader.result, (begin, reader.at), reader.broken)
    while reader.stack:
        reader.broken = reader.broken or "it is cut: a bracket or quote never closes"
        reader.close("}" if reader.stack[-1][0] == "{" else "]")
    return Record(reader.result, (begin, len(text)), reader.broken)


def _step(reader: _Reader) -> None:
    mark = reader.text[reader.at]
    if mark in "{[":
        if len(reader.stack) >= MAX_DEPTH:
            reader.broken = reader.broken or f"nested deeper than {MAX_DEPTH}"
        else:
            reader.open(mark)
        reader.at += 1
    elif mark in "}]":
        reader.close(mark)
        reader.at += 1
    elif mark in ",:=":
        if mark == "," and reader.key[-1] is not None and reader.stack[-1][0] == "{":
            reader.put(None)
            reader.broken = reader.broken or "a key without a value"
        reader.at += 1
    elif mark in "\"“'":
        _read_quoted(reader)
    else:
        _read_bare(reader)


def _read_quoted(reader: _Reader) -> None:
    match = _QUOTED.match(reader.text, reader.at)
    if match is None:
        line = reader.text.find("\n", reader.at)
        end = len(reader.text) if line < 0 else line
        reader.broken = reader.broken or "a quote never closes"
        reader.put(reader.text[reader.at + 1 : end].rstrip(", }]"))
        reader.at = end
        return
    value = next(group for group in match.groups() if group is not None)
    if re.search(r"\n\s*\"?\w+\"?\s*:", value):
        reader.broken = reader.broken or "a quote never closes"
    reader.put(re.sub(r"\\(?:u[0-9a-fA-F]{4}|.)", " ", value) if "\\" in value else value)
    reader.at = match.end()


def _read_bare(reader: _Reader) -> None:
    match = _BARE.match(reader.text, reader.at)
    if match is None:
        reader.at += 1
        return
    word = match[0].rstrip(";")
    reader.at = match.end()
    wants_key = reader.stack[-1][0] == "{" and reader.key[-1] is None
    if _NUMBER.fullmatch(word) and not wants_key:
        reader.put(float(word) if any(mark in word for mark in ".eE") else int(word))
    elif word in _CONSTANTS and not wants_key:
        reader.put(_CONSTANTS[word])
    else:
        reader.broken = reader.broken or f"{word[:30]!r} without quotes"
        reader.put(word)
