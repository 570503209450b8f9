"""SRE-BOT: availability, error budget and multi-window burn rates from a request log.

The alert rules are those of the Site Reliability Workbook, chapter 5 ("Multiwindow, Multi-Burn-Rate Alerts").
Shares are parts per million and burn rates thousandths, all integers.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

TARGET_PPM = 999_000
SLOW_MS = 1_000
"""A request slower than this, or answered with 5xx, is bad."""
WINDOWS_S = {"5m": 300, "30m": 1_800, "1h": 3_600, "2h": 7_200, "6h": 21_600, "1d": 86_400, "3d": 259_200}
ALERTS = (
    ("page", "1h", "5m", 14_400),
    ("page", "6h", "30m", 6_000),
    ("ticket", "1d", "2h", 3_000),
    ("ticket", "3d", "6h", 1_000),
)
"""(severity, long window, short window, burn rate in thousandths that both must exceed)."""

REQUESTS, LOG_START_S, LOG_SPAN_S = 20_000, 1_767_225_600, 3 * 86_400


@dataclass(frozen=True)
class Assessment:
    """What the one on call asks first."""

    requests: int
    bad: int
    malformed: int
    """Lines that could not be read; they count for nothing else."""
    availability_ppm: int
    budget_left_ppm: int
    """Of the error budget over the whole log; negative when overspent."""
    burn_rate: dict[str, int]
    """By window, ending with the last request: 1000 spends the budget exactly."""
    alerts: Sequence[str]
    worst_path: str
    """With the most bad requests; the first by name among equals."""


def assess(log: Sequence[str]) -> Assessment:
    """Read lines of `epoch_s method path status duration_ms` in order of time."""
    times, bad_before, by_path, malformed = _read(log)
    requests, bad = len(times), bad_before[-1]
    burn = {window: _burn_rate(times, bad_before, span_s) for window, span_s in WINDOWS_S.items()}
    budget_ppm = 1_000_000 - TARGET_PPM
    return Assessment(
        requests=requests,
        bad=bad,
        malformed=malformed,
        availability_ppm=(requests - bad) * 1_000_000 // requests if requests else 1_000_000,
        budget_left_ppm=1_000_000 - bad * 10**12 // (requests * budget_ppm) if requests else 1_000_000,
        burn_rate=burn,
        alerts=[
            f"{severity}: {long} and {short} above {limit / 1000:g}"
            for severity, long, short, limit in ALERTS
            if burn[long] > limit and burn[short] > limit
        ],
        worst_path=min(by_path, key=lambda path: (-by_path[path], path), default=""),
    )


def _read(log: Sequence[str]) -> tuple[list[int], list[int], dict[str, int], int]:
    """Times, bad requests before each (and in all, at the end), bad requests by path, unreadable lines."""
    times: list[int] = []
    bad_before = [0]
    by_path: dict[str, int] = {}
    malformed = 0
    for line in log:
        fields = line.split()
        if len(fields) != 5 or not (fields[0].isdecimal() and fields[3].isdecimal() and fields[4].isdecimal()):
            malformed += 1
            continue
        is_bad = int(fields[3]) >= 500 or int(fields[4]) > SLOW_MS
        times.append(int(fields[0]))
        bad_before.append(bad_before[-1] + is_bad)
        if is_bad:
            path = fields[2].partition("?")[0]
            by_path[path] = by_path.get(path, 0) + 1
    return times, bad_before, by_path, malformed


def _burn_rate(times: Sequence[int], bad_before: Sequence[int], span_s: int) -> int:
    """The window's share of bad requests over the share that the target allows, in thousandths."""
    if not times:
        return 0
    first = bisect_left(times, times[-1] - span_s + 1)
    bad, requests = bad_before[-1] - bad_before[first], len(times) - first
    return bad * 10**9 // (requests * (1_000_000 - TARGET_PPM))


def build(seed: int) -> list[str]:
    """Three days of a shop's log: now and then a 5xx, a bad deployment in the last hours, a few torn lines."""
    random = Random(seed)
    paths = ("/", "/search", "/cart", "/checkout", "/api/stock", "/api/price")
    seconds = sorted(random.randrange(LOG_SPAN_S) for _ in range(REQUESTS))
    lines = []
    for second in seconds:
        path = paths[random.randrange(len(paths))]
        deployed = second > LOG_SPAN_S - 5 * 3_600 and path == "/checkout"
        failed = random.randrange(1_000) < (120 if deployed else 1)
        duration_ms = 20 + random.randrange(180) + (1_500 if random.randrange(2_000) == 0 else 0)
        query = f"?q={random.randrange(10_000)}" if path == "/search" else ""
        status = 503 if failed else 200
        line = f"{LOG_START_S + second} GET {path}{query} {status} {duration_ms}"
        lines.append(line[: len(line) // 2] if random.randrange(3_000) == 0 else line)
    return lines
