"""The line that is rewritten, on a real pseudo-terminal."""

import re
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from tests.on_terminal import on_terminal

DRAWING = """
from orchestrator.live_line import LiveLine, is_live
line = LiveLine()
assert is_live()
line.draw("first, and longer")
line.draw("second")
line.print_above("told")
line.draw("x" * 200 + "end")
line.draw("模" * 60)
line.clear()
print("drawn", flush=True)
"""


def test_what_is_told_stays_and_the_line_goes() -> None:
    with on_terminal(sys.executable, "-c", DRAWING, columns=40) as terminal:
        assert terminal.wait_for_the_end() == 0, terminal.written
        frames = [re.sub(r"\x1b\[[?\d]*[lhK]|\r", "", part) for part in re.split(r"\n|\x1b\[J", terminal.written)]
        assert "second" in frames
        assert "x" * 19 + "…" + "x" * 16 + "end" in frames
        assert "模" * 10 + "…" + "模" * 9 in frames, "39 cells"
        assert terminal.screen == ["told", "drawn", ""]


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"TERM": "unknown"}])
def test_some_terminals_cannot(environment: dict[str, str]) -> None:
    code = "from orchestrator.live_line import is_live; assert not is_live()"
    with on_terminal(sys.executable, "-c", code, **environment) as terminal:
        assert terminal.wait_for_the_end() == 0, terminal.written


def test_progress_is_one_line_that_leaves_nothing() -> None:
    code = """
import time
from orchestrator.progress import Progress
with Progress() as progress:
    for done in range(7):
        time.sleep(0.3)
        progress.tell("a name that is far too long for the terminal: " + "z" * 100, done, 7)
print("over")
"""
    with on_terminal(sys.executable, "-c", code, columns=40) as terminal:
        assert terminal.wait_for_the_end() == 0
        assert "5 of 7 iterations" in terminal.written
        assert terminal.screen == ["over", ""]
