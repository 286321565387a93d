"""The study, where its files stand, wildcard constraints and the final targets."""

import gc
import json
import os
import re
import shlex
import sys
from pathlib import Path

from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

# plans of many jobs are large, long-lived and free of cycles
gc.set_threshold(100_000, 50, 50)

SCRIPTS = Path(workflow.basedir) / "workflow_scripts"
sys.path.insert(0, str(SCRIPTS))

from skillift.card_specs import dataset_card_spec, model_card_spec
from skillift.chat_options import api_options
from skillift.engine_options import engine_options
from skillift.errors import UserError
from skillift.job_sizes import (
    grown,
    local_gpus,
    model_minutes,
    serving_mb,
    training_mb,
)
from skillift.left_jobs import end_left_jobs
from skillift.lifeline import this_process
from skillift.needs import missing
from skillift.prediction_declarations import declared, predictions_spec
from skillift.provenance import canonical, code_digest
from skillift.publication import (
    ANALYSIS,
    BESIDE_FINDINGS,
    FIGURES,
    FINDINGS,
    OPTIONAL,
    TABLES,
    extent,
    figures_for,
    parts_of,
    tables_for,
)
from skillift.rebuild.code_notes import note_code
from skillift.registration import note_predictions, results_exist
from skillift.study import BASE, load_config, load_study
from skillift.study_lock import lock_study
from skillift.training_options import training_flags

try:
    CONFIG = load_config(config)
    STUDY = load_study(CONFIG["study"])
    API_OPTIONS = " ".join(api_options(CONFIG["api"]))
except UserError as error:
    raise WorkflowError(str(error)) from None

RESULTS = f"{CONFIG['results']}/{STUDY.name}"
STATE = f"{CONFIG['state']}/{STUDY.name}"
LOGS = f"{RESULTS}/logs"
BENCHMARKS = f"{RESULTS}/benchmarks"
LOSS_LOG = f"{RESULTS}/runs/{{student}}/{{run}}/log.parquet"
VERDICTS = f"{RESULTS}/verdicts"
PROMPTS = "workflow_scripts/prompts"
BROWSER = "workflow_scripts/browser"
PAGES = "workflow_scripts/pages"
ENVIRONMENT = "../envs/cpu.yaml"

# What commands need besides their files and settings: where they stand, and how they are run. None of it
# can change a result, so it reaches them by the environment, which Snakemake does not track.
HOW_TO_RUN = {
    "SCRIPTS": SCRIPTS,
    "STATE": STATE,
    "RUN_BY": this_process(),
    "ENGINE_OPTIONS": " ".join(engine_options(CONFIG["engine"])),  # used without quotes
    "API_OPTIONS": API_OPTIONS,  # used without quotes
    "TRAINING_OPTIONS": " ".join(training_flags(CONFIG["training"], STUDY.name)),  # too
    "HUB_OFFLINE": os.environ.get(
        "HF_HUB_OFFLINE", 0
    ),  # for the download, which alone may go to the hub
    "HF_HUB_OFFLINE": 1,
    "HUB_OWNER": CONFIG["hub"]["owner"] or "",
    "LITELLM_LOCAL_MODEL_COST_MAP": True,
    "TOKENIZERS_PARALLELISM": False,
}
shell.prefix(
    f"export {' '.join(f'{name}={shlex.quote(str(value))}' for name, value in HOW_TO_RUN.items())} "
    "POLARS_MAX_THREADS=$OMP_NUM_THREADS RAYON_NUM_THREADS=$OMP_NUM_THREADS; "  # set from `threads`
)


def one_of(names):
    """A regular expression that matches exactly one of `names` (nothing where there are none)."""
    return "|".join(re.escape(name) for name in sorted(names)) or "(?!)"


# short, as Snakemake looks for wildcards in the text of each constraint, once for each file
TRAINED_RUN = rf"(?:{one_of({run.recipe for run in STUDY.trained_runs})})-s\d+"


wildcard_constraints:
    student=one_of(STUDY.evaluated),
    run=rf"{BASE}|{TRAINED_RUN}",
    judge=one_of(STUDY.judges),
    corpus=one_of(STUDY.corpora),


