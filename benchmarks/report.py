"""What the benchmarks share: their options, one plain table of targets and figures, the exit code."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from orchestrator.columns import columns


@dataclass(frozen=True)
class Check:
    """One figure beside the most that it may be; without a limit it is told and not judged."""

    name: str
    measured: float
    unit: str
    limit: float | None = None
    note: str = ""

    @property
    def ok(self) -> bool | None:
        """Whether the target is met; None where there is none. A figure that is not a number meets no target."""
        return None if self.limit is None else self.measured <= self.limit


def parse_options(doc: str | None, arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of every benchmark: quick, json, report_only."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few repeats: shows that it works, proves no target")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of the table")
    parser.add_argument("--report-only", action="store_true", help="exit 0 though a target is missed")
    return parser.parse_args(arguments)


def finish(checks: Sequence[Check], options: argparse.Namespace) -> int:
    """Print `checks` as asked; 1 when a target is missed, else 0."""
    if options.json:
        print(json.dumps({"quick": options.quick, "checks": [asdict(check) | {"ok": check.ok} for check in checks]}))
    else:
        print(table(checks))
    missed = any(check.ok is False for check in checks)
    return 1 if missed and not options.report_only else 0


def table(checks: Sequence[Check]) -> str:
    """One line a check, in columns."""
    words = {True: "ok", False: "FAIL", None: "-"}
    rows = [("what", "target", "measured", "", "")]
    rows += [
        (
            check.name,
            "-" if check.limit is None else f"<= {check.limit:g} {check.unit}",
            f"{check.measured:.4g} {check.unit}",
            words[check.ok],
            check.note,
        )
        for check in checks
    ]
    return columns(rows)
