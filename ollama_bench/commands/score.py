"""`ollama-bench score`: stored answers, scored without a server."""

import json
from pathlib import Path

from ollama_bench.output import print_result
from ollama_bench.quality.agreement import (
    Agreement,
    StoredAnswer,
    agree,
    agreement_table,
    load_answers,
    score_answers,
)
from ollama_bench.quality.scores import DIMENSIONS, AnswerScore
from ollama_bench.run import load_prompts
from orchestrator.clean import clean_json, one_line


def score_file(file: Path, *, prompts: Path | None, labels: bool, as_json: bool) -> None:
    """Score every answer of `file` and print the scores, or with `labels` how they agree with the file's own."""
    pack = load_prompts(prompts)
    answers = load_answers(file, labels=labels)
    scores = score_answers(answers, pack.quality)
    if as_json:
        document = [_as_json(answer, score) for answer, score in zip(answers, scores, strict=True)]
        agreement = {"agreement": [_agreement_as_json(row) for row in agree(answers, scores)]} if labels else {}
        print_result(clean_json(json.dumps({"answers": document, **agreement}, indent=1, ensure_ascii=False)) + "\n")
    elif labels:
        print_result(agreement_table(agree(answers, scores)) + "\n")
    else:
        print_result("".join(map(_as_text, answers, scores)))


def _as_text(answer: StoredAnswer, score: AnswerScore) -> str:
    """One line of scores, and one for every finding that cost a point."""
    head = f"{one_line(answer.id, 40)}  {one_line(answer.prompt, 40)}  "
    if score.reason:
        return f"{head}not assessed: {one_line(score.reason)}\n"
    values = "  ".join(f"{name.replace('_', '-')} {getattr(score, name)}" for name in DIMENSIONS)
    failed = [found for found in score.evidence if not found.passed]
    return f"{head}{values}\n" + "".join(
        f"  {found.dimension} 0, {one_line(found.rule)}: {one_line(found.observed, 100)};"
        f" expected {one_line(found.expected, 100)}\n"
        for found in failed
    )


def _as_json(answer: StoredAnswer, score: AnswerScore) -> dict[str, object]:
    return {"id": answer.id, "prompt": answer.prompt, **score.model_dump(mode="json")}


def _agreement_as_json(row: Agreement) -> dict[str, object]:
    return {
        "prompt": row.prompt,
        "dimension": row.dimension,
        "true_positive": row.true_positive,
        "false_positive": row.false_positive,
        "false_negative": row.false_negative,
        "true_negative": row.true_negative,
        "not_assessed": row.not_assessed,
        "accuracy": row.accuracy,
        "accuracy_ci95": row.accuracy_interval,
        "kappa": row.kappa,
    }
