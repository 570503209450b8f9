"""A runner, asked by a server that has troubles of its own."""

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from ollama_bench.embedded.engine import LoadPlan, Runner
from ollama_bench.embedded.wire import ApiError
from tests.embedded.tiny_gguf import write_tiny_gguf


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limit")
def test_a_server_without_files_left_does_not_take_its_runner_for_dead(tmp_path: Path) -> None:
    import resource

    path = write_tiny_gguf(tmp_path / "tiny.gguf")
    plan = LoadPlan(str(path), 256, 64, 1, 0, 0, use_mmap=False, shift=True, parallel=1)

    async def ask() -> None:
        runner = await Runner.start(plan)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        taken = [os.dup(0)]
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(taken) + 20, hard))
            with suppress(OSError):
                while True:
                    taken.append(os.dup(0))
            with pytest.raises(ApiError, match="server busy") as caught:
                await runner.tokenize("x")
            assert caught.value.status == 503
            assert runner.usable
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for number in taken:
                os.close(number)
        assert await runner.tokenize("x")
        await runner.stop()

    asyncio.run(ask())
