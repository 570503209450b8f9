"""The materials service over HTTP: a real process, its queue and its feature flag."""

import time
from typing import Any

import httpx
import pytest

from ollama_bench.load.stack import Ports, running_stack
from services.materials_service.potts import coarsen
from tests.services.conftest import ROOT

JOB = {"grid": [6, 7, 8], "num_flip_attempts": 5000, "seed": 7}


def enqueue(client: httpx.Client, **changes: Any) -> httpx.Response:
    return client.post("/jobs/grain-coarsening", json=JOB | changes)


def finished(client: httpx.Client, name: str) -> dict[str, Any]:
    deadline_s = time.monotonic() + 60
    while (job := client.get(f"/jobs/{name}").raise_for_status().json())["status"] in {"pending", "running"}:
        assert time.monotonic() < deadline_s
        assert job["result"] is None
        time.sleep(0.01)
    assert isinstance(job, dict)
    return job


def test_a_job_is_taken_and_gives_the_same_as_the_model_itself(materials: httpx.Client) -> None:
    answer = enqueue(materials)
    assert answer.status_code == 202
    taken = answer.json()
    assert taken["status"] == "pending"
    expected = coarsen((6, 7, 8), 5000, 7)

    job = finished(materials, taken["id"])
    assert job == {
        "id": taken["id"],
        "status": "succeeded",
        "error": None,
        "result": {
            "grain_count_before": expected.grain_count_before,
            "grain_count_after": expected.grain_count_after,
            "boundary_energy_before": expected.boundary_energy_before,
            "boundary_energy_after": expected.boundary_energy_after,
        },
    }
    assert job["result"]["boundary_energy_after"] < job["result"]["boundary_energy_before"]


def test_health_counts_the_jobs(materials: httpx.Client) -> None:
    before = materials.get("/health").json()
    assert before | {"jobs": None} == {"status": "ok", "service": "materials_service", "enabled": True, "jobs": None}
    finished(materials, enqueue(materials).json()["id"])

    assert materials.get("/health").json()["jobs"]["succeeded"] == before["jobs"]["succeeded"] + 1


@pytest.mark.parametrize("name", ["nobody", "grain-coarsening", "%2e%2e", "a" * 5000])
def test_an_unknown_id_is_404(materials: httpx.Client, name: str) -> None:
    assert materials.get(f"/jobs/{name}").status_code == 404


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"grid": [1, 8, 8]}, ["grid", 0]),
        ({"grid": [8, 65, 8]}, ["grid", 1]),
        ({"grid": [8, 8]}, ["grid"]),
        ({"grid": [8, 8, 8, 8]}, ["grid"]),
        ({"grid": "888"}, ["grid"]),
        ({"grid": [8, 8, 8.0]}, ["grid", 2]),
        ({"grid": [8, 8, True]}, ["grid", 2]),
        ({"num_flip_attempts": -1}, ["num_flip_attempts"]),
        ({"num_flip_attempts": 1_000_001}, ["num_flip_attempts"]),
        ({"num_flip_attempts": None}, ["num_flip_attempts"]),
        ({"seed": -1}, ["seed"]),
        ({"seed": 2**53}, ["seed"]),
        ({"priority": 1}, ["priority"]),
    ],
)
def test_values_out_of_bounds_are_422_with_the_place(
    materials: httpx.Client, changes: dict[str, Any], place: list[Any]
) -> None:
    answer = enqueue(materials, **changes)

    assert answer.status_code == 422
    assert [mistake["loc"] for mistake in answer.json()["detail"]] == [["body", *place]]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff\xfe",
        b'{"grid": NaN, "num_flip_attempts": Infinity}',
        b"[" * 60_000,
        b"1" * 9000,
    ],
)
def test_a_body_that_is_no_job_is_refused(materials: httpx.Client, body: bytes) -> None:
    answer = materials.post("/jobs/grain-coarsening", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code in {400, 422}
    assert answer.json()["detail"]


@pytest.mark.parametrize("told", [True, False])
def test_a_body_beyond_any_job_is_413_and_is_not_kept(materials: httpx.Client, told: bool) -> None:
    """Its length told beforehand, or sent in chunks without one; what still comes is passed over."""
    body = b'{"grid": [8, 8, 8], "x": "' + 2**24 * b"x"
    answer = materials.post("/jobs/grain-coarsening", content=body if told else iter([body]))

    assert (answer.status_code, answer.json()["detail"]) == (413, "the body is larger than 65536 bytes")
    assert enqueue(materials).status_code == 202


def test_the_queue_is_bounded_and_the_service_answers_meanwhile() -> None:
    large = {"grid": [32, 32, 32], "num_flip_attempts": 1_000_000}
    with (
        running_stack(Ports(0, 0, 0), root=ROOT) as stack,
        httpx.Client(base_url=stack.materials_url, trust_env=False) as client,
    ):
        answers = [enqueue(client, **large) for _ in range(70)]
        taken = [answer for answer in answers if answer.status_code == 202]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert len(taken) + len(refused) == 70
        assert 64 <= len(taken) < 70, "64 are waiting or running; a few may have been done meanwhile"
        assert int(refused[0].headers["Retry-After"]) >= 1
        counts = client.get("/health").json()["jobs"]
        assert counts["pending"] > 0
        assert counts["pending"] + counts["running"] <= 64
        assert client.get(f"/jobs/{taken[-1].json()['id']}").json()["status"] == "pending"


@pytest.mark.parametrize("flag", ["false", ""])
def test_with_the_feature_off_its_routes_are_not_there(flag: str) -> None:
    with (
        running_stack(Ports(0, 0, 0), root=ROOT, environment={"FEATURE_MATERIALS": flag}) as stack,
        httpx.Client(base_url=stack.materials_url, trust_env=False) as client,
    ):
        assert enqueue(client).status_code == 404
        assert client.get("/jobs/nobody").status_code == 404
        assert client.get("/health").json()["enabled"] is False
