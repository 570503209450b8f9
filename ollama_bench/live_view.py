"""The live view of a run: draws a line on the terminal four times a second, from a thread of its own.

It only looks at what is there: the list of arrivals that the stream's reader keeps, and the sampler's last reading.
"""

import sys
import threading
import time
from dataclasses import replace

from ollama_bench.output import has
from ollama_bench.pace import tok_s_now
from ollama_bench.progress import Gauges
from ollama_bench.render.live import BARS, Now, coloured, live_line
from orchestrator.columns import GAP
from orchestrator.live_line import LiveLine, columns_of_stderr, in_colour

REFRESH_S = 0.25
"""Drawing takes time from the very cores that are measured."""


class LiveView:
    """From `with` to its end; `show` may be called at any time."""

    def __init__(self) -> None:
        self._line = LiveLine()
        self._ascii_only = not has(sys.stderr, "".join([*BARS[False], "…±"]))
        self._now: Now | None = None
        self._shown_s = self._started_s = time.monotonic()
        self._gauges: Gauges | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live view", daemon=True)

    def __enter__(self) -> "LiveView":
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stop.set()
        self._thread.join()
        self._line.clear()

    def show(self, now: Now) -> None:
        """From the next drawing on; a request begins now. Its rate is shown until the next answer has one."""
        self._shown_s, self._now = time.monotonic(), now

    def can_read(self, gauges: Gauges) -> None:
        """Rate and memory are read there."""
        self._gauges = gauges

    def print_above(self, line: str) -> None:
        """For good."""
        self._line.print_above(line)

    def _run(self) -> None:
        while not self._stop.wait(REFRESH_S):
            if self._now is not None:
                self._draw(self._now)

    def _draw(self, now: Now) -> None:
        at_s = time.monotonic()
        now = replace(now, elapsed_s=at_s - self._started_s, since_s=at_s - self._shown_s)
        if self._gauges is not None:
            rate = tok_s_now(self._gauges.arrivals_ns())
            now = replace(now, tok_s=now.tok_s if rate is None else rate, rss_bytes=self._gauges.rss_bytes())
        parts = live_line(now, columns_of_stderr() - 1, ascii_only=self._ascii_only)
        self._line.draw((" " * GAP).join(parts.values()), coloured(parts) if in_colour() else "")
