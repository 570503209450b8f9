"""`ollama-bench run` when its result cannot be written, it is interrupted, or has several models to print."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Any

import psutil
import pytest

from ollama_bench.server.locate import Located
from tests.conftest import Cli, process
from tests.scripted_http import Exchange
from tests.scripted_server import Model, ScriptedServer, answering

LAYER = {"status": "pulling aaaaaaaaaaaa", "total": 100_000_000, "completed": 40_000_000}


# --- the result cannot be written


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_measured(
    cli: Cli, server: ScriptedServer, workspace: Path
) -> None:
    (workspace / "file").write_text("")
    for out in (
        workspace / "file" / "folder",
        Path("/proc/self/nothing") if sys.platform == "linux" else workspace / "file" / "b",
    ):
        outcome = cli("run", "tiny:1b", "--host", server.url, "--out", out)
        outcome.assert_clear_error(3, str(out), "results cannot be written there", "--out")
    assert server.generations == []


def test_a_file_is_no_folder(cli: Cli, workspace: Path) -> None:
    (workspace / "file").write_text("")
    cli("run", "tiny:1b", "--out", workspace / "file").assert_clear_error(2, "--out", "is a file")


def test_a_disk_that_fills_up_while_measuring_costs_the_file_and_not_the_result(
    workspace: Path, server: ScriptedServer
) -> None:
    """No file may grow beyond 24 kB: the first saves fit, the later ones do not."""

    def fill_up() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (24_000, 24_000))

    with process("run", "tiny:1b", "--host", server.url, "--json", preexec_fn=fill_up) as running:
        out, err = running.communicate(timeout=30)
    assert running.returncode == 3, err
    result = json.loads(out)
    assert result["complete"] is True
    assert set(result["phases"]) == {"cold", "warm", "real", "long"}
    assert err.count("Error: ") == 1
    assert "cannot be written: File too large" in err
    assert "Traceback" not in err
    (saved,) = workspace.glob("scorecards/*.json")
    kept = json.loads(saved.read_text())
    assert kept["complete"] is False
    assert kept["id"] == result["id"]
    assert {path.suffix for path in (workspace / "scorecards").iterdir()} == {".json", ".md"}  # no temporary file


@pytest.fixture
def full_disk(workspace: Path) -> Iterator[Path]:
    """A file system without a free block."""
    place = workspace / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(place)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root on Linux can make a small file system")
    try:
        with (place / "ballast").open("wb", buffering=0) as ballast:
            while True:
                try:
                    ballast.write(b"x" * 4096)
                except OSError:
                    break
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_ends_the_run_at_once(cli: Cli, server: ScriptedServer, full_disk: Path) -> None:
    outcome = cli("run", "tiny:1b", "--host", server.url, "--out", full_disk)
    outcome.assert_clear_error(3, "No space left on device")
    assert server.generations == []
    assert [path.name for path in full_disk.iterdir()] == ["ballast"]


def test_a_reader_that_has_left_is_no_error(workspace: Path, server: ScriptedServer) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with process("run", "tiny:1b", "--host", server.url, "--json", stdout=writer) as running:
        os.close(writer)
        _, err = running.communicate(timeout=30)
    assert running.returncode == 0, err
    assert "Broken pipe" not in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_standard_output_that_cannot_be_written_is_told(workspace: Path, server: ScriptedServer) -> None:
    with Path("/dev/full").open("w") as full, process("run", "tiny:1b", "--host", server.url, stdout=full) as running:
        _, err = running.communicate(timeout=30)
    assert running.returncode == 3, err
    assert "No space left on device" in err
    assert "Traceback" not in err
    assert "Exception ignored" not in err
    (saved,) = workspace.glob("scorecards/*.json")
    assert json.loads(saved.read_text())["complete"] is True


@pytest.mark.parametrize("descriptor", [1, 2])
def test_a_closed_stream_costs_what_is_written_there_and_nothing_else(
    workspace: Path, server: ScriptedServer, descriptor: int
) -> None:
    with process("run", "tiny:1b", "--host", server.url, preexec_fn=lambda: os.close(descriptor)) as running:
        out, err = running.communicate(timeout=30)
    assert running.returncode == 0, err
    assert ("Verdict: " in out) == (descriptor == 2)
    (saved,) = workspace.glob("scorecards/*.json")
    for command in (["show", saved], ["history"], ["compare", saved, saved]):
        with process(*command, preexec_fn=lambda: os.close(descriptor)) as running:
            out, err = running.communicate(timeout=30)
        assert (running.returncode, err) == (0, ""), command


# --- Ctrl-C

PULLING = answering(LAYER, end=Exchange.hang)

INTERRUPTED: dict[str, tuple[str, int, dict[str, int]]] = {
    "pull": ("pull", 1, {}),
    "cold": ("generate", 1, {}),
    "warm": ("generate", 2, {"cold": 1}),
    "long": ("generate", 4, {"cold": 1, "warm": 1, "real": 1}),
    "quality": ("generate", 6, {"cold": 1, "warm": 1, "real": 1, "long": 1}),
}


@pytest.mark.parametrize(("kind", "number", "phases"), INTERRUPTED.values(), ids=INTERRUPTED)
def test_ctrl_c_keeps_the_finished_trials(
    workspace: Path, server: ScriptedServer, kind: str, number: int, phases: dict[str, int]
) -> None:
    server.faults[number - 1] = Exchange.hang
    server.on["pull"] = PULLING
    model = "new:1b" if kind == "pull" else "tiny:1b"
    with process("run", model, "--host", server.url, "--json") as running:
        server.wait_for(kind, number)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
    assert running.returncode == 130, err
    assert out == ""
    assert err.splitlines()[-1] == "Error: interrupted"
    assert "Traceback" not in err
    documents = [json.loads(path.read_text()) for path in workspace.glob("scorecards/*.json")]
    assert len(documents) == (0 if kind == "pull" else 1)
    for document in documents:
        assert document["complete"] is False
        assert {phase: len(result["trials"]) for phase, result in document["phases"].items()} == phases
        assert len((document["quality"] or {"prompts": ()})["prompts"]) == max(0, number - 5)


def test_ctrl_c_while_waiting_for_a_cold_start_is_heard(workspace: Path, server: ScriptedServer) -> None:
    server.polls_until_unloaded = inf
    server.loads.append(("tiny:1b", 4096))
    server.on["ps"] = lambda x: x.json({"models": [{"name": "tiny:1b", "model": "tiny:1b"}]})
    with process("run", "tiny:1b", "--host", server.url) as running:
        server.wait_for("ps", 3)
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=30)
    assert (running.returncode, out) == (130, "")


# --- several models


def test_all_models_are_tried_and_the_good_ones_printed(cli: Cli, server: ScriptedServer) -> None:
    server.models["other:1b"] = Model("other:1b")
    outcome = cli("run", "tiny:1b", "nosuch:1b", "other:1b", "--host", server.url, "--no-quality", "--json")
    assert outcome.code == 3
    assert [document["model"]["name"] for document in json.loads(outcome.out)] == ["tiny:1b", "other:1b"]
    assert json.loads(outcome.out) == outcome.documents
    assert "nosuch:1b: " in outcome.err
    assert "Traceback" not in outcome.err


def test_one_that_fails_half_way_does_not_stop_the_next(cli: Cli, server: ScriptedServer) -> None:
    server.models["other:1b"] = Model("other:1b")
    server.faults[1] = Exchange.close
    outcome = cli("run", "tiny:1b", "other:1b", "--host", server.url, "--no-quality")
    assert outcome.code == 3
    assert {d["model"]["name"]: d["complete"] for d in outcome.documents} == {"tiny:1b": False, "other:1b": True}
    assert "tiny:1b: the warm phase of tiny:1b failed" in outcome.err
    table = outcome.out.splitlines()[-2:]
    assert [row.split()[0] for row in table] == ["model", "other:1b"]


def test_when_all_fail_there_is_still_one_json_document(cli: Cli, server: ScriptedServer) -> None:
    outcome = cli("run", "nosuch:1b", "nosuch:2b", "--host", server.url, "--json")
    assert outcome.code == 3
    assert json.loads(outcome.out) == []


def test_several_good_models_end_in_a_table(cli: Cli, server: ScriptedServer) -> None:
    server.models["other:1b"] = Model("other:1b")
    outcome = cli("run", "tiny:1b", "other:1b", "--host", server.url, "--no-quality")
    assert outcome.code == 0
    assert [line.split()[0] for line in outcome.out.splitlines()[-3:]] == ["model", "tiny:1b", "other:1b"]


# --- standard output


@pytest.mark.parametrize("options", [["--json"], ["--format", "json"]])
def test_json_is_one_document_and_nothing_else(cli: Cli, server: ScriptedServer, options: list[str]) -> None:
    outcome = cli("run", "tiny:1b", "--host", server.url, *options)
    assert outcome.code == 0
    assert json.loads(outcome.out) == outcome.document


def test_nothing_but_plain_text_when_piped(cli: Cli, server: ScriptedServer) -> None:
    outcome = cli("run", "tiny:1b", "--host", server.url)
    assert outcome.code == 0
    assert "\x1b" not in outcome.out + outcome.err
    assert outcome.out.startswith("Model: tiny:1b  Quant: Q8_0  Hardware: ")
    assert "saved: scorecards/tiny-1b-" in outcome.err


def test_two_runs_in_one_second_do_not_overwrite_each_other(cli: Cli, server: ScriptedServer) -> None:
    for _ in range(2):
        assert cli("run", "tiny:1b", "--host", server.url, "--no-quality").code == 0
    assert len(list(Path("scorecards").glob("*.json"))) == len(list(Path("scorecards").glob("*.md"))) == 2


# --- what cannot be seen of the server's processes


def assert_nothing_was_sampled(document: dict[str, Any], scorecard: str, reason: str) -> None:
    resources = document["resources"]
    assert (resources["peak_rss_bytes"], resources["cpu_percent_mean"], resources["processes"]) == (None, None, [])
    assert resources["reason"].startswith(reason)
    assert f"Peak RSS (MB): n/a ({reason}" in scorecard
    assert f"CPU avg %: n/a ({reason}" in scorecard


def test_a_server_on_another_machine_has_no_local_processes(
    cli: Cli, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No other machine can be had in a test, so this one is told that the address is not its own."""
    monkeypatch.setattr("ollama_bench.run.locate", lambda _url, _pid: Located(local=False, reason="remote"))
    outcome = cli("run", "tiny:1b", "--host", server.url, "--no-quality")
    assert outcome.code == 0
    assert outcome.document["server"]["local"] is False
    assert_nothing_was_sampled(outcome.document, outcome.out, "remote")
    assert {point["rss_bytes"] for point in outcome.document["resources"]["timeline"]} == {None}
    assert outcome.document["cost"]["sampler_cpu_s"] > 0
    told = {condition["code"]: condition for condition in outcome.document["validity"]["conditions"]}
    assert told["sampling_gap"]["passed"] is None
    assert told["throttled"]["text"].endswith("not known (remote)")


