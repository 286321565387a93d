"""Figures and tables, each a job of its own and an entry of the report."""


rule make_figure:
    input:
        unpack(lambda wildcards: source_files(FIGURES[wildcards.figure])),
    output:
        report(
            f"{RESULTS}/figures/{{figure}}.svg",
            caption="captions/{figure}.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        f"{LOGS}/make_figure/{{figure}}.log",
    benchmark:
        f"{BENCHMARKS}/make_figure/{{figure}}.tsv"
    conda:
        ENVIRONMENT
    params:
        spec=canonical(STUDY.figures_spec()),
        code=lambda wildcards: code_digest(
            "make_figure.py", f"skillift.figures.{wildcards.figure}"
        ),
        sources=lambda wildcards: source_options(FIGURES[wildcards.figure]),
    shell:
        """
        python "$SCRIPTS/make_figure.py" {wildcards.figure} --spec {params.spec:q} {params.sources} \
            --out {output} >{log} 2>&1
        """


rule make_table:
    input:
        unpack(lambda wildcards: source_files(TABLES[wildcards.table])),
    output:
        html=report(
            f"{RESULTS}/tables/{{table}}.html",
            caption="captions/{table}.rst",
            category="Tables",
            labels={"table": "{table}"},
        ),
        csv=f"{RESULTS}/tables/{{table}}.csv",
    log:
        f"{LOGS}/make_table/{{table}}.log",
    benchmark:
        f"{BENCHMARKS}/make_table/{{table}}.tsv"
    conda:
        ENVIRONMENT
    params:
        spec=canonical(STUDY.figures_spec()),
        code=code_digest("make_table.py"),
        sources=lambda wildcards: source_options(TABLES[wildcards.table]),
    shell:
        """
        python "$SCRIPTS/make_table.py" {wildcards.table} --spec {params.spec:q} {params.sources} \
            --html {output.html} --csv {output.csv} >{log} 2>&1
        """
