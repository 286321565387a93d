"""Verdicts of each judge on each run, and all scoring paths in one table."""

from skillift.scorers.registry import modules as scorer_modules


rule judge:
    input:
        episodes=EPISODES,
        tasks=ASKED["tasks"],
        template=lambda wildcards: f"{PROMPTS}/{STUDY.judge_template(wildcards.judge)}",
        serving_check=serving_check,
    output:
        VERDICTS,
    log:
        f"{LOGS}/judge/{{judge}}/{{student}}/{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/judge/{{judge}}/{{student}}/{{run}}.tsv"
    localrule: runs_locally("judge")
    conda:
        ENVIRONMENT
    resources:
        api=1,
        runtime=api_runtime,
    params:
        spec=lambda wildcards: canonical(STUDY.verdicts_spec(wildcards.judge)),
        code=lambda wildcards: asking_code(
            "verdicts/judge.py", STUDY.judge_spec(wildcards.judge).judge
        ),
    shell:
        """
        python "$SCRIPTS/verdicts/judge.py" --spec {params.spec:q} --episodes {input.episodes:q} \
            --tasks {input.tasks:q} --template {input.template:q} --cache "$STATE/answers.sqlite" \
            $API_OPTIONS --out {output:q} >{log:q} 2>&1
        """


rule score:
    input:
        tasks=ASKED["tasks"],
        contamination=contamination_check(),
        episodes=per_run(EPISODES),
        verdicts=verdict_files(),
    output:
        f"{RESULTS}/scores.parquet",
    log:
        f"{LOGS}/score.log",
    benchmark:
        f"{BENCHMARKS}/score.tsv"
    conda:
        ENVIRONMENT
    params:
        spec=canonical(STUDY.scores_spec()),
        code=code_digest("verdicts/score.py", *scorer_modules()),
        episodes=verbatim(EPISODES),
        verdicts=verbatim(VERDICTS),
    shell:
        """
        printf '%s\\n' --spec {params.spec:q} \
            | python "$SCRIPTS/verdicts/score.py" @/dev/stdin --tasks {input.tasks:q} --episodes {params.episodes:q} \
                --verdicts {params.verdicts:q} --out {output:q} >{log:q} 2>&1
        """
