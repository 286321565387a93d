"""Skills and tasks of each suite, from the built-in pack or from the user's own files; and contamination.

One job a suite: demonstrations and corpora read `train` alone, so one more suite trains nothing again.
"""


rule build_tasks:
    input:
        # `rows` says whether what they hold of a suite has changed
        unpack(own_inputs),
    output:
        skills=f"{RESULTS}/skills/{{suite}}.parquet",
        tasks=f"{RESULTS}/tasks/{{suite}}.parquet",
    log:
        f"{LOGS}/build_tasks/{{suite}}.log",
    benchmark:
        f"{BENCHMARKS}/build_tasks/{{suite}}.tsv"
    conda:
        ENVIRONMENT
    params:
        spec=lambda wildcards: canonical(STUDY.tasks_spec(wildcards.suite)),
        code=code_digest("tasks/build_tasks.py"),
        own=own_options,
        rows=lambda wildcards: own_rows(wildcards.suite),
    shell:
        """
        python "$SCRIPTS/tasks/build_tasks.py" --spec {params.spec:q} --suite {wildcards.suite} {params.own} \
            --skills {output.skills:q} --tasks {output.tasks:q} >{log:q} 2>&1
        """


rule check_contamination:
    input:
        tasks=tables_of("tasks", STUDY.taught_and_asked),
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
        code=code_digest("tasks/check_contamination.py"),
    shell:
        """
        python "$SCRIPTS/tasks/check_contamination.py" --spec {params.spec:q} --tasks {input.tasks:q} \
            --out {output:q} >{log:q} 2>&1
        """
