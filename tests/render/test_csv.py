"""One row a trial, read back by the standard library's reader."""

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_bench.metrics import TRIAL_METRICS, trial_metrics
from ollama_bench.render.csv import render_csv
from ollama_bench.scorecard import RunResult
from ollama_bench.trial import RequestError
from tests.examples import example_plan, example_result, example_trials

FORMULA_SIGNS = tuple("=+-@＝＋－＠\t\r")


def _rows(*results: RunResult) -> list[dict[str, str]]:
    text = render_csv(results)
    assert text.encode().decode().count("\n") == text.count("\r\n"), "RFC 4180: lines end in CR LF"
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def _model(**changes: Any) -> RunResult:
    result = example_result()
    return result.model_copy(update={"model": result.model.model_copy(update=changes)})


def test_every_timed_trial_is_a_row_with_all_its_metrics() -> None:
    result = example_result()
    rows = _rows(result)
    trials = [trial for phase in result.phases.values() for trial in phase.trials]

    assert [(row["phase"], row["trial"]) for row in rows] == [(t.phase, str(t.index + 1)) for t in trials]
    for row, trial in zip(rows, trials, strict=True):
        figures = trial_metrics(trial)
        for name in TRIAL_METRICS:
            assert row[name] == ("" if figures[name] is None else str(figures[name]))
        assert row["run_id"] == result.id
        assert row["started_at"] == "2026-11-23T17:03:12+00:00"
        assert (row["ok"], row["error_kind"], row["done_reason"]) == ("yes", "", "stop")
        assert (row["eval_count"], row["chunks"]) == ("100", "100")
        assert row["eval_duration_ns"] == str(trial.server.eval_duration_ns)


def test_a_failed_trial_has_its_reason_and_no_metrics() -> None:
    plan = example_plan()
    trials = example_trials(plan)
    trials[2] = trials[2].model_copy(update={"error": RequestError(kind="timeout", message="silence")})
    (row,) = [row for row in _rows(example_result(trials, plan)) if row["ok"] == "no"]

    assert (row["phase"], row["trial"], row["error_kind"]) == ("warm", "2", "timeout")
    assert not any(row[name] for name in TRIAL_METRICS)


def test_several_runs_share_one_header() -> None:
    rows = _rows(example_result(), _model(name="other:1b"))

    assert len(rows) == 16
    assert {row["model"] for row in rows} == {"llama3.2:1b", "other:1b"}


def test_no_answer_is_in_it() -> None:
    assert "ready and waiting" not in render_csv([example_result()])


@pytest.mark.parametrize("sign", FORMULA_SIGNS)
def test_text_is_never_a_formula(sign: str) -> None:
    for row in _rows(_model(name=f"{sign}cmd|' /C calc'!A0", quantization=f"x;{sign}1+1")):
        assert not row["model"].startswith(FORMULA_SIGNS)
        assert "cmd" in row["model"]
        assert not any(cell.strip().startswith(FORMULA_SIGNS) for cell in row["quantization"].split(";"))


@given(st.text(alphabet="=+-@\t\r\n;,|\"' a＝", max_size=12))
def test_no_separator_makes_a_cell_that_is_a_formula(name: str) -> None:
    (row, *_) = _rows(_model(name=name))
    for separator in ";,|":
        assert not any(cell.strip(' "').startswith(FORMULA_SIGNS) for cell in row["model"].split(separator))


def test_numbers_stay_numbers() -> None:
    plan = example_plan()
    trials = example_trials(plan)
    trials[1] = trials[1].model_copy(
        update={"server": trials[1].server.model_copy(update={"prompt_eval_duration_ns": -5})}
    )

    assert _rows(example_result(trials, plan))[1]["prompt_eval_duration_ns"] == "-5"
