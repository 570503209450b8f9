"""Verifiers of an answer that is to be one JSON object, read strictly (RFC 8259) and leniently."""

import json
import re
from functools import lru_cache
from typing import Any, Literal

from ollama_bench.quality.answer import Answer, Finding, quote
from ollama_bench.quality.lenient_json import Record, find_records
from ollama_bench.quality.lexicon import CODE_NAMES
from ollama_bench.quality.specifics import find_specifics

JsonType = Literal["string", "array", "object", "number", "boolean"]
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "array": list,
    "object": dict,
    "number": (int, float),
    "boolean": bool,
}
_FILLER = re.compile(
    r"(?:(?:your|the|my|an?|some|insert|enter|add|sample|example|document|this is (?:a|the)|json|placeholder"
    r"|dummy|test|new)[ _-]+)*"
    r"(?:title|risks?|strings?|text|value|values|name|item|items|description|example|placeholder|untitled|none"
    r"|null|n/?a|tbd|todo|todo|unknown|test|foo|bar|baz|lorem ipsum.*|content|array|list|object|integer|number"
    r"|boolean|str|int|bool|any|key|data|json|output|hello world|abc|xyz|sample|sub ?title|heading|details"
    r"|blank|empty|risk (?:name|title|description|item|text|value|factor)|descri\w+ of (?:the )?risk)"
    r"(?:[ _-]{0,3}\d{1,3}|[ _-]{1,3}(?:here|goes here|text|name|value|string|placeholder|item|[a-z]|one|two"
    r"|three|four|five|i{1,3}|iv|#\d+|of (?:the )?(?:document|project|risk|json|page|item|report)"
    r"|for (?:the )?(?:document|project|risk))){0,4}",
    re.IGNORECASE,
)
_ORDINAL = re.compile(
    r"(?:first|second|third|fourth|another|next|last|other)[ _-](?:risk|item|string|title|one)s?", re.IGNORECASE
)
_CODE = re.compile(
    r"^\s*(?:import|from) \w+|\bdef \w+\(|\bfunction\b[ \w]*\(|\b(?:const|let|var) \w+ ?=|json\.(?:dumps?"
    r"|loads?)\b|\bprint\(|console\.log|\bpublic class\b|\bclass \w+[:{(]|JSON\.stringify|\binterface \w+ ?\{"
    r"|^\s*\w+ ?=\s*\{|\btype \w+ (?:=|struct)|\breturn\b.*[{;]|\becho ",
    re.MULTILINE,
)


@lru_cache(maxsize=8)
def _records(text: str) -> tuple[Record, ...]:
    return tuple(find_records(text))


def one_json_object(
    answer: Answer, *, keys: dict[str, JsonType], equal: dict[str, str] | None = None, exactly: bool = True
) -> Finding:
    """The whole text is one JSON object with `keys` of these types (a string is not empty) and the values `equal`."""
    expected = "one JSON object with " + ", ".join(f"{key} ({kind})" for key, kind in keys.items())
    try:
        value = json.loads(
            answer.text,
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse,
            parse_int=_number,
            parse_float=_number,
        )
    except (ValueError, RecursionError) as error:
        return Finding(False, f"not JSON: {quote(str(error)) or type(error).__name__}", expected)
    if not isinstance(value, dict):
        return Finding(False, f"JSON, but not an object: {quote(answer.text)}", expected)
    return Finding(*_compare(value, keys, equal or {}, exactly), expected)


def _compare(
    value: dict[str, Any], keys: dict[str, JsonType], equal: dict[str, str], exactly: bool
) -> tuple[bool, str]:
    missing = [key for key in keys if key not in value]
    extra = [key for key in value if key not in keys] if exactly else []
    if missing or extra:
        return False, quote(
            "; ".join(
                filter(
                    None,
                    (
                        f"missing: {', '.join(missing)}" if missing else "",
                        f"extra: {', '.join(extra)}" if extra else "",
                    ),
                )
            )
        )
    for key, kind in keys.items():
        if not isinstance(value[key], _TYPES[kind]) or (kind == "string" and not value[key].strip()):
            return False, f"{key} is {quote(repr(value[key]))}, not a {kind}"
    for key, wanted in equal.items():
        if value[key] != wanted:
            return False, f"{key} is {quote(repr(value[key]))}, not {wanted!r}"
    return True, "as asked"


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} comes twice")
        found[key] = value
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _number(digits: str) -> float:
    return float(digits[:400])


