"""Episodes: one job answers all tasks of all suites under all conditions, at each checkpoint of a run."""


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
    log:
        f"{LOGS}/generate/{{student}}/{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/generate/{{student}}/{{run}}.tsv"
    conda:
        ENVIRONMENT
    shell:
        'python "$SCRIPTS"/generate.py --spec {params.spec:q} --tasks {input.tasks} --skills {input.skills}'
        " --task-template {input.task_template} --model {input.model}"
        " $(test {wildcards.run} = base || echo --checkpoints {input.checkpoints} --manifest {input.run_manifest})"
        " --threads {threads} --max-num-seqs {CONFIG[engine][max_num_seqs]}"
        " --kv-cache-gib {CONFIG[engine][kv_cache_gib]}"
        " --gpu-memory-utilization {CONFIG[engine][gpu_memory_utilization]}"
        " --out {output} > {log} 2>&1"
