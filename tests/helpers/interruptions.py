"""Runs of Snakemake that are interrupted: started in a process group of their own, and looked at after."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from skillift.contracts.predictions import PREDICTIONS
from skillift.costs.stages import STAGE_COSTS
from skillift.tables import folder_digests, read_json, read_table

PATIENCE_S = 600.0
# these hold times: of jobs, and of the predictions' registration
WITH_TIMES = ("costs.parquet", "analysis/predictions.parquet")


class Run:
    """A Snakemake on two cores in a project folder, as the leader of a process group.

    Attributes:
        process: it.
        seen: every process below it that was seen alive.
    """

    def __init__(
        self,
        folder: Path,
        *targets: str,
        study: str = "studies/smoke.yaml",
        options: tuple[str, ...] = (),
        out: int | None = None,
    ) -> None:
        """Start it; it prints to the file descriptor `out`, or else to a file."""
        self.log = folder / "snakemake.log"
        command = [sys.executable, "-m", "snakemake", "--cores", "2", *options]
        command += ["--config", f"study={study}", "--"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*command, *targets],
                cwd=folder,
                stdout=log if out is None else out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.seen: set[psutil.Process] = set()

    def text(self) -> str:
        """What it has printed."""
        return self.log.read_text(errors="replace")

    def finished_jobs(self) -> int:
        """How many of its jobs have finished."""
        return self.text().count("Finished jobid")

    def planned_jobs(self) -> int:
        """How many jobs its table of jobs counts; 0 before that is printed."""
        found = re.search(r"^total +(\d+)$", self.text(), re.MULTILINE)
        return int(found.group(1)) if found else 0

    def below(self) -> list[psutil.Process]:
        """The processes that it started, and those that these did, as they are now."""
        try:
            found = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        self.seen.update(found)
        return found

    def job(self, command: str) -> psutil.Process | None:
        """The process below it that runs a command such as `train.py`; None where there is none."""
        for process in self.below():
            try:
                line = process.cmdline()
            except psutil.Error:
                continue
            if (
                line
                and "python" in Path(line[0]).name
                and any(part.endswith(f"/{command}") for part in line[1:2])
            ):
                return process
        return None

    def engines(self) -> list[psutil.Process]:
        """The engines of the job that answers, where each has a process of its own."""
        job = self.job("generate.py")
        children = job.children() if job else []
        return [child for child in children if "spawn_main" in " ".join(child.cmdline())]

    def wait_for(self, condition: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
        """Wait until `condition` holds or the run has ended."""
        end = time.monotonic() + patience_s
        while self.process.poll() is None and not condition():
            assert time.monotonic() < end, self.text()
            self.below()
            time.sleep(0.25)  # each look goes through all processes of the machine

    def wait_until_it_waits(self) -> None:
        """Wait until its main thread has slept for two seconds."""
        slept = 0
        while slept < 20:
            assert self.process.poll() is None
            asleep = psutil.Process(self.process.pid).status() == psutil.STATUS_SLEEPING
            slept = slept + 1 if asleep else 0
            time.sleep(0.1)

    def interrupt(self) -> None:
        """What Ctrl-C in a terminal does: SIGINT to the whole group."""
        self.below()
        os.killpg(self.process.pid, signal.SIGINT)

    def kill(self) -> None:
        """SIGKILL to Snakemake alone."""
        self.below()
        self.process.kill()

    def end(self, patience_s: float = PATIENCE_S) -> int:
        """Its status, once it has ended."""
        self.wait_for(lambda: False, patience_s)
        return self.process.wait()

    def strays(self, patience_s: float = 30.0) -> list[str]:
        """The processes below it that are still there after `patience_s` seconds."""
        _, alive = psutil.wait_procs(self.seen, timeout=patience_s)
        return [str(process) for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def tables(results: Path) -> dict[str, str]:
    """SHA-256 of all tables of a study but those that hold times, by path."""
    digests = folder_digests(results).items()
    return {name: text for name, text in digests if name.endswith(".parquet") and name not in WITH_TIMES}


def without_times(results: Path) -> dict[str, list[dict]]:
    """The rows of the tables that hold times, without these."""
    costs = read_table(results / "costs.parquet", STAGE_COSTS).select("stage", "n_jobs", "usd")
    predictions = read_table(results / "analysis/predictions.parquet", PREDICTIONS).drop("registered_at")
    return {"costs": costs.to_dicts(), "predictions": predictions.to_dicts()}


def manifests(results: Path) -> dict[str, dict]:
    """The manifests of students and runs, by path: digests of all weights, and numbers of parameters."""
    found = [*results.glob("students/*/manifest.json"), *results.glob("runs/*/*/manifest.json")]
    return {str(path.relative_to(results)): read_json(path) for path in found}


def unfinished_files(folder: Path) -> list[str]:
    """What a write that was cut short has left."""
    return [str(path) for path in folder.rglob(".*") if path.is_file() and "partial" in path.name]
