"""Time plans and audits of studies of many runs, tasks and judges: `python tests/bench/scale.py`.

python tests/bench/scale.py --runs 30 100 1000 10000 --finished

Each study has a smoke study's students, tasks and settings, multiplied; nothing is run. Seconds of CPU and by
the clock and the largest memory are of the whole process, `snakemake --dry-run --quiet rules`. For numbers of
runs, beside it stand the audit and a workflow of as many jobs that is nothing but one file made from another,
which is what Snakemake itself takes. With `--finished`, results are made up and the finished study is planned
and audited, too (made_up_results.py; some 6 minutes and 3 GB of disk for 10,000 runs).
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests/helpers"), str(REPOSITORY / "workflow_scripts")]

import yaml  # noqa: E402
from projects import copy_project  # noqa: E402
from usage import took  # noqa: E402


class Plan(NamedTuple):
    """What a dry run of one study took."""

    study: str
    jobs: int
    cpu_seconds: float
    seconds: float
    memory_mb: float


def made_study(runs: int, judges: int = 2, tasks: int = 1) -> dict:
    """The smoke study with at least `runs` trained runs, `judges` judges and `tasks` times its tasks.

    Runs come from up to 10 students, up to 10 recipes and as many seeds as it takes.
    """
    study = yaml.safe_load((REPOSITORY / "studies/smoke.yaml").read_text(encoding="utf-8"))
    n_students, n_recipes = min(10, max(2, runs // 10)), min(10, max(1, runs // 100))
    seeds = -(-runs // (n_students * n_recipes))
    student, recipe = study["students"]["s"], study["recipes"]["sft"]
    students = [f"s{place}" for place in range(n_students)]
    study["students"] = {
        name: {**student, "label": name, "tier": place + 1} for place, name in enumerate(students)
    }
    names = [f"sft{place}" for place in range(n_recipes)]
    study["recipes"] = dict.fromkeys(names, recipe)
    study["runs"] = [{"recipe": name, "students": students, "seeds": list(range(seeds))} for name in names]
    kinds = ("offline/conclusion", "offline/tail")
    study["judges"] = {
        f"judge{place}": {"model": kinds[place % 2], "max_tokens": 256} for place in range(judges)
    }
    study["primary_judge"] = "judge0"
    study["analysis"]["headline_path"] = "judge:judge0"
    study["tasks"]["pack"]["per_skill"] = {
        name: count * tasks for name, count in study["tasks"]["pack"]["per_skill"].items()
    }
    study["predictions"] = {}
    return study


BARE = """
rule all:
    input: expand("three/{{number}}", number=range({chains}))
rule first:
    output: "one/{{number}}"
    shell: "touch {{output}}"
rule second:
    input: "one/{{number}}"
    output: "two/{{number}}"
    shell: "touch {{output}}"
rule third:
    input: "two/{{number}}"
    output: "three/{{number}}"
    shell: "touch {{output}}"
"""


STUDY = ("--config", "study=studies/made.yaml")
DRY_RUN = ("-m", "snakemake", "--dry-run", "--cores", "1", "--quiet", "rules")


def plan(project: Path, study: dict, name: str) -> Plan:
    """Dry-run a study in a copy of the project."""
    (project / STUDY[1].split("=")[1]).write_text(yaml.safe_dump(study, sort_keys=False), encoding="utf-8")
    return planned(project, name, *DRY_RUN, *STUDY)


def audit(project: Path, name: str) -> Plan:
    """Audit the study that was planned last."""
    return planned(project, f"{name}: the audit", "workflow_scripts/audit/audit.py", *STUDY)


def finish(project: Path) -> None:
    """Make up the results of the study that was planned last."""
    made = Path(__file__).with_name("made_up_results.py")
    subprocess.run([sys.executable, made, *STUDY], cwd=project, check=True, capture_output=True)


def plan_bare(folder: Path, jobs: int) -> Plan:
    """Dry-run that many jobs of a workflow that has nothing but files."""
    folder.mkdir(exist_ok=True)
    (folder / "Snakefile").write_text(BARE.format(chains=jobs // 3), encoding="utf-8")
    return planned(folder, "bare Snakemake", *DRY_RUN)


def planned(folder: Path, name: str, *command: str) -> Plan:
    """Plan the workflow in a folder by a command of Python and measure the process.

    Raises:
        SystemExit: there is no plan.
    """
    log = folder / "plan.log"
    with log.open("w", encoding="utf-8") as stream:
        try:
            found = took([sys.executable, *command], cwd=folder, stdout=stream, stderr=subprocess.STDOUT)
        except subprocess.CalledProcessError as error:
            text = log.read_text(encoding="utf-8")
            raise SystemExit(
                f"{' '.join(command)} ended with status {error.returncode}:\n{text[-3000:]}"
            ) from None
    text = log.read_text(encoding="utf-8")
    total = re.search(r"^(?:total +|Study \S+: )([\d,]+)", text, re.MULTILINE)
    jobs = int(total.group(1).replace(",", "")) if total else 0
    return Plan(name, jobs, found["cpu_seconds"], found["seconds"], found["memory_mb"])


def measure(runs: list[int], tasks: list[int], judges: list[int], finished: bool = False) -> Iterator[Plan]:
    """Plan studies of so many runs; of 30 runs with so many times the tasks, and with so many judges."""
    shapes = [(f"{count} runs", made_study(count)) for count in runs]
    shapes += [(f"30 runs, tasks x{count}", made_study(30, tasks=count)) for count in tasks]
    shapes += [(f"30 runs, {count} judges", made_study(30, judges=count)) for count in judges]
    with tempfile.TemporaryDirectory(prefix="skillift-bench-") as folder:
        project = copy_project(Path(folder, "project"))
        for name, study in shapes:
            found = plan(project, study, name)
            yield found
            if name.endswith("runs"):
                yield audit(project, name)
                yield plan_bare(Path(folder, "bare"), found.jobs)
            if finished and name.endswith("runs"):
                finish(project)
                yield planned(project, f"{name}, finished", *DRY_RUN, *STUDY)
                yield audit(project, f"{name}, finished")
                for made in ("results", ".snakemake"):
                    shutil.rmtree(project / made)


def main() -> None:
    """Measure and print one line a study."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, nargs="*", default=[30, 100, 1000, 10000], help="trained runs")
    parser.add_argument("--tasks", type=int, nargs="*", default=[10, 1000], help="factors of 74 tasks")
    parser.add_argument("--judges", type=int, nargs="*", default=[20, 200], help="numbers of judges")
    parser.add_argument("--finished", action="store_true", help="plan and audit finished studies, too")
    options = parser.parse_args()
    for row in measure(options.runs, options.tasks, options.judges, options.finished):
        each = f" ({1000 * row.cpu_seconds / row.jobs:.1f} ms a job)" if row.jobs else ""
        times = f"{row.cpu_seconds:.1f} s of CPU{each}, {row.seconds:.1f} s by the clock"
        print(f"{row.study}: {row.jobs} jobs, {times}, {row.memory_mb:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