FORWARDER = """
import ctypes, socket, sys, threading
ctypes.CDLL(None).prctl(15, b"ssh")  # PR_SET_NAME: what the system lists it as
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
def pump(source, sink):
    while data := source.recv(65536):
        sink.sendall(data)
    sink.close()
while True:
    client, _ = listener.accept()
    server = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    for pair in (client, server), (server, client):
        threading.Thread(target=pump, args=pair, daemon=True).start()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="names a process by Linux's own call")
def test_a_forwarder_is_not_sampled_in_the_servers_place(cli: Cli, server: ScriptedServer) -> None:
    if any(p.info["name"] in ("ollama", "ollama-serve") for p in psutil.process_iter(["name"])):
        pytest.skip("an Ollama of this machine's own is running")
    command = [sys.executable, "-c", FORWARDER, str(server.port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as forwarder:
        assert forwarder.stdout is not None
        port = int(forwarder.stdout.readline())
        outcome = cli("run", "tiny:1b", "--host", f"127.0.0.1:{port}", "--no-quality")
        forwarder.kill()
    assert outcome.code == 0
    assert_nothing_was_sampled(outcome.document, outcome.out, f"port {port} is held by ssh, which forwards")


def test_without_a_gpu_the_servers_own_estimate_stands_in(cli: Cli, server: ScriptedServer) -> None:
    outcome = cli("run", "tiny:1b", "--host", server.url, "--no-quality")
    document = outcome.document
    if document["hardware"]["gpus"]:
        pytest.skip("this machine has a GPU")
    assert document["hardware"]["label"].endswith("no GPU")
    assert (document["resources"]["peak_vram_bytes"], document["resources"]["vram_source"]) == (0, "api_ps")
    assert "VRAM peak: 0 MB (the server's own estimate)" in outcome.out
