"""Skills and tasks: from the built-in pack or from the user's own files."""


rule build_tasks:
    input:
        **STUDY.own_inputs(),
    output:
        skills=f"{RESULTS}/skills.parquet",
        tasks=f"{RESULTS}/tasks.parquet",
    log:
        f"{LOGS}/build_tasks.log",
    benchmark:
        f"{BENCHMARKS}/build_tasks.tsv"
    conda:
        ENVIRONMENT
    params:
        spec=canonical(STUDY.tasks_spec()),
        code=code_digest("build_tasks.py"),
        own=as_options(
            {f"own_{kind}": path for kind, path in STUDY.own_files().items()}
        ),
    shell:
        """
        python "$SCRIPTS/build_tasks.py" --spec {params.spec:q} {params.own} --skills {output.skills:q} \
            --tasks {output.tasks:q} >{log:q} 2>&1
        """


rule check_contamination:
    input:
        tasks=f"{RESULTS}/tasks.parquet",
    output:
        f"{RESULTS}/checks/contamination.parquet",
    log:
        f"{LOGS}/check_contamination.log",
    benchmark:
        f"{BENCHMARKS}/check_contamination.tsv"
    conda:
        ENVIRONMENT
    params:
        spec=canonical({}),
        code=code_digest("check_contamination.py"),
    shell:
        """
        python "$SCRIPTS/check_contamination.py" --spec {params.spec:q} --tasks {input.tasks:q} \
            --out {output:q} >{log:q} 2>&1
        """
