"""Supervised fine-tuning: one job trains one student by one recipe with one seed."""

from skillift.scorers.registry import modules as scorer_modules
from skillift.study.objectives import objective

# whole models: Snakemake deletes what is temporary once every job that takes it is done
IF_KEPT = (lambda path: path) if CONFIG["keep_checkpoints"] else temp

# of each objective: its module is loaded by name, and so are the scorers of answers that are scored in training
TRAINING_CODE = {
    name: code_digest(
        "training/train.py",
        f"skillift.training.objectives.{name}",
        *(scorer_modules() if objective(name).scores_answers else []),
    )
    for name in {STUDY.objective_of(run.run) for run in STUDY.trained_runs}
}


rule train:
    input:
        unpack(start_files),
        unpack(scored_tasks),
        manifest=f"{RESULTS}/students/{{student}}/manifest.json",
        model=ancient(f"{RESULTS}/students/{{student}}/model"),
        corpus=lambda wildcards: f"{RESULTS}/corpus/{STUDY.corpus_of(wildcards.run)}.parquet",
    output:
        checkpoints=IF_KEPT(
            directory(f"{RESULTS}/runs/{{student}}/{{run}}/checkpoints")
        ),
        log_table=f"{RESULTS}/runs/{{student}}/{{run}}/log.parquet",
        probes=f"{RESULTS}/runs/{{student}}/{{run}}/probes.parquet",
        trained_tokens=f"{RESULTS}/runs/{{student}}/{{run}}/trained_tokens.parquet",
        manifest=f"{RESULTS}/runs/{{student}}/{{run}}/manifest.json",
    log:
        f"{LOGS}/train/{{student}}/{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/train/{{student}}/{{run}}.tsv"
    wildcard_constraints:
        run=TRAINED_RUN,
    conda:
        ENVIRONMENT
    resources:
        gpu=GPUS,
        mem_mb=training_memory,
        runtime=training_runtime,
    params:
        spec=lambda wildcards: canonical(
            STUDY.train_spec(wildcards.student, wildcards.run)
        ),
        code=lambda wildcards: TRAINING_CODE[STUDY.objective_of(wildcards.run)],
        further=lambda wildcards: as_options(
            start_files(wildcards) | scored_tasks(wildcards)
        ),
    shell:
        """
        python "$SCRIPTS/training/train.py" --spec {params.spec:q} --model {input.model:q} \
            --base-manifest {input.manifest:q} {params.further} --corpus {input.corpus:q} \
            --state "$STATE/training/{wildcards.student}/{wildcards.run}" --threads {threads} \
            $TRAINING_OPTIONS --run-name {wildcards.student}/{wildcards.run} \
            --checkpoints {output.checkpoints:q} --log {output.log_table:q} --probes {output.probes:q} \
            --trained-tokens {output.trained_tokens:q} --manifest {output.manifest:q} >{log:q} 2>&1
        """
