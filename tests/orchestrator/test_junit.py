"""JUnit XML of real verdicts, read back by the standard library."""

import itertools
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import ArtifactError, ConfigurationError
from orchestrator.junit import prepare, to_junit, write_junit
from orchestrator.slo import parse_slos, slo_for
from orchestrator.verdict import FailOn, GateReport, Subject, hold
from tests.orchestrator.test_verdict import NOTHING, OTHER_MACHINE, candidate, subject

SUBJECTS = {
    "good": subject(),
    "slower": subject(candidate(120)),
    "too slow": subject(candidate(151)),
    "too large": subject(candidate(peak_rss_bytes=51_000_000)),
    "memory unknown": subject(candidate(peak_rss_bytes=None)),
    "nothing": subject(NOTHING),
    "unreadable": subject(problem="unreadable"),
    "no baseline": subject(baseline=None),
    "other machine": subject(pinned=OTHER_MACHINE),
    "no objectives": subject(slo=slo_for("B", parse_slos(""))),
}


def _suite(report: GateReport) -> ET.Element:
    root = ET.fromstring(to_junit(report, "2026-11-23T18:00:00Z"))
    (suite,) = root
    assert (root.tag, suite.tag, suite.get("name")) == ("testsuites", "testsuite", "slo:gate")
    for element in (root, suite):
        assert int(element.get("tests", "")) == len(suite)
        for attribute, tag in {"failures": "failure", "errors": "error", "skipped": "skipped"}.items():
            assert int(element.get(attribute, "")) == len(suite.findall(f"testcase/{tag}"))
    return suite


def _results(given: Subject, fail_on: FailOn = "any") -> dict[str, str]:
    return {
        case.get("name", ""): next((each.tag for each in case if each.tag != "system-out"), "passed")
        for case in _suite(hold([given], fail_on))
    }


@pytest.mark.parametrize(("name", "fail_on"), [*itertools.product(SUBJECTS, ("any", "targets", "regressions"))])
def test_the_cases_say_what_the_exit_code_says(name: str, fail_on: FailOn) -> None:
    report = hold([SUBJECTS[name], subject(name="another")], fail_on)
    suite = _suite(report)
    code = 4 if suite.findall("testcase/failure") else 5 if suite.findall("testcase/error") else 0

    assert code == report.exit_code


@pytest.mark.parametrize(
    ("name", "fail_on", "results"),
    [
        ("good", "any", ("passed", "passed", "passed", "passed")),
        ("slower", "any", ("passed", "passed", "passed", "failure")),
        ("slower", "targets", ("passed", "passed", "passed", "skipped")),
        ("too large", "any", ("passed", "passed", "failure", "passed")),
        ("too large", "regressions", ("passed", "passed", "skipped", "passed")),
        ("memory unknown", "any", ("passed", "passed", "error", "passed")),
        ("no baseline", "any", ("passed", "passed", "passed", "error")),
        ("other machine", "targets", ("passed", "passed", "passed", "error")),
    ],
)
def test_a_case_for_each_objective_and_one_for_the_regression(
    name: str, fail_on: FailOn, results: tuple[str, ...]
) -> None:
    names = ("p50_ms", "p95_ms", "max_mem_mb", "regression")
    assert _results(SUBJECTS[name], fail_on) == dict(zip(names, results, strict=True))


def test_a_scenario_without_a_result_is_one_failure_with_its_reason() -> None:
    assert _results(SUBJECTS["nothing"]) == {"result": "failure"}
    assert _results(SUBJECTS["no objectives"]) == {"regression": "passed"}
    failure = _suite(hold([SUBJECTS["nothing"]])).find("testcase/failure")
    assert failure is not None
    assert str(failure.get("message")).startswith("no result is stored")


def test_reasons_stand_where_they_belong() -> None:
    cases = {case.get("name"): case for case in _suite(hold([SUBJECTS["too slow"]]))}

    p50, regression = cases["p50_ms"].find("failure"), cases["regression"].find("failure")
    assert p50 is not None
    assert str(p50.get("message")).startswith("MISS p50_ms at most 150: 15")
    assert regression is not None
    assert regression.text == "\n".join(hold([SUBJECTS["too slow"]]).verdicts[0].reasons[1:])
    assert "p50_ms" not in str(regression.text)
    assert "ok p95_ms at most 300" in str(cases["p95_ms"].findtext("system-out"))


@given(st.text())
def test_any_name_is_valid_xml(name: str) -> None:
    hostile = replace(subject(NOTHING), name=name, problem=f"<a>&\"']]>{name}")
    (case,) = _suite(hold([hostile]))

    assert str(case.findtext("failure")).startswith("<a>&\"']]>")


@pytest.mark.parametrize(
    "character", ["\x00", "\x1b", "\x0b", "\ufffe", "\uffff", "\ud800", "\x7f", "\U0001fffe", "😀", "é"]
)
def test_what_xml_does_not_allow_is_left_out(character: str) -> None:
    hostile = replace(subject(NOTHING), name=f"a{character}ü", problem="x")
    text = to_junit(hold([hostile]), "now")

    assert ET.fromstring(text.encode())[0][0].get("classname") in ("aü", f"a{character}ü")


def test_the_file_is_written_whole_and_an_older_one_is_not_left(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "gate.xml"
    prepare(path)
    write_junit(path, hold([subject()]), "now")
    assert path.read_text(encoding="utf-8") == to_junit(hold([subject()]), "now")
    assert [each.name for each in path.parent.iterdir()] == ["gate.xml"]
    prepare(path)
    assert not path.exists()


def test_where_it_cannot_be_written_that_is_told_first(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match=r"gate\.xml: cannot be written"):
        prepare(tmp_path / "file" / "gate.xml")
    with pytest.raises(ConfigurationError, match="not a file"):
        prepare(Path("/dev/null"))
    assert Path("/dev/null").exists()


def test_a_link_is_not_taken_away(tmp_path: Path) -> None:
    """/dev/stdout is one: of whoever may, it would be gone for the whole machine."""
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("file")
    with pytest.raises(ConfigurationError, match="not a file"):
        prepare(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
