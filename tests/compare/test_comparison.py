"""Who is named a winner, and what keeps anyone from being one."""

from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ollama_bench.compare.comparison import compare
from ollama_bench.compare.document import Comparison, Pair
from ollama_bench.compare.metrics import METRICS, Metric
from ollama_bench.compare.sides import Side, label_of
from ollama_bench.observed import Energy, Observed, Resources
from ollama_bench.scorecard import Gpu, RunResult, Server
from ollama_bench.stability import Validity
from ollama_bench.stability.rule import ValidityCondition
from ollama_bench.trial import TimedPhase
from orchestrator.errors import ConfigurationError
from tests.compare.examples import row, run, runs_of, side
from tests.examples import example_plan

WARM = "warm.latency_s"
FIVE = [1.00, 1.01, 0.99, 1.02, 1.00]
MIRRORED = {"faster": "slower", "slower": "faster", "less": "more", "more": "less", "cannot tell": "cannot tell"}


def pair_of(reference: Side, candidate: Side, **options: Any) -> Pair:
    (pair,) = compare([reference, candidate], **options).pairs
    return pair


def doubtful(name: str, *codes: str, **changes: Any) -> RunResult:
    conditions = tuple(ValidityCondition(code=code, passed=False, text=code) for code in codes)
    return run(name, validity=Validity(valid=False, conditions=conditions), **changes)


# --- winners


def test_a_side_of_five_runs_that_is_twice_as_slow_is_slower() -> None:
    pair = pair_of(side(0, *runs_of("a", FIVE)), side(1, *runs_of("b", [2 * m for m in FIVE])))
    found = row(pair, WARM)

    assert (found.outcome, found.reason, found.unit) == ("slower", None, "run")
    assert found.reference.median == pytest.approx(1.00395, abs=1e-4)  # (1.00 x 1.01 x 0.99 x 1.02 x 1.00)^(1/5)
    assert (found.reference.runs, found.reference.samples) == (5, 15)
    assert found.ratio == pytest.approx(2)
    assert found.ratio_ci95 is not None
    assert 1.9 < found.ratio_ci95[0] < 2 < found.ratio_ci95[1] < 2.1
    assert pair.summary[0].startswith("B answers the short prompt, warm, slower than A: 2.000× the time [1.9")


def test_a_rate_that_is_higher_is_faster() -> None:
    metric = next(metric for metric in METRICS if metric.name == "real.gen_tok_s")
    assert (metric.word(1.8), metric.word(0.5)) == ("faster", "slower")


def test_one_run_a_side_names_what_is_large_and_nothing_else() -> None:
    once = side(0, run("a"))
    larger = row(pair_of(once, side(1, run("b", [1.08, 1.2, 1.32]))), WARM)
    twice = row(pair_of(once, side(1, run("b", [2.98, 3.0, 3.02]))), WARM)

    assert (larger.outcome, larger.reason) == ("cannot tell", "the interval takes in 1")
    assert (twice.outcome, twice.unit) == ("slower", "trial")


