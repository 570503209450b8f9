"""What the tests have workers do."""

import os
import subprocess
import sys
import time
from pathlib import Path

BALLAST: list[bytes] = []


def nothing() -> None:
    pass


def naps() -> None:
    time.sleep(0.012)


def reads_input() -> None:
    assert sys.stdin.read() == ""
    assert subprocess.run(["cat"], capture_output=True, check=True).stdout == b""


def answer() -> str:
    return "42"


def changing() -> str:
    return str(time.perf_counter_ns())


def figures() -> dict[str, float]:
    return {"rows": 3, "rate": float("nan")}


def chatty() -> None:
    print('{"result": {}}')
    os.system("echo from a child")


def raises() -> None:
    raise ValueError("the ledger is empty")


def leaves() -> None:
    sys.exit("enough")


def hangs() -> None:
    time.sleep(3600)


def is_killed() -> None:
    os.kill(os.getpid(), 9)


def vanishes() -> None:
    os._exit(7)


def vanishes_leaving_a_child() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(os.environ["NOTED_PID"]).write_text(str(child.pid))
    os._exit(7)


def holds_100_mb() -> None:
    if not BALLAST:
        BALLAST.append(b"x" * 100_000_000)
