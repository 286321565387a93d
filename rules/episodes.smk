"""Episodes: one job answers all tasks of all suites under all conditions, at each checkpoint of a run.

Where a study has `inference.shards`, so many jobs do, each for a fixed range of the tasks.
"""

SHARDED = STUDY.shards > 1
# of a job that answers: where its tables stand, and what names it
ANSWERED = f"{RESULTS}/shards" if SHARDED else RESULTS
ANSWERING = "{student}/{run}/{shard}" if SHARDED else "{student}/{run}"

# of studies that ask for interventions, one table more; where a chat model paraphrases, that of the first pass,
# and the chains that the second goes on from
ANSWER_TABLES = ("episodes", "served", "prompts", "parity") + altered_tables()


# what alters chains, and what stores them, is loaded by name
ANSWERING_CODE = answering_code(
    "episodes/generate.py",
    *(["skillift.episodes.intervened"] if altered_runs() else []),
    *(["skillift.episodes.stored_chains"] if paraphrased_runs() else []),
)


rule generate:
    input:
        unpack(model_inputs),
        **ASKED,
        task_template=f"{PROMPTS}/task.jinja",
    output:
        **{table: f"{ANSWERED}/{table}/{ANSWERING}.parquet" for table in ANSWER_TABLES},
    log:
        f"{LOGS}/generate/{ANSWERING}.log",
    benchmark:
        f"{BENCHMARKS}/generate/{ANSWERING}.tsv"
    wildcard_constraints:
        shard=r"\d+",
        student=one_of(set(STUDY.evaluated) - set(STUDY.students_from("api"))),
    priority: 5  # before further trainings: checkpoints that do not stay are then gone
    conda:
        ENVIRONMENT
    resources:
        gpu=GPUS,
        mem_mb=serving_memory,
        runtime=model_runtime,
    params:
        spec=lambda wildcards: canonical(
            STUDY.episodes_spec(wildcards.student, wildcards.run)
        ),
        code=lambda wildcards: code_of(ANSWERING_CODE, wildcards),
        model=model_options,
        shard=lambda wildcards: f"--shard {wildcards.shard}" if SHARDED else "",
        intervened=intervened_options,
    shell:
        """
        python "$SCRIPTS/episodes/generate.py" --spec {params.spec:q} --tasks {input.tasks:q} \
            --skills {input.skills:q} --task-template {input.task_template:q} {params.model} \
            --threads {threads} $ENGINE_OPTIONS --served {output.served:q} --prompts {output.prompts:q} \
            --parity {output.parity:q} {params.shard} {params.intervened} --out {output.episodes:q} >{log:q} 2>&1
        """


if SHARDED:

    rule merge_shards:
        input:
            **{
                table: expand(
                    f"{ANSWERED}/{table}/{{{{student}}}}/{{{{run}}}}/{{shard}}.parquet",
                    shard=range(STUDY.shards),
                )
                for table in ANSWER_TABLES
            },
        output:
            **{
                table: f"{RESULTS}/{table}/{{student}}/{{run}}.parquet"
                for table in ANSWER_TABLES
            },
        log:
            f"{LOGS}/merge_shards/{{student}}/{{run}}.log",
        benchmark:
            f"{BENCHMARKS}/merge_shards/{{student}}/{{run}}.tsv"
        wildcard_constraints:
            student=one_of(set(STUDY.evaluated) - set(STUDY.students_from("api"))),
        conda:
            ENVIRONMENT
        params:
            spec=canonical({}),
            code=code_digest("episodes/merge_shards.py"),
            intervened=merged_options,
        shell:
            """
            python "$SCRIPTS/episodes/merge_shards.py" --spec {params.spec:q} --episodes {input.episodes:q} \
                --served {input.served:q} --prompts {input.prompts:q} --parity {input.parity:q} \
                --out {output.episodes:q} --served-out {output.served:q} --prompts-out {output.prompts:q} \
                --parity-out {output.parity:q} {params.intervened} >{log:q} 2>&1
            """


