"""One scenario's verdict: its objectives and its baseline taken together, and what that means for the exit code.

Pure: whoever calls has read the files and made the runs.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from orchestrator import machine_speed
from orchestrator.environment import differences, is_busy
from orchestrator.gate import LEVEL, GateDecision, Outcome, judge, judge_family
from orchestrator.results import Baseline, BenchRun, checks_of, typical_load
from orchestrator.slo import Check, Slo, four_digits

FailOn = Literal["any", "targets", "regressions"]
Comparison = Literal["pass", "fail", "inconclusive", "no baseline", "not comparable", "no result"]

EXIT_CODES: dict[Outcome, int] = {"pass": 0, "fail": 4, "inconclusive": 5}
FAMILY_LEVEL = 0.05
THRESHOLD = 0.10


@dataclass(frozen=True)
class Verdict:
    """What the gate says about one scenario."""

    name: str
    outcome: Outcome
    targets: Outcome
    checks: Sequence[Check]
    regression: Comparison
    decision: GateDecision | None
    """None when there was nothing to compare."""
    reasons: Sequence[str]
    """Why, one sentence each; the figures stand in `checks` and `decision`."""
    runs: int
    samples: int


@dataclass(frozen=True)
class GateReport:
    """All verdicts of one gate."""

    verdicts: Sequence[Verdict]
    fail_on: FailOn

    @property
    def outcome(self) -> Outcome:
        """The worst of all: a failure beats what is inconclusive."""
        return worst([verdict.outcome for verdict in self.verdicts])

    @property
    def exit_code(self) -> int:
        """0, 4 or 5."""
        return EXIT_CODES[self.outcome]

    @property
    def tests(self) -> int:
        """How many p-values share the family-wise level."""
        return 2 * sum(
            verdict.decision is not None and verdict.decision.p_value is not None for verdict in self.verdicts
        )

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "outcome": self.outcome,
            "exit_code": self.exit_code,
            "fail_on": self.fail_on,
            "family": {"method": "Holm", "level": FAMILY_LEVEL, "tests": self.tests, "loosest_level": LEVEL},
            "scenarios": [asdict(verdict) for verdict in self.verdicts],
        }


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """fail before inconclusive before pass."""
    return "fail" if "fail" in outcomes else "inconclusive" if "inconclusive" in outcomes else "pass"


@dataclass(frozen=True)
class Subject:
    """All that is known about one scenario when it is judged."""

    name: str
    slo: Slo
    runs: Sequence[BenchRun]
    """The candidate: the newest group of runs; empty when there is no result."""
    baseline: Baseline | None
    problem: str | None = None
    """Why the stored result cannot be used at all; fails."""
    notes: Sequence[str] = ()
    """To be said beside the reasons."""

    @property
    def failures(self) -> list[str]:
        """Why runs have no samples."""
        return [
            run.failure or "it has no samples" for run in self.runs if run.failure is not None or not run.samples_ns
        ]

    def obstacles(self) -> list[str]:
        """In what the candidate differs from the baseline beside its times; empty when they can be compared."""
        if self.baseline is None:
            return []
        seen = dict.fromkeys(
            difference
            for run in self.runs
            for old, new in ((self.baseline.environment, run.environment), (self.baseline.context, run.context))
            for difference in differences(old, new)
        )
        if self.baseline.digest is not None and any(run.digest != self.baseline.digest for run in self.runs):
            seen["the work itself has changed (the digest of its result differs)"] = None
        return list(seen)

    def decide(self, level: float = LEVEL) -> GateDecision | None:
        """Hold the candidate against the baseline; None when there is nothing that could be."""
        if self.baseline is None or not self.runs or self.problem or self.failures or self.obstacles():
            return None
        pinned = self.baseline

        def judge_runs(runs: Sequence[BenchRun]) -> GateDecision:
            return judge(pinned.runs_ms, [run.samples_ms for run in runs], threshold=THRESHOLD, level=level)

        return machine_speed.judge_steady(self.runs, pinned.yardstick_mean_ns, judge_runs)

    def steady_runs(self) -> list[BenchRun]:
        """Those during which the machine was not slower than at the baseline."""
        return machine_speed.steady(self.runs, self.baseline.yardstick_mean_ns if self.baseline else None)


def hold(subjects: Sequence[Subject], fail_on: FailOn = "any") -> GateReport:
    """Judge all subjects together: Holm over all of their tests."""
    by_place = {str(place): subject for place, subject in enumerate(subjects)}  # a name may be there twice
    made = {place: found for place, subject in by_place.items() if (found := subject.decide()) is not None}
    decisions = judge_family(made, lambda place, level: by_place[place].decide(level) or made[place], FAMILY_LEVEL)
    return GateReport([_verdict(subject, decisions.get(at), fail_on) for at, subject in by_place.items()], fail_on)


def _verdict(subject: Subject, decision: GateDecision | None, fail_on: FailOn) -> Verdict:
    broken = _broken(subject)
    checks = [] if broken else checks_of(subject.runs, subject.slo)
    targets, regression = _targets(checks), _comparison(subject, decision)
    parts: Mapping[FailOn, list[Outcome]] = {
        "any": [targets, _as_outcome(regression)],
        "targets": [targets, "inconclusive" if regression == "not comparable" else "pass"],
        "regressions": [_as_outcome(regression)],
    }
    return Verdict(
        name=subject.name,
        outcome="fail" if broken else worst(parts[fail_on]),
        targets="fail" if broken else targets,
        checks=checks,
        regression=regression,
        decision=decision,
        reasons=broken or [*_target_reasons(checks), *_regression_reasons(subject, decision), *subject.notes],
        runs=len(subject.runs),
        samples=sum(len(run.samples_ns) for run in subject.runs),
    )


def _broken(subject: Subject) -> list[str]:
    if subject.problem:
        return [subject.problem]
    if not subject.runs:
        return [f"no result is stored: run `bench:run --name {subject.name!r}` first"]
    return [f"a run failed: {failure}" for failure in subject.failures]


def _targets(checks: Sequence[Check]) -> Outcome:
    if any(check.passed is False for check in checks):
        return "fail"
    return "inconclusive" if any(check.passed is None for check in checks) else "pass"


def _comparison(subject: Subject, decision: GateDecision | None) -> Comparison:
    if decision is not None:
        return decision.outcome
    if _broken(subject):
        return "no result"
    return "no baseline" if subject.baseline is None else "not comparable"


def _as_outcome(comparison: Comparison) -> Outcome:
    if comparison == "pass" or comparison == "fail":
        return comparison
    return "fail" if comparison == "no result" else "inconclusive"


def _target_reasons(checks: Sequence[Check]) -> list[str]:
    return [_target_reason(check) for check in checks if check.passed is not True]


def _target_reason(check: Check) -> str:
    objective = check.objective
    if check.observed is None:
        return f"{objective.key}: not measured"
    return f"{objective.key}: {four_digits(check.observed)} is not {objective.direction} {objective.limit:g}"


def _regression_reasons(subject: Subject, decision: GateDecision | None) -> list[str]:
    if decision is not None:
        return [decision.reason, *_settling(subject, decision), *_load_caveats(subject, decision)]
    if subject.baseline is None:
        return [f"no baseline: pin one with `bench:baseline --name {subject.name!r}`"]
    return [f"not comparable with the baseline of {subject.baseline.pinned_at}: {'; '.join(subject.obstacles())}"]


def _settling(subject: Subject, decision: GateDecision) -> list[str]:
    """The command that makes as many runs as would settle it."""
    if not decision.more_runs or subject.baseline is None:
        return []
    given = {f"--{key.replace('_', '-')}": value for key, value in subject.runs[-1].options.items()}
    options = [
        option if value is True else f"{option} {shlex.quote(str(value))}"
        for option, value in given.items()
        if value is not None and value is not False
    ]
    command = ["bench:run --name", shlex.quote(subject.name), *options, f"--iter {subject.baseline.iterations}"]
    return [f"to settle it: `{' '.join(command)} --runs {len(subject.runs) + decision.more_runs}`, then `slo:gate`"]


def _load_caveats(subject: Subject, decision: GateDecision) -> list[str]:
    """What a load by other processes may have done to this judgement: it changes none."""
    pinned = subject.baseline.others_cpu_percent if subject.baseline else None
    seen = typical_load(subject.runs)
    caveats = []
    if is_busy(pinned):
        caveats.append(
            f"the baseline was pinned while other processes used {pinned:.0f} % of the machine's CPU: "
            "it may be slow itself, and hide a regression"
        )
    if is_busy(seen) and decision.outcome != "pass":
        caveats.append(f"other processes used {seen:.0f} % of the machine's CPU: what looks slow may be their doing")
    return caveats
