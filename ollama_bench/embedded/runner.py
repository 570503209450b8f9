"""The child process that holds llama.cpp and the weights: `python -m ollama_bench.embedded.runner LOAD`.

LOAD is a `LoadPlan` as JSON. Once the model is loaded, one line of JSON on standard output names the loopback
address of llama.cpp's own HTTP server. The process ends with its parent, or by a signal.
"""

import json
import os
import sys
import threading
from typing import Any

from ollama_bench.lifetime import end_with_parent


def main() -> None:
    """Load the model, say where it listens, and wait for the end."""
    end_with_parent(graceful=False)
    plan = json.loads(sys.argv[1])
    # libgomp reads this once, when it is loaded. Its own default spins for so long at each barrier that beside two
    # other busy processes on two cores generation falls from 80 tok/s to 1; with this it is 35, and the same alone.
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")

    import xllamacpp  # 100 MB of shared library: only this process pays for it

    try:
        server = xllamacpp.Server(_parameters(xllamacpp, plan))
    except RuntimeError as error:
        sys.exit(f"the runner gives up: {error}")
    print(json.dumps({"url": server.listening_address}), flush=True)
    threading.Event().wait()


def _parameters(xllamacpp: Any, plan: dict[str, Any]) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = plan["path"]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [os.environ["OLLAMA_BENCH_RUNNER_KEY"]]
    params.n_ctx = plan["num_ctx"] * plan["parallel"]
    params.n_parallel = plan["parallel"]
    params.n_batch = params.n_ubatch = plan["num_batch"]
    params.cpuparams.n_threads = plan["num_thread"] or -1
    params.n_gpu_layers = plan["num_gpu"]
    params.main_gpu = plan["main_gpu"]
    # Without a memory map the weights are this process's own memory, so that its RSS shows them.
    modes = xllamacpp.llama_load_mode
    params.load_mode = modes.LLAMA_LOAD_MODE_MMAP if plan["use_mmap"] else modes.LLAMA_LOAD_MODE_NONE
    params.ctx_shift = plan["shift"]
    params.fit_params = False
    params.offline = True
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = 2  # warnings and errors
    return params


if __name__ == "__main__":
    main()
