"""What jobs ask of the machine that runs them, and which of them do not go to a cluster by themselves.

Nothing here is tracked: an edit reruns nothing. A profile's `set-resources` go before it.
"""

import json

from skillift.running.job_sizes import (
    grown,
    local_gpus,
    model_minutes,
    serving_mb,
    training_mb,
)

GPUS = local_gpus()  # of each job that loads a student, where the profile does not say


def parameter_count(input):
    """Parameters of a job's student. Before its manifest is there, Snakemake shows <TBD>."""
    with open(input.manifest, encoding="utf-8") as manifest:
        return json.load(manifest)["parameter_count"]


def training_memory(wildcards, input, attempt):
    return grown(training_mb(parameter_count(input)), attempt)


def serving_memory(wildcards, input, attempt):
    cache = CONFIG["engine"]["kv_cache_gib"]
    return grown(serving_mb(parameter_count(input), cache), attempt)


def model_runtime(wildcards, input, attempt):
    return grown(model_minutes(parameter_count(input)), attempt)


def api_runtime(wildcards, attempt):
    """Providers may take a day over a batch; the job waits for it."""
    waiting = CONFIG["api"]["batch_wait_h"] if CONFIG["api"]["batch"] else 0
    return grown(240, attempt) + round(60 * waiting)


def stays_here(name):
    """Whether jobs of that name run where Snakemake runs: unless the profile names a partition for them.

    For jobs that call models behind an API, as a cluster's nodes may have no network, and for those of a
    second.
    """
    named = workflow.resource_settings.overwrite_resources.get(name, {})
    return "slurm_partition" not in named
