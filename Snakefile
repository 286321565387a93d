"""skillift: what did supervised fine-tuning on procedural skills really add?

raw tasks -> corpus -> checkpoints -> episodes -> verdicts -> scores -> effects -> figures -> report

What is studied stands in a study file (`--config study=studies/other.yaml` names another),
how it is run in config.yaml and profiles/. One file of rules for each stage.
"""

from pathlib import Path

import snakemake
from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

min_version("9.27")
if int(snakemake.__version__.split(".")[0]) >= 10:  # Snakemake has no max_version
    raise WorkflowError(
        f"Expecting a Snakemake version below 10 (you are currently using {snakemake.__version__}). "
        "pip install 'snakemake>=9.27,<10'"
    )


# of the folder where Snakemake works; where that has none (`--directory`), the one beside this file
CONFIG_FILE = Path("config.yaml")
if not CONFIG_FILE.exists():
    CONFIG_FILE = Path(workflow.basedir) / "config.yaml"


configfile: CONFIG_FILE


include: "rules/common.smk"  # the study, names of files, wildcard constraints
include: "rules/inputs.smk"  # which files jobs take
include: "rules/targets.smk"  # what is published
include: "rules/start.smk"  # what is done before the first job, and after a failure
include: "rules/resources.smk"  # what jobs ask for: accelerators, memory, time, a network


report: "rules/captions/report.rst"


include: "rules/tasks.smk"  # task pack or own tasks -> skills.parquet, tasks.parquet
include: "rules/students.smk"  # -> students/<student>/
include: "rules/corpus.smk"  # teacher -> demonstrations -> corpora
include: "rules/training.smk"  # recipe, seed -> runs/<student>/<run>/
include: "rules/episodes.smk"  # engine -> episodes/<student>/<run>.parquet
include: "rules/verdicts.smk"  # judges -> verdicts, scoring paths -> scores.parquet
include: "rules/certification.smk"  # judges -> certification/<judge>.parquet, their error rates
include: "rules/ledger.smk"  # -> analysis/look.json: which look at the results this is, and its level
include: "rules/analysis.smk"  # -> analysis/: pass rates, effects, path shift, agreement
include: "rules/costs.smk"  # benchmarks -> costs.parquet: what each stage took
include: "rules/predictions.smk"  # -> analysis/predictions.parquet: what was predicted, what came
include: "rules/publication.smk"  # -> figures/, tables/
include: "rules/cards.smk"  # -> cards/ of checkpoints and corpora; `push`: both to the hub
include: "rules/findings.smk"  # one sentence for each claim -> findings.html
include: "rules/browser.smk"  # all episodes beside each other -> episodes.html
include: "rules/provenance.smk"  # of every job -> manifests/: what made its results


rule all:
    default_target: True
    input:
        final_targets(),


onstart:
    handle_sigterm()
    claim_study()
    check_access(workflow.dag.needrun_jobs())
    check_tasks(workflow.dag.needrun_jobs())
    register_study()
    note_code(f"{STATE}/code")


onerror:
    cancel_orphaned_jobs()
