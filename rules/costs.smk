"""What the stages took: jobs, times, memory, US dollars. A leaf: nothing but its figure and table reads it.

It counts the jobs of the rules that stand before it in the Snakefile, which end with the analysis.
"""

from skillift.stages import rule_named

COUNTED = counted_jobs()  # by rule
# tables that record what calls cost, by what models were asked for; a job is named as its benchmark is
PAID_TABLES = {
    "demonstrations": DEMONSTRATIONS,
    "paraphrases": f"{RESULTS}/paraphrases/{{job}}.parquet",
    "verdicts": f"{RESULTS}/verdicts/{{job}}.parquet",
    "certification": f"{RESULTS}/certification/{{job}}.parquet",
}
PAID = {
    name: rule_named(name).asks
    for name, jobs in COUNTED.items()
    if jobs and rule_named(name).asks in PAID_TABLES
}


rule make_costs:
    input:
        benchmarks=[
            f"{BENCHMARKS}/{job}.tsv" for jobs in COUNTED.values() for job in jobs
        ],
        paid=[
            PAID_TABLES[kind].format(job=job.removeprefix(f"{name}/"))
            for name, kind in PAID.items()
            for job in COUNTED[name]
        ],
    output:
        f"{RESULTS}/costs.parquet",
    log:
        f"{LOGS}/make_costs.log",
    benchmark:
        f"{BENCHMARKS}/make_costs.tsv"
    conda:
        ENVIRONMENT
    params:
        spec=canonical(
            {
                "jobs": sorted(job for jobs in COUNTED.values() for job in jobs),
                "paid": PAID,
            }
        ),
        code=code_digest("costs/make_costs.py"),
        benchmarks=verbatim(f"{BENCHMARKS}/{{job}}.tsv"),
        paid=verbatim(as_options({kind: PAID_TABLES[kind] for kind in PAID.values()})),
    shell:
        """
        printf '%s\\n' --spec {params.spec:q} \
            | python "$SCRIPTS/costs/make_costs.py" @/dev/stdin --benchmarks {params.benchmarks:q} \
                {params.paid} --out {output:q} >{log:q} 2>&1
        """
