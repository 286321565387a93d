"""Cards of checkpoints and corpora, and, on demand, both on the Hugging Face hub: `snakemake push`."""

from skillift.card_specs import dataset_card_spec, model_card_spec

CARDS = "workflow_scripts/cards"


rule write_model_card:
    input:
        template=f"{CARDS}/model.md.jinja",
        run_manifest=f"{RESULTS}/runs/{{student}}/{{run}}/manifest.json",
        base_manifest=f"{RESULTS}/students/{{student}}/manifest.json",
        corpus=lambda wildcards: f"{RESULTS}/corpus/{STUDY.corpus_of(wildcards.run)}.parquet",
        effects=f"{RESULTS}/analysis/effects.parquet",
        pass_rates=f"{RESULTS}/analysis/pass_rates.parquet",
    output:
        f"{RESULTS}/cards/{{student}}/{{run}}.md",
    log:
        f"{LOGS}/write_model_card/{{student}}/{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/write_model_card/{{student}}/{{run}}.tsv"
    conda:
        ENVIRONMENT
    params:
        spec=lambda wildcards: canonical(
            model_card_spec(STUDY, wildcards.student, wildcards.run)
        ),
        code=code_digest("write_model_card.py"),
    shell:
        """
        python "$SCRIPTS/write_model_card.py" --spec {params.spec:q} --template {input.template} \
            --run-manifest {input.run_manifest} --base-manifest {input.base_manifest} \
            --corpus {input.corpus} --effects {input.effects} --pass-rates {input.pass_rates} \
            --out {output} >{log} 2>&1
        """


rule write_dataset_card:
    input:
        template=f"{CARDS}/dataset.md.jinja",
        corpus=f"{RESULTS}/corpus/{{corpus}}.parquet",
        demonstrations=f"{RESULTS}/corpus/demonstrations.parquet",
        tasks=f"{RESULTS}/tasks.parquet",
    output:
        f"{RESULTS}/cards/corpora/{{corpus}}.md",
    log:
        f"{LOGS}/write_dataset_card/{{corpus}}.log",
    benchmark:
        f"{BENCHMARKS}/write_dataset_card/{{corpus}}.tsv"
    conda:
        ENVIRONMENT
    params:
        spec=lambda wildcards: canonical(dataset_card_spec(STUDY, wildcards.corpus)),
        code=code_digest("write_dataset_card.py"),
    shell:
        """
        python "$SCRIPTS/write_dataset_card.py" --spec {params.spec:q} --template {input.template} \
            --corpus {input.corpus} --demonstrations {input.demonstrations} --tasks {input.tasks} \
            --out {output} >{log} 2>&1
        """


rule push_run:
    input:
        card=f"{RESULTS}/cards/{{student}}/{{run}}.md",
        manifest=f"{RESULTS}/runs/{{student}}/{{run}}/manifest.json",
        checkpoints=ancient(f"{RESULTS}/runs/{{student}}/{{run}}/checkpoints"),
    output:
        f"{RESULTS}/pushed/{{student}}/{{run}}.json",
    log:
        f"{LOGS}/push_run/{{student}}/{{run}}.log",
    localrule: True  # where Snakemake runs there is a network; a cluster's nodes may have none
    conda:
        ENVIRONMENT
    params:
        repository=f"{STUDY.name}-{{student}}-{{run}}",
        code=code_digest("push_to_hub.py"),
    shell:
        """
        HF_HUB_OFFLINE="$HUB_OFFLINE" python "$SCRIPTS/push_to_hub.py" --kind model \
            --repository "$HUB_OWNER/{params.repository}" --card {input.card} \
            --manifest {input.manifest} --folder {input.checkpoints} --out {output} >{log} 2>&1
        """


rule push_corpus:
    input:
        card=f"{RESULTS}/cards/corpora/{{corpus}}.md",
        corpus=f"{RESULTS}/corpus/{{corpus}}.parquet",
    output:
        f"{RESULTS}/pushed/corpora/{{corpus}}.json",
    log:
        f"{LOGS}/push_corpus/{{corpus}}.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        repository=f"{STUDY.name}-{{corpus}}",
        code=code_digest("push_to_hub.py"),
    shell:
        """
        HF_HUB_OFFLINE="$HUB_OFFLINE" python "$SCRIPTS/push_to_hub.py" --kind dataset \
            --repository "$HUB_OWNER/{params.repository}" --card {input.card} \
            --file {input.corpus} --out {output} >{log} 2>&1
        """


rule push:
    input:
        per_run(f"{RESULTS}/pushed/{{student}}/{{run}}.json", STUDY.trained_runs),
        expand(f"{RESULTS}/pushed/corpora/{{corpus}}.json", corpus=STUDY.corpora),