def one_record(answer: Answer, *, title: str, items: str) -> Finding:
    """It reads as one record: a meaningful `title`, and `items` that are meaningful words (none at all is fair)."""
    expected = f"one record with a meaningful {title} and {items}"
    records = _records(answer.text)
    if not records:
        return Finding(False, "no object", expected)
    code = _CODE.search(_outside(answer.text, records))
    if code:
        return Finding(False, f"code: {quote(code[0])}", expected, code.span())
    if len(records) > 1:
        return Finding(False, f"{len(records)} objects", expected, records[1].span)
    record = records[0]
    if record.broken:
        return Finding(False, f"does not parse: {record.broken}", expected, record.span)
    problem = _record_problem(record.value, title, items)
    return Finding(problem is None, problem or "a record", expected, record.span)


def _outside(text: str, records: tuple[Record, ...]) -> str:
    return text[: records[0].span[0]] + " {" + text[records[-1].span[1] :]


def _record_problem(value: Any, title: str, items: str) -> str | None:
    value = _unwrap(value, title)
    if value is None:
        return f"no {title}"
    fields = {_plain_key(key): inner for key, inner in value}
    if _plain_key(items) not in fields:
        return f"no {items}"
    if len({_show(inner) for key, inner in value if _plain_key(key) == _plain_key(title)}) > 1:
        return f"more than one {title}"
    if not _is_meaningful(fields[_plain_key(title)], title, text_only=True):
        return f"{title} is {_show(fields[_plain_key(title)])}"
    found = fields[_plain_key(items)]
    if found is None or isinstance(found, bool | int | float):
        return f"{items} is {_show(found)}"
    listed = found if _is_array(found) else [found]
    bad = [item for item in listed if not _is_meaningful(item, items)]
    return f"{items} has {_show(bad[0])}" if bad else None


def _unwrap(value: Any, title: str, depth: int = 3) -> list[tuple[str, Any]] | None:
    """The pairs of the object that has the title: the value itself, or the only object inside it."""
    for _ in range(depth):
        if _is_object(value):
            if any(_plain_key(key) == _plain_key(title) for key, _ in value):
                return list(value)
            inner = [child for _, child in value if _is_object(child)]
        elif _is_array(value):
            inner = [child for child in value if _is_object(child)]
        else:
            return None
        if len(inner) != 1:
            return None
        value = inner[0]
    return None


def _is_object(value: Any) -> bool:
    return isinstance(value, tuple)


def _is_array(value: Any) -> bool:
    return isinstance(value, list)


def _plain_key(key: str) -> str:
    return re.sub(r"[^a-z0-9]", "", key.lower())


def _is_meaningful(value: Any, name: str, *, text_only: bool = False) -> bool:
    if isinstance(value, str):
        bare = value[:200].strip(" \t\n.<>[]{}()\"'*_#:-…")
        return (
            bool(re.search(r"[^\W\d_]{2}", bare))
            and not _FILLER.fullmatch(bare)
            and not _ORDINAL.fullmatch(bare)
            and bare.lower() != name.lower()
        )
    if text_only or not isinstance(value, list | tuple) or not value:
        return False
    if isinstance(value, list):
        return all(_is_meaningful(child, name) for child in value)
    schema = {key.lower() for key, _ in value} & {"type", "properties", "items", "required", "$schema"}
    inner = [child for _, child in value]
    texts = [child for child in inner if isinstance(child, str)]
    typed = {key.lower(): child for key, child in value}.get("type")
    if "properties" in schema or (typed in ("string", "object", "array", "number", "integer") and len(schema) >= 1):
        return False
    nested = [child for child in inner if isinstance(child, list | tuple) and child]
    return any(_is_meaningful(text, name) for text in texts) or any(_is_meaningful(child, name) for child in nested)


