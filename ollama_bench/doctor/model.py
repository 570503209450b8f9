"""Checks of the model that is to be measured, or of those there are: memory, GPU. Each gives a line, or None."""

import shlex
from collections.abc import Mapping, Sequence

from ollama_bench.doctor.check import Check, label, listed, ok, problem, size, unknown, warning
from ollama_bench.doctor.facts import Facts
from ollama_bench.scorecard import Gpu
from ollama_bench.trial import LoadedModel


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
    others = [entry for entry in facts.server.loaded if entry.name != facts.model]
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
    limit = machine.limits.memory_bytes or machine.memory_bytes
    total, available = min(machine.memory_bytes, limit), min(machine.available_bytes, limit)
    free = f"{size(available)} of {size(total)} free"
    on_gpus = sum(gpu.memory_bytes or 0 for gpu in machine.gpus)
    sizes = {facts.model: server.installed.get(facts.model)} if facts.model else dict(server.installed)
    in_memory = {entry.name for entry in server.loaded}
    known = {name: needed for name, needed in sizes.items() if needed is not None and name not in in_memory}
    tight = sorted((name for name in known if known[name] > max(available, on_gpus)), key=lambda name: -known[name])
    if not tight:
        return ok("memory", free + _room_for(known, facts.model))
    named = listed([f"{label(name)} ({size(known[name])})" for name in tight])
    if facts.model and known[facts.model] > total + on_gpus:
        return problem(
            "memory", f"{named} is larger than this machine's memory ({size(total)})", "take a smaller model"
        )
    return warning(
        "memory",
        f"{free}: too little for {named}",
        "close other programs, unload other models, or take a smaller quantisation",
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


def _stop(entries: Sequence[LoadedModel]) -> str:
    """The commands, to be pasted: a server may call a model what it likes."""
    return "; ".join(f"ollama stop {shlex.quote(label(entry.name))}" for entry in entries[:3])


def _on_the_gpu(entry: LoadedModel) -> str:
    share = f"{size(entry.size_vram_bytes or 0)} of {size(entry.size_bytes or 0)}"
    return f"{label(entry.name)} did not fit on the GPU: {share} lie there, the rest runs on the CPU"


def _sized(count_bytes: int | None) -> str:
    return "" if count_bytes is None else f" ({size(count_bytes)})"
