"""A fixed piece of work that is timed beside every iteration: how fast the machine itself was during a run.

A shared processor, or one that gets warm, may be half as fast for a minute, and no figure of load shows that. The
yardstick takes no part in a scenario's time and does not change with the code under test: where it takes longer than
at the baseline, the machine is slower.
"""

import gc
import json
import time
from typing import Any

_ROWS = 2000


def reading_ns() -> int:
    """Time the work, a millisecond or two, with what others take from it. The garbage collector waits meanwhile: it
    would walk through the scenario's objects.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        started_ns = time.perf_counter_ns()
        _work()
        return time.perf_counter_ns() - started_ns
    finally:
        if collects:
            gc.enable()


def _work() -> str:
    """What interpreted programs do: objects, dictionaries, a sort, text."""
    rows: list[dict[str, Any]] = [
        {"account": f"account-{index * 7919 % _ROWS}", "cents": index * 104729 % 9973} for index in range(_ROWS)
    ]
    totals: dict[int, int] = {}
    for row in rows:
        day = row["cents"] % 91
        totals[day] = totals.get(day, 0) + row["cents"]
    rows.sort(key=lambda row: (row["cents"], row["account"]))
    return json.dumps([totals, rows[::5]])
