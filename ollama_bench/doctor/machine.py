"""Checks of this machine: who else uses it, and how fast it may run. Each gives a line."""

from ollama_bench.doctor.check import BUSY_PERCENT, Check, label, listed, ok, size, unknown, warning
from ollama_bench.doctor.facts import Facts

STEAL_PERCENT = 5.0
UNSEEN_PERCENT = 10.0
"""CPU times are counted in ticks, by process and by core: less than this may be the difference of their rounding."""
NAMED_PERCENT = 5.0


def load(facts: Facts) -> Check:
    """Who else uses the CPU?"""
    others, unseen = facts.machine.load.others, facts.machine.load.unseen_percent or 0.0
    unseen = unseen if unseen > UNSEEN_PERCENT else 0.0
    used = sum(process.cpu_percent for process in others) + unseen
    text = f"other programs use {used:.0f} % of one core"
    if used <= BUSY_PERCENT:
        return ok("load", text)
    named = [
        f"{label(process.name)} (pid {process.pid}) {process.cpu_percent:.0f} %"
        for process in others
        if process.cpu_percent >= NAMED_PERCENT
    ]
    named += [f"{unseen:.0f} % by short-lived ones, or ones that you may not see"] if unseen else []
    return warning("load", f"{text}: {listed(named)}", "end them, or wait until they are done")


def swap(facts: Facts) -> Check:
    """Is memory being moved to disk?"""
    used, moved = facts.machine.swap_used_bytes, facts.machine.load.swapped_bytes
    if moved:
        return warning("swap", f"{size(moved)} moved within a second", "close programs that hold memory")
    if used is None:
        return unknown("swap")
    quiet = ", nothing moved within a second" if moved == 0 else ""
    return ok("swap", f"{size(used)} in use{quiet}" if used else "none in use")


def steal(facts: Facts) -> Check:
    """Do other virtual machines take the CPU?"""
    stolen = facts.machine.load.steal_percent
    if stolen is None:
        return unknown("steal")
    text = f"the hypervisor gave {stolen:.0f} % of one core to others"
    if stolen > STEAL_PERCENT:
        return warning("steal", text, "measure at another time or on a machine of your own, and repeat the run")
    return ok("steal", "no CPU time was taken by a hypervisor" if stolen < 0.5 else text)


def governor(facts: Facts) -> Check:
    """Does the CPU run at full speed when there is work?"""
    names = facts.machine.governors
    if names is None:
        return unknown("governor")
    text = listed([label(name) for name in names])
    if names == ("performance",):
        return ok("governor", text)
    return warning(
        "governor",
        f"{text}: the CPU may be slow to speed up, and figures differ from run to run",
        "sudo cpupower frequency-set -g performance",
    )


def turbo(facts: Facts) -> Check:
    """May the CPU exceed its base frequency?"""
    if facts.machine.turbo is None:
        return unknown("turbo")
    return ok("turbo", "on" if facts.machine.turbo else "off: steady, and slower than this CPU can be")


def throttling(facts: Facts) -> Check:
    """Does the CPU slow itself down for heat?"""
    count, now = facts.machine.throttle_count, facts.machine.load.throttle_count
    if now:
        return warning("throttling", f"for heat, {now} times within a second", "let it cool down; see to fans and dust")
    if count is None:
        return unknown("throttling")
    return ok("throttling", f"not now; {count} times since boot" if count else "never since boot")


def battery(facts: Facts) -> Check:
    """Is power saved?"""
    if facts.machine.battery is None:
        return unknown("battery")
    if facts.machine.battery:
        return warning("battery", "the machine runs on its battery, which slows it down", "plug it in")
    return ok("battery", "not in use")


def virtual_machine(facts: Facts) -> Check:
    """Is the hardware shared?"""
    name = facts.machine.limits.virtual_machine
    if name is None and not facts.machine.limits.machine_told:
        return unknown("virtual")
    if name is None:
        return ok("virtual", "no sign of a virtual machine")
    named = "" if name == "yes" else f" ({label(name)})"
    return ok("virtual", f"a virtual machine{named}: neighbours may slow it down, which `steal` shows")


def limits(facts: Facts) -> Check:
    """May the server use the whole machine?"""
    machine, found = facts.machine, facts.machine.limits
    inside = f"in a container ({label(found.container)})" if found.container else "no container"
    inside = inside if found.container or found.groups_told else "in or out of a container"
    narrow = []
    cores = min((n for n in (found.cpu_cores, machine.allowed_cores) if n is not None), default=None)
    if cores is not None and cores < (machine.cores or float("inf")):
        narrow.append(f"{cores:g} of {machine.cores or 'unknown'} cores")
    if found.memory_bytes is not None and found.memory_bytes < machine.memory_bytes:
        narrow.append(f"{size(found.memory_bytes)} of {size(machine.memory_bytes)} memory")
    if not narrow and not found.groups_told:
        return unknown("limits")
    if not narrow:
        return ok("limits", f"{inside}, no limit on CPU or memory")
    return warning(
        "limits",
        f"{inside}, limited to {' and '.join(narrow)}",
        "figures are those of the limits: raise them (docker: --cpus, --cpuset-cpus, --memory) to measure all of the"
        " machine",
    )
