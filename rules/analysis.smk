"""From scores to estimates: pass rates, effects, the scoring-path audit and judge agreement."""

from skillift.metrics.registry import modules as metric_modules


rule analyse:
    input:
        tasks=ASKED["tasks"],
        scores=f"{RESULTS}/scores.parquet",
        look=LOOK,
        episodes=per_run(EPISODES),
        students=sized_students(),
        discrimination=foretold_by(),
        intervened=per_run(INTERVENED, altered_runs()),
    output:
        **{
            name: f"{RESULTS}/analysis/{name}.parquet"
            for name in (
                *ANALYSIS,
                *(
                    table
                    for table, key in WHERE_DECLARED.items()
                    if key in STUDY.data["analysis"]
                ),
            )
        },
    log:
        f"{LOGS}/analyse.log",
    benchmark:
        f"{BENCHMARKS}/analyse.tsv"
    conda:
        ENVIRONMENT
    params:
        spec=canonical(STUDY.analysis_spec()),
        code=code_digest("analysis/analyse.py", *metric_modules()),
        episodes=verbatim(EPISODES),
        folder=subpath(output.effects, parent=True),
        students=as_list("students", sized_students()),
        foretold=as_list("discrimination", foretold_by()),
        intervened=altered_options(),
    shell:
        """
        printf '%s\\n' --spec {params.spec:q} \
            | python "$SCRIPTS/analysis/analyse.py" @/dev/stdin --tasks {input.tasks:q} --scores {input.scores:q} \
                --look {input.look:q} --episodes {params.episodes:q} {params.students} {params.intervened} \
                {params.foretold} --out {params.folder:q} >{log:q} 2>&1
        """
