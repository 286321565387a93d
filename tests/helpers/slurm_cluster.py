r"""A private SLURM cluster of three nodes on this machine, of Debian's packages, for tests.

    python tests/helpers/slurm_cluster.py up FOLDER && . FOLDER/env.sh    # and `down` to end it

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
import signal
import socket
import subprocess
import sys
from pathlib import Path

import slurm_accounts
from slurm_processes import find, free_ports, is_alive, kill_process, pid_in, step_processes, wait_until

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol")
NODES = ("n1", "n2", "n3")
CPUS = 4
MIN_JOB_AGE_S = 86_400  # for so long SLURM remembers a finished job
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
{memory}
{accounts}SelectType=select/cons_tres
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
MinJobAge={min_job_age}
JobRequeue=0
{nodes}
PartitionName=cpu Nodes=ALL Default=YES MaxTime=1-0 DefMemPerCPU=500 LLN=YES PriorityTier=1
PartitionName=gpu Nodes=ALL MaxTime=1-0 DefMemPerCPU=500 LLN=YES PriorityTier=1
PartitionName=urgent Nodes=ALL MaxTime=1-0 DefMemPerCPU=500 PriorityTier=10 PreemptMode=OFF
"""
# whether a job that holds more than it has declared is killed: by looking every second, not by control groups
MEMORY_IS_LIMITED = """\
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill"""
MEMORY_IS_FREE = "JobAcctGatherType=jobacct_gather/none"
NODE = (
    "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={cpus} RealMemory=200000 "
    "Gres=gpu:toy:2 State=UNKNOWN"
)


def why_not() -> str | None:
    """What keeps a cluster from being started here; None where nothing does."""
    missing = [program for program in (*PROGRAMS, *slurm_accounts.PROGRAMS) if find(program) is None]
    if missing:
        return (
            f"SLURM: {', '.join(missing)} not found; as root: apt-get install -y --no-install-recommends "
            "slurmctld slurmd slurm-client munge slurmdbd mariadb-server-core mariadb-client-core"
        )
    if os.geteuid() != 0:
        return "SLURM: its daemons start jobs as any user, which needs root"
    return None


class SlurmCluster:
    """The cluster that lives in a folder."""

    def __init__(self, folder: Path | str, accounts: bool = False) -> None:
        """Name the folder, and whether SLURM keeps accounts of jobs and holds them to their memory."""
        self.folder = Path(folder).resolve()
        self.conf = self.folder / "slurm.conf"
        self.accounts = slurm_accounts.SlurmAccounts(self.folder) if accounts else None

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
        if self.accounts:
            self.accounts.start(self.environment)
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
        nodes = [f"slurmd.{name}" for name in NODES]
        for names in (nodes, ["slurmctld"], ["slurmdbd"], ["mariadbd"], ["munged"]):
            pids = [pid for pid in map(self._pid, names) if pid]  # daemons remove their pid files early
            for pid in pids:
                os.kill(pid, signal.SIGTERM)
            try:
                wait_until(lambda pids=pids: not any(map(is_alive, pids)), 15, "daemons to end")
            except TimeoutError:
                for pid in filter(is_alive, pids):
                    os.kill(pid, signal.SIGKILL)

    def start_node(self, name: str) -> None:
        """Start a node's daemon."""
        self._run("slurmd", "-N", name)

    def cut_power(self, name: str) -> None:
        """Kill a node's daemon and every process of its jobs at once, unannounced."""
        jobs = self.running(f"--nodelist={name}")
        steps = [pid for job in jobs for pids in step_processes(job) for pid in pids]
        os.kill(self._pid(f"slurmd.{name}"), signal.SIGKILL)
        for pid in steps:
            kill_process(pid)

    def forget_jobs_after(self, seconds: int) -> None:
        """Have SLURM remember a finished job for so long."""
        conf = self.conf.read_text()
        self.conf.write_text(re.sub("MinJobAge=.*", f"MinJobAge={seconds}", conf))
        self.client("scontrol", "reconfigure")

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
            command, env=self.environment, check=check, text=True, capture_output=True, timeout=180
        )
        return done.stdout

    def queue(self) -> list[str]:
        """Ids of the jobs that are not over."""
        return self.client("squeue", "--noheader", "--format=%i", check=False).split()

    def running(self, *options: str) -> list[str]:
        """Ids of the jobs that run, of those that further options of `squeue` choose."""
        return self.client("squeue", "--noheader", "--format=%i", "--states=R", *options).split()

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
        ports = free_ports(1 + len(NODES))
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
                accounts=self.accounts.clients if self.accounts else "",
                memory=MEMORY_IS_LIMITED if self.accounts else MEMORY_IS_FREE,
                min_job_age=MIN_JOB_AGE_S,
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
                timeout=120,
            )

    def _pid(self, name: str) -> int | None:
        """The process of a daemon, where it lives."""
        return pid_in(self.folder / f"run/{name}.pid", name.split(".")[0])


def main() -> None:
    """`up FOLDER` or `down FOLDER`."""
    action, folder = sys.argv[1:]
    if reason := why_not():
        sys.exit(reason)
    {"up": SlurmCluster.start, "down": SlurmCluster.stop}[action](SlurmCluster(folder))


if __name__ == "__main__":
    main()
