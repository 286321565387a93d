"""Episodes: one job answers all tasks of all suites under all conditions, at each checkpoint of a run."""


def model_inputs(wildcards):
    """The base model, and for a trained run its checkpoints; folders stand behind their manifests."""
    base = f"{RESULTS}/students/{wildcards.student}"
    inputs = {"manifest": f"{base}/manifest.json", "model": ancient(f"{base}/model")}
    if wildcards.run != "base":
        trained = f"{RESULTS}/runs/{wildcards.student}/{wildcards.run}"
        inputs |= {"run_manifest": f"{trained}/manifest.json", "checkpoints": ancient(f"{trained}/checkpoints")}
    return inputs


def model_options(wildcards):
    """The same folders as options of the command."""
    files = model_inputs(wildcards)
    options = f"--model {files['model']}"
    if "checkpoints" in files:
        options += f" --checkpoints {files['checkpoints']} --manifest {files['run_manifest']}"
    return options


rule generate:
    input:
        unpack(model_inputs),
        tasks=f"{RESULTS}/tasks.parquet",
        skills=f"{RESULTS}/skills.parquet",
        task_template=f"{PROMPTS}/task.jinja",
    output:
        f"{RESULTS}/episodes/{{student}}/{{run}}.parquet",
    params:
        spec=lambda wildcards: canonical(STUDY.episodes_spec(wildcards.student, wildcards.run)),
        code=code_digest("generate.py"),
        model=model_options,
    log:
        f"{LOGS}/generate/{{student}}/{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/generate/{{student}}/{{run}}.tsv"
    conda:
        ENVIRONMENT
    shell:
        'python "$SCRIPTS"/generate.py --spec {params.spec:q} --tasks {input.tasks} --skills {input.skills}'
        " --task-template {input.task_template} {params.model}"
        " --threads {threads} --max-num-seqs {CONFIG[engine][max_num_seqs]}"
        " --kv-cache-gib {CONFIG[engine][kv_cache_gib]}"
        " --gpu-memory-utilization {CONFIG[engine][gpu_memory_utilization]}"
        " --out {output} > {log} 2>&1"
