"""The study, where its files stand, wildcard constraints and the final targets."""

import os
import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

SCRIPTS = Path(workflow.basedir) / "workflow_scripts"
sys.path.insert(0, str(SCRIPTS))

from skillift.errors import UserError
from skillift.figures import FIGURES
from skillift.provenance import canonical, code_digest
from skillift.result_tables import TABLES
from skillift.study import load_config, load_study

try:
    CONFIG = load_config(config)
    STUDY = load_study(CONFIG["study"])
except UserError as error:
    raise WorkflowError(str(error)) from None

RESULTS = f"{CONFIG['results']}/{STUDY.name}"
STATE = f"{CONFIG['state']}/{STUDY.name}"
LOGS = f"{RESULTS}/logs"
BENCHMARKS = f"{RESULTS}/benchmarks"
PROMPTS = "workflow_scripts/prompts"
ENVIRONMENT = "../envs/cpu.yaml"

# Commands find the library and each other here; libraries keep to Snakemake's `threads`
# (which sets OMP_NUM_THREADS itself) and to this machine.
shell.prefix(
    f'export SCRIPTS="{SCRIPTS}" POLARS_MAX_THREADS="$OMP_NUM_THREADS" RAYON_NUM_THREADS="$OMP_NUM_THREADS" '
    "TOKENIZERS_PARALLELISM=false LITELLM_LOCAL_MODEL_COST_MAP=True HF_HUB_OFFLINE=1; "
)


def one_of(names):
    """A regular expression that matches exactly one of `names` (nothing where there are none)."""
    return "|".join(re.escape(name) for name in sorted(names)) or "(?!)"


wildcard_constraints:
    student=one_of(STUDY.evaluated),
    run=one_of({run.run for run in STUDY.runs}),
    judge=one_of(STUDY.judges),
    corpus=one_of(STUDY.corpora),
    figure=one_of(FIGURES),
    table=one_of(TABLES),


def per_run(pattern, runs=None):
    """`pattern` (with {student} and {run}) for each run of the study, or of `runs`."""
    return [pattern.format(student=run.student, run=run.run) for run in (STUDY.runs if runs is None else runs)]


def labelled(option, pattern, runs=None, prefix=""):
    """`--option <prefix>student/run=path` for each run: how a command is told which file is whose."""
    runs = STUDY.runs if runs is None else runs
    return " ".join(
        f"--{option} {prefix}{run.student}/{run.run}={pattern.format(student=run.student, run=run.run)}"
        for run in runs
    )


def final_targets():
    """Everything that a study publishes."""
    return [
        *expand(f"{RESULTS}/figures/{{figure}}.svg", figure=FIGURES),
        *expand(f"{RESULTS}/tables/{{table}}.html", table=TABLES),
    ]
