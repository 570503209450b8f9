"""The live view of a run, on a real pseudo-terminal, against a server that holds its answers back."""

import json
import re
import sys
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.conftest import COMMAND
from tests.scripted_http import Exchange
from tests.scripted_server import ScriptedServer, final

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from tests.on_terminal import on_terminal

pytestmark = pytest.mark.usefixtures("workspace")

ERASE = "\x1b[J"
TOKENS = 40


class Held:
    """Answers of 40 tokens, 1 ms apart, that end when the test lets them."""

    def __init__(self) -> None:
        self.gate = threading.Event()

    def __call__(self, exchange: Exchange) -> None:
        exchange.start()
        for number in range(TOKENS):
            exchange.line(response=f" word{number}", done=False)
            self.gate.wait(0.001)
        self.gate.wait(60)
        exchange.line(**final(eval_count=TOKENS, eval_duration=TOKENS * 10_000_000))
        exchange.end()


@pytest.fixture
def held(server: ScriptedServer) -> Iterator[Held]:
    """The server's first answer is held back."""
    answer = Held()
    server.on["generate"] = answer
    yield answer
    answer.gate.set()


def frames(written: str) -> list[str]:
    """What was drawn, whole, without colours."""
    return [re.sub(r"\x1b\[[?\d]*[mlhK]|\r", "", part) for part in written.split(ERASE)[:-1]]


def run_command(server: ScriptedServer, *options: str) -> list[str]:
    return [*COMMAND, "run", "tiny:1b", "--host", server.url, "--no-quality", *options]


def test_phase_rate_and_memory_are_shown_while_an_answer_streams(server: ScriptedServer, held: Held) -> None:
    with on_terminal(*run_command(server)) as terminal:
        line = frames(terminal.wait_for(ERASE, 3))[-1]
        held.gate.set()
        assert terminal.wait_for_the_end() == 0
        assert re.fullmatch(r"tiny:1b  cold 1 of 1  ─{20}  [\d.]+ tok/s  RSS [1-9]\d* MB  0:0\d", line), line


def test_when_it_ends_the_line_is_gone_and_the_result_stands_there(server: ScriptedServer, held: Held) -> None:
    with on_terminal(*run_command(server)) as terminal:
        terminal.wait_for("cold 1 of 1")
        held.gate.set()
        terminal.wait_for_the_end()
        saved, first, *rest = terminal.screen
        assert saved.startswith("saved: scorecards")
        assert first.startswith("Model: tiny:1b")
        assert not any("tok/s  RSS" in line for line in rest)


def test_ctrl_c_leaves_a_clean_terminal_with_its_cursor(server: ScriptedServer, held: Held) -> None:
    with on_terminal(*run_command(server)) as terminal:
        terminal.wait_for("tok/s")
        terminal.type("\x03")
        assert terminal.wait_for_the_end() == 130
        assert [line for line in terminal.screen if line] == [terminal.screen[0], "Error: interrupted"]
        assert terminal.screen[0].startswith("saved: scorecards")
        assert "\x1b[?25l" not in terminal.written, "the cursor was never hidden"


def test_a_run_that_was_told_to_outlive_its_window_does(server: ScriptedServer, held: Held, workspace: Path) -> None:
    """Also where it has something to tell: the second of three warm requests fails."""
    server.faults = {2: Exchange.close}
    outliving = ("sh", "-c", 'trap "" HUP; exec "$@"', "sh")
    with on_terminal(*outliving, *run_command(server, "--profile", "standard", "--json")) as terminal:
        terminal.wait_for("tok/s")
        terminal.hang_up()
        held.gate.set()
        assert terminal.process.wait(60) == 3, "standard output cannot be written"
    (saved,) = (workspace / "scorecards").glob("*.json")
    assert json.loads(saved.read_text(encoding="utf-8"))["complete"] is True


def test_nothing_is_printed_where_40_columns_end_even_when_it_is_made_narrower(
    server: ScriptedServer, held: Held
) -> None:
    with on_terminal(*run_command(server), columns=100) as terminal:
        terminal.wait_for("tok/s")
        terminal.resize(40)
        seen = len(frames(terminal.written))
        drawn = frames(terminal.wait_for(ERASE, seen + 4))[seen + 1 :]
        assert drawn
        assert all(len(line) < 40 and "cold 1 of 1" in line and " tok/s" in line for line in drawn), drawn


@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("PYTHONIOENCODING", "ascii")])
def test_colours_and_blocks_are_left_out_where_they_are_not_wanted(
    server: ScriptedServer, held: Held, variable: str, value: str
) -> None:
    with on_terminal(*run_command(server), PYTHONUTF8="0", **{variable: value}) as terminal:
        terminal.wait_for("tok/s")
        held.gate.set()
        terminal.wait_for_the_end()
        live = terminal.written.partition("saved: ")[0]
        assert ("\x1b[1m" in live) is (variable != "NO_COLOR")
        assert ("cold 1 of 1  ──" in re.sub(r"\x1b\[[?\d]*[mlhK]", "", live)) is (variable == "NO_COLOR")
        assert ("--------" in live) is (variable == "PYTHONIOENCODING")


def test_a_dumb_terminal_gets_plain_lines(server: ScriptedServer) -> None:
    with on_terminal(*run_command(server), TERM="dumb") as terminal:
        assert terminal.wait_for_the_end() == 0
        assert terminal.screen[:4] == [f"{phase}: 1 request" for phase in ("cold", "warm", "real", "long")]
        assert "\x1b" not in terminal.written


def test_a_failure_is_told_above_the_line_and_stays(server: ScriptedServer) -> None:
    server.faults = {1: Exchange.close}  # the only warm one: the run ends there
    with on_terminal(*run_command(server)) as terminal:
        assert terminal.wait_for_the_end() == 3
        failed, saved, error, *rest = terminal.screen
        assert failed.startswith("warm 1 failed: the connection failed")
        assert saved.startswith("saved: ")
        assert error.startswith("Error: ")
        assert not any(rest)


def test_it_is_drawn_at_most_four_times_a_second(server: ScriptedServer, held: Held) -> None:
    """By the clock that it shows: no second has more than four frames, but for what falls on its edges."""
    with on_terminal(*run_command(server), NO_COLOR="1") as terminal:
        terminal.wait_for("0:03")
        frames = re.findall(r"MB  (0:0\d)", terminal.written)
        assert all(frames.count(second) <= 5 for second in set(frames)), frames
        assert all(earlier <= later for earlier, later in pairwise(frames))
