"""Virtual machines, containers and control groups, from trees as they are found in the wild."""

from dataclasses import replace
from pathlib import Path

import pytest

from ollama_bench.machine.limits import Limits, cgroup_throttled_s, limits

PID = 4321
NONE = Limits(virtual_machine=None, container=None, cpu_cores=None, memory_bytes=None)


class Tree:
    """A machine in a folder: /sys, /proc and what lies at the root."""

    def __init__(self, root: Path) -> None:
        self.root, self.sys, self.proc = root, root / "sys", root / "proc"

    def write(self, name: str, text: object) -> None:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")

    def group(self, *lines: str) -> None:
        self.write(f"proc/{PID}/cgroup", "\n".join(lines))

    def limits(self) -> Limits:
        return limits(PID, self.sys, self.proc, self.root)

    def throttled_s(self) -> float | None:
        return cgroup_throttled_s(PID, self.sys, self.proc)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    tree = Tree(tmp_path)
    tree.write("proc/cpuinfo", "flags\t\t: fpu vme")
    return tree


def test_a_machine_that_tells_nothing_has_no_limits_and_it_is_said(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    assert tree.limits() == replace(NONE, machine_told=False, groups_told=False)
    assert tree.throttled_s() is None


def test_v2_the_smallest_limit_on_the_path_counts(tree: Tree) -> None:
    tree.group("0::/system.slice/ollama.service")
    tree.write("sys/fs/cgroup/system.slice/cpu.max", "150000 100000")
    tree.write("sys/fs/cgroup/system.slice/ollama.service/cpu.max", "400000 100000")
    tree.write("sys/fs/cgroup/system.slice/ollama.service/memory.max", 8_000_000_000)
    tree.write("sys/fs/cgroup/system.slice/memory.max", "max")
    tree.write("sys/fs/cgroup/other.slice/memory.max", 1_000_000)

    found = tree.limits()

    assert (found.cpu_cores, found.memory_bytes, found.container) == (1.5, 8_000_000_000, None)


def test_v2_what_is_free_is_the_limit_less_what_is_used_and_not_idle_file_pages(tree: Tree) -> None:
    tree.group("0::/a/b")
    tree.write("sys/fs/cgroup/a/memory.max", 10_000)
    tree.write("sys/fs/cgroup/a/memory.current", 9_000)
    tree.write("sys/fs/cgroup/a/memory.stat", "anon 5000\nactive_file 1000\ninactive_file 3000")
    tree.write("sys/fs/cgroup/a/b/memory.max", 6_000)
    tree.write("sys/fs/cgroup/a/b/memory.current", 1_000)

    found = tree.limits()

    assert (found.memory_bytes, found.memory_free_bytes) == (6_000, 4_000)  # the group above is fuller


def test_v1_what_is_free_is_the_limit_less_what_is_used_and_not_idle_file_pages(tree: Tree) -> None:
    tree.group("4:memory:/job")
    tree.write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", 10_000)
    tree.write("sys/fs/cgroup/memory/job/memory.usage_in_bytes", 9_000)
    tree.write("sys/fs/cgroup/memory/job/memory.stat", "inactive_file 1\ntotal_inactive_file 2500")

    assert tree.limits().memory_free_bytes == 3_500


def test_a_limit_that_is_overdrawn_leaves_nothing(tree: Tree) -> None:
    tree.group("0::/a")
    tree.write("sys/fs/cgroup/a/memory.max", 10)
    tree.write("sys/fs/cgroup/a/memory.current", 90)

    assert tree.limits().memory_free_bytes == 0


def test_v2_no_limit_is_written_max(tree: Tree) -> None:
    tree.group("0::/user.slice")
    tree.write("sys/fs/cgroup/user.slice/cpu.max", "max 100000")
    tree.write("sys/fs/cgroup/user.slice/memory.max", "max")

    assert tree.limits() == NONE


def test_v2_a_container_sees_its_own_group_as_the_root(tree: Tree) -> None:
    tree.group("0::/")
    tree.write("sys/fs/cgroup/cpu.max", "50000 100000")
    tree.write("sys/fs/cgroup/memory.max", 2_000_000_000)
    tree.write(".dockerenv", "")

    assert tree.limits() == Limits(None, "docker", 0.5, 2_000_000_000)


def test_v1_each_controller_has_its_own_path(tree: Tree) -> None:
    tree.group("9:cpu,cpuacct:/docker/0123456789abcdef", "4:memory:/batch/job", "0::/")
    tree.write("sys/fs/cgroup/cpu/docker/0123456789abcdef/cpu.cfs_quota_us", 200_000)
    tree.write("sys/fs/cgroup/cpu/docker/0123456789abcdef/cpu.cfs_period_us", 100_000)
    tree.write("sys/fs/cgroup/memory/batch/memory.limit_in_bytes", 3_000_000_000)
    tree.write("sys/fs/cgroup/memory/batch/job/memory.limit_in_bytes", 9_223_372_036_854_771_712)

    assert tree.limits() == Limits(None, "docker", 2.0, 3_000_000_000)


def test_v1_no_limit_is_minus_one_or_huge(tree: Tree) -> None:
    tree.group("9:cpu,cpuacct:/", "4:memory:/")
    tree.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", -1)
    tree.write("sys/fs/cgroup/cpu/cpu.cfs_period_us", 100_000)
    tree.write("sys/fs/cgroup/memory/memory.limit_in_bytes", 9_223_372_036_854_771_712)

    assert tree.limits() == NONE


def test_v1_in_a_container_whose_path_is_that_of_the_host(tree: Tree) -> None:
    tree.group("4:memory:/kubepods/burstable/pod1/abc")
    tree.write("sys/fs/cgroup/memory/memory.limit_in_bytes", 1_500_000_000)

    assert tree.limits() == Limits(None, "kubernetes", None, 1_500_000_000)


def test_a_group_outside_of_the_namespace_is_not_guessed_at(tree: Tree) -> None:
    tree.group("0::/../../other")
    tree.write("sys/fs/cgroup/memory.max", 5)

    assert tree.limits() == NONE


@pytest.mark.parametrize(
    ("path", "container"),
    [
        ("/system.slice/docker-0123456789abcdef.scope", "docker"),
        ("/system.slice/docker.service", None),
        ("/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-0123.scope/container", "podman"),
        ("/kubepods.slice/kubepods-burstable.slice/cri-containerd-0123456789ab.scope", "kubernetes"),
        ("/lxc.payload.box/system.slice", "lxc"),
        ("/user.slice/user-1000.slice/session-2.scope", None),
    ],
)
def test_a_container_by_the_name_of_its_group(tree: Tree, path: str, container: str | None) -> None:
    tree.group(f"0::{path}")

    assert tree.limits().container == container


def test_podman_leaves_a_file_at_the_root(tree: Tree) -> None:
    tree.write("run/.containerenv", 'engine="podman"')

    assert tree.limits().container == "podman"


X86_VM = "processor\t: 0\nflags\t\t: fpu vme hypervisor lahf_lm\n"


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"proc/cpuinfo": X86_VM}, "yes"),
        (
            {"proc/cpuinfo": X86_VM, "sys/class/dmi/id/sys_vendor": "Amazon EC2"}
            | {"sys/class/dmi/id/product_name": "c7i.large"},
            "Amazon EC2 c7i.large",
        ),
        (
            {"proc/cpuinfo": "flags\t\t: fpu vme\n", "sys/class/dmi/id/sys_vendor": "LENOVO"}
            | {"sys/class/dmi/id/product_name": "21HDCTO1WW"},
            None,
        ),
        (
            {"proc/cpuinfo": "Features\t: fp asimd\n", "sys/class/dmi/id/sys_vendor": "QEMU"}
            | {"sys/class/dmi/id/product_name": "KVM Virtual Machine"},
            "QEMU KVM Virtual Machine",
        ),
        ({"proc/cpuinfo": X86_VM, "proc/sys/kernel/osrelease": "5.15.153.1-microsoft-standard-WSL2"}, "WSL"),
        ({"proc/cpuinfo": "model name\t: hypervisor\nflags\t\t: fpu\n"}, None),
    ],
)
def test_a_virtual_machine_is_named(tree: Tree, files: dict[str, str], name: str | None) -> None:
    for file, text in files.items():
        tree.write(file, text)

    assert tree.limits().virtual_machine == name


