"""What jobs ask of the machine that runs them, and which of them do not go to a cluster by themselves.

Nothing here is tracked: an edit reruns nothing. A profile's `set-resources` go before it.
"""

import json

from skillift.running.import_sizes import importing_mb
from skillift.running.job_sizes import (
    Shape,
    TrainingJob,
    beside_a_gpu_mb,
    corpus_size,
    scaled_for_retry,
    local_gpus,
    model_minutes,
    serving_mb,
)
from skillift.processes.memory import memory
from skillift.study.objectives import objective

GPUS = local_gpus()  # of each job that loads a student, where the profile does not say

# On one machine, jobs start together only where it has memory for them all. One that asks for more than there is
# is given what there is, and so runs alone. Somebody's own `--resources mem_mb=` goes before.
LOCAL = (
    workflow.is_main_process and workflow.resource_settings.nodes is None
)  # else --jobs of a cluster
if LOCAL and "mem_mb" not in workflow.global_resources:
    workflow.register_resource("mem_mb", memory().available // 10**6)


def has_gpu(name):
    """Whether such jobs have an accelerator, of this machine or of the partition that the profile names."""
    return GPUS or "gpu" in workflow.resource_settings.overwrite_resources.get(name, {})


def parameter_count(input):
    """Parameters of a job's student. Before its manifest is there, Snakemake shows <TBD>."""
    with open(input.manifest, encoding="utf-8") as manifest:
        return json.load(manifest)["parameter_count"]


def answering_parameters(input):
    """Parameters of all models that a job answers with: of an emulated run three."""
    small = getattr(input, "small_manifest", None)
    with open(small or input.manifest, encoding="utf-8") as manifest:
        further = 2 * json.load(manifest)["parameter_count"] if small else 0
    return parameter_count(input) + further


def training_job(wildcards, input):
    """What a training's memory and time follow from. Before its files are there, Snakemake shows <TBD>."""
    recipe = STUDY.data["recipes"][STUDY.run(wildcards.student, wildcards.run).recipe]
    how = CONFIG["training"]
    shape = Shape.read(input.model, parameter_count(input))
    return TrainingJob(
        shape=shape,
        trainable=recipe["trainable"],
        precision=STUDY.data["inference"]["precision"],
        batch_size=recipe["batch_size"],
        corpus=trained_size(input, recipe, shape.vocabulary),
        epochs=recipe.get("epochs"),
        steps=recipe.get("max_steps"),
        processes=how["processes"] if how["processes"] != "auto" else 1,
        device_batch_size=how["device_batch_size"],
        checkpointing=how["gradient_checkpointing"] is True,
        reference="beta" in recipe,
    )


def trained_size(input, recipe, vocabulary):
    """The size of a corpus, or of the answers that a student gives to its tasks in training."""
    size = corpus_size(input.corpus, vocabulary)
    if objective(recipe["objective"]).scores_answers:
        return size.answered(recipe["generations"], recipe["max_tokens"])
    return size


def training_memory(wildcards, input, attempt):
    if has_gpu("train"):
        return scaled_for_retry(beside_a_gpu_mb(parameter_count(input)), attempt)
    return scaled_for_retry(training_job(wildcards, input).memory_mb, attempt)


def training_runtime(wildcards, input, threads, attempt):
    if has_gpu("train"):
        return scaled_for_retry(model_minutes(parameter_count(input)), attempt)
    return scaled_for_retry(training_job(wildcards, input).minutes(threads), attempt)


def serving_memory(wildcards, input, attempt):
    parameters, how = answering_parameters(input), CONFIG["engine"]
    if has_gpu("generate"):
        return scaled_for_retry(
            how["data_parallel"] * beside_a_gpu_mb(parameters), attempt
        )
    precision = STUDY.data["inference"]["precision"]
    needed = serving_mb(
        parameters, how["kv_cache_gib"], precision, how["data_parallel"]
    )
    return scaled_for_retry(needed, attempt)


def importing_memory(wildcards, attempt):
    """What the hub or an index is yet to be asked for is guessed, and doubled at a retry."""
    needed = importing_mb(STUDY, wildcards.student, Path(STATE))
    return scaled_for_retry(needed, attempt)


def model_runtime(wildcards, input, attempt):
    return scaled_for_retry(model_minutes(parameter_count(input)), attempt)


def api_runtime(wildcards, attempt):
    """Providers may take a day over a batch; the job waits for it."""
    waiting = CONFIG["api"]["batch_wait_h"] if CONFIG["api"]["batch"] else 0
    return scaled_for_retry(240, attempt) + round(60 * waiting)


def runs_locally(name):
    """Whether jobs of that name run where Snakemake runs: unless the profile names a partition for them.

    For jobs that call models behind an API, as a cluster's nodes may have no network, and for those of a
    second.
    """
    named = workflow.resource_settings.overwrite_resources.get(name, {})
    return "slurm_partition" not in named
