"""The teacher's demonstrations, judged, and the corpora selected from them."""


rule collect_demonstrations:
    input:
        **teacher_files(),
        **TAUGHT,
        tokenizers=ancient(trained_tokenizers()),
        task_template=f"{PROMPTS}/task.jinja",
        template=f"{PROMPTS}/{STUDY.judge_template(STUDY.primary_judge)}",
    output:
        DEMONSTRATIONS,
    log:
        f"{LOGS}/collect_demonstrations.log",
    benchmark:
        f"{BENCHMARKS}/collect_demonstrations.tsv"
    localrule: runs_locally("collect_demonstrations")
    conda:
        ENVIRONMENT
    resources:
        api=1,
        runtime=api_runtime,
    params:
        # a study that trains nothing has no teacher
        spec=lambda wildcards: canonical(STUDY.demonstrations_spec()),
        code=lambda wildcards: asking_code(
            "corpus/collect_demonstrations.py",
            STUDY.demonstrations_spec().teacher,
            STUDY.demonstrations_spec().judge,
        ),
        teacher=as_options(teacher_files()),
        tokenizers=tokenizer_options(),
    shell:
        """
        python "$SCRIPTS/corpus/collect_demonstrations.py" --spec {params.spec:q} --tasks {input.tasks:q} \
            --skills {input.skills:q} --task-template {input.task_template:q} --template {input.template:q} \
            {params.teacher} {params.tokenizers} \
            --cache "$STATE/answers.sqlite" $API_OPTIONS \
            --out {output:q} >{log:q} 2>&1
        """


rule select_corpus:
    input:
        unpack(prompt_files),
        unpack(matched_files),
        tasks=TAUGHT["tasks"],
        demonstrations=DEMONSTRATIONS,
    output:
        f"{RESULTS}/corpus/{{corpus}}.parquet",
    log:
        f"{LOGS}/select_corpus/{{corpus}}.log",
    benchmark:
        f"{BENCHMARKS}/select_corpus/{{corpus}}.tsv"
    conda:
        ENVIRONMENT
    params:
        spec=lambda wildcards: canonical(STUDY.corpus_spec(wildcards.corpus)),
        code=code_digest("corpus/select_corpus.py"),
        prompts=lambda wildcards: as_options(
            prompt_files(wildcards) | matched_files(wildcards)
        ),
    shell:
        """
        python "$SCRIPTS/corpus/select_corpus.py" --spec {params.spec:q} --tasks {input.tasks:q} \
            --demonstrations {input.demonstrations:q} {params.prompts} --out {output:q} >{log:q} 2>&1
        """
