r"""A private SLURM cluster of two nodes on this machine, of Debian's packages, for tests.

    python tests/slurm_cluster.py up FOLDER && . FOLDER/env.sh    # and `down` to end it

Needs root and slurmctld, slurmd, slurm-client and munge. Everything lives in one folder and listens on
free ports; nothing under /etc is read or written. Daemons are ended by the pids that they wrote. Each node
says that it has four cores and two accelerators, which are links to /dev/null.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol")
NODES = ("n1", "n2")
CPUS = 4
NODE_DOWN_S = 20  # seconds without a word from a node until it counts as down

CONF = """\
ClusterName=toy
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/run/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd.%n.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd.%n.log
MpiDefault=none
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
GresTypes=gpu
ReturnToService=2
SlurmdTimeout={node_down_s}
SlurmctldTimeout=30
InactiveLimit=0
KillWait=2
MinJobAge=86400
JobRequeue=0
{nodes}
PartitionName=cpu Nodes=n1,n2 Default=YES MaxTime=1-0 DefMemPerCPU=500 LLN=YES PriorityTier=1
PartitionName=gpu Nodes=n1,n2 MaxTime=1-0 DefMemPerCPU=500 LLN=YES PriorityTier=1
PartitionName=urgent Nodes=n1,n2 MaxTime=1-0 DefMemPerCPU=500 PriorityTier=10 PreemptMode=OFF
"""
NODE = (
    "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={cpus} RealMemory=200000 "
    "Gres=gpu:toy:2 State=UNKNOWN"
)


def why_not() -> str | None:
    """What keeps a cluster from being started here; None where nothing does."""
    missing = [program for program in PROGRAMS if find(program) is None]
    if missing:
        return (
            f"SLURM: {', '.join(missing)} not found; as root: "
            "apt-get install -y --no-install-recommends slurmctld slurmd slurm-client munge"
        )
    if os.geteuid() != 0:
        return "SLURM: its daemons start jobs as any user, which needs root"
    return None


def find(program: str) -> str | None:
    """Where a program is; daemons stand in folders that only root has on its PATH."""
    return shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]))


def wait_until(condition: Callable[[], object], seconds: float, what: str) -> object:
    """The first true answer of `condition`, asked ten times a second.

    Raises:
        TimeoutError: there was none in so many seconds; names `what`.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.1)
    raise TimeoutError(f"waited {seconds:.0f} s for {what}")


