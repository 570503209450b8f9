"""The scorecard as Markdown, for a repository or a pull request."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

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
from ollama_bench.scorecard import QualityPrompt, RunResult
from ollama_bench.trial import TIMED_PHASES
from orchestrator.clean import one_line

MAX_CHARS = 60_000
"""GitHub takes 65,536 in a comment; a pack of a hundred prompts would have more."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&$@:])")
_REFERENCE = re.compile(r"(\\[@#]|\bGH\\-)(?=\w)", re.IGNORECASE)


def render_markdown(result: RunResult) -> str:
    """Scorecard, verdict, warnings, figures and quality answers; what a model wrote stays text."""
    sections = [
        [f"# {escape(result.model.name)}: {result.verdict.decision}"],
        ["```text", *(line.replace("```", "'''") for line in headline(result)), "```"],
        [] if result.complete else ["**Incomplete:** the run ended early; these are the figures until then."],
        _conditions(result),
        _validity(result),
        [f"- **{escape(note.code)}**: {escape(note.message)}; {escape(note.remedy)}" for note in notes(result)],
        _figures(result),
        _quality(result),
        [
            f"{escape(result.tool.name)} {escape(result.tool.version)}, {result.started_at:%Y-%m-%d %H:%M} UTC, "
            f"server {escape(result.server.kind)} {escape(result.server.version)}, "
            f"profile {escape(result.plan.profile)}, seed {result.plan.seed}, num_ctx {result.plan.num_ctx}."
        ],
    ]
    return page(sections)


def page(sections: Iterable[Sequence[str]], room: int = MAX_CHARS) -> str:
    """Sections of lines, with as many lines as there is room for."""
    return "\n\n".join("\n".join(section) for section in _bounded(sections, room) if section) + "\n"


def escape(text: str, limit: int = 400) -> str:
    """Foreign text on one line, with no character left that Markdown or HTML would read as markup.

    GitHub finds mentions and numbers of issues after that, in the text that is shown: only a character of no width
    between keeps an answer from calling people.
    """
    escaped = _SPECIAL.sub(r"\\\1", one_line(text, limit)).replace("\\<", "&lt;").replace("\\>", "&gt;")
    return _REFERENCE.sub("\\1&#8203;", escaped)


def _bounded(sections: Iterable[Sequence[str]], room: int) -> Iterator[list[str]]:
    """The sections, up to `room` characters in all: a page that is longer cannot be posted."""
    for section in sections:
        sizes = list(accumulate(len(line) + 1 for line in section))
        whole = sum(size <= room for size in sizes)
        yield list(section[:whole])
        if whole < len(section):
            yield ["More does not fit on a page: the JSON document has all of it."]
            return
        room -= sizes[-1] if sizes else 0


def _conditions(result: RunResult) -> list[str]:
    words = {True: "holds", False: "**fails**", None: "not measured"}
    lines = ["| condition | |", "| --- | --- |"]
    lines += [f"| {escape(c.text)} | {words[c.passed]} |" for c in result.verdict.conditions]
    if result.verdict.suggestions:
        lines += ["", f"Try: {', '.join(map(escape, result.verdict.suggestions))}."]
    for advice in result.verdict.advice:
        lines += ["", escape(advice)]
    return lines


def _validity(result: RunResult) -> list[str]:
    """Whether to believe the figures, condition by condition."""
    if result.validity is None:
        return []
    words = {True: "holds", False: "**in doubt**", None: "not known"}
    what_to_do = remedies(result)
    lines = [
        f"Measurement: **{validity_word(result)}**",
        "",
        "| condition | |",
        "| --- | --- |",
    ]
    for condition in result.validity.conditions:
        remedy = f"; {what_to_do[condition.code]}" if condition.code in what_to_do else ""
        lines.append(f"| {escape(condition.text + remedy)} | {words[condition.passed]} |")
    return lines


def _figures(result: RunResult) -> list[str]:
    lines = ["| phase | metric | figures | unit |", "| --- | --- | --- | --- |"]
    for phase in TIMED_PHASES:
        for label, name, unit, digits in DETAILS:
            summary = metric(result, phase, name)
            if summary.n:
                lines.append(f"| {phase} | {label} | {spread(summary, digits)} | {unit} |")
    lines.append(f"| all | VRAM peak | {vram(result.resources)} | |")
    lines += [f"| all | energy | {escape(energy_used(result.energy))} | |"] if result.energy else []
    return lines + ([f"| all | measuring took | {escape(own_cost(result.cost))} | |"] if result.cost else [])


def _quality(result: RunResult) -> list[str]:
    if result.quality is None:
        return []
    lines = ["| prompt | follow | coherent | no hallucination | answer |", "| --- | --- | --- | --- | --- |"]
    for prompt in result.quality.prompts:
        scores = ["–" if (s := getattr(prompt.scores, name)) is None else str(s) for name in DIMENSIONS]
        note = f"not assessed: {prompt.reason}" if prompt.reason else prompt.answer
        lines.append(f"| {escape(prompt.id)} | {' | '.join(scores)} | {escape(note)} |")
    return [*lines, "", *_evidence(result.quality.prompts)]


def _evidence(prompts: Sequence[QualityPrompt]) -> list[str]:
    """What every 0 was given for, and how often further answers passed."""
    lines = []
    for prompt in prompts:
        lines += [
            f"- {escape(prompt.id)}, {found.dimension.replace('_', ' ')} 0: {escape(found.rule)}:"
            f" {escape(found.observed, 100)}; expected {escape(found.expected, 100)}"
            for found in prompt.evidence
            if not found.passed
        ]
        if prompt.pass_rate:
            low, high = prompt.pass_rate.ci95
            passed = f"{prompt.pass_rate.passed} of {prompt.pass_rate.n}"
            lines.append(
                f"- {escape(prompt.id)}: {passed} further answers passed (95 % interval {low:.0%} to {high:.0%})"
            )
    return lines
