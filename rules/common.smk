"""The study, where its files stand, how commands are run, and wildcard constraints."""

import gc
import os
import re
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

SCRIPTS = Path(workflow.basedir) / "workflow_scripts"
sys.path.insert(0, str(SCRIPTS))

from skillift.chat.batches.providers import provider_modules
from skillift.chat.client_options import client_words
from skillift.errors import UserError
from skillift.processes.parent_watchdog import this_process
from skillift.preflight.mistakes import checked_study, warnings
from skillift.provenance import canonical, code_digest
from skillift.settings.config import Config
from skillift.settings.command_options import words
from skillift.study.places import found_study
from skillift.study.study import BASE, load_config, load_study
from snakemake_inside.cached_planning import cache_planning
from snakemake_inside.version import warn_if_untested

warn_if_untested(workflow)


def refuse(error):
    """End before any job, with what is wrong alone: to an error Snakemake would add where it was raised."""
    lines = str(error).splitlines()
    number = sum(not line.startswith(" ") for line in lines)  # others go on with one
    if number > 1 and not lines[0].endswith(":"):
        lines.insert(0, f"{number} mistakes, found before the first job:")
    logger.error("\n".join([f"error: {lines[0]}", *lines[1:]]))
    sys.exit(1)


# plans of many jobs are large, long-lived and free of cycles
gc.set_threshold(100_000, 50, 50)
cache_planning(workflow)

try:
    CONFIG = load_config(config, str(CONFIG_FILE))
    CONFIG["study"] = found_study(CONFIG["study"], Path.cwd(), workflow.basedir)
    # jobs read what the main process has checked
    STUDY = (
        checked_study(CONFIG["study"], CONFIG)
        if workflow.is_main_process
        else load_study(CONFIG["study"])
    )
    HOW = Config(**CONFIG)
    API_OPTIONS = " ".join(client_words(HOW.api, STUDY.declared.judging))
except UserError as error:
    refuse(error)
if workflow.is_main_process:
    for text in warnings(STUDY, CONFIG):
        logger.warning(text)

RESULTS = Path(CONFIG["results"], STUDY.name).as_posix()
STATE = Path(CONFIG["state"], STUDY.name).as_posix()
LOGS = f"{RESULTS}/logs"
BENCHMARKS = f"{RESULTS}/benchmarks"
EPISODES = f"{RESULTS}/episodes/{{student}}/{{run}}.parquet"
INTERVENED = f"{RESULTS}/interventions/{{student}}/{{run}}.parquet"
PARAPHRASES = f"{RESULTS}/paraphrases/{{student}}/{{run}}.parquet"
LOSS_LOG = f"{RESULTS}/runs/{{student}}/{{run}}/log.parquet"
VERDICTS = f"{RESULTS}/verdicts/{{judge}}/{{student}}/{{run}}.parquet"
CERTIFICATION = f"{RESULTS}/certification/{{judge}}.parquet"
DEMONSTRATIONS = f"{RESULTS}/corpus/demonstrations.parquet"
# as seen from where Snakemake works: mostly `workflow_scripts/assets`
ASSETS = Path(os.path.relpath(SCRIPTS / "assets")).as_posix()
PROMPTS = f"{ASSETS}/prompts"
BROWSER = f"{ASSETS}/browser"
PAGES = f"{ASSETS}/pages"
CAPTIONS, CITATION = (
    Path(os.path.relpath(Path(workflow.basedir, part))).as_posix()
    for part in ("rules/captions", "CITATION.cff")
)
ENVIRONMENT = "../envs/cpu.yaml"

# What commands need besides their files and settings: where they stand, and how they are run. None of it
# can change a result, so it reaches them by the environment, which Snakemake does not track.
HOW_TO_RUN = {
    "SCRIPTS": SCRIPTS,
    "STATE": STATE,
    "RUN_BY": this_process(),
    "IMPORT_UNCOLLECTED": 1,
    "ENGINE_OPTIONS": " ".join(words(HOW.engine)),  # used without quotes
    "API_OPTIONS": API_OPTIONS,  # used without quotes
    "TRAINING_OPTIONS": " ".join(
        ["--project", STUDY.name, *words(HOW.training)]
    ),  # too
    "HUB_OFFLINE": os.environ.get(
        "HF_HUB_OFFLINE", 0
    ),  # for the download, which alone may go to the hub
    "HF_HUB_OFFLINE": 1,
    "STUDY_ENGINE": STUDY.data["inference"]["engine"],
    "HUB_OWNER": CONFIG["hub"]["owner"] or "",
    "LITELLM_LOCAL_MODEL_COST_MAP": True,
    "TOKENIZERS_PARALLELISM": False,
}


def in_prefix(value):
    """A value as a word of the shell prefix, whose braces Snakemake would take for placeholders."""
    return shlex.quote(str(value)).replace("{", "{{").replace("}", "}}")


# Jobs run by the Python that runs Snakemake, whether its environment is activated or not; in an environment or
# a container that Snakemake deploys, by that one's. Where a signal ends it, it can say nothing itself.
PYTHON = (
    "command python"
    if workflow.deployment_settings.deployment_method
    else in_prefix(sys.executable)
)
RUN_PYTHON = (
    f'python() {{{{ local status=0; {PYTHON} "$@" || status=$?; if [ $status -gt 128 ]; then '
    f'{PYTHON} "$SCRIPTS/processes/explain_kill.py" $status "$1"; fi; return $status; }}}}; '
)
shell.prefix(
    RUN_PYTHON
    + f"export {' '.join(f'{name}={in_prefix(value)}' for name, value in HOW_TO_RUN.items())} "
    "POLARS_MAX_THREADS=$OMP_NUM_THREADS RAYON_NUM_THREADS=$OMP_NUM_THREADS; "  # set from `threads`
)


def one_of(names):
    """A regular expression that matches exactly one of `names` (nothing where there are none)."""
    return "|".join(re.escape(name) for name in sorted(names)) or "(?!)"


# short, as Snakemake looks for wildcards in the text of each constraint, once for each file
TRAINED_RUN = rf"(?:{one_of({run.recipe for run in STUDY.trained_runs})})-s\d+"
RECIPE_RUN = rf"(?:{one_of({run.recipe for run in STUDY.runs if run.recipe})})-s\d+"


wildcard_constraints:
    student=one_of(STUDY.evaluated),
    run=rf"{BASE}|{RECIPE_RUN}",
    judge=one_of(STUDY.judges),
    corpus=one_of(STUDY.corpora),
    suite=one_of(STUDY.built_suites),


def per_run(pattern, runs=None):
    """`pattern` (with {student} and {run}) for each run of the study, or of `runs`."""
    return [
        pattern.format(student=run.student, run=run.run)
        for run in (STUDY.runs if runs is None else runs)
    ]


def verbatim(text):
    """A param with its braces kept: Snakemake fills in wildcards in texts, not in what functions return."""
    return lambda wildcards: text


def asking_code(command, *entries):
    """The digest of a command that asks the models of these entries of the study, if they are models."""
    models = [entry.model for entry in entries if hasattr(entry, "model")]
    return code_digest(command, *provider_modules(models))