def test_throttled_time_of_every_level_on_the_path(tree: Tree) -> None:
    tree.group("0::/a/b")
    tree.write("sys/fs/cgroup/cpu.stat", "usage_usec 99000000")
    tree.write("sys/fs/cgroup/a/cpu.stat", "usage_usec 5\nnr_throttled 2\nthrottled_usec 1500000")
    tree.write("sys/fs/cgroup/a/b/cpu.stat", "usage_usec 5\nnr_throttled 1\nthrottled_usec 250000")

    assert tree.throttled_s() == 1.75


def test_throttled_time_of_v1_is_in_nanoseconds(tree: Tree) -> None:
    tree.group("9:cpu,cpuacct:/job")
    tree.write("sys/fs/cgroup/cpu/job/cpu.stat", "nr_periods 9\nnr_throttled 2\nthrottled_time 2500000000")

    assert tree.throttled_s() == 2.5


def test_a_group_without_a_cpu_controller_counts_nothing(tree: Tree) -> None:
    tree.group("0::/a")
    tree.write("sys/fs/cgroup/a/cpu.stat", "usage_usec 99000000\nuser_usec 5")

    assert tree.throttled_s() is None


@pytest.mark.parametrize(
    ("cpuinfo", "vendor", "told"),
    [("flags\t: fpu", "", True), ("Features\t: fp asimd", "", False), ("Features\t: fp asimd", "LENOVO", True)],
)
def test_no_sign_of_a_virtual_machine_is_one_only_where_there_is_a_place_for_it(
    tree: Tree, cpuinfo: str, vendor: str, told: bool
) -> None:
    tree.write("proc/cpuinfo", cpuinfo)
    tree.write("sys/class/dmi/id/sys_vendor", vendor)

    assert (tree.limits().virtual_machine, tree.limits().machine_told) == (None, told)


def test_this_machine_is_read_without_an_error() -> None:
    found = limits()

    assert found.memory_bytes is None or found.memory_bytes > 0
    assert found.cpu_cores is None or found.cpu_cores > 0


def test_a_process_that_has_ended_has_no_limits_of_its_own(tree: Tree) -> None:
    assert cgroup_throttled_s(2**22 + 1) is None
