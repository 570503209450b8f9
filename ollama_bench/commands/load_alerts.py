"""`load alerts`: what a load test's summary gives cause to tell, appended to a file of JSON lines."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ollama_bench.load.alert_file import append_alerts, missing_from
from ollama_bench.load.alerts import Alert, alerts_of
from ollama_bench.load.bounds import load_bounds
from ollama_bench.load.summary import read_summary
from ollama_bench.output import print_result
from orchestrator.clean import one_line
from orchestrator.runner import now_utc


def raise_alerts(summary: Path, out: Path, *, dry_run: bool, as_json: bool) -> None:
    """Write those that are new, or with `dry_run` say which would be. Raises ConfigurationError, OutputError."""
    alerts = alerts_of(read_summary(summary), load_bounds(), now_utc())
    new = missing_from(out, alerts) if dry_run else append_alerts(out, alerts)
    if as_json:
        document = {"alerts": [asdict(alert) for alert in alerts], "new": [alert.id for alert in new]}
        print_result(json.dumps(document | {"dry_run": dry_run, "file": str(out)}, indent=1) + "\n")
    else:
        print_result(_text(alerts, new, out, dry_run=dry_run))


def _text(alerts: Sequence[Alert], new: Sequence[Alert], out: Path, *, dry_run: bool) -> str:
    if not alerts:
        return "No alert: every component is within its bounds.\n"
    lines = [f"{alert.severity:<8}  {one_line(alert.description)}" for alert in alerts]
    done = "would be written to" if dry_run else "written to"
    there = f", {len(alerts) - len(new)} there already" if len(new) < len(alerts) else ""
    return "\n".join([*lines, f"{len(new)} {done} {out}{there}"]) + "\n"
