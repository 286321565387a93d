"""Measure judging over an API on a server of this machine: throughput, memory, second runs and kills.

python tests/bench/api_calls.py --judgments 2800 --kills 10

The server (`tests/helpers/faulty_server.py`) runs in a process of its own and answers in a fixed time, so the
ideal is known: judgments / requests at once x seconds of an answer. Called by `run.py`, and a program by
itself.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests/helpers"), str(REPOSITORY / "workflow_scripts")]

from faulty_server import answered, faulty_server, lines  # noqa: E402
from score_tables import make_tasks  # noqa: E402
from stub_models import make_episodes  # noqa: E402

from skillift.contracts.pipeline import EPISODES, TASKS  # noqa: E402
from skillift.tables import write_table  # noqa: E402

CONCURRENCY = 64
FAULTS = {"overload": 0.3, "others": 0.05, "slow": 0.1, "stall": 20, "retry_after": 0.5}


@dataclass(frozen=True)
class Row:
    """A measure, what was found, and what is asked."""

    measure: str
    found: str
    asked: str


class Judging:
    """`judge.py` on made episodes against one server, as a process."""

    def __init__(self, folder: Path, n_judgments: int) -> None:
        self.folder, self.n_judgments = folder, n_judgments
        tasks = make_tasks(n_skills=40, per_skill=math.ceil(n_judgments / 40)).head(n_judgments)
        responses = {
            row["task_id"]: f"ANSWER: {row['reference'] if number % 2 else 'none'}\n{'Step. ' * 100}"
            for number, row in enumerate(tasks.iter_rows(named=True))
        }
        write_table(tasks, folder / "tasks.parquet", TASKS)
        write_table(make_episodes(responses), folder / "episodes.parquet", EPISODES)

    def command(self, address: str, name: str) -> list[str]:
        """The command, with a cache of answers and an output of its own for each `name`."""
        judge = {"model": "hosted_vllm/served", "api_base": address, "max_tokens": 64}
        options = {
            "spec": json.dumps({"name": "bench", "judge": judge}),
            "episodes": self.folder / "episodes.parquet",
            "tasks": self.folder / "tasks.parquet",
            "template": REPOSITORY / "workflow_scripts/assets/prompts/judge.jinja",
            "cache": self.folder / f"{name}.sqlite",
            "out": self.folder / f"{name}.parquet",
            "concurrency": CONCURRENCY,
            "timeout": 10,
            "retries": 14,
            "backoff": 0.2,
        }
        arguments = [part for key, value in options.items() for part in (f"--{key}", str(value))]
        return [sys.executable, str(REPOSITORY / "workflow_scripts/verdicts/judge.py"), *arguments]

    def start(self, address: str, name: str) -> subprocess.Popen:
        """Start it."""
        return subprocess.Popen(
            self.command(address, name), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )

    def finish(self, process: subprocess.Popen) -> None:
        """Wait for its end; an error of it is one here."""
        _, messages = process.communicate()
        if process.returncode:
            raise RuntimeError(messages)


def throughput(judging: Judging, delay: float, at_most: float) -> list[Row]:
    """Time against the ideal, memory, and a second run with all answers kept."""
    import psutil

    name, n_judgments = f"delay{delay:g}", judging.n_judgments
    log = judging.folder / f"{name}.log"
    with faulty_server(log, delay=delay) as address:
        start = time.monotonic()
        process = judging.start(address, name)
        memory: dict[int, int] = {}
        while process.poll() is None:
            n_answers = answered(log).total() * 4 // n_judgments
            try:
                taken = psutil.Process(process.pid).memory_info().rss
                memory[n_answers] = max(memory.get(n_answers, 0), taken)  # little is left of one that ends
            except psutil.Error:
                break
            time.sleep(0.5)
        judging.finish(process)
        wall = time.monotonic() - start
        n_calls = len(lines(log))
        start = time.monotonic()
        judging.finish(judging.start(address, name))
        again, n_more = time.monotonic() - start, len(lines(log)) - n_calls
    times = [seconds for seconds, *_ in lines(log)]
    ideal = math.ceil(n_judgments / CONCURRENCY) * delay
    calls = max(times) - min(times)
    grown = (memory[max(memory)] - memory[min(set(memory) - {0}, default=0)]) / 2**20
    what = f"{n_judgments} judgments, {CONCURRENCY} at once, answers in {delay:g} s"
    return [
        Row(f"{what}: first request to last answer", _seconds(calls, ideal), f"{at_most:.2f} x"),
        Row(f"{what}: whole process", _seconds(wall, ideal), ""),
        Row("... memory grown from a quarter of the answers to the end", f"{grown:.0f} MiB", "flat"),
        Row("... second run", f"{again:.1f} s, {n_more} calls", "5 s, 0 calls"),
    ]


def _seconds(found: float, ideal: float) -> str:
    return f"{found:.1f} s ({found / ideal:.2f} x {ideal:.1f} s)"


def kills(judging: Judging, n_kills: int, seed: int = 0) -> list[Row]:
    """Kill the job at random moments while the server fails, then let it end."""
    draw, log, waits = random.Random(seed), judging.folder / "kills.log", []
    moments = sorted(draw.randrange(1, judging.n_judgments - CONCURRENCY) for _ in range(n_kills))
    with faulty_server(judging.folder / "whole.log") as address:
        judging.finish(judging.start(address, "whole"))
    with faulty_server(log, delay=0.2, seed=seed, **FAULTS) as address:
        for moment in [*moments, None]:
            before, started = len(lines(log)), time.time()
            process = judging.start(address, "kills")
            while process.poll() is None and (moment is None or len(answered(log)) < moment):
                time.sleep(0.02)
            if moment is not None:
                process.kill()
            process.communicate()
            new = [seconds for seconds, event, _ in lines(log)[before:] if event == "arrived"]
            if new and before:
                waits.append(new[0] - started)
    counts = answered(log)
    same = (judging.folder / "kills.parquet").read_bytes() == (judging.folder / "whole.parquet").read_bytes()
    twice, allowed = counts.total() - len(counts), n_kills * CONCURRENCY
    title = f"{judging.n_judgments} judgments, 35 % faults, {n_kills} kills"
    return [
        Row(f"{title}: table equals the uninterrupted one", "yes" if same else "NO", "yes"),
        Row("... requests answered; answered twice", f"{len(counts)}; {twice}", f"at most {allowed} twice"),
        Row("... first new request after a kill, longest", f"{max(waits):.1f} s", "10 s"),
    ]


def measure(n_judgments: int, n_kills: int, delays: list[float]) -> list[Row]:
    """All rows."""
    asked = {0.2: 1.8, 1.0: 1.1}
    with tempfile.TemporaryDirectory(prefix="skillift-api-") as folder:
        judging = Judging(Path(folder), n_judgments)
        rows = [row for delay in delays for row in throughput(judging, delay, asked.get(delay, 1.8))]
        return rows + (kills(judging, n_kills) if n_kills else [])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--judgments", type=int, default=2800)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--delays", type=float, nargs="*", default=[0.2, 1.0], help="seconds of an answer")
    options = parser.parse_args()
    for row in measure(options.judgments, options.kills, options.delays):
        print(f"{row.measure:90} {row.found:32} asked: {row.asked}", flush=True)
    print(f"load average: {os.getloadavg()}")


if __name__ == "__main__":
    main()
