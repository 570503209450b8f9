"""A command on a real pseudo-terminal, and what a person sees there.

with on_terminal(*COMMAND, "run", "tiny:1b") as terminal:
    terminal.wait_for("warm 1 of 1")
"""

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_S = 60.0
_CONTROL = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")


class Terminal:
    """The terminal as the person at it: sees its screen, types, makes it narrower."""

    def __init__(self, master: int, process: "subprocess.Popen[bytes]") -> None:
        self._master, self.process = master, process
        self.written = ""
        """All that came, control sequences and all."""
        self.is_open = True

    def comes(self, text: str, patience_s: float) -> bool:
        """Whether `text` is written in that time."""
        deadline = time.monotonic() + patience_s
        while text not in self.written and time.monotonic() < deadline:
            self._read(0.1)
        return text in self.written

    def wait_for(self, text: str, count: int = 1) -> str:
        """Until `text` was written so often; what was written until then."""
        deadline = time.monotonic() + PATIENCE_S
        while self.written.count(text) < count:
            assert time.monotonic() < deadline, f"{text!r} did not come: {self.written!r}"
            self._read(0.1)
        return self.written

    def wait_for_the_end(self) -> int:
        """Of the process; its exit code."""
        deadline = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"it does not end: {self.written!r}"
            self._read(0.1)
        while self._read(0.1):
            pass
        return self.process.returncode

    def type(self, keys: str) -> None:
        """As if at the keyboard."""
        os.write(self._master, keys.encode())

    def resize(self, columns: int) -> None:
        """And tell whoever is in the foreground, as a terminal does."""
        _set_columns(self._master, columns)

    def hang_up(self) -> None:
        """Close its window."""
        os.close(self._master)
        self.is_open = False

    @property
    def screen(self) -> list[str]:
        """The lines to be seen, of a terminal that is wide enough to wrap none."""
        return _screen(self.written)

    def _read(self, patience_s: float) -> bool:
        if not select.select([self._master], [], [], patience_s)[0]:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # Linux: nobody has the other end open any more
            return False
        self.written += data.decode("utf-8", "replace")
        return bool(data)


@contextmanager
def on_terminal(*command: str, columns: int = 100, **environment: str) -> Iterator[Terminal]:
    """Run `command` with stdin, stdout and stderr on a terminal of its own; killed at the end if it still runs."""
    master, slave = os.openpty()
    _set_columns(master, columns)
    names = {"NO_COLOR", "TERM", "COLUMNS", "LINES"}
    kept = {name: value for name, value in os.environ.items() if name not in names}
    process = subprocess.Popen(
        command,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # so that Ctrl-C reaches it
        env=kept | {"TERM": "xterm-256color", "PYTHONUTF8": "1"} | environment,
    )
    os.close(slave)
    terminal = Terminal(master, process)
    try:
        yield terminal
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.wait()
        if terminal.is_open:
            terminal.hang_up()


def _set_columns(terminal: int, columns: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))


def _screen(written: str) -> list[str]:
    """Carriage returns, line feeds and erasing; other control sequences change no text."""
    rows, row, column = [""], 0, 0
    place = 0
    while place < len(written):
        control = _CONTROL.match(written, place)
        character = written[place]
        if control is not None:
            place = control.end()
            if control[2] in "JK":
                rows = rows[: row + 1] if control[2] == "J" else rows
                rows[row] = "" if control[1] == "2" else rows[row][:column]
            continue
        place += 1
        if character == "\r":
            column = 0
        elif character == "\n":
            row += 1
            rows += [""] * (row == len(rows))
        else:
            rows[row] = rows[row][:column].ljust(column) + character + rows[row][column + 1 :]
            column += 1
    return rows
