"""What memory there is: of the machine, and of control groups of both versions, as kernels write them."""

from __future__ import annotations

import mmap
from pathlib import Path

import pytest

from skillift.processes.memory import (
    control_groups,
    gib,
    measured_peak,
    memory,
    processor_has_bfloat16,
    resident,
)

GIB = 2**30
NO_LIMIT_OF_VERSION_1 = 9223372036854771712


class Machine:
    """A `/proc` and control groups below a folder, of 24 GiB with 20 to be had."""

    def __init__(self, folder: Path) -> None:
        self.proc, self.groups = folder / "proc", folder / "sys/fs/cgroup"
        (self.proc / "self").mkdir(parents=True)
        kib = 2**20
        lines = [
            f"MemTotal: {24 * kib} kB",
            f"MemFree: {kib} kB",
            f"MemAvailable: {20 * kib} kB",
            "HugePages: 0",
        ]
        (self.proc / "meminfo").write_text("\n".join(lines))

    def inside(self, groups: str, *mounts: str) -> None:
        (self.proc / "self/cgroup").write_text(groups)
        other = "22 1 0:20 / /proc rw,nosuid - proc proc rw"
        (self.proc / "self/mountinfo").write_text("\n".join([other, *mounts]))

    def version_1(self, path: str, limit: int, used: int, files: int) -> None:
        folder = self.groups / "memory" / path
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "memory.limit_in_bytes").write_text(f"{limit}\n")
        (folder / "memory.usage_in_bytes").write_text(f"{used}\n")
        stat = ["cache 1", "active_file 5", f"total_active_file {files}", "total_inactive_file 0"]
        (folder / "memory.stat").write_text("\n".join(stat))

    def version_2(self, path: str, limit: int | str, used: int, files: int, high: int | str = "max") -> None:
        folder = self.groups / path
        folder.mkdir(parents=True, exist_ok=True)
        for name, value in (("max", limit), ("high", high), ("current", used)):
            (folder / f"memory.{name}").write_text(f"{value}\n")
        (folder / "memory.stat").write_text(f"anon 1\nactive_file {files}\ninactive_file 0\n")


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


def mount_1(machine: Machine, root: str = "/") -> str:
    return f"32 31 0:29 {root} {machine.groups}/memory rw,relatime - cgroup cgroup rw,memory"


def mount_2(machine: Machine, root: str = "/") -> str:
    return f"32 31 0:29 {root} {machine.groups} rw,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate"


def test_lines_of_other_programs_and_folders_of_any_bytes_are_passed_over(machine):
    machine.inside("0::/a\nnonsense\n", "short - cgroup2", " - ", mount_2(machine))
    machine.version_2("a", 4 * GIB, GIB, 0)
    file = machine.proc / "self/mountinfo"
    file.write_bytes(b"40 1 0:3 / /mnt/M\xfcller rw - ext4 /dev/x rw\n" + file.read_bytes())
    assert memory(machine.proc).available == 3 * GIB


def test_without_a_limit_it_is_the_machines(machine):
    machine.inside("4:memory:/a\n0::/\n", mount_1(machine), mount_2(machine))
    machine.version_1("a", NO_LIMIT_OF_VERSION_1, GIB, 0)
    machine.version_2("", "max", GIB, 0)
    found = memory(machine.proc)
    assert (found.total, found.available, found.place) == (24 * GIB, 20 * GIB, "this machine")
    assert str(found) == "20.0 GiB free of the 24.0 GiB of this machine"


def test_a_limit_of_version_1_counts_without_what_the_kernel_can_drop(machine):
    machine.inside("9:pids:/x\n4:cpu,memory:/slurm/job_7\n", mount_1(machine))
    machine.version_1("slurm/job_7", 8 * GIB, 5 * GIB, 3 * GIB)
    found = memory(machine.proc)
    assert (found.total, found.available) == (8 * GIB, 6 * GIB)
    assert found.place == f"the control group {machine.groups}/memory/slurm/job_7"


def test_a_limit_of_version_2_counts_too_and_the_lower_of_its_two(machine):
    machine.inside("0::/job\n", mount_2(machine))
    machine.version_2("job", 8 * GIB, 2 * GIB, GIB, high=6 * GIB)
    found = memory(machine.proc)
    assert (found.total, found.available) == (6 * GIB, 5 * GIB)


@pytest.mark.parametrize("version", [1, 2])
def test_the_group_above_binds_as_well(machine, version):
    if version == 1:
        machine.inside("4:memory:/outer/inner\n", mount_1(machine))
        write = machine.version_1
    else:
        machine.inside("0::/outer/inner\n", mount_2(machine))
        write = machine.version_2
    write("outer/inner", 8 * GIB, GIB, 0)
    write("outer", 9 * GIB, 7 * GIB, 0)
    assert [group.available for group in control_groups(machine.proc)] == [7 * GIB, 2 * GIB]
    assert memory(machine.proc).available == 2 * GIB


def test_in_a_container_the_path_is_told_from_outside_or_not_at_all(machine):
    machine.version_1("", 4 * GIB, GIB, 0)
    for groups, root in (("4:memory:/docker/1f/in\n", "/docker/1f"), ("4:memory:/../../x\n", "/")):
        machine.inside(groups, mount_1(machine, root))
        assert memory(machine.proc).available == 3 * GIB


def test_a_group_that_holds_more_than_its_limit_has_nothing_left(machine):
    machine.inside("0::/job\n", mount_2(machine))
    machine.version_2("job", GIB, 2 * GIB, 0)
    assert memory(machine.proc).available == 0


def test_of_this_machine_something_is_known():
    found = memory()
    assert 0 < found.available <= found.total


def test_the_peak_of_a_block_is_measured_and_what_was_there_before_is_not():
    held = mmap.mmap(-1, 60 * 2**20)
    held.write(b"x" * len(held))
    with measured_peak() as peak:
        block = mmap.mmap(-1, 200 * 2**20)
        block.write(b"x" * len(block))
        block.close()
    held.close()
    assert 190 * 2**20 < peak[0] < 450 * 2**20  # the bytes that are written and the block
    assert 0 < resident() < 2**40 and resident(2**22 + 1) == 0


def test_sizes_are_said_in_words():
    assert [gib(GIB * 5.44), gib(30 * 2**20)] == ["5.4 GiB", "30 MiB"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("flags\t\t: fpu avx512f avx512_bf16 amx_tile\n", True),
        ("Features\t: fp asimd bf16 i8mm\n", True),
        ("flags\t\t: fpu avx2\n", False),
        ("model name\t: with bf16 in its name\n", False),
    ],
)
def test_a_processor_with_bfloat16_is_known_by_its_flags(tmp_path, text, expected):
    (tmp_path / "cpuinfo").write_text(text)
    assert processor_has_bfloat16(tmp_path / "cpuinfo") is expected
    assert not processor_has_bfloat16(tmp_path / "missing")
