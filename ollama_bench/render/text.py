"""The scorecard as plain text, for a terminal."""

from ollama_bench.metrics import inter_token_gaps_s, trial_metrics
from ollama_bench.quality.scores import DIMENSIONS
from ollama_bench.render.lines import (
    DETAILS,
    energy_used,
    headline,
    metric,
    notes,
    own_cost,
    remedies,
    spread,
    validity_word,
    vram,
)
from ollama_bench.render.plots import strip
from ollama_bench.scorecard import QualityPrompt, RunResult
from ollama_bench.trial import TIMED_PHASES, TimedPhase
from ollama_bench.verdict import Condition
from orchestrator.clean import one_line

MIN_PLOTTED = 8
"""Fewer values are seen as well from their median and range."""


def render_text(result: RunResult) -> str:
    """The five lines, the conditions, the warnings, then the figures behind them."""
    lines = headline(result)
    if not result.complete:
        lines.insert(0, "INCOMPLETE: the run ended early; these are the figures until then")
    lines += ["", *verdict_lines(result)]
    for section in (validity_lines(result), phase_lines(result), quality_lines(result)):
        lines += ["", *section] if section else []
    return "\n".join(lines).rstrip() + "\n"


def verdict_lines(result: RunResult) -> list[str]:
    """Each condition with its figure and its limit, then what follows from it."""
    lines = [f"  {_mark(condition)} {one_line(condition.text, 400)}" for condition in result.verdict.conditions]
    if result.verdict.suggestions:
        lines.append(f"  Try: {', '.join(one_line(name) for name in result.verdict.suggestions)}")
    return lines + [f"  {one_line(text, 400)}" for text in result.verdict.advice]


def validity_lines(result: RunResult) -> list[str]:
    """Whether to believe the figures: each condition, what to do about those that do not hold, then the notes."""
    lines: list[str] = []
    if result.validity is not None:
        lines.append(f"Measurement: {validity_word(result)}")
        what_to_do = remedies(result)
        for condition in result.validity.conditions:
            mark = {True: "ok   ", False: "DOUBT", None: "??   "}[condition.passed]
            lines.append(f"  {mark} {one_line(condition.text, 400)}")
            if condition.passed is False:
                lines.append(f"        {one_line(what_to_do.get(condition.code, ''), 400)}")
    for note in notes(result):
        lines += [f"  note  {one_line(note.message, 400)}", f"        {one_line(note.remedy, 400)}"]
    return lines


def phase_lines(result: RunResult) -> list[str]:
    """Every phase with the metrics that it has, and how latency and gaps are distributed."""
    lines = []
    for phase in TIMED_PHASES:
        for label, name, unit, digits in DETAILS:
            summary = metric(result, phase, name)
            if summary.n:
                lines.append(f"{phase:<5} {label:<13} {spread(summary, digits)}  {unit}")
                values = _plotted(result, phase, name)
                lines += [f"{'':<19} {strip(values, digits)}"] if len(values) >= MIN_PLOTTED else []
    lines.append(f"VRAM peak: {vram(result.resources)}")
    lines += [f"Energy: {energy_used(result.energy)}"] if result.energy else []
    lines += [f"Measuring took: {own_cost(result.cost)}"] if result.cost else []
    return lines


def _plotted(result: RunResult, phase: TimedPhase, name: str) -> list[float]:
    """Every value behind a figure that is drawn; none of the others."""
    good = [trial for trial in result.phases[phase].trials if trial.ok]
    if name == "itl_s":
        return [gap for trial in good for gap in inter_token_gaps_s(trial)]
    figures = [trial_metrics(trial)[name] for trial in good] if name == "latency_s" else []
    return [value for value in figures if value is not None]


def quality_lines(result: RunResult) -> list[str]:
    """Each quality prompt's scores, and what every 0 was given for."""
    lines = []
    for prompt in result.quality.prompts if result.quality else ():
        lines.append(f"{one_line(prompt.id)}: {_scores(prompt)}")
        lines.append(f"  answer: {one_line(prompt.answer, 160) or '(empty)'}")
        lines += [
            f"  {found.dimension} 0, {one_line(found.rule)}: {one_line(found.observed, 100)};"
            f" expected {one_line(found.expected, 100)}"
            for found in prompt.evidence
            if not found.passed
        ]
        if prompt.pass_rate:
            rate = prompt.pass_rate
            low, high = rate.ci95
            lines.append(f"  passed {rate.passed} of {rate.n} further answers (95 % interval {low:.0%} to {high:.0%})")
    return lines


def _scores(prompt: QualityPrompt) -> str:
    if prompt.reason:
        return f"not assessed: {one_line(prompt.reason)}"
    return "  ".join(f"{name.replace('_', '-')} {getattr(prompt.scores, name)}" for name in DIMENSIONS)


def _mark(condition: Condition) -> str:
    return {True: "ok  ", False: "FAIL", None: "??  "}[condition.passed]