def test_less_memory_is_told_from_three_runs_a_side_on() -> None:
    rss = [500_000_000, 501_000_000, 499_500_000]

    def memory(runs: int) -> Any:
        ours = [run(f"a{i}", rss_bytes=rss[i]) for i in range(runs)]
        theirs = [run(f"b{i}", rss_bytes=rss[i] // 4) for i in range(runs)]
        return row(pair_of(side(0, *ours), side(1, *theirs)), "peak_rss_bytes")

    assert (memory(3).outcome, memory(3).ratio) == ("less", pytest.approx(0.25))
    assert (memory(2).outcome, memory(2).ratio_ci95) == ("cannot tell", None)
    assert "one figure a run" in memory(2).reason


def test_what_lies_close_together_is_said_to() -> None:
    pair = pair_of(side(0, *runs_of("a", FIVE)), side(1, *runs_of("b", FIVE)))
    assert row(pair, WARM).within_percent is not None
    assert any(line.startswith("No difference to speak of: warm latency (within 1") for line in pair.summary)


def test_a_difference_that_many_tests_explain_is_not_told() -> None:
    pair = pair_of(side(0, *runs_of("a", [1.0, 1.02, 0.98])), side(1, *runs_of("b", [1.07, 1.09, 1.05])))
    found = row(pair, WARM)

    assert found.p_value is not None
    assert found.ratio_ci95 is not None
    assert (0.005 < found.p_value < 0.05, found.ratio_ci95[0] > 1) == (True, True)
    assert (found.outcome, found.reason) == ("cannot tell", "not beyond chance among 9 tests")


def test_the_number_of_tests_is_that_of_all_pairs() -> None:
    sides = [side(place, *runs_of(str(place), FIVE)) for place in range(3)]
    assert (compare(sides[:2]).family.tests, compare(sides).family.tests) == (9, 18)


LEVELS = st.lists(st.floats(0.2, 5), min_size=1, max_size=4)


@settings(max_examples=40, deadline=None)
@given(LEVELS, LEVELS, st.sampled_from(["cold", "warm", "real", "long"]))
def test_the_other_way_round_the_words_are_mirrored(ours: list[float], theirs: list[float], phase: TimedPhase) -> None:
    sides = [runs_of("a", ours, phase=phase), runs_of("b", theirs, phase=phase)]
    there = pair_of(side(0, *sides[0]), side(1, *sides[1]))
    back = pair_of(side(0, *sides[1]), side(1, *sides[0]))

    for one, other in zip(there.rows, back.rows, strict=True):
        assert one.outcome == MIRRORED[other.outcome]
        assert one.p_value == other.p_value
        assert (one.ratio or 1) * (other.ratio or 1) == pytest.approx(1)
        assert one.within_percent == other.within_percent


@settings(max_examples=20, deadline=None)
@given(LEVELS, st.booleans())
def test_the_same_figures_twice_have_no_winner(levels: list[float], same_runs: bool) -> None:
    ours, theirs = runs_of("a", levels), runs_of("a" if same_runs else "b", levels)
    pair = pair_of(side(0, *ours), side(1, *theirs))

    assert {found.outcome for found in pair.rows} == {"cannot tell"}
    assert {found.ratio for found in pair.rows} == {1.0}


# --- what keeps anyone from winning


def test_the_same_run_on_both_sides_is_told_and_not_tested() -> None:
    ours = runs_of("a", FIVE)
    comparison = compare([side(0, *ours), side(1, *ours[1:], *runs_of("b", [9.0, 9.1]))])

    assert comparison.family.tests == 0
    assert {found.reason for found in comparison.pairs[0].rows} == {"both sides hold the same run"}
    assert "A and B hold the same run, so no winner is named: a1, a2, a3, a4" in comparison.pairs[0].notes


def test_a_doubtful_run_names_no_winner_unless_forced() -> None:
    ours, theirs = side(0, *runs_of("a", FIVE)), side(1, *runs_of("b", [3.0, 3.1]), doubtful("c", "other_load"))
    found, forced = row(pair_of(ours, theirs), WARM), row(pair_of(ours, theirs, forced=True), WARM)

    assert (found.outcome, found.reason) == ("cannot tell", "in doubt: B other_load (1 of 3 runs)")
    assert found.ratio_ci95 is not None
    assert any("--force names it" in note for note in pair_of(ours, theirs).notes)
    assert not any("--force" in note for note in pair_of(ours, theirs, forced=True).notes)
    assert forced.marks == ("doubtful",)
    assert row(pair_of(ours, theirs), "peak_rss_bytes").marks == ()  # load of others leaves memory as it is


def test_a_winner_in_spite_of_doubt_is_marked() -> None:
    slow = [doubtful(f"b{i}", "other_load", latency_s=[3.0, 3.01, 3.02]) for i in range(5)]
    pair = pair_of(side(0, *runs_of("a", FIVE)), side(1, *slow), forced=True)

    assert (row(pair, WARM).outcome, row(pair, WARM).marks) == ("slower", ("doubtful",))
    assert pair.summary[0].endswith("(from a doubtful run)")


@pytest.mark.parametrize(
    ("code", "doubts"),
    [
        ("other_load", {"time", "rate", "cpu", "energy"}),
        ("memory_disagrees", {"memory", "cpu", "energy"}),
        ("incomplete", {"time", "rate", "memory", "cpu", "energy"}),
        ("of_a_later_version", {"time", "rate", "cpu", "energy"}),
        ("too_few_samples", set()),
    ],
)
def test_a_doubt_is_of_the_figures_that_it_is_about(code: str, doubts: set[str]) -> None:
    assert {metric.kind for metric in METRICS if metric.is_doubted_by(code)} == doubts


def test_an_incomplete_run_names_no_winner_in_old_documents_too() -> None:
    old = run("b", [9.0, 9.1, 9.2], complete=False).model_copy(update={"validity": None})
    comparison = compare([side(0, run("a")), side(1, old)])

    assert row(comparison.pairs[0], WARM).reason == "in doubt: B incomplete"
    assert comparison.sides[1].runs[0].valid is None
    assert any("older than VALID and DOUBTFUL" in note for note in comparison.notes)


def test_what_one_side_has_not_measured_cannot_be_told() -> None:
    with_energy = run("a").model_copy(update={"energy": Energy(joules_per_output_token=0.4, sources=("rapl",))})
    found = row(pair_of(side(0, with_energy), side(1, run("b"))), "joules_per_output_token")

    assert (found.outcome, found.ratio, found.reason) == ("cannot tell", None, "not measured in B")


def test_what_no_side_has_measured_has_no_row() -> None:
    assert "peak_vram_bytes" not in {found.metric for found in pair_of(side(0, run("a")), side(1, run("b"))).rows}


def used(vram_bytes: int, source: Any) -> Observed:
    return Observed(resources=Resources(interval_s=0.1, peak_vram_bytes=vram_bytes, vram_source=source))


def test_gpu_memory_of_different_counters_is_not_compared() -> None:
    ours, theirs = run("a", observed=used(10**9, "nvml")), run("b", observed=used(2 * 10**9, "api_ps"))
    found = row(pair_of(side(0, ours), side(1, theirs)), "peak_vram_bytes")

    assert (found.outcome, found.reason) == ("cannot tell", "not counted alike: A by nvml, B by api_ps")


def test_a_figure_of_zero_has_no_ratio() -> None:
    ours, theirs = run("a", observed=used(0, "nvml")), run("b", observed=used(10**9, "nvml"))
    found = row(pair_of(side(0, ours), side(1, theirs)), "peak_vram_bytes")

    assert (found.ratio, found.reason) == (None, "no ratio with a figure of 0")
    assert (found.reference.median, found.candidate.median) == (0, 10**9)


# --- unlike circumstances

UNLIKE: dict[str, tuple[dict[str, Any], str]] = {
    "context": ({"plan": example_plan(num_ctx=8192)}, "- num_ctx: A 4096, B 8192"),
    "seed": ({"plan": example_plan(seed=7)}, "- seed: A 1, B 7"),
    "temperature": ({"plan": example_plan(temperature=0.5)}, "- temperature: A 0.0, B 0.5"),
    "thinking": ({"plan": example_plan(think=True)}, "- think: A false, B true"),
    "length": ({"plan": example_plan(num_predict=64)}, "- real prompt num_predict: A 160, B 64"),
    "machine": ({"environment": {"cpu": "M4", "cores": 2}}, "- machine cpu: A AMD EPYC, B M4"),
    "a machine that is not told": ({"environment": {}}, "- machine cores: A 2, B absent"),
    "server": (
        {"server": Server(url="http://127.0.0.1:1", kind="ollama", version="0.9.1", local=True)},
        "- server: A ollama 0.33.0, B ollama 0.9.1",
    ),
    "host": (
        {"server": Server(url="http://10.0.0.9:1", kind="ollama", version="0.33.0", local=False)},
        "- server host: A this machine, B http://10.0.0.9:1",
    ),
}


@pytest.mark.parametrize("case", UNLIKE)
def test_unlike_circumstances_are_refused_and_named(case: str) -> None:
    changes, said = UNLIKE[case]
    with pytest.raises(ConfigurationError) as refusal:
        compare([side(0, run("a")), side(1, run("b", **changes))])

    assert refusal.value.exit_code == 2
    assert said in str(refusal.value).splitlines()
    assert "--force" in str(refusal.value)


def test_the_gpus_are_part_of_the_machine() -> None:
    plain = run("b")
    hardware = plain.hardware.model_copy(update={"gpus": (Gpu(name="H100", memory_bytes=8 * 10**10, driver="570"),)})
    with pytest.raises(ConfigurationError, match=r"GPUs: A none, B H100 \(80000000000 bytes, driver 570\)"):
        compare([side(0, run("a")), side(1, plain.model_copy(update={"hardware": hardware}))])


def test_another_prompt_is_unlike() -> None:
    plan = example_plan()
    other = plan.model_copy(
        update={"prompts": plan.prompts | {"real": plan.prompts["real"].model_copy(update={"text": "Say no."})}}
    )
    with pytest.raises(ConfigurationError, match=r"real prompt sha256: A [0-9a-f]{12}, B [0-9a-f]{12}"):
        compare([side(0, run("a")), side(1, run("b", plan=other))])


def test_another_quality_prompt_is_unlike_though_a_run_has_none() -> None:
    plan = example_plan()
    json_asked = plan.quality_prompts[2].model_copy(update={"text": "Write XML."})
    other = plan.model_copy(update={"quality_prompts": (*plan.quality_prompts[:2], json_asked)})
    theirs = side(1, run("b", plan=other), run("c", plan=example_plan(quality=False)))
    with pytest.raises(ConfigurationError, match=r"quality prompt json sha256: A [0-9a-f]{12}, B [0-9a-f]{12}\n"):
        compare([side(0, run("a")), theirs])


def test_the_number_of_trials_the_model_and_quality_may_differ() -> None:
    other = run("b", [1.0, 1.1], plan=example_plan("qwen2.5:1.5b", quality=False))
    other = other.model_copy(update={"model": other.model.model_copy(update={"digest": "2", "quantization": "Q4_0"})})
    pair = pair_of(side(0, run("a")), side(1, other))

    assert pair.quality is None
    assert pair.summary[-1] == "Quality: not compared, a side has no answers"
    assert any(note.startswith("different models") for note in pair.notes)


def test_forced_winners_of_unlike_sides_are_marked() -> None:
    other = runs_of("b", [3 * m for m in FIVE], environment={"cpu": "M4"})
    comparison = compare([side(0, *runs_of("a", FIVE)), side(1, *other)], forced=True)

    assert [difference.what for difference in comparison.differences] == ["machine cpu", "machine cores"]
    assert (row(comparison.pairs[0], WARM).outcome, row(comparison.pairs[0], WARM).marks) == ("slower", ("unlike",))
    assert comparison.pairs[0].summary[0].endswith("(measured under unlike circumstances)")


def test_runs_of_one_side_must_be_alike_too() -> None:
    mixed = side(1, run("b"), run("c", plan=example_plan(num_ctx=8192)))
    with pytest.raises(ConfigurationError, match="num_ctx: A 4096, B 4096 and 8192"):
        compare([side(0, run("a")), mixed])


# --- sides


def test_a_side_is_one_model() -> None:
    other = run("b")
    other = other.model_copy(update={"model": other.model.model_copy(update={"digest": "sha256:2", "name": "other"})})
    with pytest.raises(ConfigurationError, match=r"a side is one model.* llama3.2:1b Q8_0 1 and other Q8_0 2"):
        side(0, run("a"), other)


def test_a_run_that_is_there_twice_counts_once() -> None:
    both = side(0, run("a"), run("a"))
    assert len(both.runs) == 1
    assert "it counts once" in both.notes[0]


def test_labels_go_on_after_z() -> None:
    assert [label_of(place) for place in (0, 25, 26, 27, 701, 702)] == ["A", "Z", "AA", "AB", "ZZ", "AAA"]


def test_what_is_to_be_known_is_noted() -> None:
    in_blocks = pair_of(side(0, *runs_of("a", FIVE)), side(1, *(run(f"b{i}", minute=100 + i) for i in range(3))))
    once = pair_of(side(0, run("a")), side(1, run("b")))

    assert any(note.startswith("every run of A was made before the others") for note in in_blocks.notes)
    assert any("an assumed run-to-run scatter of 10 %" in note for note in once.notes)
    assert not any("every run of" in note for note in once.notes)
    assert not any("assumed" in note for note in in_blocks.notes if "every run" not in note)


def test_each_side_has_its_verdicts_with_their_reasons() -> None:
    comparison = compare([side(0, run("a")), side(1, run("b"))])
    (verdict,) = comparison.sides[0].verdicts

    assert (verdict.decision, verdict.runs) == ("keep small", 1)
    assert len(verdict.reasons) == 3
    assert comparison.sides[0].trials == {"cold": (1, 1), "warm": (3, 3), "real": (3, 3), "long": (1, 1)}


def test_the_document_is_read_back_as_it_was() -> None:
    comparison = compare([side(0, *runs_of("a", FIVE)), side(1, run("b"))])
    assert Comparison.model_validate_json(comparison.to_json()) == comparison


def test_every_metric_has_words_for_both_sides_of_1() -> None:
    for metric in METRICS:
        assert metric.claim.count("{}") == 1
        assert metric.word(2) != metric.word(0.5)
        assert isinstance(metric, Metric)
        assert metric.name.partition(".")[0] in get_args(TimedPhase) or metric.one_a_run
