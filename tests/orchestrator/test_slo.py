from pathlib import Path

import pytest

from orchestrator.errors import ConfigurationError
from orchestrator.slo import Figure, Slo, check, four_digits, load_slos, parse_slos, slo_for

ROOT = Path(__file__).parents[2]


def limits(slo: Slo) -> dict[str, float]:
    return {objective.key: objective.limit for objective in slo.objectives}


def test_the_defaults() -> None:
    none = parse_slos("")
    assert limits(slo_for("Treasury-BOT", none)) == {"p50_ms": 100, "p95_ms": 200, "max_mem_mb": 256}
    assert limits(slo_for("revops-bot", none)) == {"p50_ms": 120, "p95_ms": 250, "max_mem_mb": 256}
    assert limits(slo_for("SRE-BOT", none)) == {"p50_ms": 100, "p95_ms": 200, "max_mem_mb": 256}
    assert limits(slo_for("something else", none)) == {}


def test_the_shipped_file_says_what_the_defaults_say() -> None:
    shipped = load_slos(ROOT / "config" / "slo.yaml")
    for name in ("Treasury-BOT", "RevOps-BOT", "SRE-BOT"):
        assert slo_for(name, shipped) == slo_for(name, parse_slos(""))


def test_an_entry_lies_over_the_default_key_by_key_and_null_takes_away() -> None:
    file = parse_slos("Treasury-BOT: {p95_ms: 150, max_mem_mb: null}")
    assert limits(slo_for("Treasury-BOT", file)) == {"p50_ms": 100, "p95_ms": 150}
    assert limits(slo_for("SRE-BOT", file))["p95_ms"] == 200


def test_a_name_wins_over_patterns_and_the_first_pattern_over_later_ones() -> None:
    file = parse_slos('"llama3.2:*": {min_tok_s: 20}\n"*": {min_tok_s: 5}\n"llama3.2:1b": {ttft_p95_ms: 500}\n')
    assert limits(slo_for("llama3.2:3b", file)) == {"min_tok_s": 20}
    assert limits(slo_for("llama3.2:1b", file)) == {"ttft_p95_ms": 500}
    assert limits(slo_for("phi3", file)) == {"min_tok_s": 5}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("A: {p50_ms: 1}\nB: {p59_ms: 1}", "slo.yaml:2: B.p59_ms: unknown key"),
        ("A:\n  p50_ms: fast", "slo.yaml:2: A.p50_ms: "),
        ("A: {p50_ms: -1}", "slo.yaml:1: A.p50_ms: "),
        ("A: {p50_ms: true}", "slo.yaml:1: A.p50_ms: "),
        ("A: {p50_ms: .nan}", "slo.yaml:1: A.p50_ms: "),
        ("A: {p50_ms: .inf}", "slo.yaml:1: A.p50_ms: "),
        ("A: 5", "slo.yaml:1: A: "),
        ("- A", "slo.yaml:1: the file: "),
        ("A: {p50_ms: 1}\nA: {p50_ms: 2}", "slo.yaml:2: A: given twice"),
        ("A: {p50_ms: 1", "slo.yaml:1: not valid YAML"),
    ],
)
def test_a_bad_file_names_file_line_and_key(text: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_slos(text)
    assert told in str(caught.value)


def test_a_file_that_was_asked_for_must_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_slos().root == {}
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_slos(tmp_path / "slo.yaml")


def test_the_estimate_decides_in_its_direction_and_the_mark_changes_nothing() -> None:
    slo = slo_for("m", parse_slos("m: {p95_ms: 200, max_mem_mb: 10, min_tok_s: 20, ttft_p95_ms: 9}"))
    measured = {
        "p95_ms": Figure(199.0, 58, (150.0, None)),
        "peak_rss_mb": Figure(10.0, 1, (None, None)),
        "gen_tok_s.p50": Figure(19.9, 30, (19.0, 25.0)),
    }
    p95, memory, rate, ttft = check(slo, measured)
    assert (p95.passed, p95.indicative, p95.n, p95.interval) == (True, True, 58, (150.0, None))
    assert (memory.passed, memory.indicative) == (True, False)
    assert (rate.passed, rate.objective.direction) == (False, "at least")
    assert (ttft.passed, ttft.observed) == (None, None)
    assert not check(slo, {"p95_ms": Figure(201.0, 59, (0.0, 300.0))})[0].indicative


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.0123456, "0.01235"), (212.04, "212"), (9_999.4, "9999"), (14_347.85, "14348"), (1e6, "1000000")],
)
def test_a_figure_of_many_seconds_has_no_exponent(value: float, told: str) -> None:
    assert four_digits(value) == told
