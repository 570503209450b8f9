"""The gate's verdicts as JUnit XML, which GitHub's actions, GitLab and Jenkins read.

One suite, and a test case for each scenario's objectives and for its regression. `failure`: it makes the gate fail (4);
`error`: it could not be told (5); `skipped`: it is not as it should be, and --fail-on says that it does not count. So
the file is without failures and errors exactly when the gate passes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree as ET

from orchestrator.clean import one_line
from orchestrator.errors import ArtifactError, ConfigurationError
from orchestrator.files import write_atomically
from orchestrator.gate_text import check_line
from orchestrator.verdict import FailOn, GateReport, Verdict

SUITE = "slo:gate"

Result = Literal["passed", "failure", "error", "skipped"]

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Case:
    """One test case."""

    scenario: str
    name: str
    result: Result
    lines: tuple[str, ...]
    """What it found; the first is the message."""


def junit_cases(report: GateReport) -> list[Case]:
    """All test cases, scenario by scenario. Pure."""
    return [case for verdict in report.verdicts for case in _cases(verdict, report.fail_on)]


def _cases(verdict: Verdict, fail_on: FailOn) -> Iterator[Case]:
    if verdict.regression == "no result":
        yield Case(verdict.name, "result", "failure", tuple(verdict.reasons))
        return
    for check in verdict.checks:
        result: Result = {True: "passed", False: "failure", None: "error"}[check.passed]  # type: ignore[assignment]
        counts = result == "passed" or fail_on != "regressions"
        yield Case(verdict.name, check.objective.key, result if counts else "skipped", (check_line(check).strip(),))
    unmet = sum(check.passed is not True for check in verdict.checks)
    reasons = tuple(verdict.reasons[unmet:])  # the first ones are of the objectives
    yield Case(verdict.name, "regression", _regression(verdict, fail_on), reasons or (verdict.regression,))


def _regression(verdict: Verdict, fail_on: FailOn) -> Result:
    if verdict.regression == "pass":
        return "passed"
    if fail_on == "targets" and verdict.regression != "not comparable":
        return "skipped"
    return "failure" if verdict.regression == "fail" else "error"


def to_junit(report: GateReport, made_at: str) -> str:
    """The document; `made_at` is ISO 8601. Names and reasons are foreign text: what XML does not allow is left out."""
    cases = junit_cases(report)
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.result == "failure" for case in cases)),
        "errors": str(sum(case.result == "error" for case in cases)),
        "skipped": str(sum(case.result == "skipped" for case in cases)),
        "time": "0",
    }
    root = ET.Element("testsuites", counts)
    suite = ET.SubElement(root, "testsuite", {"name": SUITE, "timestamp": made_at, **counts})
    for case in cases:
        _add(suite, case)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _add(suite: ET.Element, case: Case) -> None:
    element = ET.SubElement(suite, "testcase", {"classname": _text(case.scenario), "name": case.name, "time": "0"})
    lines = [_text(line) for line in case.lines]
    if case.result == "passed":
        ET.SubElement(element, "system-out").text = "\n".join(lines)
        return
    message = lines[0] if case.result != "skipped" else f"does not count (--fail-on): {lines[0]}"
    ET.SubElement(element, case.result, {"message": message}).text = "\n".join(lines)


def _text(text: str) -> str:
    return _NOT_IN_XML.sub("", one_line(text))


def prepare(path: Path) -> None:
    """Before anything is judged: make the folder of `path`, and take away what an earlier gate left there.

    Raises ConfigurationError for what is no file and would be replaced, ArtifactError where nothing can be written.
    """
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):  # /dev/stdout is a link, whatever it leads to
            raise ConfigurationError(f"--junit {path}: not a file: name one, such as gate.xml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from error


def write_junit(path: Path, report: GateReport, made_at: str) -> None:
    """Replace `path` whole. Raises ArtifactError."""
    try:
        write_atomically(path, to_junit(report, made_at))
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> ArtifactError:
    return ArtifactError(f"--junit {path}: cannot be written: {error.strerror or error}: name another file")
