"""What memory there is for a job, and what it takes: of the machine, its control groups, its processes.

Sizes are bytes. A batch system or a container gives a job a control group of the kernel (versions 1 and 2),
whose limit binds although the machine has more. Read are the files of `/proc` and of the groups' file systems
(https://docs.kernel.org/admin-guide/cgroup-v2.html, cgroup-v1/memory.html); elsewhere psutil knows the
machine.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

GIB = 2**30
_UNLIMITED = 2**60  # version 1 writes a number close to 2**63 where there is no limit
_STEP_S = 0.005  # between two looks at a process, where the kernel does not keep its peak


@dataclass(frozen=True)
class Memory:
    """Memory that a process can have.

    Attributes:
        total: what there is (bytes).
        available: what is left of it, with what the kernel gives back when it is asked (bytes).
        place: of what it is the memory, in words.
    """

    total: int
    available: int
    place: str

    def __str__(self) -> str:
        return f"{gib(self.available)} free of the {gib(self.total)} of {self.place}"


def gib(size: float) -> str:
    """A size in words, such as `5.4 GiB`."""
    return f"{size / GIB:.1f} GiB" if size >= GIB / 10 else f"{size / 2**20:.0f} MiB"


def memory(proc: Path = Path("/proc")) -> Memory:
    """The memory of this process: that of the machine, or of the control group that leaves it least."""
    places = [_machine(proc), *control_groups(proc)]
    return min(places, key=lambda place: place.available)


def _machine(proc: Path) -> Memory:
    try:
        lines = (proc / "meminfo").read_text(encoding="ascii").splitlines()
        kib = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
        return Memory(kib["MemTotal"] * 1024, kib["MemAvailable"] * 1024, "this machine")
    except (OSError, KeyError, ValueError, IndexError):
        import psutil

        found = psutil.virtual_memory()
        return Memory(found.total, found.available, "this machine")


def control_groups(proc: Path = Path("/proc")) -> Iterator[Memory]:
    """Each control group above this process that limits memory, from the innermost on.

    A limit of an outer group binds, too. What is available is the limit less what is used, files that the
    kernel can drop from memory left out.
    """
    for version, folder, top in _group_folders(proc):
        for place in (folder, *folder.parents):
            found = _group(place, version)
            if found is not None:
                yield found
            if place == top:
                break


def _group_folders(proc: Path) -> Iterator[tuple[int, Path, Path]]:
    """Version, folder of this process's group, and folder of the outermost one that can be seen."""
    try:
        groups, mounts = (
            # names of folders may be any bytes
            (proc / "self" / name).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
            for name in ("cgroup", "mountinfo")
        )
    except OSError:
        return
    paths = {}
    for line in groups:  # such as `4:memory:/slurm/job_7` and `0::/user.slice`
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            paths[2] = path
        elif "memory" in controllers.split(","):
            paths[1] = path
    for line in mounts:
        mount, _, file_system = line.partition(" - ")
        fields, kind = mount.split(), file_system.split()
        version = {"cgroup": 1, "cgroup2": 2}.get(kind[0]) if len(fields) > 4 and kind else None
        if version not in paths or (version == 1 and "memory" not in kind[-1].split(",")):
            continue
        root, point = fields[3], Path(fields[4])
        own = PurePosixPath(paths[version])
        # in a container the mount may show a part of the tree, of which the path is told from outside
        inside = own.relative_to(root) if own.is_relative_to(root) else PurePosixPath()
        folder = point.joinpath(*(part for part in inside.parts if part != ".."))
        while folder != point and not folder.is_dir():
            folder = folder.parent
        yield version, folder, point


def _group(folder: Path, version: int) -> Memory | None:
    """The memory of one control group; None where it has no limit."""
    names = (
        (("memory.limit_in_bytes",), "memory.usage_in_bytes", "total_")
        if version == 1
        else (("memory.max", "memory.high"), "memory.current", "")
    )
    limits, usage, prefix = names
    found = [limit for name in limits if (limit := _number(folder / name)) is not None]
    limit = min((limit for limit in found if limit < _UNLIMITED), default=None)
    used = _number(folder / usage)
    if limit is None or used is None:
        return None
    with contextlib.suppress(OSError, ValueError):
        lines = (folder / "memory.stat").read_text(encoding="ascii").splitlines()
        stat = {name: int(value) for name, value in (line.split() for line in lines)}
        used -= sum(stat.get(f"{prefix}{name}", 0) for name in ("active_file", "inactive_file"))
    return Memory(limit, max(0, limit - max(0, used)), f"the control group {_shown(folder)}")


def _shown(path: Path) -> str:
    return os.fsencode(path).decode("utf-8", errors="replace")


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):  # not there, or `max`
        return None


def kills(proc: Path = Path("/proc")) -> int | None:
    """How many processes the kernel has ended for memory since it started; None where that is not known."""
    with contextlib.suppress(OSError, ValueError):
        for line in (proc / "vmstat").read_text(encoding="ascii").splitlines():
            name, _, value = line.partition(" ")
            if name == "oom_kill":
                return int(value)
    return None


def resident(pid: int | str = "self", proc: Path = Path("/proc")) -> int:
    """What a process holds in memory (bytes); 0 where it has ended or the system does not say."""
    try:
        pages = int((proc / str(pid) / "statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


@contextlib.contextmanager
def measured_peak() -> Iterator[list[int]]:
    """Measure how much more memory this process holds at the highest than at the start (bytes).

    Yields a list that holds it after the block. The kernel keeps the peak itself where it lets a process
    reset it (Linux, `/proc/self/clear_refs`); elsewhere a thread looks every few milliseconds.
    """
    found: list[int] = []
    start = resident()
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # since Linux 4.0
        kept = _kernels_peak() is not None
    except OSError:
        kept = False
    if kept:
        yield found
        found.append(max(0, (_kernels_peak() or start) - start))
        return
    ended, seen = threading.Event(), [start]

    def look() -> None:
        while not ended.wait(_STEP_S):
            seen[0] = max(seen[0], resident())

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield found
    finally:
        seen[0] = max(seen[0], resident())
        ended.set()
        watcher.join()
    found.append(seen[0] - start)


def _kernels_peak() -> int | None:
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None


def processor_has_bfloat16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether this machine's processor multiplies matrices in bfloat16 (AVX-512, AMX, or Arm's)."""
    with contextlib.suppress(OSError):
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, words = line.partition(":")
            if name.strip() in ("flags", "Features"):
                return not {"avx512_bf16", "amx_bf16", "bf16"}.isdisjoint(words.split())
    return False
