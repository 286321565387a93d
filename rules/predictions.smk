"""Verdicts on the study's predictions, which are registered before the first job.

Registration is no rule but a call at the start of a run (`register_study` in the Snakefile). A rule
could come before inference only as an input of it: then new predictions, or a lost file, would make
Snakemake ask every model again.
"""

from skillift.metrics.registry import modules as metric_modules
from skillift.study.predictions import (
    predictions_spec,
    reads_interventions,
    reads_responses,
)

OF_RESPONSES = bool(STUDY.data["predictions"]) and reads_responses(STUDY)
OF_INTERVENTIONS = bool(STUDY.data["predictions"]) and reads_interventions(STUDY)

if STUDY.data["predictions"]:

    rule check_predictions:
        input:
            tasks=ASKED["tasks"],
            scores=f"{RESULTS}/scores.parquet",
            look=LOOK,
            episodes=per_run(EPISODES) if OF_RESPONSES else [],
            intervened=per_run(INTERVENED, altered_runs()) if OF_INTERVENTIONS else [],
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
            code=code_digest("predictions/check_predictions.py", *metric_modules()),
            episodes=verbatim(f"--episodes '{EPISODES}'" if OF_RESPONSES else ""),
            intervened=altered_options(OF_INTERVENTIONS),
        shell:
            """
            printf '%s\\n' --spec {params.spec:q} \
                | python "$SCRIPTS/predictions/check_predictions.py" @/dev/stdin --tasks {input.tasks:q} \
                    --scores {input.scores:q} --look {input.look:q} --ledger "$STATE/ledger.jsonl" \
                    {params.episodes} {params.intervened} --out {output:q} >{log:q} 2>&1
            """
