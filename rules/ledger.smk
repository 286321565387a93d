"""The ledger: which look at the study's results an analysis is, and a copy of the ledger for readers.

The ledger itself stands in the state folder, which no job's failure deletes; the design and the predictions are
registered in it at the start of a run (`register_study` in the Snakefile). A look is counted by a rule, when its
verdicts are there and before they are analysed. `look.json` has the same bytes however often it is counted.
"""

from skillift.study.design import look_spec
from skillift.study.predictions import ledger_spec

LOOK = f"{RESULTS}/analysis/look.json"


rule count_look:
    input:
        tasks=ASKED["tasks"],
        scores=f"{RESULTS}/scores.parquet",
    output:
        LOOK,
    log:
        f"{LOGS}/count_look.log",
    benchmark:
        f"{BENCHMARKS}/count_look.tsv"
    localrule: runs_locally("count_look")
    conda:
        ENVIRONMENT
    params:
        spec=canonical(look_spec(STUDY)),
        code=code_digest("ledger/count_look.py"),
    shell:
        """
        printf '%s\\n' --spec {params.spec:q} \
            | python "$SCRIPTS/ledger/count_look.py" @/dev/stdin --tasks {input.tasks:q} --scores {input.scores:q} \
                --ledger "$STATE/ledger.jsonl" --out {output:q} >{log:q} 2>&1
        """


rule publish_ledger:
    input:
        LOOK,
    output:
        f"{RESULTS}/analysis/ledger.jsonl",
    log:
        f"{LOGS}/publish_ledger.log",
    benchmark:
        f"{BENCHMARKS}/publish_ledger.tsv"
    localrule: runs_locally("publish_ledger")
    conda:
        ENVIRONMENT
    params:
        # what is registered at the start of a run: where it changed, there is a new line
        spec=canonical(ledger_spec(STUDY)),
        code=code_digest("ledger/publish_ledger.py"),
    shell:
        """
        python "$SCRIPTS/ledger/publish_ledger.py" --ledger "$STATE/ledger.jsonl" --out {output:q} >{log:q} 2>&1
        """
