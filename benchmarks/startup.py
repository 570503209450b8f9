"""How long `ollama-bench --help` takes, against `python -c "import click"`, and which heavy modules it imports.

    python benchmarks/startup.py [--quick] [--json] [--report-only]

The same interpreter, in turn; the figure is the median of the ratios of neighbours, so that a slow spell of the machine
hits both sides. Exits 1 when a target is missed.
"""

import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from statistics import median

from report import Check, finish, parse_options

RATIO_LIMIT = 1.6
HEAVY = frozenset(
    {"httpx", "ollama", "psutil", "pydantic", "pynvml", "rich", "starlette", "uvicorn", "xllamacpp", "yaml"}
)
HELP = Path(sysconfig.get_path("scripts"), "ollama-bench")
CLICK = [sys.executable, "-c", "import click"]
MODULES_OF_HELP = """
import sys
from ollama_bench.cli import main
sys.argv = ["ollama-bench", "--help"]
try:
    main()
finally:
    print("\\n" + " ".join(sys.modules))
"""


def main() -> int:
    """Time pairs, look at the modules, print the table."""
    options = parse_options(__doc__)
    if not HELP.exists():
        sys.exit(f"there is no {HELP}: install the project for this Python first (pip install -e .)")
    helping = [sys.executable, str(HELP), "--help"]
    pairs = [(_wall_s(helping), _wall_s(CLICK)) for _ in range(3 if options.quick else 41)]
    helped, clicked = zip(*pairs[1:], strict=True)  # the first pair fills the disk cache
    ratios = [one / other for one, other in pairs[1:]]
    heavy = _heavy_modules()
    checks = [
        Check('python -c "import click"', median(clicked) * 1e3, "ms"),
        Check("ollama-bench --help", median(helped) * 1e3, "ms"),
        Check("--help / import click", median(ratios), "x", RATIO_LIMIT, f"median of {len(ratios)} pairs"),
        Check("heavy modules that --help imports", len(heavy), "", 0, ", ".join(heavy)),
    ]
    return finish(checks, options)


def _wall_s(command: list[str]) -> float:
    start_s = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start_s


def _heavy_modules() -> list[str]:
    """Top-level names of `HEAVY` that are loaded after --help."""
    command = [sys.executable, "-c", MODULES_OF_HELP]
    printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return sorted(HEAVY & {name.partition(".")[0] for name in printed.splitlines()[-1].split()})


if __name__ == "__main__":
    sys.exit(main())
