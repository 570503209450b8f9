"""Quantum Lab over HTTP: a real process behind a session and a token."""

import os
import subprocess
import sys
from math import sqrt
from typing import Any

import httpx
import pytest

from ollama_bench.load.stack import Stack
from tests.services.conftest import ROOT

SIMULATE = "/api/quantum/chsh/simulate"
TOKEN = {"X-Quantum-Token": "tö-ken".encode()}


def log_in(client: httpx.Client) -> str:
    return str(client.post("/api/quantum/login").raise_for_status().json()["session_id"])


def simulate(client: httpx.Client, headers: Any = TOKEN, **query: Any) -> httpx.Response:
    return client.get(SIMULATE, params=query, headers=headers)


def test_it_says_that_it_is_up(quantum: httpx.Client) -> None:
    assert quantum.get("/health").json() == {"status": "ok", "service": "quantum_lab"}


def test_a_session_and_the_token_open_the_experiment(quantum: httpx.Client) -> None:
    log_in(quantum)
    answer = simulate(quantum, shots=100_000, noise_p=0.1, seed=7)

    assert answer.status_code == 200
    found = answer.json()
    assert {name: found[name] for name in ("shots", "noise_p", "seed")} == {"shots": 100_000, "noise_p": 0.1, "seed": 7}
    assert found["S_expected"] == pytest.approx(2 * sqrt(2) * 0.9)
    assert abs(found["S_estimate"] - found["S_expected"]) < 5 * found["S_standard_error"]
    assert [one["setting"] for one in found["correlators"]] == ["ab", "ab'", "a'b", "a'b'"]
    assert sum(one["shots"] for one in found["correlators"]) == 100_000
    signs = (1, -1, 1, 1)
    assert found["S_estimate"] == pytest.approx(
        sum(sign * one["estimate"] for sign, one in zip(signs, found["correlators"], strict=True))
    )
    assert simulate(quantum, shots=100_000, noise_p=0.1, seed=7).json() == found, "same seed, same result"


def test_without_a_session_it_is_401(quantum: httpx.Client) -> None:
    assert simulate(quantum).status_code == 401


def test_a_cookie_that_was_changed_is_no_session(quantum: httpx.Client) -> None:
    log_in(quantum)
    (cookie,) = quantum.cookies.jar
    assert cookie.value
    payload, _, rest = cookie.value.partition(".")
    for forged in (f"{payload}.{rest[:-1]}", f"{payload[:-4]}AAAA.{rest}", payload, "", "=.=.="):
        quantum.cookies.clear()
        quantum.cookies.set(cookie.name, forged)
        answer = simulate(quantum)
        assert answer.status_code == 401, forged
    quantum.cookies.set(cookie.name, cookie.value)
    assert simulate(quantum).status_code == 200, "the true one is"


@pytest.mark.parametrize(
    "token", [None, b"", b"dev-quantum", "tö-ke".encode(), "tö-kenn".encode(), "tö-ken".encode("latin-1")]
)
def test_without_the_right_token_it_is_403(quantum: httpx.Client, token: bytes | None) -> None:
    log_in(quantum)
    answer = simulate(quantum, headers={} if token is None else {"X-Quantum-Token": token})

    assert answer.status_code == 403
    assert "X-Quantum-Token" in answer.json()["detail"]


def test_each_login_is_a_session_of_its_own_that_scripts_cannot_read(quantum: httpx.Client) -> None:
    first, second = log_in(quantum), log_in(quantum)
    cookie = quantum.post("/api/quantum/login").headers["set-cookie"].lower()

    assert first != second
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


@pytest.mark.parametrize(
    "query",
    [
        {"shots": 7},
        {"shots": 10_000_001},
        {"shots": "many"},
        {"shots": "9" * 400},
        {"noise_p": -0.01},
        {"noise_p": 1.01},
        {"noise_p": "nan"},
        {"noise_p": "inf"},
        {"seed": -1},
        {"seed": 2**53},
        {"seed": 1.5},
    ],
)
def test_values_out_of_bounds_are_422_with_the_place(quantum: httpx.Client, query: dict[str, Any]) -> None:
    log_in(quantum)
    answer = simulate(quantum, **query)

    assert answer.status_code == 422
    assert [mistake["loc"] for mistake in answer.json()["detail"]] == [["query", *query]]


@pytest.mark.parametrize(
    "query", [{"shots": 8}, {"shots": 10_000_000}, {"noise_p": 0}, {"noise_p": 1}, {"seed": 2**53 - 1}]
)
def test_the_bounds_themselves_are_within(quantum: httpx.Client, query: dict[str, Any]) -> None:
    log_in(quantum)

    assert simulate(quantum, **query).status_code == 200


def test_who_may_not_enter_is_not_told_what_is_asked_for(quantum: httpx.Client) -> None:
    assert simulate(quantum, shots="many").status_code == 401
    log_in(quantum)
    assert simulate(quantum, headers={}, shots="many").status_code == 403


@pytest.mark.parametrize("origin", ["http://127.0.0.1:4173", "http://localhost:4173", "http://[::1]:1"])
def test_pages_on_loopback_may_read(stack: Stack, origin: str) -> None:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "X-Quantum-Token",
    }
    answer = httpx.options(stack.quantum_url + SIMULATE, headers=asked, trust_env=False)

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-credentials"] == "true"
    read = httpx.get(f"{stack.materials_url}/health", headers={"Origin": origin}, trust_env=False)
    assert read.headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize(
    "origin",
    [
        "http://127.0.0.1.example.com",
        "https://example.com",
        "http://example.com:4173",
        "null",
        "http://localhost:4173.example.com",
    ],
)
def test_pages_from_elsewhere_may_not(stack: Stack, origin: str) -> None:
    for url in (stack.quantum_url, stack.materials_url):
        answer = httpx.get(f"{url}/health", headers={"Origin": origin}, trust_env=False)
        assert "access-control-allow-origin" not in answer.headers


def test_no_page_of_documentation_fetches_scripts_from_elsewhere(quantum: httpx.Client) -> None:
    assert [quantum.get(path).status_code for path in ("/docs", "/redoc")] == [404, 404]


@pytest.mark.parametrize("token", [None, ""])
def test_without_a_token_of_its_own_it_does_not_start(token: str | None) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "QUANTUM_API_TOKEN"}
    environment |= {} if token is None else {"QUANTUM_API_TOKEN": token}
    command = [sys.executable, "-m", "uvicorn", "services.quantum_lab.app:app", "--port", "0"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)

    assert done.returncode == 1
    assert "QUANTUM_API_TOKEN" in done.stderr
    assert "Traceback" not in done.stderr
