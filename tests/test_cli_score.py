"""`ollama-bench score` and `ollama-bench prompts check`: files in, scores out, no server."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from ollama_bench.cli import cli
from ollama_bench.resources import shipped
from orchestrator.errors import ConfigurationError

RIGHT = {"id": "a-1", "prompt": "apples", "answer": "You have 4 apples left: 3 + 2 = 5, and 5 - 1 = 4."}
WRONG = {"id": "a-2", "prompt": "apples", "answer": "\x1b[31mYou have 5 apples left because 3 + 2 = 5.\x1b[0m"}
LABELS = {"follow": 1, "coherent": 1, "no_hallucination": 1}


def _answers(folder: Path, *lines: object) -> str:
    file = folder / "answers.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return str(file)


def test_scores_come_with_the_evidence_of_each_zero(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["score", _answers(tmp_path, RIGHT, WRONG)], catch_exceptions=False)

    right, wrong, *evidence = result.stdout.splitlines()
    assert right == "a-1  apples  follow 1  coherent 1  no-hallucination 1"
    assert wrong.startswith("a-2  apples  follow 1")
    assert any(line.startswith("  no_hallucination 0, ") for line in evidence)
    assert "\x1b" not in result.stdout


def test_json_holds_scores_and_agreement(tmp_path: Path) -> None:
    file = _answers(tmp_path, RIGHT | LABELS, WRONG | LABELS)
    result = CliRunner().invoke(cli, ["score", file, "--labels", "--json"], catch_exceptions=False)

    document = json.loads(result.stdout)
    assert [answer["no_hallucination"] for answer in document["answers"]] == [1, 0]
    row = next(r for r in document["agreement"] if (r["prompt"], r["dimension"]) == ("apples", "no_hallucination"))
    assert (row["true_positive"], row["false_negative"], row["accuracy"]) == (1, 1, 0.5)


def test_labels_print_a_table(tmp_path: Path) -> None:
    file = _answers(tmp_path, RIGHT | LABELS)
    result = CliRunner().invoke(cli, ["score", file, "--labels"], catch_exceptions=False)

    header, *rows = result.stdout.splitlines()
    assert " ".join(header.split()) == "prompt dimension 1/1 1/0 0/1 0/0 n/a accuracy 95 % interval kappa"
    assert [row.split()[:2] for row in rows[:3]] == [["apples", name] for name in LABELS]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r"answers\.jsonl:1: not valid JSON"),
        ('{"id": "x", "prompt": "apples"}', r"answers\.jsonl:1: answer: missing"),
        ('{"id": "x", "prompt": "pears", "answer": "4"}', "no quality prompt is called 'pears'"),
        ("", "holds no answers"),
    ],
)
def test_a_file_that_cannot_be_scored_is_told_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text(line)

    with pytest.raises(ConfigurationError, match=message):
        CliRunner().invoke(cli, ["score", str(file)], catch_exceptions=False)


def test_the_shipped_pack_has_no_mistakes() -> None:
    result = CliRunner().invoke(cli, ["prompts", "check", str(shipped("prompts"))], catch_exceptions=False)

    assert result.stdout.rstrip().endswith("6 prompts, no mistakes: short, real, long, apples, release_note, json")


def test_every_mistake_of_a_pack_is_told_with_file_line_and_key(tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(shipped("prompts"), pack)
    (pack / "short.yaml").write_text("id: short\nrole: short\nprompt: Hi\noptions: {num_predict: 0}\n")
    (pack / "real.yaml").write_text("id: real\nrole: real\nprompt: Hi\ncolour: red\noptions: {num_predict: 5}\n")

    with pytest.raises(ConfigurationError) as caught:
        CliRunner().invoke(cli, ["prompts", "check", str(pack)], catch_exceptions=False)

    real, short = str(caught.value).splitlines()
    assert real == f"{pack / 'real.yaml'}:4: colour: unknown key"
    assert short.startswith(f"{pack / 'short.yaml'}:4: options.num_predict: ")
