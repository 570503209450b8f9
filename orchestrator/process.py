"""What both doors run in: signals, errors and their exit codes."""

import codecs
import io
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import click

from orchestrator.errors import BenchError


def main(door: click.Command) -> NoReturn:
    """Run `door` as a process: every foreseen error becomes one message on stderr and its exit code. A signal that
    asks it to stop is an interruption like Ctrl-C, so that no worker is left behind.
    """
    for number in (getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _interrupt)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us (`>&-`): nobody reads it
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 (open as long as the process)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # what an encoding lacks ends no run: on a terminal it is one `?`, so that columns stay columns
            stream.reconfigure(errors="replace" if stream.isatty() else "as_in_json")
    try:
        code = door.main(standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except BenchError as error:
        code = _fail(str(error), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        code = _fail("interrupted", 130)
    except (BrokenPipeError, SystemExit) as ending:  # whoever read our output has left: click exits with 1 then
        if isinstance(ending, SystemExit) and ending.code != 1:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the interpreter must not try once more
        code = BenchError.exit_code
    sys.exit(code if isinstance(code, int) else 0)


def _as_in_json(error: UnicodeError) -> tuple[str, int]:
    r"""What an encoding lacks as `\uXXXX`: then a JSON document is the same in every encoding."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    import json

    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error("as_in_json", _as_in_json)


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _fail(message: str, code: int) -> int:
    from orchestrator.clean import one_line

    lines = "\n".join(one_line(line) for line in message.splitlines())
    with suppress(OSError):  # the terminal's window was closed
        click.echo(f"Error: {lines}", err=True)
    return code
