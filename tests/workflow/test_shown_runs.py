"""Every command that README and pages show is run: here as it stands there, or by a test that is named here.

What stands there as the reader's study is the finished smoke study, or the one of the README's own tasks.
Targets of make are run as make would run them, but for setting up.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from preloaded import program
from projects import ROOT, copy_finished, copy_project, replace_in
from shown_commands import pages, shown

# tests by module below tests/ and name without `test_`: how the commands begin that each of them runs
ELSEWHERE = {
    "integration/test_smoke_study::every_figure_and_table_is_published": ["make demo"],
    "unit/repository/test_setup::an_environment_is_made_once_and_follows_its_pins": ["make setup"],
    "integration/test_own_study::the_template_runs_on_a_users_model_and_tasks": [
        "make study STUDY=studies/mine.yaml"
    ],
    "workflow/test_access::the_reference_study_is_planned_whole_and_its_start_lists_what_it_lacks": [
        "make study STUDY=studies/paper.yaml"
    ],
    "integration/test_trial::a_trial_of_the_smoke_study_runs_whole_and_leaves_the_study_alone": ["make try"],
    "commands/test_second_opinion::it_writes_both_intervals_as_table_csv_and_page": ["make second-opinion"],
    "commands/test_compare_studies::studies_of_the_same_tasks_are_subtracted_task_by_task": ["make compare"],
    "commands/test_plan::the_page_shows_what_its_command_prints": [
        "python workflow_scripts/study/plan.py --study"
    ],
    "commands/test_estimate_costs::the_pages_tables_are_what_its_commands_print": [
        "python workflow_scripts/costs/estimate_costs.py --judgments"
    ],
    "integration/test_slurm::the_results_are_those_of_a_local_run": [
        "python workflow_scripts/study/run_study.py --study studies/mine.yaml --workflow-profile"
    ],
    "unit/task_imports/test_task_imports::gsm8k_rows_become_tasks_with_their_work_as_worked_solution": [
        "python workflow_scripts/tasks/import_tasks.py --from jsonl"
    ],
    "unit/task_imports/test_task_imports::"
    "reasoning_gyms_generators_with_a_procedure_are_taken_or_refused_as_the_docs_say": [
        "make generators",
        "python workflow_scripts/tasks/import_tasks.py --from reasoning-gym",
    ],
}
# the tests themselves, an editor, the shell's own, and other harnesses (tests/logs/make_logs.sh calls these)
NOT_RUN = ("make test", "nano ", "export ", "lm_eval run", "lighteval accelerate", "inspect eval")
OWN_TASKS = ("cp studies/template.yaml", "snakemake -n --config study=studies/mine.yaml")
PLANNED = "snakemake --cores 2 results/mine/discrimination"
FILE = re.compile(r"`(my/[\w.]+)`[^`]*(?:`[^`]+`[^`]*)*?\n\n```\w+\n(.*?)```\n", re.DOTALL)


def every_command() -> list[str]:
    """All that pages show in blocks, and the README's table of targets of make, each once and in order."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    of_table = [
        row.replace("...", "studies/mine.yaml") for row in re.findall(r"(?m)^\| `(make [^`]+)` \|", readme)
    ]
    blocks = [shlex.join(words).replace(".venv/bin/", "", 1) for _, words in shown(pages(ROOT))]
    return list(dict.fromkeys([*of_table, *blocks]))


def run_here() -> list[str]:
    others = (*(start for starts in ELSEWHERE.values() for start in starts), *NOT_RUN, *OWN_TASKS, PLANNED)
    return [command for command in every_command() if not command.startswith(others)]


def told_after(command: str) -> list[str]:
    """The estimates of logs that the tutorial tells behind a command, up to its next one."""
    page = (ROOT / "docs/tutorial/own-logs.md").read_text(encoding="utf-8")
    page = re.sub(r"\\\n *", "", page)
    _, there, rest = page.partition(f"{command}\n```\n")
    return re.findall(r"[+−]?\d+\.\d(?= pp| to| %)", rest.partition("```")[0]) if there else []


