"""`slo:report`: all scenarios against their objectives, as rows and Markdown; report_page.py is the HTML."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from orchestrator.artifacts import Artifacts
from orchestrator.clean import one_line
from orchestrator.gatekeeper import read_subject
from orchestrator.results import BenchRun, checks_of, figures
from orchestrator.slo import Check, SloFile, four_digits
from orchestrator.stats import MIN_SAMPLES_FOR_P95
from orchestrator.tables import markdown_table
from orchestrator.verdict import Subject

HEADERS = ["scenario", "result", "samples", "p50 ms", "p95 ms", "memory MB", "objectives", "measured"]

BRIEF_HEADERS = ["scenario", "result", "n", "p50 ms", "p95 ms", "MB", "objectives"]
"""What a terminal of 80 columns has room for."""

NOTE = (
    f"p95 marked ~ is indicative: below {MIN_SAMPLES_FOR_P95} samples no distribution-free 95 % bound exists. "
    "The mark never changes the result. MB are 10^6 bytes."
)


@dataclass(frozen=True)
class Row:
    """One scenario."""

    name: str
    result: str
    """pass, fail, inconclusive (something was not measured), no objectives, no result."""
    samples: int
    p50_ms: float | None
    p95_ms: float | None
    peak_rss_mb: float | None
    checks: Sequence[Check]
    measured_at: str | None
    problem: str | None

    def cells(self) -> list[str]:
        """In the order of HEADERS."""
        indicative = "~" if 0 < self.samples < MIN_SAMPLES_FOR_P95 else ""
        return [
            self.name,
            self.result,
            str(self.samples),
            _number(self.p50_ms),
            indicative + _number(self.p95_ms),
            _number(self.peak_rss_mb),
            one_line(self.problem) if self.problem else "; ".join(map(told, self.checks)),
            self.measured_at or "",
        ]

    def brief(self) -> list[str]:
        """In the order of BRIEF_HEADERS: of the objectives only those that are not met."""
        unmet = [told(check) for check in self.checks if check.passed is not True]
        met = f"{len(self.checks) - len(unmet)} of {len(self.checks)} met"
        objectives = "; ".join([met, *unmet]) if self.checks else ""
        return [*self.cells()[:6], one_line(self.problem) if self.problem else objectives]

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def rows_of(names: Sequence[str], artifacts: Artifacts, slos: SloFile) -> list[Row]:
    """The newest results that are no cache runs. What cannot be read is a row that says so."""
    return [_row(read_subject(name, artifacts, slos)) for name in names]


def _row(subject: Subject) -> Row:
    runs = subject.counted_runs()
    found = figures(runs) if runs else {}
    checks = checks_of(runs, subject.slo) if runs else []
    values = {key: found[key].value if key in found else None for key in ("p50_ms", "p95_ms", "peak_rss_mb")}
    return Row(
        name=subject.name,
        result=_result(subject, checks),
        samples=sum(len(run.samples_ns) for run in runs),
        checks=checks,
        measured_at=subject.runs[-1].started_at[:19] + "Z" if runs else None,
        problem=subject.problem or _failure(subject.runs),
        **values,
    )


def _failure(runs: Sequence[BenchRun]) -> str | None:
    return next((f"a run failed: {run.failure}" for run in runs if run.failure is not None), None)


def _result(subject: Subject, checks: Sequence[Check]) -> str:
    if subject.problem or _failure(subject.runs):
        return "fail"
    if not subject.runs:
        return "no result"
    if not checks:
        return "no objectives"
    if any(check.passed is False for check in checks):
        return "fail"
    return "inconclusive" if any(check.passed is None for check in checks) else "pass"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def told(check: Check) -> str:
    """An objective with what was measured."""
    if check.observed is None:
        return f"{check.objective.key}: not measured"
    sign = "<=" if check.objective.direction == "at most" else ">="
    verdict = "ok" if check.passed else "MISSED"
    return f"{check.objective.key} {four_digits(check.observed)} {sign} {check.objective.limit:g} {verdict}"


def to_markdown(rows: Sequence[Row], made_at: str) -> str:
    """`_index.md`."""
    table = markdown_table(HEADERS, [row.cells() for row in rows])
    return f"# Objectives\n\n{table}\n\n{NOTE}\n\nMade {made_at}.\n"
