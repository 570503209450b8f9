"""What processes used under load, by hand."""

from ollama_bench.load.usage import Used, snapshots, used_between
from ollama_bench.usage import Reading

NS = 1_000_000_000
HALF_A_CORE = [Reading(second * NS, 1_000_000 * (10 + second), second * 0.5, None) for second in range(6)]


def test_use_is_the_mean_and_the_peak_of_a_stretch() -> None:
    assert used_between(HALF_A_CORE, 1 * NS, 3 * NS) == Used(50.0, 13_000_000)


def test_cpu_of_a_stretch_counts_from_the_reading_before_it() -> None:
    assert used_between(HALF_A_CORE, 1_500_000_000, 2 * NS) == Used(50.0, 12_000_000)


def test_what_was_not_seen_is_not_zero() -> None:
    gone = [Reading(0, 5, 0.0, None), Reading(NS, None, 0.0, None)]

    assert used_between([], 0, NS) == Used(None, None)
    assert used_between(gone, 0, NS) == Used(None, None)
    assert used_between(HALF_A_CORE[:1], -1, NS) == Used(None, 10_000_000), "one reading has no rate"


def test_snapshots_stand_before_under_and_after_the_load() -> None:
    texts = dict(snapshots({"ui": HALF_A_CORE}, 1 * NS, 4 * NS))

    assert list(texts) == ["snapshot-before.txt", "snapshot-during.txt", "snapshot-after.txt"]
    rows = [line.split() for line in texts["snapshot-during.txt"].splitlines()[4:]]
    assert rows == [
        ["2.0", "50.0", "12.0"],
        ["3.0", "50.0", "13.0"],
        ["4.0", "50.0", "14.0"],
        ["all", "50.0", "14.0"],
    ]
    assert texts["snapshot-after.txt"].splitlines()[-1].split() == ["5.0", "50.0", "15.0"]
