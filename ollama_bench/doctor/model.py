"""Checks of the model that is to be measured, or of those there are: memory, GPU. Each gives a line, or None."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ollama_bench.doctor.check import Check, label, listed, ok, problem, size, unknown, warning
from ollama_bench.doctor.facts import Facts, Machine, Server
from ollama_bench.scorecard import Gpu
from ollama_bench.server.names import same_model
from ollama_bench.trial import LoadedModel

PASTED = re.compile(r"[A-Za-z0-9][\w.:/-]{0,199}", re.ASCII)
"""Names that mean themselves in every shell, without quotes."""


def model(facts: Facts) -> Check | None:
    """What is there to measure?"""
    installed = facts.server.installed
    if facts.server.error is not None:
        return None
    if facts.model is not None and facts.model not in installed:
        return unknown("model", f"{label(facts.model)} is not on the server, so its size is not known: `run` pulls it")
    if facts.model is not None:
        return ok("model", f"{label(facts.model)}{_sized(installed[facts.model])} is on the server")
    if not installed:
        return ok("model", "none on the server yet: `run MODEL` pulls one")
    largest = max(installed, key=lambda name: installed[name] or 0)
    named = f"{label(largest)}{_sized(installed[largest])}"
    return ok("model", f"{len(installed)} on the server, the largest {named}" if len(installed) > 1 else named)


def loaded(facts: Facts) -> Check | None:
    """Other models in the server's memory count as the measured one's."""
    if facts.server.error is not None:
        return None
    server = facts.server
    others = [entry for entry in server.loaded if facts.model is None or not _is(server, entry, facts.model)]
    named = listed([f"{label(entry.name)}{_sized(entry.size_bytes)}" for entry in others])
    if not facts.server.loaded:
        return ok("loaded", "no model is loaded")
    if not others:
        return ok("loaded", f"only {label(facts.model or '')}")
    if facts.model is None and len(others) == 1:
        return ok("loaded", f"{named}; to measure another model, unload it first: {_stop(others)}")
    return warning(
        "loaded",
        f"{'other models are' if facts.model else 'several models are'} loaded, whose memory counts as that of the"
        f" measured one: {named}",
        _stop(others),
    )


def gpu(facts: Facts) -> Check:
    """Is there a GPU, does its driver answer, and does the server use it?"""
    machine = facts.machine
    spilled = [entry for entry in facts.server.loaded if 0 < (entry.size_vram_bytes or 0) < (entry.size_bytes or 0)]
    if spilled:
        return warning("gpu", _on_the_gpu(spilled[0]), "free GPU memory, or choose a smaller quantisation or --num-ctx")
    if not facts.server.local:
        return unknown("gpu", "the server runs on another machine")
    if not machine.gpus:
        if machine.nvidia_gpus:
            return warning(
                "gpu",
                "an NVIDIA GPU is plugged in, but its driver does not answer: models run on the CPU",
                "install the driver, or pass the GPU into the container (docker: --gpus all); `nvidia-smi` tells more",
            )
        return ok("gpu", "no NVIDIA GPU: GPU memory is what the server itself tells, if it uses another kind")
    unused = [entry for entry in facts.server.loaded if entry.size_vram_bytes == 0]
    if unused:
        return warning(
            "gpu",
            f"{_named(machine.gpus)}; {label(unused[0].name)} is loaded on the CPU all the same",
            "the server's log says why: look there for its driver, and for memory that others hold (`nvidia-smi`)",
        )
    return ok("gpu", _named(machine.gpus))


def memory(facts: Facts) -> Check:
    """Does the model fit into what is free?"""
    machine, server = facts.machine, facts.server
    if not server.local:
        return unknown("memory", "the server runs on another machine")
    room = _room(machine)
    sizes = {facts.model: server.installed.get(facts.model)} if facts.model else dict(server.installed)
    known = {
        name: needed
        for name, needed in sizes.items()
        if needed is not None and not any(_is(server, entry, name) for entry in server.loaded)
    }
    tight = sorted((name for name in known if known[name] > room.largest_bytes), key=lambda name: -known[name])
    named = listed([f"{label(name)} ({size(known[name])})" for name in tight])
    if facts.model in tight and known[facts.model] > room.total_bytes + room.gpu_total_bytes:
        all_there_is = f"this machine's memory ({size(room.total_bytes)})"
        all_there_is += f" and its GPUs' ({size(room.gpu_total_bytes)})" if room.gpu_total_bytes else ""
        return problem("memory", f"{named} is larger than {all_there_is}", "take a smaller model")
    if tight and facts.model is None and len(tight) < len(server.installed):
        return ok("memory", f"{room.text}; too little for {named}")  # nobody asked for that one
    if tight:
        return warning(
            "memory",
            f"{room.text}: too little for {named}",
            "close what else holds memory, unload other models, or take a smaller quantisation",
        )
    if facts.model in known and known[facts.model] > room.gpu_free_bytes > 0:
        return warning(
            "memory",
            f"{room.text}: {label(facts.model)} ({size(known[facts.model])}) will run on the CPU in part",
            "free GPU memory (`nvidia-smi` names who holds it), or take a smaller quantisation",
        )
    return ok("memory", room.text + _room_for(known, facts.model))


@dataclass(frozen=True)
class _Room:
    """Memory of the machine, as far as the server may use it, and of its GPUs together."""

    total_bytes: int
    free_bytes: int
    gpu_total_bytes: int
    gpu_free_bytes: int

    @property
    def largest_bytes(self) -> int:
        """What fits into one of both."""
        return max(self.free_bytes, self.gpu_free_bytes)

    @property
    def text(self) -> str:
        """Both in words."""
        text = f"{size(self.free_bytes)} of {size(self.total_bytes)} memory free"
        if not self.gpu_total_bytes:
            return text
        return f"{text}, {size(self.gpu_free_bytes)} of {size(self.gpu_total_bytes)} GPU memory"


def _room(machine: Machine) -> _Room:
    limit = machine.limits.memory_bytes or machine.memory_bytes
    within_limit = machine.limits.memory_free_bytes
    told = [(gpu.memory_bytes, gpu.free_bytes) for gpu in machine.gpus if gpu.memory_bytes is not None]
    return _Room(
        total_bytes=min(machine.memory_bytes, limit),
        free_bytes=min(machine.available_bytes, limit if within_limit is None else within_limit),
        gpu_total_bytes=sum(total for total, _ in told),
        gpu_free_bytes=sum(total if free is None else free for total, free in told),
    )


def _room_for(known: Mapping[str, int], wanted: str | None) -> str:
    if wanted is not None and wanted in known:
        return f"; {label(wanted)} takes {size(known[wanted])} or a little more"
    return "; each model fits by itself" if known else ""


def _named(gpus: Sequence[Gpu]) -> str:
    sized = [
        label(gpu.name) + ("" if gpu.memory_bytes is None else f" {gpu.memory_bytes / 2**30:.0f} GiB") for gpu in gpus
    ]
    driver = gpus[0].driver
    return listed(sized) + (f", driver {label(driver)}" if driver else "")


def _is(server: Server, entry: LoadedModel, name: str) -> bool:
    """Whether what is loaded is the model of that name, under whatever name."""
    digest = server.digests.get(name)
    return same_model(entry.name, name) or (digest is not None and entry.digest == digest)


def _stop(entries: Sequence[LoadedModel]) -> str:
    """Commands to be pasted. A server may call a model what it likes: only a name that no shell reads is in one."""
    pasted = [f"ollama stop {entry.name}" for entry in entries if PASTED.fullmatch(entry.name)][:3]
    if not pasted:
        return "`ollama stop` and the name that `ollama ps` shows"
    more = len(entries) > len(pasted)
    return "; ".join(pasted) + ("; then `ollama stop` the others that `ollama ps` shows" if more else "")


def _on_the_gpu(entry: LoadedModel) -> str:
    share = f"{size(entry.size_vram_bytes or 0)} of {size(entry.size_bytes or 0)}"
    return f"{label(entry.name)} did not fit on the GPU: {share} lie there, the rest runs on the CPU"


def _sized(count_bytes: int | None) -> str:
    return "" if count_bytes is None else f" ({size(count_bytes)})"
