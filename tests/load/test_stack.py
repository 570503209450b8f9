"""The stack: three real processes that come up together and go together, whatever happens."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import psutil
import pytest

from ollama_bench.errors import ServerError
from ollama_bench.load.stack import Ports, running_stack
from tests.conftest import COMMAND, Cli
from tests.embedded.conftest import is_alive, until

ROOT = Path(__file__).parents[2]
FREE = Ports(0, 0, 0)
STACK = [*COMMAND, "load", "stack", "--quantum-port", "0", "--materials-port", "0", "--ui-port", "0"]


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children(recursive=True) if is_alive(child)]


@contextmanager
def command() -> Iterator[tuple["subprocess.Popen[str]", list[psutil.Process]]]:
    """`load stack` as a process, healthy, with its three children; none of them outlives the test."""
    with subprocess.Popen(STACK, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        family: list[psutil.Process] = []
        try:
            assert running.stdout is not None
            lines = [running.stdout.readline() for _ in range(3)]
            assert lines[0].startswith("console page "), running.stderr
            family = psutil.Process(running.pid).children(recursive=True)
            yield running, family
        finally:
            running.kill()
            psutil.wait_procs(family, timeout=30)


def test_the_three_answer_where_they_are_said_to_be_and_are_gone_afterwards() -> None:
    with running_stack(FREE, root=ROOT) as stack, httpx.Client(trust_env=False) as client:
        assert "<title>Prism console</title>" in client.get(stack.ui_url).text
        assert client.get(f"{stack.quantum_url}/health").json()["service"] == "quantum_lab"
        assert client.get(f"{stack.materials_url}/health").json()["enabled"] is True
        client.post(f"{stack.quantum_url}/api/quantum/login")
        simulate = f"{stack.quantum_url}/api/quantum/chsh/simulate"
        assert client.get(simulate, headers={"X-Quantum-Token": stack.token}).status_code == 200
        stack.check()
        processes = [psutil.Process(pid) for pid in stack.pids.values()]
        assert list(stack.pids) == ["ui", "quantum_lab", "materials_service"]
        assert {process.ppid() for process in processes} == {os.getpid()}

    assert not any(is_alive(process) for process in processes)


def test_they_listen_on_loopback_alone() -> None:
    with running_stack(FREE, root=ROOT, environment={"UVICORN_HOST": "0.0.0.0", "WEB_CONCURRENCY": "3"}) as stack:
        for pid in stack.pids.values():
            sockets = psutil.Process(pid).net_connections("inet")
            assert {one.laddr.ip for one in sockets if one.status == psutil.CONN_LISTEN} == {"127.0.0.1"}
            assert psutil.Process(pid).children() == []


def test_the_ports_that_were_asked_for_are_used() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        ports = Ports(quantum=one.getsockname()[1], ui=other.getsockname()[1], materials=0)
    with running_stack(ports, root=ROOT) as stack:
        assert stack.quantum_url == f"http://127.0.0.1:{ports.quantum}"
        assert stack.ui_url == f"http://127.0.0.1:{ports.ui}"
        query = parse_qs(urlsplit(stack.console_url).query)
        assert query == {"quantum": [stack.quantum_url], "materials": [stack.materials_url]}


@pytest.mark.parametrize(("place", "component"), [(0, "quantum_lab"), (2, "ui")])
def test_a_port_that_is_taken_is_an_error_although_it_answers(place: int, component: str) -> None:
    """What listens there takes connections as a healthy service would; it is not ours."""
    before = children()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = [0, 0, 0]
        ports[place] = taken.getsockname()[1]
        words = rf"(?is){component} ended.*already in use.*another port"
        with pytest.raises(ServerError, match=words) as raised, running_stack(Ports(*ports), root=ROOT):
            pytest.fail("the stack came up")

    assert raised.value.exit_code == 3
    assert children() == before


def test_an_app_that_does_not_start_is_told_with_its_last_lines() -> None:
    before = children()
    words = r"(?s)materials_service ended.*no_such_module"
    app = "no_such_module:app"
    with pytest.raises(ServerError, match=words), running_stack(FREE, root=ROOT, materials_app=app):
        pytest.fail("the stack came up")

    assert children() == before


def test_a_part_that_dies_is_noticed() -> None:
    with running_stack(FREE, root=ROOT) as stack:
        stack.parts[1].child.process.kill()
        stack.parts[1].child.process.wait()

        with pytest.raises(ServerError, match=r"quantum_lab ended \(exit status -9\)"):
            stack.check()


def test_an_app_of_a_tests_own_takes_the_place_of_a_service() -> None:
    app = "tests.load.slow_quantum_lab:app"
    with running_stack(FREE, root=ROOT, quantum_app=app, environment={"SLOW_S": "0.7"}) as stack:
        answer = httpx.post(f"{stack.quantum_url}/api/quantum/login", trust_env=False)
        assert answer.status_code == 200
        assert answer.elapsed.total_seconds() >= 0.7


def test_outside_a_checkout_the_command_says_so(cli: Cli) -> None:
    cli("load", "stack").assert_clear_error(2, "checkout", "services/quantum_lab/app.py")


def test_without_the_extra_the_command_names_it() -> None:
    code = (
        "import sys, importlib.util as u; real = u.find_spec\n"
        "u.find_spec = lambda name, package=None: None if name == 'fastapi' else real(name, package)\n"
        "from ollama_bench.cli import main; sys.argv = ['ollama-bench', 'load', 'stack']; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)

    assert done.returncode == 2
    assert done.stdout == ""
    assert 'needs fastapi: install it with `pip install "ollama-bench[services]"`' in done.stderr


@pytest.mark.parametrize("option", ["--quantum-port=70000", "--ui-port=http", "--materials-port=-1"])
def test_a_port_that_is_none_is_wrong_usage(cli: Cli, option: str) -> None:
    outcome = cli("load", "stack", option)

    assert outcome.code == 2
    assert option.partition("=")[0] in outcome.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_command_and_all_three(number: signal.Signals) -> None:
    with command() as (running, family):
        assert len(family) == 3
        running.send_signal(number)
        out, err = running.communicate(timeout=60)

        assert running.returncode == 130
        assert "interrupted" in err
        assert "Traceback" not in out + err
        assert not any(is_alive(process) for process in family)


def test_the_three_die_with_a_command_that_is_killed() -> None:
    with command() as (running, family):
        assert len(family) == 3
        running.kill()
        until(lambda: not any(is_alive(process) for process in family))


def test_when_one_dies_the_command_says_which_and_stops_the_others() -> None:
    with command() as (running, family):
        family[1].kill()
        _, err = running.communicate(timeout=60)

        assert running.returncode == 3
        assert "Error: quantum_lab ended (exit status -9)" in err
        assert not any(is_alive(process) for process in family)


def test_the_token_of_the_environment_is_used_and_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANTUM_API_TOKEN", "secret-of-mine")
    with subprocess.Popen(STACK, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        lines = [running.stdout.readline() for _ in range(3)]
        running.terminate()
        _, err = running.communicate(timeout=60)

    assert "that of QUANTUM_API_TOKEN" in lines[1]
    assert "secret-of-mine" not in "".join(lines) + err
