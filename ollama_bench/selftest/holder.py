"""The process that memory figures are held against: it holds a known number of touched bytes, then tells what it held.

    python -P -m ollama_bench.selftest.holder BYTES SECONDS

It is the child of a small one, which starts it when a line comes on standard input, so that a sampler may be at work
before: until a new process becomes its program, the system shows the memory of the one that started it as its own. Both
end when standard input ends.
"""

import json
import mmap
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from orchestrator.memory import own_peak_rss_bytes

AFTER_S = 0.3
"""Long enough to be sampled once more: the kernel's high-water mark of the peak is read when it is over."""
HOLD = "--hold"


def main() -> int:
    """Wait for the line, start the child and print its pid; the child adds its own line. The child's exit status."""
    *hold, size_bytes, seconds = sys.argv[1:]
    if hold == [HOLD]:
        _hold(int(size_bytes), float(seconds))
        return 0
    if not sys.stdin.readline():
        return 1
    command = [sys.executable, "-P", "-m", "ollama_bench.selftest.holder", HOLD, size_bytes, seconds]
    with subprocess.Popen(command) as child:
        print(child.pid, flush=True)
    return child.returncode


def _hold(size_bytes: int, seconds: float) -> None:
    """Hold, give back, and print one JSON line: held_bytes (all of the process), high_water_bytes."""
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    before_bytes = _rss_bytes()
    held = mmap.mmap(-1, size_bytes)
    for offset in range(0, size_bytes, mmap.PAGESIZE):
        held[offset] = 1
    time.sleep(seconds)
    held.close()
    time.sleep(AFTER_S)
    told = {"held_bytes": before_bytes + size_bytes, "high_water_bytes": own_peak_rss_bytes()}
    print(json.dumps(told), flush=True)


def _end_with_stdin() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(1)


def _rss_bytes() -> int:
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmRSS:")[1].split()[0]) * 1024
    import psutil

    return int(psutil.Process().memory_info().rss)


if __name__ == "__main__":
    sys.exit(main())
