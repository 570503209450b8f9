"""What the commands do, once their options are parsed: measure or read, print, return the exit code."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from orchestrator.artifacts import Artifacts
from orchestrator.cache import run_cache_experiment
from orchestrator.clean import one_line
from orchestrator.environment import is_busy
from orchestrator.errors import BenchError
from orchestrator.gate import baseline_caveats
from orchestrator.gate_text import gate_markdown, gate_text
from orchestrator.gatekeeper import baseline_runs, hold_stored, pin
from orchestrator.github import append_summary
from orchestrator.junit import prepare, write_junit
from orchestrator.keep import keep
from orchestrator.machine_speed import are_steady
from orchestrator.progress import Progress
from orchestrator.report import BRIEF_HEADERS, NOTE, rows_of, to_markdown
from orchestrator.report_page import to_html
from orchestrator.results import Summary, summarize
from orchestrator.runner import RunSpec, now_utc, repeat
from orchestrator.scenario import Found, Scenario, ScenarioSource, builtin_sources, find
from orchestrator.slo import Slo, SloFile, load_slos, slo_for
from orchestrator.tables import print_table
from orchestrator.verdict import FailOn

Sources = Mapping[str, ScenarioSource]


def list_scenarios(sources: Sources, slo_file: Path | None, as_json: bool) -> None:
    """`bench:list`."""
    slos = load_slos(slo_file)
    rows = [_described(scenario, slos) for source in sources.values() for scenario in source.list()]
    if as_json:
        _print_json(rows)
    else:
        cells = [[row["name"], row["kind"], row["goal"], _limits(row["objectives"])] for row in rows]
        print_table(["name", "kind", "goal", "objectives"], cells)


def show_scenario(
    name: str, sources: Sources, options: Mapping[str, Any], root: Path, slo_file: Path | None, as_json: bool
) -> None:
    """`bench:show`."""
    slos, artifacts = load_slos(slo_file), Artifacts(root)
    found = find(name, sources, options)
    scenario = found.scenario
    slo = slo_for(scenario.name, slos)
    runs, baseline = artifacts.newest_runs(scenario.name), artifacts.baseline(scenario.name)
    summary = summarize(runs, slo).model_dump(mode="json") if runs else None
    document = {
        **_described(scenario, slos),
        "source": found.source,
        "options": dict(found.options),
        "folder": str(artifacts.folder(scenario.name)),
        "newest": summary,
        "baseline": baseline.model_dump(mode="json", exclude={"runs_ms"}) if baseline else None,
    }
    if as_json:
        _print_json(document)
        return
    for key, value in {**document, "objectives": _limits(document["objectives"])}.items():
        click.echo(f"{key}: {_shown(value)}")


def run_scenario(
    name: str,
    sources: Sources,
    options: Mapping[str, Any],
    spec: RunSpec,
    runs: int,
    compare: bool,
    root: Path,
    slo_file: Path | None,
) -> int:
    """`bench:run`; with `compare`, both cache modes."""
    slos, artifacts = load_slos(slo_file), Artifacts(root)
    found = find(name, sources, options)
    artifacts.prepare(found.scenario.name)
    with Progress() as progress:
        summary = _measure(found, spec, runs, compare, artifacts, slo_for(found.scenario.name, slos), progress)
    click.echo(summary.model_dump_json(indent=2))
    return _told_failures([summary])


def run_all(spec: RunSpec, runs: int, root: Path, slo_file: Path | None) -> int:
    """`bench:all`: built-in sources only, since others may have any number of scenarios."""
    slos, artifacts = load_slos(slo_file), Artifacts(root)
    summaries = []
    with Progress() as progress:
        for source_name, source in builtin_sources().items():
            for scenario in source.list():
                artifacts.prepare(scenario.name)
                found = Found(scenario, source_name, {})
                slo = slo_for(scenario.name, slos)
                fresh = RunSpec(spec.iterations, spec.warmup, timeout_s=spec.timeout_s)
                summaries.append(_measure(found, fresh, runs, False, artifacts, slo, progress))
    _print_json([summary.model_dump(mode="json") for summary in summaries])
    return _told_failures(summaries)


def pin_baseline(name: str, sources: Sources, options: Mapping[str, Any], spec: RunSpec, runs: int, root: Path) -> None:
    """`bench:baseline`."""
    artifacts = Artifacts(root)
    found = find(name, sources, options)
    artifacts.prepare(found.scenario.name)
    before = artifacts.baseline(found.scenario.name)
    with Progress() as progress:

        def told(index: int, done: int, total: int) -> None:
            anew = " (the machine was slow during some)" if index >= runs else ""
            progress.tell(f"{found.scenario.name}, run {index + 1} for {runs}{anew}", done, total)

        made, others = baseline_runs(found, spec, runs, told)
    baseline = pin(made, now_utc())
    path = artifacts.save_baseline(baseline)
    for caveat in [*baseline_caveats(baseline.runs_ms), *_load_caveat(baseline.others_cpu_percent)]:
        click.echo(f"warning: {caveat}", err=True)
    if not are_steady(made):
        click.echo("warning: the machine's own speed changed from run to run: pin again when it is steady", err=True)
    if others:
        click.echo(f"made anew: {others} runs, during which the machine was slow", err=True)
    if before is not None:
        click.echo(f"replaced the baseline of {before.pinned_at}", err=True)
    _print_json({**baseline.model_dump(mode="json", exclude={"runs_ms"}), "runs": len(made), "file": str(path)})


def _load_caveat(percent: float | None) -> list[str]:
    if not is_busy(percent):
        return []
    return [f"other processes used {percent:.0f} % of the machine's CPU: pin again when it is quiet"]


def report(root: Path, slo_file: Path | None, as_json: bool) -> None:
    """`slo:report`."""
    artifacts, made_at = Artifacts(root), now_utc()
    rows = rows_of(_all_names(artifacts), artifacts, load_slos(slo_file))
    artifacts.save_text(artifacts.bench / "_index.md", to_markdown(rows, made_at))
    artifacts.save_text(artifacts.bench / "_index.html", to_html(rows, made_at))
    if as_json:
        _print_json([row.to_json() for row in rows])
    else:
        print_table(BRIEF_HEADERS, [row.brief() for row in rows])
        click.echo(f"\n{NOTE}")


def gate(
    names: Sequence[str],
    sources: Callable[[], Sources] | None,
    fail_on: FailOn,
    root: Path,
    slo_file: Path | None,
    *,
    as_json: bool,
    junit: Path | None = None,
) -> int:
    """`slo:gate`; without `sources` no further runs are made. `junit` is a file for the verdicts, written last."""
    if junit is not None:
        prepare(junit)
    artifacts = Artifacts(root)
    known = _all_names(artifacts)
    canonical = {name.casefold(): name for name in known}
    chosen = list(dict.fromkeys(canonical.get(name.casefold(), name) for name in names)) or known
    with Progress() as progress:
        found = hold_stored(chosen, artifacts, load_slos(slo_file), fail_on, sources, progress.tell)
    try:
        if as_json:
            _print_json(found.to_json())
        else:
            click.echo(gate_text(found), nl=False)
    finally:  # also where nobody reads standard output any more
        append_summary([gate_markdown(found)])
        if junit is not None:
            write_junit(junit, found, now_utc())
    return found.exit_code


def _measure(
    found: Found, spec: RunSpec, runs: int, compare: bool, artifacts: Artifacts, slo: Slo, progress: Progress
) -> Summary:
    name = found.scenario.name
    all_runs = 2 * runs if compare else runs

    def told(index: int, done: int, total: int) -> None:
        progress.tell(f"{name}, run {index + 1} of {all_runs}", done, total)

    if compare:
        made, savings = run_cache_experiment(found, artifacts, spec, runs, told)
        summary = summarize([run for run in made if run.cache == "off"], slo)
        failures = [run.failure for run in made if run.failure is not None]
        summary = summary.model_copy(
            update={
                "cache": "compare",
                "cache_hits": savings.on.hits if savings else None,
                "cache_savings": savings.to_json() if savings else None,
                "failures": failures,
            }
        )
    else:
        made = []
        for run in repeat(found, spec, runs, told):
            keep(run, artifacts)
            made.append(run)
        summary = summarize(made, slo)
    artifacts.save_summary(summary, made)
    return summary


def _told_failures(summaries: Sequence[Summary]) -> int:
    failures = [(summary.name, failure) for summary in summaries for failure in summary.failures]
    for name, failure in failures:
        click.echo(f"{one_line(name)}: a run failed: {one_line(failure)}", err=True)
    return BenchError.exit_code if failures else 0


def _all_names(artifacts: Artifacts) -> list[str]:
    """Built-in scenarios first, then whatever else has results."""
    names = [scenario.name for source in builtin_sources().values() for scenario in source.list()]
    folded = {name.casefold() for name in names}
    return names + [name for name in artifacts.names() if name.casefold() not in folded]


def _described(scenario: Scenario, slos: SloFile) -> dict[str, Any]:
    slo = slo_for(scenario.name, slos)
    return {
        "name": scenario.name,
        "kind": scenario.kind,
        "goal": scenario.goal,
        "objectives": [asdict(objective) for objective in slo.objectives],
    }


def _limits(objectives: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{objective['key']} {objective['limit']:g}" for objective in objectives) or "none"


def _shown(value: Any) -> str:
    return one_line(value) if isinstance(value, str) else one_line(json.dumps(value, ensure_ascii=False))


def _print_json(document: Any) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
