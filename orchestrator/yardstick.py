"""A fixed piece of work that is timed between iterations: how fast the processor itself was during a run.

A shared processor, or one that gets warm, may be half as fast for a minute, one core of it alone, and no figure of load
shows that. The yardstick takes no part in a scenario's time and is timed in another process, on the core that the
scenario's has just left: where it takes longer than at the baseline, that core is slower.
"""

import gc
import json
import os
import sys
import time
from typing import Any

_ROWS, _ROUNDS = 100, 20
"""Few objects at a time, so that the interpreter has room for them: whether it must ask the system for more, and gives
it back each time, hangs on all that the process did before.
"""


def reading_beside_ns(pid: int) -> int | None:
    """A reading on the core where the process `pid`, which waits meanwhile, ran last. None where the system does not
    let this thread choose its core: one on another core says nothing of that one.
    """
    if sys.platform != "linux":
        return None
    import psutil

    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {psutil.Process(pid).cpu_num()})
        return reading_ns()
    except (psutil.Error, OSError):
        return None
    finally:
        os.sched_setaffinity(0, allowed)


def reading_ns() -> int:
    """Time the work, a millisecond or two, with what others take from it. One round goes before: the processor's caches
    are full of the scenario's data. The garbage collector waits meanwhile, and does not walk through other objects.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        _work()
        started_ns = time.perf_counter_ns()
        for _ in range(_ROUNDS):
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
