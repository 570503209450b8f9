"""Jobs for one worker thread: a bounded queue in front of it, and the newest finished ones kept."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, Literal, TypeVar
from uuid import uuid4

Status = Literal["pending", "running", "succeeded", "failed"]
STATUSES: tuple[Status, ...] = ("pending", "running", "succeeded", "failed")
Result = TypeVar("Result")


class Jobs(Generic[Result]):
    """Jobs by id. To be called from one thread; the work is done in another, one job after the other.

    At most `most_unfinished` wait or run at once, and `most_finished` are remembered.
    """

    def __init__(self, most_unfinished: int = 64, most_finished: int = 1000) -> None:
        self._most_unfinished, self._most_finished = most_unfinished, most_finished
        self._futures: dict[str, Future[Result]] = {}
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="jobs")

    def submit(self, work: Callable[[], Result]) -> str | None:
        """The new job's id; None when the queue is full."""
        finished = [name for name, future in self._futures.items() if future.done()]
        if len(self._futures) - len(finished) >= self._most_unfinished:
            return None
        for name in finished[: max(0, len(finished) - self._most_finished)]:
            del self._futures[name]
        name = uuid4().hex
        self._futures[name] = self._worker.submit(work)
        return name

    def find(self, name: str) -> dict[str, Any] | None:
        """The job's id, status, result and error; the latter two are None until there is one. None when unknown."""
        future = self._futures.get(name)
        if future is None:
            return None
        status = _status(future)
        error = future.exception() if status == "failed" else None
        return {
            "id": name,
            "status": status,
            "result": future.result() if status == "succeeded" else None,
            "error": f"{type(error).__name__}: {error}" if error else None,
        }

    def counts(self) -> dict[Status, int]:
        """How many of the jobs that are remembered have each status."""
        counted = Counter(_status(future) for future in self._futures.values())
        return {status: counted[status] for status in STATUSES}

    def close(self) -> None:
        """Let go of what waits; nothing can be asked after it."""
        self._worker.shutdown(wait=False, cancel_futures=True)


def _status(future: Future[Any]) -> Status:
    """Asked in this order, a job that moves on meanwhile is never told to be where it was before."""
    if future.running():
        return "running"
    if not future.done():
        return "pending"
    return "failed" if future.exception() else "succeeded"
