"""A process of our own in the background: what it said last, and its end."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile

from orchestrator.start import start_process

STOP_TIMEOUT_S = 5.0


class Child:
    """Runs at once; call `stop` when done. `process` is the process; its standard input is an open pipe.

    A program that watches that pipe (`ollama_bench.lifetime`) ends with this process too, however that ends. What it
    writes to standard error is kept in a file, and what it writes to standard output with it, unless `read_stdout`.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        read_stdout: bool = False,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        # appended to: reading the end moves the position that both share; closed by `stop`
        self._log = TemporaryFile("a+b")  # noqa: SIM115
        # A session of its own: Ctrl-C in the terminal goes to the tool, which ends its children when it is done.
        self.process = start_process(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if read_stdout else self._log,
            stderr=self._log,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )

    @property
    def log(self) -> str:
        """The end of what the process, and its children, wrote."""
        self._log.seek(max(0, self._log.seek(0, 2) - 4096))
        return self._log.read().decode("utf-8", "replace")

    def last_words(self) -> str:
        """Its last lines, for a message."""
        return "\n".join(self.log.splitlines()[-5:]) or "it wrote nothing"

    def stop(self) -> None:
        """Ask it to end, then make it."""
        self.process.terminate()
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self._log):
            if stream:
                stream.close()
