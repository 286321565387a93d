"""Cards of checkpoints and corpora, and, on demand, both on the Hugging Face hub: `snakemake push`."""

from skillift.cards.specs import dataset_card_spec, model_cards_spec

CARDS = f"{ASSETS}/cards"
RUN_MANIFEST = f"{RESULTS}/runs/{{student}}/{{run}}/manifest.json"
BASE_MANIFEST = f"{RESULTS}/students/{{student}}/manifest.json"
CORPUS = f"{RESULTS}/corpus/{{corpus}}.parquet"
TRAINED = sorted({run.student for run in STUDY.trained_runs})


rule write_model_cards:
    input:
        template=f"{CARDS}/model.md.jinja",
        runs=per_run(RUN_MANIFEST, STUDY.trained_runs),
        bases=expand(BASE_MANIFEST, student=TRAINED),
        corpora=expand(CORPUS, corpus=STUDY.corpora),
        effects=f"{RESULTS}/analysis/effects.parquet",
        pass_rates=f"{RESULTS}/analysis/pass_rates.parquet",
        look=LOOK,
    output:
        directory(f"{RESULTS}/cards/models"),
    log:
        f"{LOGS}/write_model_cards.log",
    benchmark:
        f"{BENCHMARKS}/write_model_cards.tsv"
    group:
        "cards"
    conda:
        ENVIRONMENT
    params:
        spec=canonical(model_cards_spec(STUDY)),
        code=code_digest("cards/write_model_cards.py"),
        runs=verbatim(RUN_MANIFEST),
        bases=verbatim(BASE_MANIFEST),
        corpora=verbatim(CORPUS),
    shell:
        """
        printf '%s\\n' --spec {params.spec:q} \
            | python "$SCRIPTS/cards/write_model_cards.py" @/dev/stdin --template {input.template:q} \
                --run-manifest {params.runs:q} --base-manifest {params.bases:q} \
                --corpus {params.corpora:q} --effects {input.effects:q} --pass-rates {input.pass_rates:q} \
                --look {input.look:q} --out {output:q} >{log:q} 2>&1
        """


rule write_dataset_card:
    input:
        template=f"{CARDS}/dataset.md.jinja",
        corpus=CORPUS,
        demonstrations=DEMONSTRATIONS,
        tasks=TAUGHT["tasks"],
    output:
        f"{RESULTS}/cards/corpora/{{corpus}}.md",
    log:
        f"{LOGS}/write_dataset_card/{{corpus}}.log",
    benchmark:
        f"{BENCHMARKS}/write_dataset_card/{{corpus}}.tsv"
    group:
        "cards"
    conda:
        ENVIRONMENT
    params:
        spec=lambda wildcards: canonical(dataset_card_spec(STUDY, wildcards.corpus)),
        code=code_digest("cards/write_dataset_card.py"),
    shell:
        """
        python "$SCRIPTS/cards/write_dataset_card.py" --spec {params.spec:q} --template {input.template:q} \
            --corpus {input.corpus:q} --demonstrations {input.demonstrations:q} --tasks {input.tasks:q} \
            --out {output:q} >{log:q} 2>&1
        """


rule push_run:
    input:
        cards=f"{RESULTS}/cards/models",
        manifest=RUN_MANIFEST,
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
        code=code_digest("cards/push_to_hub.py"),
    shell:
        """
        HF_HUB_OFFLINE="$HUB_OFFLINE" python "$SCRIPTS/cards/push_to_hub.py" --kind model \
            --repository "$HUB_OWNER/{params.repository}" \
            --card {input.cards:q}/{wildcards.student}/{wildcards.run}.md --manifest {input.manifest:q} \
            --folder {input.checkpoints:q} --out {output:q} >{log:q} 2>&1
        """


rule push_corpus:
    input:
        card=f"{RESULTS}/cards/corpora/{{corpus}}.md",
        corpus=CORPUS,
    output:
        f"{RESULTS}/pushed/corpora/{{corpus}}.json",
    log:
        f"{LOGS}/push_corpus/{{corpus}}.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        repository=f"{STUDY.name}-{{corpus}}",
        code=code_digest("cards/push_to_hub.py"),
    shell:
        """
        HF_HUB_OFFLINE="$HUB_OFFLINE" python "$SCRIPTS/cards/push_to_hub.py" --kind dataset \
            --repository "$HUB_OWNER/{params.repository}" --card {input.card:q} \
            --file {input.corpus:q} --out {output:q} >{log:q} 2>&1
        """


rule push:
    input:
        per_run(f"{RESULTS}/pushed/{{student}}/{{run}}.json", STUDY.trained_runs),
        expand(f"{RESULTS}/pushed/corpora/{{corpus}}.json", corpus=STUDY.corpora),