def model_inputs(wildcards):
    """The base model, and for a trained run its checkpoints; folders stand behind their manifests."""
    base = f"{RESULTS}/students/{wildcards.student}"
    inputs = {"manifest": f"{base}/manifest.json", "model": ancient(f"{base}/model")}
    if wildcards.run != "base":
        trained = f"{RESULTS}/runs/{wildcards.student}/{wildcards.run}"
        inputs |= {
            "run_manifest": f"{trained}/manifest.json",
            "checkpoints": ancient(f"{trained}/checkpoints"),
            "probes": f"{trained}/probes.parquet",
            "trained_tokens": f"{trained}/trained_tokens.parquet",
        }
    return inputs


def model_options(wildcards):
    """The same folders as options of the command."""
    files = model_inputs(wildcards)
    options = f"--model {files['model']}"
    if "checkpoints" in files:
        options += (
            f" --checkpoints {files['checkpoints']} --manifest {files['run_manifest']}"
        )
        options += f" --probes {files['probes']}"
    return options


def as_options(files):
    """Files by name as options of a command: `--task-template <path>` for `task_template`."""
    return " ".join(
        f"--{name.replace('_', '-')} {path}" for name, path in files.items()
    )


def teacher_files():
    """What a teacher behind an API is asked with; nothing for other teachers."""
    template = STUDY.teacher_template
    return {"teacher_template": f"{PROMPTS}/{template}"} if template else {}


def prompt_files(wildcards):
    """What a corpus's prompts are written anew from; nothing where it keeps those of its demonstrations."""
    if STUDY.demonstrated_as_is(wildcards.corpus):
        return {}
    return {
        "skills": f"{RESULTS}/skills.parquet",
        "task_template": f"{PROMPTS}/task.jinja",
    }


def gate(wildcards):
    """The check that a run was asked what the study says, of what was trained; nothing for an API's models."""
    if wildcards.student in STUDY.students_from("api"):
        return []
    run = STUDY.run(wildcards.student, wildcards.run)
    checks = f"{RESULTS}/checks/served/{{student}}/{{run}}.parquet"
    return [ancient(path) for path in per_run(checks, [run])]


def scored_probes(wildcards):
    """What the trainer has scored for the engine to score again; nothing for a run that was not trained."""
    inputs = model_inputs(wildcards)
    return {"probes": inputs["probes"]} if "probes" in inputs else {}


def per_run(pattern, runs=None):
    """`pattern` (with {student} and {run}) for each run of the study, or of `runs`."""
    return [
        pattern.format(student=run.student, run=run.run)
        for run in (STUDY.runs if runs is None else runs)
    ]


def labelled(option, pattern, runs=None, prefix=""):
    """`--option <prefix>student/run=path` for each run: how a command is told which file is whose."""
    runs = STUDY.runs if runs is None else runs
    return " ".join(
        f"--{option} {prefix}{run.student}/{run.run}={pattern.format(student=run.student, run=run.run)}"
        for run in sorted(runs)
    )


def verdict_files():
    """The verdicts of every judge on every run."""
    return [
        path
        for judge in STUDY.judges
        for path in per_run(f"{VERDICTS}/{judge}/{{student}}/{{run}}.parquet")
    ]


def verdict_options():
    """The same as options of the command: `--verdicts judge/student/run=path`."""
    return " ".join(
        labelled(
            "verdicts",
            f"{VERDICTS}/{judge}/{{student}}/{{run}}.parquet",
            prefix=f"{judge}/",
        )
        for judge in STUDY.judges
    )


def stage_benchmarks():
    """The benchmark files of all jobs up to the analysis, as last run."""
    files = [f"{BENCHMARKS}/{stage}.tsv" for stage in once_in_a_study()]
    for rule_name, names in {
        "pretrain": STUDY.students_from("scratch"),
        "import_student": STUDY.students_from("path"),
        "download_student": STUDY.students_from("hub"),
        "select_corpus": STUDY.corpora,
        "certify_judge": STUDY.judges,
    }.items():
        files += [f"{BENCHMARKS}/{rule_name}/{name}.tsv" for name in names]
    asked = set(STUDY.students_from("api"))
    for rule_name, runs in {
        "train": STUDY.trained_runs,
        "generate": [run for run in STUDY.runs if run.student not in asked],
        "ask_reference": [run for run in STUDY.runs if run.student in asked],
    }.items():
        job = f"{BENCHMARKS}/{rule_name}/{{student}}/{{run}}"
        shards = range(STUDY.shards if rule_name == "generate" else 1)
        parts = [f"{job}/{shard}.tsv" for shard in shards]
        for pattern in parts if len(parts) > 1 else [f"{job}.tsv"]:
            files += per_run(pattern, runs)
    for judge in STUDY.judges:
        files += per_run(f"{BENCHMARKS}/judge/{judge}/{{student}}/{{run}}.tsv")
    return files


