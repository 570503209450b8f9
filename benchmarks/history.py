"""How long `ollama-bench history` takes over 10,000 saved runs: the first time, and from its index.

    python benchmarks/history.py [--quick] [--json] [--report-only]

The documents are the committed example (about 120 kB each, 1.2 GB in all), each with a name, a time and figures of its
own, in a temporary folder that is deleted at the end. What the start of the program takes (`ollama-bench --version`) is
taken off, in turn; medians of several listings. Exits 1 when a target is missed.
"""

import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from report import Check, finish, parse_options

LISTING_LIMIT_S = 1.0
COMMAND = Path(sysconfig.get_path("scripts"), "ollama-bench")
EXAMPLE = Path(__file__).parents[1] / "scorecards" / "example-gemma3-270m.json"
MODELS = ("gemma3:270m", "llama3.2:1b", "qwen2.5:1.5b", "smollm2:360m", "tinyllama:1.1b")
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> int:
    """Make the documents, time the commands, print the table."""
    options = parse_options(__doc__)
    if not COMMAND.exists():
        sys.exit(f"there is no {COMMAND}: install the project for this Python first (pip install -e .)")
    count, repeats = (100, 1) if options.quick else (10_000, 7)
    folder = Path(tempfile.mkdtemp(prefix="ollama-bench-history-"))
    try:
        size_bytes = sum(_make(folder, number) for number in range(count))
        history = ("history", "--out", str(folder))
        first_s = _wall_s(*history)
        start_s = median(_wall_s("--version") for _ in range(repeats))
        listing_s, newest_s, json_s = (
            median(_beyond_start_s(*history, *options) for _ in range(repeats))
            for options in ((), ("-n", "20"), ("--json",))
        )
        rebuild_s = _wall_s(*history, "rebuild") - start_s
    finally:
        shutil.rmtree(folder)
    note = f"{count} documents of {size_bytes / count / 1e3:.0f} kB; beyond start-up"
    checks = [
        Check("start-up (--version)", start_s, "s"),
        Check("first history, no index", first_s - start_s, "s", note=note),
        Check("history, all listed", listing_s, "s", LISTING_LIMIT_S, note),
        Check("history -n 20", newest_s, "s", LISTING_LIMIT_S),
        Check("history --json", json_s, "s", LISTING_LIMIT_S),
        Check("history rebuild", rebuild_s, "s", note="the documents in the disk cache"),
    ]
    return finish(checks, options)


def _make(folder: Path, number: int) -> int:
    """Write one document, and return its size in bytes."""
    model, started_at = MODELS[number % len(MODELS)], FIRST + timedelta(minutes=37 * number)
    text = _EXAMPLE_TEXT.replace('"gemma3:270m"', f'"{model}"').replace(
        _STARTED_AT, f"{started_at:%Y-%m-%dT%H:%M:%S}.5Z"
    )
    text = text.replace('"p50": 49.', f'"p50": {40 + number % 19}.').replace(
        '"p50": 0.58', f'"p50": 0.{40 + number % 37}'
    )
    path = folder / f"{model.replace(':', '-')}-{started_at:%Y%m%dT%H%M%SZ}.json"
    return path.write_text(text, encoding="utf-8")


_EXAMPLE_TEXT = EXAMPLE.read_text(encoding="utf-8")
_STARTED_AT = _EXAMPLE_TEXT.split('"started_at": "')[1].split('"')[0]


def _beyond_start_s(*arguments: str) -> float:
    """Less the start of the program just before, so that a slow spell of the machine hits both."""
    start_s = _wall_s("--version")
    return _wall_s(*arguments) - start_s


def _wall_s(*arguments: str) -> float:
    start_s = time.perf_counter()
    subprocess.run([str(COMMAND), *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start_s


if __name__ == "__main__":
    sys.exit(main())
