"""One model loaded at a time; requests in order of arrival; unloading after keep_alive."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ollama_bench.embedded.catalogue import Model
from ollama_bench.embedded.engine import LoadPlan, Runner
from ollama_bench.embedded.gguf import GgufHeader
from ollama_bench.embedded.wire import FOREVER_S, ApiError

BUSY = "server busy, please try again.  maximum pending requests exceeded"


@dataclass(eq=False)
class _Waiting:
    """A request between its arrival and its admission; an unload that comes meanwhile changes its keep_alive."""

    path: Path
    keep_alive_s: float | None


class Loaded:
    """The model in memory: its runner, and how long it stays after the last request.

    `header` and, once asked for, `digest` are of the file that was loaded, which may be gone by now.
    """

    def __init__(self, model: Model, header: GgufHeader, plan: LoadPlan, runner: Runner, keep_alive_s: float) -> None:
        self.model = model
        self.header = header
        self.digest = ""
        self.plan = plan
        self.runner = runner
        self.keep_alive_s = keep_alive_s
        self.active = 0
        self.expired = False
        self.timer: asyncio.TimerHandle | None = None
        self.expires_at_ns = 0
        self.touch()

    def touch(self) -> None:
        """Count keep_alive from now."""
        self.expires_at_ns = time.time_ns() + int(self.keep_alive_s * 1e9)


class Scheduler:
    """Hands out the runner, loading and unloading as needed.

    `parallel` requests use it at once. The others wait at the door, which lets one through at a time in order of
    arrival. At most `max_queue` requests wait for a load; the next one is refused with 503.
    """

    def __init__(self, *, parallel: int, max_queue: int, keep_alive_s: float) -> None:
        self.parallel = parallel
        self._max_queue = max_queue
        self._keep_alive_s = keep_alive_s
        self._loaded: Loaded | None = None
        self._door = asyncio.Lock()
        self._released = asyncio.Event()
        self._waiting_for_load = 0
        self._waiting: list[_Waiting] = []
        self._unloading: set[asyncio.Task[None]] = set()

    @property
    def loaded(self) -> Loaded | None:
        """The model in memory; it stays listed until its runner is gone, and a crashed one is not listed."""
        return self._loaded if self._loaded and self._loaded.runner.alive else None

    @asynccontextmanager
    async def runner(
        self, model: Model, header: GgufHeader, plan: LoadPlan, keep_alive_s: float | None
    ) -> AsyncIterator[Loaded]:
        """Yield the loaded model for one request. Raises ApiError 503 when too many wait, 500 when a load fails."""
        waiting = _Waiting(model.path, keep_alive_s)
        self._waiting.append(waiting)
        try:
            loaded = await self._admit(model, header, plan, waiting)
        finally:
            self._waiting.remove(waiting)
        try:
            yield loaded
        finally:
            loaded.active -= 1
            self._released.set()
            self._rest(loaded)

    def expire(self, model: Model) -> None:
        """Unload `model` as soon as no request uses it or waits for it; returns at once."""
        for waiting in self._waiting:
            if waiting.path == model.path:
                waiting.keep_alive_s = 0.0
        if (loaded := self._loaded) and loaded.model.path == model.path:
            loaded.keep_alive_s = 0.0
            self._rest(loaded)

    async def close(self) -> None:
        """End the runner, whatever it does."""
        if self._loaded:
            await self._loaded.runner.stop()

    async def _admit(self, model: Model, header: GgufHeader, plan: LoadPlan, waiting: _Waiting) -> Loaded:
        must_load = not self._serves(plan)
        if must_load and self._waiting_for_load >= self._max_queue:
            raise ApiError(503, BUSY)
        self._waiting_for_load += must_load
        try:
            await self._door.acquire()
        finally:
            self._waiting_for_load -= must_load
        try:
            if self._loaded and self._serves(plan):
                await self._until_fewer_than(self.parallel, self._loaded)
            if not self._serves(plan):  # or no more: it may have crashed meanwhile
                await self._replace(model, header, plan)
            loaded = self._loaded
            assert loaded is not None
            loaded.active += 1
            if waiting.keep_alive_s is not None:
                loaded.keep_alive_s = waiting.keep_alive_s
            loaded.model = model  # an alias of the same file takes its place in the list
            if loaded.timer:
                loaded.timer.cancel()
            loaded.expired = False
            loaded.touch()
            return loaded
        finally:
            self._door.release()

    def _serves(self, plan: LoadPlan) -> bool:
        return self._loaded is not None and self._loaded.runner.usable and self._loaded.plan == plan

    async def _replace(self, model: Model, header: GgufHeader, plan: LoadPlan) -> None:
        if self._loaded:
            await self._until_fewer_than(1, self._loaded)
            await self._loaded.runner.stop()
            self._loaded = None
        self._loaded = Loaded(model, header, plan, await Runner.start(plan), self._keep_alive_s)

    async def _until_fewer_than(self, count: int, loaded: Loaded) -> None:
        # Only the one who holds the door waits here, so one event is enough.
        while loaded.active >= count:
            self._released.clear()
            await self._released.wait()

    def _rest(self, loaded: Loaded) -> None:
        """Start the clock of keep_alive, or unload at once, when nobody uses the model."""
        loaded.touch()
        if loaded.timer:
            loaded.timer.cancel()
        if loaded.active == 0 and loaded.keep_alive_s < FOREVER_S:
            loaded.timer = asyncio.get_running_loop().call_later(loaded.keep_alive_s, self._start_unloading, loaded)

    def _start_unloading(self, loaded: Loaded) -> None:
        loaded.expired = True
        task = asyncio.create_task(self._unload(loaded))
        self._unloading.add(task)  # the event loop keeps only a weak reference
        task.add_done_callback(self._unloading.discard)

    async def _unload(self, loaded: Loaded) -> None:
        async with self._door:
            if self._loaded is loaded and loaded.active == 0 and loaded.expired:
                await loaded.runner.stop()
                self._loaded = None