class SlurmCluster:
    """The cluster that lives in a folder."""

    def __init__(self, folder: Path | str) -> None:
        """Name the folder; nothing is started."""
        self.folder = Path(folder).resolve()
        self.conf = self.folder / "slurm.conf"

    @property
    def environment(self) -> dict[str, str]:
        """What clients of this cluster need in their environment.

        The plugin's job step removes every SLURM_* variable before it calls `srun`: an `srun` that comes
        first on PATH puts the configuration back.
        """
        path = os.pathsep.join([str(self.folder / "bin"), os.environ.get("PATH", os.defpath)])
        return {**os.environ, "SLURM_CONF": str(self.conf), "PATH": path}

    def start(self) -> None:
        """Start munge, the controller and the nodes, and wait until the nodes can take jobs.

        Raises:
            TimeoutError: they could not after a minute; the logs are under `log/`.
        """
        for part in ("run", "log", "state", "munge", "dev", "bin", *(f"spool/{name}" for name in NODES)):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        for path in (self.folder, self.folder / "run"):
            path.chmod(0o755)  # munge refuses a socket that not everybody can reach
        (self.folder / "munge").chmod(0o700)
        self._write_files()
        self._run(
            "munged",
            "--force",
            f"--socket={self.folder}/run/munge.socket",
            f"--key-file={self.folder}/munge/munge.key",
            f"--pid-file={self.folder}/run/munged.pid",
            f"--log-file={self.folder}/log/munged.log",
            f"--seed-file={self.folder}/munge/munged.seed",
            "--num-threads=2",
        )
        self._run("slurmctld")
        for name in NODES:
            self.start_node(name)
        wait_until(lambda: self.usable_nodes() == set(NODES), 60, f"the nodes; see {self.folder}/log")

    def stop(self) -> None:
        """Cancel all jobs and end the daemons, the nodes first."""
        if self._pid("slurmctld"):
            self.client("scancel", "-u", getpass.getuser(), check=False)
            with contextlib.suppress(TimeoutError):
                wait_until(lambda: not self.queue(), 20, "cancelled jobs to leave the queue")
        for names in ([f"slurmd.{name}" for name in NODES], ["slurmctld"], ["munged"]):
            pids = [pid for pid in map(self._pid, names) if pid]  # daemons remove their pid files early
            for pid in pids:
                os.kill(pid, signal.SIGTERM)
            try:
                wait_until(lambda pids=pids: not any(map(_alive, pids)), 15, "daemons to end")
            except TimeoutError:
                for pid in filter(_alive, pids):
                    os.kill(pid, signal.SIGKILL)

    def start_node(self, name: str) -> None:
        """Start a node's daemon."""
        self._run("slurmd", "-N", name)

    def cut_power(self, name: str) -> None:
        """Kill a node's daemon and every process of its jobs at once, unannounced."""
        steps = [pid for job in self.running_on(name) for pids in step_processes(job) for pid in pids]
        os.kill(self._pid(f"slurmd.{name}"), signal.SIGKILL)
        for pid in steps:
            _kill(pid)

    def hold_next(self, program: str, option: str, seconds: int) -> Path:
        """Have the next call of a client program with that option take so much longer.

        Returns:
            What is there as soon as it has been called.
        """
        called = self.folder / f"{program}.called"
        wait = f'case " $* " in *" {option} "*) mkdir {called} 2>/dev/null && sleep {seconds} ;; esac'
        self._shim(program, f'{wait}\nexec {find(program)} "$@"')
        return called

    def client(self, *command: str, check: bool = True) -> str:
        """The output of a client program such as `scontrol`."""
        done = subprocess.run(
            command, env=self.environment, check=check, text=True, capture_output=True, timeout=60
        )
        return done.stdout

    def queue(self) -> list[str]:
        """Ids of the jobs that are not over."""
        return self.client("squeue", "--noheader", "--format=%i", check=False).split()

    def running_on(self, name: str) -> list[str]:
        """Ids of the jobs that run on a node."""
        return self.client("squeue", "--noheader", "--format=%i", "--states=R", f"--nodelist={name}").split()

    def jobs_ending(self) -> list[str]:
        """Ids of the jobs that are over but for processes that still have to end."""
        return self.client("squeue", "--noheader", "--format=%i", "--states=CG").split()

    def jobs(self) -> list[dict[str, str]]:
        """All jobs since the start as `scontrol` shows them: JobId, JobState, Comment, NodeList, ..."""
        lines = self.client("scontrol", "show", "jobs", "--oneliner").splitlines()
        return [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in lines if line.startswith("JobId=")]

    def usable_nodes(self) -> set[str]:
        """Names of the nodes that take jobs."""
        states = "idle,mixed,allocated"
        return set(self.client("sinfo", "-h", "-N", "-t", states, "-o", "%N", check=False).split())

    def _write_files(self) -> None:
        host = socket.gethostname().split(".")[0]
        ports = _free_ports(1 + len(NODES))
        nodes = "\n".join(
            NODE.format(name=name, host=host, port=port, cpus=CPUS)
            for name, port in zip(NODES, ports[1:], strict=True)
        )
        self.conf.write_text(
            CONF.format(
                host=host,
                controller_port=ports[0],
                folder=self.folder,
                nodes=nodes,
                node_down_s=NODE_DOWN_S,
            )
        )
        for number in (0, 1):
            device = self.folder / f"dev/gpu{number}"
            device.unlink(missing_ok=True)
            device.symlink_to("/dev/null")
        gres = f"NodeName={','.join(NODES)} Name=gpu Type=toy File={self.folder}/dev/gpu[0-1]\n"
        (self.folder / "gres.conf").write_text(gres)
        key = self.folder / "munge/munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o600)
        self._shim("srun", f'SLURM_CONF={self.conf} exec {find("srun")} "$@"')
        exports = f"export SLURM_CONF={self.conf}\nexport PATH={self.folder}/bin:$PATH\n"
        (self.folder / "env.sh").write_text(exports)

    def _shim(self, program: str, script: str) -> None:
        """Put a script of that name before the program on the PATH of clients."""
        shim = self.folder / "bin" / program
        shim.write_text(f"#!/bin/sh\n{script}\n")
        shim.chmod(0o755)

    def _run(self, program: str, *options: str) -> None:
        log = self.folder / "log" / f"{program}.out"
        with log.open("a") as out:
            subprocess.run(
                [find(program), *options],
                env=self.environment,
                stdout=out,
                stderr=out,
                check=True,
                timeout=30,
            )

    def _pid(self, name: str) -> int | None:
        """The process of a daemon, where it lives."""
        try:
            pid = int((self.folder / f"run/{name}.pid").read_text())
            program = Path(f"/proc/{pid}/comm").read_text().strip()
        except (OSError, ValueError):
            return None
        return pid if program == name.split(".")[0] else None


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def step_processes(job: str) -> tuple[list[int], list[int]]:
    """A job's processes on this machine: SLURM's own, which look after its steps, and what they started."""
    children: dict[int, list[int]] = {}
    supervisors = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            title = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (OSError, IndexError):
            continue
        children.setdefault(parent, []).append(int(folder.name))
        if title.startswith(f"slurmstepd: [{job}."):
            supervisors.append(int(folder.name))
    started, parents = [], list(supervisors)
    while parents:
        found = [pid for pid in children.get(parents.pop(), []) if pid not in supervisors]
        started += found
        parents += found
    return supervisors, started


def freeze(job: str) -> list[int]:
    """Stop a job's processes, whose ids are returned; SLURM's own go on.

    SLURM may lose sight of a stopped process whose parent it ends: end what is left with `kill_all`.
    """
    found = step_processes(job)[1]
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    return found


def kill_all(pids: list[int]) -> None:
    """End the processes that still live, and are still stopped."""
    for pid in pids:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T":
                _kill(pid)


def main() -> None:
    """`up FOLDER` or `down FOLDER`."""
    action, folder = sys.argv[1:]
    if reason := why_not():
        sys.exit(reason)
    {"up": SlurmCluster.start, "down": SlurmCluster.stop}[action](SlurmCluster(folder))


if __name__ == "__main__":
    main()
