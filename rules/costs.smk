"""What the stages took: jobs, times, memory, US dollars. A leaf: nothing but its figure and table reads it."""


rule make_costs:
    input:
        paid=[path for paths in paid_files().values() for path in paths],
        benchmarks=stage_benchmarks(),
    output:
        f"{RESULTS}/costs.parquet",
    log:
        f"{LOGS}/make_costs.log",
    benchmark:
        f"{BENCHMARKS}/make_costs.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code_digest("make_costs.py"),
        folder=lambda wildcards, input: str(Path(input.benchmarks[0]).parent),
        paid=" ".join(
            f"--paid {stage}={path}"
            for stage, paths in paid_files().items()
            for path in paths
        ),
    shell:
        """
        printf '%s\\n' --benchmarks {input.benchmarks} {params.paid} \
            | python "$SCRIPTS/make_costs.py" @/dev/stdin --folder {params.folder} --out {output} \
                >{log} 2>&1
        """
