import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from apples_cases import CASES as APPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from json_cases import CASES as JSON
from note_cases import CASES as NOTES

from ollama_bench.pack import load_pack
from ollama_bench.quality import AnswerScore, not_assessed, score_answer
from ollama_bench.quality.agreement import agree, load_answers, score_answers
from ollama_bench.quality.answer import MAX_READ_CHARS
from ollama_bench.resources import shipped
from orchestrator.errors import ConfigurationError

DEV = Path(__file__).parents[1] / "data" / "quality" / "dev.jsonl"
PACKAGE = Path(__file__).parents[2] / "ollama_bench" / "quality"
CASES = [
    *(("apples", answer, labels) for labels, answer in APPLES),
    *(("release_note", answer, labels) for labels, answer in NOTES),
    *(("json", answer, labels) for labels, answer in JSON),
]


def labels_of(score: AnswerScore) -> str:
    return f"{score.follow}{score.coherent}{score.no_hallucination}"


@pytest.mark.parametrize(("prompt", "answer", "labels"), CASES, ids=[f"{c[0]}-{i}" for i, c in enumerate(CASES)])
def test_adversarial_and_benign_answers(prompt, answer, labels):
    score = score_answer(prompt, answer)
    failed = [(item.rule, item.observed) for item in score.evidence if not item.passed]
    assert labels_of(score) == labels, failed


def test_agreement_with_the_labelled_answers():
    answers = load_answers(DEV, labels=True)
    rows = agree(answers, score_answers(answers, load_pack(shipped("prompts")).quality))
    assert len(answers) == 163
    assert {(row.prompt, row.dimension): row.accuracy for row in rows if row.accuracy < 0.94} == {}
    overall = [row for row in rows if row.prompt == "all"]
    assert len(overall) == 3
    assert all(row.accuracy >= 0.97 and row.kappa >= 0.92 for row in overall)


def test_every_zero_has_evidence_that_lies_in_the_answer():
    for prompt, answer, _ in CASES:
        score = score_answer(prompt, answer)
        for dimension in ("follow", "coherent", "no_hallucination"):
            items = [item for item in score.evidence if item.dimension == dimension]
            assert items
            assert getattr(score, dimension) == int(all(item.passed for item in items))
        for item in score.evidence:
            if item.span:
                assert 0 <= item.span[0] <= item.span[1] <= len(answer), (prompt, answer, item)


def test_a_span_counts_the_thinking_and_white_space_before_the_answer():
    answer = "  <think>3 and 2\n</think>\n\nYou have 4 apples left since 3 + 2 = 6 and 6 - 2 = 4."
    false = next(e for e in score_answer("apples", answer).evidence if e.rule == "true_steps")
    assert answer[slice(*false.span)] == "3 + 2 = 6"


def test_thinking_that_ran_out_is_not_assessed_only_when_the_server_said_length():
    cut = "<think>First, 3 + 2 is"
    score = score_answer("apples", cut, done_reason="length")
    assert (score.follow, score.coherent, score.no_hallucination) == (None, None, None)
    assert "thinking" in score.reason
    assert labels_of(score_answer("apples", cut, done_reason="stop")) == "000"
    assert labels_of(score_answer("apples", cut)) == "000"
    assert labels_of(score_answer("apples", "You have 5", done_reason="length")) != "NoneNoneNone"


def test_not_assessed_says_why():
    score = not_assessed("the request failed: 500")
    assert score.reason == "the request failed: 500"
    assert score.follow is None
    assert score.evidence == ()


def test_unknown_prompt():
    with pytest.raises(ConfigurationError, match=r"'pears'.*apples, release_note, json"):
        score_answer("pears", "4")
    with pytest.raises(ConfigurationError, match="no quality prompt"):
        score_answer("short", "ready")


def test_what_is_not_read_is_said():
    score = score_answer("apples", "You have 4 apples left. " * 1000)
    read = [item for item in score.evidence if item.rule == "read"]
    assert len(read) == 3
    assert read[0].observed == f"read {MAX_READ_CHARS} of 23999 characters"


WORDS = [
    "you",
    "have",
    "3",
    "apples",
    "buy",
    "2",
    "eat",
    "1",
    "left",
    "4",
    "so",
    "wait",
    "no",
    "sorry",
    "title",
    "after",
]
WORDS += ["=", "+", "-", ".", ",", "{", "}", "[", "]", ":", "not", "or", "->", "0", "/", "*", "(", ")", "?"]
HOSTILE = [
    *("1 + " * 250_000, "[" * 10**6, "{" * 10**6, '{"a":' * 200_000, "apple " * 166_000, "4" * 10**6),
    *("\\" * 10**6, "a\n" * 500_000, "3 + 2 = " + "9" * 10**6, "(" * 10**6, "\0" * 10**6, "<think>" * 140_000),
    *("\ud800", "1/0", "\u202e4\u0000", '{"title": ' + "9" * 5000 + "}", "[" * 4000 + "]" * 4000),
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:8]))
@pytest.mark.parametrize("prompt", ["apples", "release_note", "json"])
def test_hostile_answers_are_scored(prompt, text):
    score = score_answer(prompt, text)
    assert {score.coherent, score.no_hallucination} <= {0, 1}
    assert score.follow == 0


@settings(max_examples=150, deadline=None)
@given(
    prompt=st.sampled_from(["apples", "release_note", "json"]),
    answer=st.one_of(
        st.text(max_size=200),
        st.text(alphabet="0123456789 +-*/=()[]{}\",:'.!?\n$\\<>|", max_size=200),
        st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join),
    ),
)
def test_any_text_gets_a_score_and_the_same_one_again(prompt, answer):
    first = score_answer(prompt, answer)
    assert first == score_answer(prompt, answer)
    assert AnswerScore.model_validate_json(first.model_dump_json()) == first


def test_scores_travel_as_json():
    score = score_answer("apples", "You have 5 apples left.")
    document = json.loads(score.model_dump_json())
    assert set(document["evidence"][0]) == {"rule", "dimension", "passed", "observed", "expected", "span"}


def test_the_package_is_pure_and_imports_nothing_heavy():
    banned = {"httpx", "psutil", "click", "time", "datetime", "random", "ollama", "rich"}
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not banned & {name.split(".")[0] for name in names}, path
    code = "import sys, ollama_bench.quality; print(sorted({'httpx','psutil','click','rich'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
