"""The console page in a real browser, before the real services."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import httpx
import pytest

from ollama_bench.load.stack import Ports, Stack, running_stack
from tests.browser import Visit, needs_chromium, visit

ROOT = Path(__file__).parents[2]
PATIENCE_MS = 30_000

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(Ports(0, 0, 0), root=ROOT) as running:
        yield running


def state(seen: Visit, component: str, wanted: str) -> str:
    """What the card says once it has this state."""
    card = f"#{component}[data-state={wanted}]"
    seen.page.wait_for_selector(card, timeout=PATIENCE_MS)
    return seen.page.inner_text(f"{card} .state")


def run_chsh(seen: Visit, token: str, noise: str, answer: str) -> str:
    """Fill in the form, and wait for a result with these words."""
    seen.page.fill("#token", token)
    seen.page.fill("#noise", noise)
    seen.page.click("button")
    seen.page.wait_for_selector(f'.result:has-text("{answer}")', timeout=PATIENCE_MS)
    return seen.page.inner_text(".result")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_shows_both_services_and_asks_nobody_else(stack: Stack, scheme: Literal["light", "dark"]) -> None:
    with visit(stack.console_url, scheme=scheme) as seen:
        assert state(seen, "quantum_lab", "up") == "up"
        assert state(seen, "materials_service", "up") == "up"
        assert "none yet" in seen.page.inner_text(".result")
        assert seen.page.inner_text("#quantum_lab .address") == stack.quantum_url
        assert seen.complaints == []
        ours = (stack.ui_url, stack.quantum_url, stack.materials_url)
        assert all(address.startswith(tuple(f"{url}/" for url in ours)) for address in seen.requests)


def test_a_chsh_experiment_runs_behind_the_token(stack: Stack) -> None:
    with visit(stack.console_url) as seen:
        state(seen, "quantum_lab", "up")
        shown = run_chsh(seen, stack.token, "0", "S =")
        assert re.match(r"S = 2\.[789]\d\d ± 0\.0\d\d from 4096 shots at p = 0: above the classical bound of 2", shown)
        assert "not above the classical bound" in run_chsh(seen, stack.token, "1", "not above")
        assert seen.complaints == []


@pytest.mark.parametrize("token", ["wrong", "日本語"])
def test_a_wrong_token_is_told_in_the_services_words(stack: Stack, token: str) -> None:
    with visit(stack.console_url) as seen:
        shown = run_chsh(seen, token, "0.1", "could not run")
        assert shown == "could not run: 403: the header X-Quantum-Token is missing or wrong"


def test_it_counts_the_jobs(stack: Stack) -> None:
    with visit(stack.console_url) as seen:
        state(seen, "materials_service", "up")
        before = int(seen.page.inner_text("[data-jobs=succeeded]"))
        job = {"grid": [4, 4, 4], "num_flip_attempts": 10}
        httpx.post(f"{stack.materials_url}/jobs/grain-coarsening", json=job, trust_env=False).raise_for_status()
        seen.page.wait_for_selector(f'[data-jobs=succeeded]:text-is("{before + 1}")', timeout=PATIENCE_MS)
        assert seen.page.inner_text("[data-jobs=failed]") == "0"


def test_a_service_that_stops_is_told_and_the_other_stays() -> None:
    with running_stack(Ports(0, 0, 0), root=ROOT) as stack, visit(stack.console_url) as seen:
        assert state(seen, "materials_service", "up") == "up"
        stack.parts[2].child.process.kill()

        assert state(seen, "materials_service", "down") == "down: no answer"
        assert seen.page.inner_text("[data-jobs=succeeded]") == "–"
        assert seen.page.get_attribute("#quantum_lab", "data-state") == "up"

        stack.parts[1].child.process.kill()
        assert state(seen, "quantum_lab", "down") == "down: no answer"
        assert "could not run: no answer" in run_chsh(seen, stack.token, "0.1", "could not run")


def test_with_its_feature_off_a_service_is_up_and_says_so() -> None:
    with (
        running_stack(Ports(0, 0, 0), root=ROOT, environment={"FEATURE_MATERIALS": "false"}) as stack,
        visit(stack.console_url) as seen,
    ):
        assert "its feature is off" in state(seen, "materials_service", "up")


@pytest.mark.parametrize("elsewhere", ["http://example.com:8020", "javascript:1", ""])
def test_the_token_is_sent_to_loopback_only(stack: Stack, elsewhere: str) -> None:
    """A link may not name another place for the services."""
    with visit(f"{stack.ui_url}/?quantum={elsewhere}&materials={stack.materials_url}") as seen:
        state(seen, "materials_service", "up")
        assert seen.page.inner_text("#quantum_lab .address") == "http://127.0.0.1:8020"
        assert {urlsplit(address).hostname for address in seen.requests} == {"127.0.0.1"}


def test_it_fits_a_narrow_screen_and_works_without_a_mouse(stack: Stack) -> None:
    with visit(stack.console_url, width=320) as seen:
        state(seen, "quantum_lab", "up")
        box = seen.page.locator("body").bounding_box()
        assert box
        assert box["x"] + box["width"] <= 320
        seen.page.get_by_label("Token").focus()
        seen.page.keyboard.type(stack.token)
        seen.page.keyboard.press("Enter")
        seen.page.wait_for_selector('.result:has-text("S =")', timeout=PATIENCE_MS)


def test_without_scripts_it_says_what_it_needs(stack: Stack) -> None:
    with visit(stack.ui_url, script=False) as seen:
        assert "needs JavaScript" in seen.page.inner_text("noscript")
