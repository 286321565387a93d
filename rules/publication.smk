"""Figures and tables, each a job of its own and an entry of the report."""

LOSS_LOGS = per_run(f"{RESULTS}/runs/{{student}}/{{run}}/log.parquet", STUDY.trained_runs)


def source_files(names):
    """The tables that a figure or published table is made from, by their names in its registry."""
    return {name: LOSS_LOGS if name == "log" else f"{RESULTS}/analysis/{name}.parquet" for name in names}


def source_options(names):
    """The same as options of the command."""
    logs = labelled("log", f"{RESULTS}/runs/{{student}}/{{run}}/log.parquet", STUDY.trained_runs)
    files = source_files(names)
    return " ".join(
        logs if name == "log" else f"--{name.replace('_', '-')} {path}" for name, path in files.items()
    )


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
    params:
        spec=canonical(STUDY.figures_spec()),
        code=lambda wildcards: code_digest("make_figure.py", f"skillift.figures.{wildcards.figure}"),
        sources=lambda wildcards: source_options(FIGURES[wildcards.figure]),
    log:
        f"{LOGS}/make_figure/{{figure}}.log",
    benchmark:
        f"{BENCHMARKS}/make_figure/{{figure}}.tsv"
    conda:
        ENVIRONMENT
    shell:
        'python "$SCRIPTS"/make_figure.py {wildcards.figure} --spec {params.spec:q} {params.sources}'
        " --out {output} > {log} 2>&1"


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
    params:
        spec=canonical(STUDY.figures_spec()),
        code=code_digest("make_table.py"),
        sources=lambda wildcards: source_options(TABLES[wildcards.table]),
    log:
        f"{LOGS}/make_table/{{table}}.log",
    benchmark:
        f"{BENCHMARKS}/make_table/{{table}}.tsv"
    conda:
        ENVIRONMENT
    shell:
        'python "$SCRIPTS"/make_table.py {wildcards.table} --spec {params.spec:q} {params.sources}'
        " --html {output.html} --csv {output.csv} > {log} 2>&1"
