"""`python -m ollama_bench.embedded`: the embedded server in the foreground."""

import argparse
import sys
from pathlib import Path

from ollama_bench.embedded.extra import require_extra
from ollama_bench.lifetime import end_with_parent
from orchestrator.errors import BenchError


def main() -> int:
    """Parse the options, serve, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m ollama_bench.embedded", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=11434, help="0 for any free one")
    parser.add_argument("--models", type=Path, help="a folder of GGUF files to list by name")
    parser.add_argument("--end-with-parent", action="store_true", help="end when standard input ends")
    options = parser.parse_args()
    if options.end_with_parent:
        end_with_parent(graceful=True)
    try:
        require_extra()
        from ollama_bench.embedded.server import serve

        serve(options.host, options.port, options.models)
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
