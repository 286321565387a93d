"""Certification: each judge on responses whose right verdict is known, and the error rates of all."""


rule certify_judge:
    input:
        cases=f"{PROMPTS}/certification.yaml",
        template=lambda wildcards: f"{PROMPTS}/{STUDY.judge_template(wildcards.judge)}",
    output:
        CERTIFICATION,
    log:
        f"{LOGS}/certify_judge/{{judge}}.log",
    benchmark:
        f"{BENCHMARKS}/certify_judge/{{judge}}.tsv"
    localrule: runs_locally("certify_judge")
    conda:
        ENVIRONMENT
    resources:
        api=1,
        runtime=api_runtime,
    params:
        spec=lambda wildcards: canonical(STUDY.judge_spec(wildcards.judge)),
        code=lambda wildcards: asking_code(
            "certification/certify_judge.py", STUDY.judge_spec(wildcards.judge).judge
        ),
    shell:
        """
        python "$SCRIPTS/certification/certify_judge.py" --spec {params.spec:q} --cases {input.cases:q} \
            --template {input.template:q} --cache "$STATE/answers.sqlite" \
            $API_OPTIONS --out {output:q} >{log:q} 2>&1
        """


rule rate_judges:
    input:
        expand(CERTIFICATION, judge=STUDY.judges),
    output:
        f"{RESULTS}/analysis/certification.parquet",
    log:
        f"{LOGS}/rate_judges.log",
    benchmark:
        f"{BENCHMARKS}/rate_judges.tsv"
    conda:
        ENVIRONMENT
    params:
        spec=canonical(STUDY.rates_spec()),
        code=code_digest("certification/rate_judges.py"),
        certification=verbatim(CERTIFICATION),
    shell:
        """
        python "$SCRIPTS/certification/rate_judges.py" --spec {params.spec:q} \
            --certification {params.certification:q} --out {output:q} >{log:q} 2>&1
        """