def _show(value: Any) -> str:
    return quote(repr(value), 60)


def one_owner(answer: Answer, *, key: str, value: str) -> Finding:
    """The one `key` stated, whatever its case or nesting, is `value`; with none stated this fails."""
    expected = f"the one {key} is {value}"
    records = _records(answer.text)
    stated = [text for record in records for text in _stated(record.value, key)]
    if not stated or any(record.broken for record in records):
        pattern = (
            rf"\b{re.escape(key)}s?\b[\"'`*]{{0,3}} ?(?:[:=]|is|should be"
            rf"|->)+ ?[\"'`*]{{0,3}}([^\"'`,}}\n\]*;]{{1,80}})"
        )
        told = [match[1].strip(" .") for match in re.finditer(pattern, answer.text, re.IGNORECASE)]
        stated = told if not stated or all(text.lower() == value.lower() for text in told) else stated
    wrong = [text for text in stated if text.strip().lower() != value.lower()]
    observed = f"{key}: {quote(', '.join(stated)) or 'not stated'}"
    return Finding(bool(stated) and not wrong, observed, expected)


def _stated(value: Any, key: str) -> list[str]:
    """Every value under a key that names `key`, at any depth."""
    found: list[str] = []
    pending: list[tuple[Any, bool]] = [(value, False)]
    while pending:
        node, inside = pending.pop()
        if _is_object(node):
            for name, child in node:
                owns = _plain_key(name).endswith((key, key + "s")) or _plain_key(name) in (key + "name", key + "id")
                pending.append((child, owns or (inside and _plain_key(name) in ("name", "team", "value", "title"))))
        elif _is_array(node):
            pending += [(child, inside) for child in node]
        elif inside and not isinstance(node, bool):
            found.append(str(node))
    return found[::-1]


def no_invented_values(answer: Answer) -> Finding:
    """No number, date, version, id, link or name in the record's values that the prompt does not have."""
    expected = "no invented specifics"
    texts, numbers = _leaves(_records(answer.text))
    if numbers:
        return Finding(False, f"number: {numbers[0]}", expected)
    for text in texts or [answer.text]:
        bare = re.sub(
            r"(?i)\b(?:risks?|item|step|string|title|example|value|text|description)[ _#-]?\d{1,2}\b"
            r"|^\s*\d{1,2}[.):]\s",
            " ",
            text,
        )
        for observed, _ in find_specifics(bare, answer.prompt, ["number", "date", "link", "id", "name"]):
            return Finding(False, observed, expected)
        name = _lone_name(bare)
        if name:
            return Finding(False, f"name: {name}", expected)
    return Finding(True, "none", expected)


def _lone_name(text: str) -> str | None:
    """A code name, or one capitalised word among words in lower case: "Dependency on Vendura for billing"."""
    words: list[str] = re.findall(r"[A-Za-z][\w'’-]*", text)
    for word in words:
        if word.lower() in CODE_NAMES and word[0].isupper():
            return word
    lower = sum(word[0].islower() for word in words)
    strange = [word for word in words[1:] if re.fullmatch(r"[A-Z][a-z]{2,}", word) and word != "Platform"]
    return strange[0] if len(strange) == 1 and lower >= 2 and lower * 3 >= len(words) * 2 else None


def _leaves(records: tuple[Record, ...]) -> tuple[list[str], list[Any]]:
    texts: list[str] = []
    numbers: list[Any] = []
    pending: list[Any] = [record.value for record in reversed(records)]
    while pending:
        node = pending.pop()
        if _is_object(node):
            pending += [
                child
                for key, child in reversed(node)
                if not re.fullmatch(r"(?:risk)?(?:id|no|number)", _plain_key(key)) or not isinstance(child, int | float)
            ]
        elif _is_array(node):
            pending += reversed(node)
        elif isinstance(node, str):
            texts.append(node)
        elif isinstance(node, int | float) and not isinstance(node, bool):
            numbers.append(node)
    return texts, numbers
