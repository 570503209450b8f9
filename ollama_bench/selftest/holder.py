"""The process that memory figures are held against: it holds a known number of touched bytes, then tells what it held.

    python -P -m ollama_bench.selftest.holder BYTES SECONDS

It gives the bytes back before it tells, so that a peak must have been seen while it was there. It ends by itself, soon
after SECONDS, also when whoever started it is gone.
"""

import json
import mmap
import sys
import time
from pathlib import Path

from orchestrator.memory import own_peak_rss_bytes

AFTER_S = 0.3
"""Long enough to be sampled once more: the kernel's high-water mark of the peak is read when it is over."""


def main() -> None:
    """Hold, give back, and print one JSON line: held_bytes (all of the process), high_water_bytes."""
    size_bytes, seconds = int(sys.argv[1]), float(sys.argv[2])
    before_bytes = _rss_bytes()
    held = mmap.mmap(-1, size_bytes)
    for offset in range(0, size_bytes, mmap.PAGESIZE):
        held[offset] = 1
    time.sleep(seconds)
    held.close()
    time.sleep(AFTER_S)
    told = {"held_bytes": before_bytes + size_bytes, "high_water_bytes": own_peak_rss_bytes()}
    print(json.dumps(told), flush=True)


def _rss_bytes() -> int:
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmRSS:")[1].split()[0]) * 1024
    import psutil

    return int(psutil.Process().memory_info().rss)


if __name__ == "__main__":
    main()
