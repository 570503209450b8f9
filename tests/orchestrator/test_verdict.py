import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from orchestrator.results import Baseline, BenchRun
from orchestrator.slo import parse_slos, slo_for
from orchestrator.verdict import FailOn, Subject, hold
from tests.orchestrator.test_artifacts import a_baseline, a_run
from tests.orchestrator.test_gate import noisy_runs

SLO = slo_for("A", parse_slos("A: {p50_ms: 150, p95_ms: 300, max_mem_mb: 50}"))


def times(runs: int, median_ms: float, seed: int) -> list[list[float]]:
    randomly = random.Random(seed)
    return [[median_ms * randomly.lognormvariate(0, 0.05) for _ in range(20)] for _ in range(runs)]


def candidate(median_ms: float = 100, runs: int = 3, **fields: object) -> list[BenchRun]:
    values = {"metrics": {}, "peak_rss_bytes": 40_000_000, "environment": {"cpu": "x"}, "context": {"v": 1}, **fields}
    return [
        a_run("A", index, **{"samples_ns": [round(value * 1e6) for value in run], **values})  # type: ignore[arg-type]
        for index, run in enumerate(times(runs, median_ms, seed=2))
    ]


def baseline(**fields: object) -> Baseline:
    values = {"environment": {"cpu": "x"}, "context": {"v": 1}, **fields}
    return a_baseline("A", runs_ms=times(10, 100, seed=1), **values)


def subject(runs: Sequence[BenchRun] | None = None, pinned: Baseline | None = None, **fields: object) -> Subject:
    found = Subject("A", SLO, candidate() if runs is None else runs, pinned or baseline())
    return replace(found, **fields)  # type: ignore[arg-type]


NOTHING: list[BenchRun] = []
OTHER_MACHINE = baseline(environment={"cpu": "y"})


@pytest.mark.parametrize(
    ("given", "any_code", "targets_code", "regressions_code"),
    [
        (subject(), 0, 0, 0),
        (subject(candidate(120)), 4, 0, 4),
        (subject(candidate(120, runs=1)), 4, 0, 4),
        (subject(candidate(106, runs=1)), 5, 0, 5),
        (subject(candidate(151)), 4, 4, 4),
        (subject(candidate(peak_rss_bytes=51_000_000)), 4, 4, 0),
        (subject(candidate(peak_rss_bytes=None)), 5, 5, 0),
        (subject(NOTHING), 4, 4, 4),
        (subject([*candidate(), a_run(failure="it broke", samples_ns=[])]), 4, 4, 4),
        (subject(problem="unreadable"), 4, 4, 4),
        (subject(baseline=None), 5, 0, 5),
        (subject(candidate(160), baseline=None), 4, 4, 5),
        (subject(pinned=OTHER_MACHINE), 5, 5, 5),
        (subject(candidate(context={"v": 2})), 5, 5, 5),
        (subject(candidate(context={})), 5, 5, 5),
        (subject([run.model_copy(update={"samples_ns": run.samples_ns[:6]}) for run in candidate()]), 5, 0, 5),
        (subject(slo=slo_for("B", parse_slos(""))), 0, 0, 0),
    ],
)
def test_exit_codes(given: Subject, any_code: int, targets_code: int, regressions_code: int) -> None:
    wanted: dict[FailOn, int] = {"any": any_code, "targets": targets_code, "regressions": regressions_code}
    assert {fail_on: hold([given], fail_on).exit_code for fail_on in wanted} == wanted


def test_one_failure_beats_all_else() -> None:
    report = hold([subject(), subject(name="B", baseline=None), subject(candidate(130), name="C")])
    assert report.outcome == "fail"
    assert hold([subject(), subject(name="B", baseline=None)]).outcome == "inconclusive"


def test_what_differs_is_named() -> None:
    verdict = hold([subject(pinned=OTHER_MACHINE)]).verdicts[0]
    assert verdict.regression == "not comparable"
    assert 'cpu: "y" -> "x"' in verdict.reasons[0]


def test_every_run_of_the_candidate_must_be_comparable() -> None:
    runs = candidate()
    runs[2] = runs[2].model_copy(update={"context": {"v": 2}})
    assert hold([subject(runs)]).verdicts[0].regression == "not comparable"


@pytest.mark.parametrize("digest", ["new", None])
def test_work_that_has_changed_is_not_comparable(digest: str | None) -> None:
    given = subject(candidate(digest=digest), baseline(digest="old"))
    for fail_on in ("any", "regressions"):
        report = hold([given], fail_on)
        assert (report.exit_code, report.verdicts[0].regression) == (5, "not comparable")
    assert "the work itself has changed" in hold([given]).verdicts[0].reasons[-1]
    same = hold([subject(candidate(digest="old"), baseline(digest="old"))])
    assert same.exit_code == 0


def test_a_candidate_without_samples_fails_and_the_others_are_judged() -> None:
    empty = [run.model_copy(update={"samples_ns": []}) for run in candidate(runs=1)]
    report = hold([subject(empty), subject(name="B")])
    assert [verdict.outcome for verdict in report.verdicts] == ["fail", "pass"]


def test_one_name_may_be_judged_twice() -> None:
    report = hold([subject(candidate(150)), subject()])
    assert [verdict.regression for verdict in report.verdicts] == ["fail", "pass"]


def test_the_family_is_stated() -> None:
    family = hold([subject(), subject(name="B", baseline=None)]).to_json()["family"]
    assert family == {"method": "Holm", "level": 0.05, "tests": 2, "loosest_level": 0.005}


def test_a_load_by_others_is_said_and_changes_nothing() -> None:
    pinned, busy = baseline(others_cpu_percent=43.4), candidate(others_cpu_percent=50.0)
    verdict = hold([subject(busy, pinned)]).verdicts[0]
    assert verdict.outcome == "pass"
    assert "pinned while other processes used 43 % of the machine's CPU" in verdict.reasons[-1]
    slow = hold([subject(candidate(120, others_cpu_percent=50.0))]).verdicts[0]
    assert slow.outcome == "fail"
    assert slow.reasons[-1].startswith("other processes used 50 % of the machine's CPU")
    for quiet in (None, 3.0):
        told = hold([subject(candidate(others_cpu_percent=quiet), baseline(others_cpu_percent=quiet))]).verdicts[0]
        assert len(told.reasons) == 1


def test_what_would_settle_it_is_a_command() -> None:
    runs = candidate(106, runs=1, options={"embedded": True, "host": "http://a b", "other": None})
    (_, told) = hold([subject(runs)]).verdicts[0].reasons
    assert told == (
        "to settle it: `bench:run --name A --embedded --host 'http://a b' --iter 2 --runs 3`, then `slo:gate`"
    )


def test_what_does_not_stand_among_many_says_how_many_more_runs_would_settle_it() -> None:
    scattered = baseline().model_copy(update={"runs_ms": noisy_runs(10, drift=0.06)})
    runs = [
        run.model_copy(update={"samples_ns": [round(value * 1e6) for value in times]})
        for run, times in zip(candidate(), noisy_runs(3, 118, drift=0.06, seed=2), strict=True)
    ]
    slow = subject(runs, scattered)
    assert hold([slow]).verdicts[0].regression == "fail"
    held = hold([slow, *[subject(name=f"fine {index}") for index in range(40)]]).verdicts[0]
    assert held.regression == "inconclusive"
    assert "not significant among 82 tests" in held.reasons[0]
    assert "--runs 4`" in held.reasons[1]