if paraphrased_runs():

    rule paraphrase_chains:
        input:
            chains=f"{RESULTS}/chains/{{student}}/{{run}}.parquet",
            template=f"{PROMPTS}/{STUDY.paraphraser.template}",
            serving_check=serving_check,
        output:
            PARAPHRASES,
        log:
            f"{LOGS}/paraphrase_chains/{{student}}/{{run}}.log",
        benchmark:
            f"{BENCHMARKS}/paraphrase_chains/{{student}}/{{run}}.tsv"
        wildcard_constraints:
            student=one_of({run.student for run in paraphrased_runs()}),
        localrule: runs_locally("paraphrase_chains")
        conda:
            ENVIRONMENT
        resources:
            api=1,
            runtime=api_runtime,
        params:
            spec=canonical(STUDY.paraphrases_spec()),
            code=asking_code("episodes/paraphrase_chains.py", STUDY.paraphraser),
        shell:
            """
            python "$SCRIPTS/episodes/paraphrase_chains.py" --spec {params.spec:q} --chains {input.chains:q} \
                --template {input.template:q} --cache "$STATE/answers.sqlite" $API_OPTIONS \
                --out {output:q} >{log:q} 2>&1
            """

    FORCING_CODE = answering_code("episodes/force_paraphrases.py")

    rule force_paraphrases:
        input:
            unpack(served_inputs),
            tasks=ASKED["tasks"],
            first=f"{RESULTS}/first_pass/{{student}}/{{run}}.parquet",
            chains=f"{RESULTS}/chains/{{student}}/{{run}}.parquet",
            paraphrases=PARAPHRASES,
        output:
            INTERVENED,
        log:
            f"{LOGS}/force_paraphrases/{{student}}/{{run}}.log",
        benchmark:
            f"{BENCHMARKS}/force_paraphrases/{{student}}/{{run}}.tsv"
        wildcard_constraints:
            student=one_of({run.student for run in paraphrased_runs()}),
        priority: 5  # as jobs that answer
        conda:
            ENVIRONMENT
        resources:
            gpu=GPUS,
            mem_mb=serving_memory,
            runtime=model_runtime,
        params:
            spec=lambda wildcards: canonical(
                STUDY.episodes_spec(wildcards.student, wildcards.run)
            ),
            code=lambda wildcards: code_of(FORCING_CODE, wildcards),
            model=lambda wildcards: model_options(wildcards, ["small"]),
        shell:
            """
            python "$SCRIPTS/episodes/force_paraphrases.py" --spec {params.spec:q} --tasks {input.tasks:q} \
                {params.model} --threads {threads} $ENGINE_OPTIONS --first {input.first:q} \
                --chains {input.chains:q} --paraphrases {input.paraphrases:q} --out {output:q} >{log:q} 2>&1
            """


rule discriminate:
    input:
        manifest=f"{RESULTS}/students/{{student}}/manifest.json",
        model=ancient(f"{RESULTS}/students/{{student}}/model"),
        tasks=f"{RESULTS}/tasks/{FORETOLD_BY}.parquet",
        skills=f"{RESULTS}/skills/{FORETOLD_BY}.parquet",
        task_template=f"{PROMPTS}/task.jinja",
    output:
        DISCRIMINATION,
    log:
        f"{LOGS}/discriminate/{{student}}.log",
    benchmark:
        f"{BENCHMARKS}/discriminate/{{student}}.tsv"
    wildcard_constraints:
        student=one_of(STUDY.foretold),
    conda:
        ENVIRONMENT
    resources:
        gpu=GPUS,
        mem_mb=serving_memory,
        runtime=model_runtime,
    params:
        spec=lambda wildcards: canonical(STUDY.forecast_spec(wildcards.student)),
        code=code_digest(
            "episodes/discriminate.py",
            f"skillift.engines.{STUDY.declared.inference.engine}_engine",
        ),
    shell:
        """
        python "$SCRIPTS/episodes/discriminate.py" --spec {params.spec:q} --tasks {input.tasks:q} \
            --skills {input.skills:q} --task-template {input.task_template:q} --model {input.model:q} \
            --threads {threads} $ENGINE_OPTIONS --out {output:q} >{log:q} 2>&1
        """


rule check_served:
    input:
        unpack(of_before),
        episodes=EPISODES,
        prompts=f"{RESULTS}/prompts/{{student}}/{{run}}.parquet",
        served=f"{RESULTS}/served/{{student}}/{{run}}.parquet",
    output:
        served=f"{RESULTS}/checks/served/{{student}}/{{run}}.parquet",
        answers=f"{RESULTS}/checks/answers/{{student}}/{{run}}.parquet",
    log:
        f"{LOGS}/check_served/{{student}}/{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/check_served/{{student}}/{{run}}.tsv"
    wildcard_constraints:
        student=one_of(set(STUDY.evaluated) - set(STUDY.students_from("api"))),
    localrule: runs_locally("check_served")
    conda:
        ENVIRONMENT
    params:
        spec=lambda wildcards: canonical(
            STUDY.served_spec(wildcards.student, wildcards.run)
        ),
        code=code_digest("episodes/check_served.py"),
        before=lambda wildcards: as_options(of_before(wildcards)),
    shell:
        """
        python "$SCRIPTS/episodes/check_served.py" --spec {params.spec:q} --episodes {input.episodes:q} \
            --prompts {input.prompts:q} {params.before} --served {input.served:q} \
            --answers {output.answers:q} --out {output.served:q} >{log:q} 2>&1
        """


rule ask_reference:
    input:
        **ASKED,
        task_template=f"{PROMPTS}/task.jinja",
    output:
        EPISODES,
    log:
        f"{LOGS}/ask_reference/{{student}}/{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/ask_reference/{{student}}/{{run}}.tsv"
    wildcard_constraints:
        student=one_of(STUDY.students_from("api")),
        run="base",
    localrule: runs_locally("ask_reference")
    conda:
        ENVIRONMENT
    resources:
        api=1,
        runtime=api_runtime,
    params:
        spec=lambda wildcards: canonical(STUDY.reference_spec(wildcards.student)),
        code=lambda wildcards: asking_code(
            "episodes/ask_reference.py",
            STUDY.reference_spec(wildcards.student).reference,
        ),
    shell:
        """
        python "$SCRIPTS/episodes/ask_reference.py" --spec {params.spec:q} --tasks {input.tasks:q} \
            --skills {input.skills:q} --task-template {input.task_template:q} \
            --cache "$STATE/answers.sqlite" $API_OPTIONS \
            --out {output:q} >{log:q} 2>&1
        """
