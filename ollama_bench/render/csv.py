"""One row a trial, for spreadsheets and data frames (RFC 4180). The answers are not in it: the document has them."""

import csv
import io
import re
from collections.abc import Sequence

from ollama_bench.metrics import TRIAL_METRICS, trial_metrics
from ollama_bench.scorecard import RunResult
from ollama_bench.trial import TIMED_PHASES, ServerFigures, Trial
from orchestrator.clean import one_line

Cell = str | float | int | None

COUNTS = ("prompt_eval_count", "prompt_eval_cached_count", "eval_count")
"""Tokens, by the server's own count."""

DURATIONS = tuple(name for name in ServerFigures.model_fields if name.endswith("_ns"))

HEADER = (
    "run_id",
    "started_at",
    "model",
    "quantization",
    "phase",
    "trial",
    "ok",
    "error_kind",
    "done_reason",
    "temperature",
    "seed",
    "num_predict",
    "started_s",
    *TRIAL_METRICS,
    *COUNTS,
    "chunks",
    *DURATIONS,
)

_FORMULA = re.compile(r"(?:^|(?<=[;,|\"]))\s*(?=[=+\-@＝＋－＠])")
"""Where a spreadsheet would begin to calculate: at the front of a cell, also of one that another separator makes."""


def render_csv(results: Sequence[RunResult]) -> str:
    """All timed trials of `results` under one header. A figure that was not measured is an empty cell; a failed
    trial has no metrics. Lines end in CR LF.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for result in results:
        for phase in TIMED_PHASES:
            found = result.phases.get(phase)
            writer.writerows(map(_defused, _row(result, trial)) for trial in (found.trials if found else ()))
    return text.getvalue()


def _row(result: RunResult, trial: Trial) -> list[Cell]:
    metrics = trial_metrics(trial) if trial.ok else dict.fromkeys(TRIAL_METRICS)
    return [
        result.id,
        result.started_at.isoformat(),
        result.model.name,
        result.model.quantization,
        trial.phase,
        trial.index + 1,
        "yes" if trial.ok else "no",
        trial.error.kind if trial.error else None,
        trial.done_reason,
        trial.temperature,
        trial.seed,
        trial.num_predict,
        trial.started_ns / 1e9,
        *(metrics[name] for name in TRIAL_METRICS),
        *(getattr(trial.server, name) for name in COUNTS),
        len(trial.chunk_ns),
        *(getattr(trial.server, name) for name in DURATIONS),
    ]


def _defused(cell: Cell) -> Cell:
    """Text on one line that no spreadsheet takes for a formula (an apostrophe says that it is text); numbers as is."""
    return _FORMULA.sub("'", one_line(cell)) if isinstance(cell, str) else cell
