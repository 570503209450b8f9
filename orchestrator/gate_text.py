"""The gate's verdicts as text for people."""

from orchestrator.clean import one_line
from orchestrator.gate import LEVEL
from orchestrator.slo import Check, four_digits
from orchestrator.stats import MIN_SAMPLES_FOR_P95, Interval
from orchestrator.tables import markdown_table
from orchestrator.verdict import FAMILY_LEVEL, GateReport, Verdict


def gate_text(report: GateReport) -> str:
    """All verdicts, then the sum of them."""
    lines = [line for verdict in report.verdicts for line in _verdict_lines(verdict)]
    level = f"{report.tests} tests, Holm at a family-wise {FAMILY_LEVEL:g}, none looser than {LEVEL:g}"
    if any(check.indicative for verdict in report.verdicts for check in verdict.checks):
        lines.append(
            f"(indicative: below {MIN_SAMPLES_FOR_P95} samples no distribution-free 95 % bound on a p95 exists)"
        )
    lines.append(f"gate: {report.outcome} (fail on {report.fail_on}; {level})")
    return "\n".join(lines) + "\n"


def gate_markdown(report: GateReport) -> str:
    """The same for a page: one row a scenario."""
    rows = [
        [verdict.name, verdict.outcome, _targets(verdict), verdict.regression, "; ".join(_details(verdict))]
        for verdict in report.verdicts
    ]
    table = markdown_table(["scenario", "outcome", "targets", "regression", "why"], rows)
    return f"## Gate: {report.outcome}\n\n{table}\n\nFail on {report.fail_on}; exit code {report.exit_code}.\n"


def _details(verdict: Verdict) -> list[str]:
    return [*(check_line(check).strip() for check in verdict.checks), *verdict.reasons]


def _targets(verdict: Verdict) -> str:
    return verdict.targets if verdict.checks or verdict.targets != "pass" else "none set"


def _verdict_lines(verdict: Verdict) -> list[str]:
    targets = f"targets: {_targets(verdict)}; regression: {verdict.regression}"
    head = f"{one_line(verdict.name)}: {verdict.outcome} ({targets})"
    return [head, *map(check_line, verdict.checks), *(f"  {one_line(reason)}" for reason in verdict.reasons)]


def check_line(check: Check) -> str:
    """One objective with what was measured."""
    limit = f"{check.objective.key} {check.objective.direction} {check.objective.limit:g}"
    if check.observed is None:
        return f"  ?    {limit}: not measured"
    mark = "ok  " if check.passed else "MISS"
    indicative = ", indicative" if check.indicative else ""
    interval = "" if check.interval == (None, None) else f", 95 % interval {_interval(check.interval)}"
    return f"  {mark} {limit}: {four_digits(check.observed)} (n = {check.n}{interval}{indicative})"


def _interval(ends: Interval) -> str:
    low, high = ("none" if end is None else four_digits(end) for end in ends)
    return f"{low} to {high}"