def run(folder: Path, command: str, **environment: str) -> subprocess.CompletedProcess:
    """Run one command in a project; what Python does in a fork of a process that has imported Snakemake."""
    words = shlex.split(command)
    # a make that runs the tests hands its own options down, which print more than the commands
    env = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    env |= environment
    if words[0] == "make":
        expanded = ["make", "-n", "-o", "setup", *words[1:]]
        said = subprocess.run(
            expanded, cwd=folder, env=env, capture_output=True, text=True, check=True
        ).stdout
        assert said.count("python ") == 1, said
        words = shlex.split(said[said.index("python ") :].replace("\\\n", " "))
    if words[0] not in ("python", "snakemake"):
        return subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=False)
    called = ("-m", *words) if words[0] == "snakemake" else (folder / words[1], *words[2:])
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    return program(folder, *called, env=env, together=True)


@pytest.fixture(scope="module")
def project(finished_smoke, tmp_path_factory) -> Path:
    """The finished smoke study as the reader's, and logs where the pages have theirs."""
    folder = tmp_path_factory.mktemp("shown") / "project"
    copy_finished(finished_smoke, folder)
    shutil.copy2(ROOT / "Makefile", folder)
    shutil.copytree(ROOT / "tests/logs", folder / "tests/logs")
    (folder / "results/embedded").symlink_to("smoke")
    for name, phase in (("base", "before"), ("sft", "after")):
        shutil.copytree(folder / f"tests/logs/lm_eval/{phase}", folder / f"logs/{name}")
        for path in (folder / f"logs/{name}").glob("samples_skills_*.jsonl"):
            path.write_text(path.read_text("utf-8").replace('"skill"', '"subject"'), encoding="utf-8")
    return folder


@pytest.fixture
def mine(project) -> Path:
    """The reader's study as each command finds it."""
    return Path(shutil.copy2(project / "studies/smoke.yaml", project / "studies/mine.yaml"))


def test_every_command_is_run_by_a_test():
    commands = every_command()
    assert len(run_here()) > 12
    for name, starts in ELSEWHERE.items():
        module, _, test = name.partition("::")
        assert f"\ndef test_{test}(" in (ROOT / f"tests/{module}.py").read_text("utf-8"), name
        missing = [start for start in starts if not any(command.startswith(start) for command in commands)]
        assert missing == [], "no page shows it any more"


@pytest.mark.slow
@pytest.mark.parametrize("command", run_here())
def test_what_is_shown_runs(project, mine, command):
    done = run(project, command, STUDY="studies/smoke.yaml")
    assert done.returncode == 0, done.stdout
    assert "Traceback" not in done.stdout
    assert [number for number in told_after(command) if number not in done.stdout] == []


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "docs/tutorial/own-tasks.md"])
def test_own_tasks_as_they_stand_on_a_page_pass_every_check(finished_smoke, tmp_path, page):
    folder = copy_project(tmp_path / "project")
    files = dict(FILE.findall((ROOT / page).read_text(encoding="utf-8")))
    assert set(files) == {"my/skills.yaml", "my/tasks.jsonl"}
    shutil.copytree(finished_smoke / "results/smoke/students/s/model", folder / "my/model")
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    copy, plan = (next(each for each in every_command() if each.startswith(start)) for start in OWN_TASKS)
    assert run(folder, copy).returncode == 0
    replace_in(folder / "studies/mine.yaml", "rows: 200", "rows: 1")  # as the page says
    done = run(folder, plan)
    assert done.returncode == 0, done.stdout
    assert "write_findings" in done.stdout


@pytest.mark.slow
def test_what_a_student_prefers_is_asked_by_the_file_that_the_page_names(project, mine):
    (shown_there,) = [command for command in every_command() if command.startswith(PLANNED)]
    replace_in(mine, "analysis: {", "analysis: {forecast: {suite: dev}, ")
    done = run(project, f"{shown_there.replace('/mine/', '/smoke/').replace('small', 's')} -n")
    assert done.returncode == 0, done.stdout
    assert "rule discriminate:" in done.stdout
