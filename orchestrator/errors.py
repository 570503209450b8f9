"""The root of every error that this project raises on purpose.

    BenchError                    3   could not measure (server, model, I/O)
    ├── ConfigurationError        2   usage or configuration: an option, a URL, a YAML file
    └── ArtifactError             3   a stored result cannot be written, or what is there cannot be read

`ollama_bench.errors` hangs its own branch on the same root. The number is the exit code of the process;
1 is never used, so that a crash cannot be read as a failed gate.
"""


class BenchError(Exception):
    """Something the user can act on: the message names the thing, the cause and the remedy."""

    exit_code = 3


class ConfigurationError(BenchError):
    """An option, a URL or a configuration file is wrong; nothing was measured."""

    exit_code = 2


class ArtifactError(BenchError):
    """A file under `artifacts/` cannot be written, or holds something else than it should."""
