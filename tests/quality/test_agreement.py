import math

import pytest

from ollama_bench.quality import AnswerScore, not_assessed
from ollama_bench.quality.agreement import (
    StoredAnswer,
    agree,
    agreement_table,
    cohen_kappa,
    load_answers,
)
from orchestrator.errors import ConfigurationError
from orchestrator.stats import wilson_interval


def test_wilson_interval_is_the_published_one():
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3: 81/263 and 15/148 and 0/20 and 1/29
    for successes, n, low, high in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ]:
        interval = wilson_interval(successes, n)
        assert interval == pytest.approx((low, high), abs=5e-5)
    assert wilson_interval(5, 5)[1] == 1.0
    with pytest.raises(ValueError, match="at least one"):
        wilson_interval(0, 0)


def test_kappa():
    # 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: observed .70, by chance .50
    assert cohen_kappa(20, 5, 10, 15) == pytest.approx(0.4)
    assert cohen_kappa(10, 0, 0, 10) == 1.0
    assert cohen_kappa(0, 10, 10, 0) == -1.0
    assert cohen_kappa(7, 0, 0, 0) == 1.0
    assert cohen_kappa(0, 0, 0, 0) is None


def test_agreement_counts_per_prompt_and_over_all():
    def stored(prompt: str, label: int) -> StoredAnswer:
        return StoredAnswer(id="x", prompt=prompt, answer="", follow=label, coherent=label, no_hallucination=label)

    def scored(given: int) -> AnswerScore:
        return AnswerScore(follow=given, coherent=given, no_hallucination=given)

    answers = [stored("a", 1), stored("a", 0), stored("b", 1), stored("b", 0), stored("b", 1)]
    scores = [scored(1), scored(1), scored(0), scored(0), not_assessed("failed")]
    rows = {(row.prompt, row.dimension): row for row in agree(answers, scores)}
    assert len(rows) == 9
    row = rows["all", "follow"]
    assert (row.true_positive, row.false_positive, row.false_negative, row.true_negative, row.not_assessed) == (
        1,
        1,
        1,
        1,
        1,
    )
    assert row.accuracy == 0.5
    assert row.kappa == 0
    table = agreement_table(rows.values()).splitlines()
    assert len(table) == 10
    assert table[0].startswith("prompt  dimension")
    assert "50.0 %" in table[1]
    assert math.isclose(rows["a", "follow"].accuracy_interval[0], wilson_interval(1, 2)[0])


def test_mistakes_in_a_file_are_told_by_line_and_key(tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_text(
        '{"id": "a", "prompt": "apples", "answer": "4"}\n\n{"id": "b", "prompt": "apples"}\n{oops\n'
        '{"id": "c", "prompt": "apples", "answer": "4", "follow": 2}\n',
        encoding="utf-8",
    )
    with pytest.raises(ConfigurationError) as told:
        load_answers(path)
    assert [line.split("answers.jsonl")[1] for line in str(told.value).splitlines()] == [
        ":3: answer: missing",
        ":4: not valid JSON",
        ":5: follow: Input should be less than or equal to 1",
    ]


def test_labels_are_wanted_where_asked_for(tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_text('{"id": "a", "prompt": "apples", "answer": "4", "more": 1}\n', encoding="utf-8")
    assert load_answers(path)[0].follow is None
    with pytest.raises(ConfigurationError, match=":1: follow: missing"):
        load_answers(path, labels=True)


def test_no_file_and_no_answers(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_answers(tmp_path / "none.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="holds no answers"):
        load_answers(tmp_path / "empty.jsonl")
