"""The queue: its bound, its order, what is remembered, and what a job that fails leaves."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from threading import Event

import pytest

from services.materials_service.jobs import Jobs


def until(holds: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


@pytest.fixture
def gate() -> Iterator[Event]:
    """What jobs wait for; open at the end in any case, or the worker never ends."""
    event = Event()
    yield event
    event.set()


def test_jobs_wait_run_and_succeed_in_their_order(gate: Event) -> None:
    jobs: Jobs[bool] = Jobs()
    first, second = jobs.submit(gate.wait), jobs.submit(lambda: False)
    assert first
    assert second
    until(lambda: jobs.counts()["running"] == 1)

    assert jobs.find(first) == {"id": first, "status": "running", "result": None, "error": None}
    assert jobs.find(second) == {"id": second, "status": "pending", "result": None, "error": None}
    gate.set()
    until(lambda: jobs.counts()["succeeded"] == 2)
    assert jobs.find(first) == {"id": first, "status": "succeeded", "result": True, "error": None}
    assert jobs.find(second) == {"id": second, "status": "succeeded", "result": False, "error": None}
    jobs.close()


def test_a_job_that_fails_says_why_and_the_next_one_runs() -> None:
    jobs: Jobs[float] = Jobs()
    failing, good = jobs.submit(lambda: 1 / 0), jobs.submit(lambda: 1.0)
    until(lambda: jobs.counts()["succeeded"] == 1)

    assert failing
    assert good
    found = jobs.find(failing)
    assert found == {
        "id": failing,
        "status": "failed",
        "result": None,
        "error": "ZeroDivisionError: division by zero",
    }
    assert jobs.counts() == {"pending": 0, "running": 0, "succeeded": 1, "failed": 1}
    jobs.close()


def test_a_full_queue_takes_no_more_until_a_job_is_done(gate: Event) -> None:
    jobs: Jobs[bool] = Jobs(most_unfinished=3)
    assert all(jobs.submit(gate.wait) for _ in range(3))

    assert jobs.submit(gate.wait) is None
    gate.set()
    until(lambda: jobs.counts()["succeeded"] == 3)
    assert jobs.submit(gate.wait)
    jobs.close()


def test_the_oldest_finished_jobs_are_forgotten_and_none_that_is_not() -> None:
    jobs: Jobs[int] = Jobs(most_finished=2)
    names = [name for number in range(5) if (name := jobs.submit(partial(abs, number)))]
    until(lambda: jobs.counts()["succeeded"] == 5)

    newest = jobs.submit(lambda: 5)
    assert newest
    assert [jobs.find(name) is None for name in [*names, newest]] == [True, True, True, False, False, False]
    jobs.close()


def test_an_unknown_id_is_none() -> None:
    jobs: Jobs[int] = Jobs()

    assert jobs.find("nobody") is None
    jobs.close()


def test_closing_lets_go_of_what_waits_and_ends_what_runs(gate: Event) -> None:
    jobs: Jobs[bool] = Jobs()
    ended, ran = Event(), Event()

    def first() -> bool:
        gate.wait()
        ended.set()
        return True

    jobs.submit(first)
    jobs.submit(lambda: bool(ran.set()))  # type: ignore[func-returns-value]
    until(lambda: jobs.counts()["running"] == 1)
    jobs.close()
    gate.set()

    assert ended.wait(30)
    assert not ran.wait(0.2)
