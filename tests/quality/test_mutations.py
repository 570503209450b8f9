# ruff: noqa: E501
"""Every labelled answer that is right in all respects, spoilt in one way: the score must follow."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ollama_bench.quality import score_answer

DEV = Path(__file__).parents[1] / "data" / "quality" / "dev.jsonl"
ROWS = [json.loads(line) for line in DEV.read_text(encoding="utf-8").splitlines()]
GOOD = [row for row in ROWS if (row["follow"], row["coherent"], row["no_hallucination"]) == (1, 1, 1)]


def flip_last_count(answer: str) -> str:
    return re.sub(r"4|\bfour\b|\bFour\b", "6", answer)


def without(key: str) -> Callable[[str], str]:
    def drop(answer: str) -> str:
        value = json.loads(answer[answer.rfind("</think>") + 8 if "</think>" in answer else 0 :])
        value.pop(key)
        return json.dumps(value, ensure_ascii=False)

    return drop


# prompt (None: any), what is done, which dimensions must be 0, which must stay 1
MUTATIONS: list[tuple[str, str | None, Callable[[str], str], str, str]] = [
    ("a leaked token at the end", None, lambda a: a + "<|im_end|>", "coherent", "no_hallucination"),
    ("a leaked turn", None, lambda a: a + "\n<end_of_turn>\n<start_of_turn>user", "coherent", "no_hallucination"),
    ("an instruction heading", None, lambda a: a + "\n\n### Instruction:\n", "coherent", "no_hallucination"),
    ("a role word in front", None, lambda a: "assistant\n\n" + a.split("</think>")[-1], "coherent", ""),
    ("a loop", None, lambda a: a + " and so on" * 30, "coherent", ""),
    ("Chinese at the end", None, lambda a: a + " 谢谢你的问题", "coherent", ""),
    ("nothing but thinking", None, lambda a: "<think>" + a.replace("</think>", ""), "follow coherent no_hallucination", ""),
    ("a count that is wrong everywhere", "apples", flip_last_count, "no_hallucination", "coherent"),
    ("a second total", "apples", lambda a: a + " So the answer is 7.", "follow coherent no_hallucination", ""),
    ("a question back", "apples", lambda a: a + " How many pears did you buy?", "follow", "coherent"),
    ("a new problem", "apples", lambda a: a + "\n\nNext problem: You have 9 pears and eat 2. How many left?", "follow", ""),
    ("too many words", "apples", lambda a: a + " That is quite easy to see." * 1 + " really" * 1 + " x" * 80, "follow", ""),
    ("a friend who eats one", "apples", lambda a: a + " Your friend ate one too.", "no_hallucination", ""),
    ("a price", "apples", lambda a: a + " You paid $3 for them.", "no_hallucination", "follow coherent"),
    ("a third sentence", "release_note", lambda a: a + " Have a nice day!", "follow", "coherent no_hallucination"),
    ("a version", "release_note", lambda a: "In version 4.2: " + a, "no_hallucination", "coherent"),
    ("a link", "release_note", lambda a: a + "\nhttps://example.com/x", "no_hallucination", ""),
    ("a preamble", "release_note", lambda a: "Here is a release note you can use:\n\n" + a, "follow", "coherent"),
    ("bullets", "release_note", lambda a: "- " + a.lstrip("> "), "follow", "no_hallucination"),
    ("a placeholder", "release_note", lambda a: a + " [Your Name]", "follow", ""),
    ("a fence", "json", lambda a: "```json\n" + a.split("</think>")[-1].strip() + "\n```", "follow", "coherent no_hallucination"),
    ("prose in front", "json", lambda a: "Here you go: " + a.split("</think>")[-1], "follow", "coherent no_hallucination"),
    ("no owner", "json", without("owner"), "follow no_hallucination", "coherent"),
    ("no title", "json", without("title"), "follow coherent", "no_hallucination"),
    ("no risks", "json", without("risks"), "follow coherent", "no_hallucination"),
    ("no closing brace", "json", lambda a: a.rstrip().removesuffix("}"), "follow coherent", "no_hallucination"),
    ("a trailing comma", "json", lambda a: re.sub(r"\}\s*$", ",}", a), "follow", "coherent no_hallucination"),
    ("a key twice", "json", lambda a: re.sub(r"\}\s*$", ', "owner": "Platform"}', a), "follow", "no_hallucination"),
    ("another owner", "json", lambda a: re.sub(r'"owner"(\s*):(\s*)"Platform"', '"owner": "Sales"', a), "follow no_hallucination", "coherent"),
    ("an invented risk", "json", lambda a: a.replace('"risks"', '"due": "2031-05-06", "risks"'), "follow no_hallucination", ""),
]  # fmt: skip
PAIRS = [
    pytest.param(row, change, zero, one, id=f"{row['id']}-{name}")
    for name, prompt, change, zero, one in MUTATIONS
    for row in GOOD
    if prompt in (None, row["prompt"])
]


@pytest.mark.parametrize(("row", "change", "zero", "one"), PAIRS)
def test_a_spoilt_answer_loses_what_it_should(row, change, zero, one):
    result = score_answer(row["prompt"], change(row["answer"]))
    failed = [(item.rule, item.observed) for item in result.evidence if not item.passed]
    assert [name for name in zero.split() if getattr(result, name) != 0] == [], change(row["answer"])
    assert [name for name in one.split() if getattr(result, name) != 1] == [], failed
