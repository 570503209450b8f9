"""Which runs are stored: a failure counts from then on, so a mistyped name must not become one."""

from pathlib import Path

from orchestrator.artifacts import Artifacts
from orchestrator.errors import BenchError, ConfigurationError
from orchestrator.results import BenchRun
from orchestrator.scenario import builtin_sources


def keep(run: BenchRun, artifacts: Artifacts) -> Path:
    """Store `run`.

    Raises BenchError, and stores nothing, where set-up refused a scenario of which nothing good is known: neither
    `bench:list` names it nor is there a baseline or a good run of it. It may be a name that was mistyped.
    """
    code = run.setup_exit_code
    if code is not None and run.source not in builtin_sources() and not artifacts.has_good(run.name):
        raise (ConfigurationError if code == ConfigurationError.exit_code else BenchError)(run.failure)
    return artifacts.save_run(run)
