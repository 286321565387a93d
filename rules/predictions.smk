"""Verdicts on the study's predictions, which are registered before the first job.

Registration is no rule but a call at the start of a run (`register_study` in the Snakefile). A rule
could come before inference only as an input of it: then new predictions, or a lost file, would make
Snakemake ask every model again.
"""

from skillift.study.predictions import predictions_spec

if STUDY.data["predictions"]:

    rule check_predictions:
        input:
            tasks=f"{RESULTS}/tasks.parquet",
            scores=f"{RESULTS}/scores.parquet",
            look=LOOK,
        output:
            f"{RESULTS}/analysis/predictions.parquet",
        log:
            f"{LOGS}/check_predictions.log",
        benchmark:
            f"{BENCHMARKS}/check_predictions.tsv"
        conda:
            ENVIRONMENT
        params:
            spec=canonical(predictions_spec(STUDY)),
            code=code_digest("check_predictions.py"),
        shell:
            """
            printf '%s\\n' --spec {params.spec:q} \
                | python "$SCRIPTS/check_predictions.py" @/dev/stdin --tasks {input.tasks:q} \
                    --scores {input.scores:q} --look {input.look:q} --ledger "$STATE/ledger.jsonl" \
                    --out {output:q} >{log:q} 2>&1
            """