def once_in_a_study():
    """The rules with one job for the whole study."""
    rules_of_one_job = ["build_tasks", "score", "analyse", "rate_judges"]
    if STUDY.students_from("scratch"):
        rules_of_one_job.append("build_tokenizer")
    if STUDY.corpora:
        rules_of_one_job += ["check_contamination", "collect_demonstrations"]
    return rules_of_one_job


def paid_files():
    """The tables that record what calls cost, by stage."""
    demonstrations = [f"{RESULTS}/corpus/demonstrations.parquet"]
    return {
        "collect_demonstrations": demonstrations if STUDY.corpora else [],
        "judge": verdict_files(),
        "certify_judge": [
            f"{RESULTS}/certification/{judge}.parquet" for judge in STUDY.judges
        ],
    }


# of which figures and published tables take one of each run, and of which runs
RUN_TABLES = {
    "log": (LOSS_LOG, STUDY.trained_runs),
    "parity": (
        f"{RESULTS}/parity/{{student}}/{{run}}.parquet",
        [run for run in STUDY.runs if run.student in STUDY.students],
    ),
}


def source_files(names):
    """The tables that a figure or published table is made from, by their names in its registry."""
    special = {
        "log": per_run(*RUN_TABLES["log"]),
        "parity": per_run(*RUN_TABLES["parity"]),
        "costs": f"{RESULTS}/costs.parquet",
    }
    return {
        name: special.get(name, f"{RESULTS}/analysis/{name}.parquet")
        for name in names
        if name not in OPTIONAL or STUDY.data[name]
    }


def source_options(names):
    """The same as options of the command."""
    return " ".join(
        (
            labelled(name, *RUN_TABLES[name])
            if name in RUN_TABLES
            else f"--{name.replace('_', '-')} {path}"
        )
        for name, path in source_files(names).items()
    )


def published_figures():
    return figures_for(extent(STUDY))


def shown_figures():
    """The figures that stand beside the findings."""
    return [name for name in published_figures() if name in BESIDE_FINDINGS]


def published_tables():
    return tables_for(extent(STUDY))


def final_targets():
    """Everything that a study publishes."""
    return [
        *expand(f"{RESULTS}/figures/{{figure}}.svg", figure=published_figures()),
        *expand(f"{RESULTS}/tables/{{table}}.html", table=published_tables()),
        f"{RESULTS}/findings.html",
        f"{RESULTS}/episodes.html",
        *per_run(f"{RESULTS}/cards/{{student}}/{{run}}.md", STUDY.trained_runs),
        *expand(f"{RESULTS}/cards/corpora/{{corpus}}.md", corpus=STUDY.corpora),
    ]


def claim_study():
    """Be the only Snakemake at work on the study, until this process ends; end what a killed one has left."""
    global STUDY_LOCK
    default = load_configfile("config.yaml")["study"]
    try:
        STUDY_LOCK = lock_study(STATE)
        left = end_left_jobs(Path.cwd(), CONFIG["study"], default)
    except UserError as error:
        raise WorkflowError(str(error)) from None
    if left:
        logger.warning(f"Cancelled jobs of an earlier Snakemake: {', '.join(left)}.")


def register_predictions():
    """Note the study's predictions before the first job, with whether answers exist."""
    history = f"{STATE}/predictions.jsonl"
    try:
        note_predictions(declared(STUDY), history, results_exist(RESULTS))
    except UserError as error:
        raise WorkflowError(str(error)) from None


def check_needs(jobs):
    """End before the first job where planned jobs need a key, a server or a model that cannot be had."""
    problems = missing(STUDY, [(job.rule.name, job.wildcards_dict) for job in jobs])
    if problems:
        mend = "Where all answers are kept from an earlier run, --no-hooks leaves this check out."
        raise WorkflowError("\n".join(["The study needs:", *problems, mend]))
